package api

import (
	"encoding/json"
	"strings"

	"github.com/gofiber/fiber/v2"

	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/record"
)

type (
	entityParams struct {
		Entity string `path:"entity"`
	}
	recordParams struct {
		Entity string `path:"entity"`
		ID     string `path:"id"`
	}
	listParams struct {
		Entity  string `path:"entity"`
		View    string `query:"view"`
		Filter  string `query:"filter" description:"filter as JSON"`
		Search  string `query:"q"`
		Sort    string `query:"sort" description:"fields separated by commas, - before a field for descending"`
		Limit   int    `query:"limit"`
		After   string `query:"after"`
		Count   bool   `query:"count"`
		Deleted bool   `query:"deleted" description:"the recycle bin"`
	}
	createBody struct {
		Values       form.Values         `json:"values"`
		Submit       bool                `json:"submit,omitempty"`
		Acknowledged map[string]string   `json:"acknowledged,omitempty"`
		Picks        map[string][]string `json:"picks,omitempty" description:"with submit: users by node"`
	}
	patchBody struct {
		Values       form.Values       `json:"values"`
		Acknowledged map[string]string `json:"acknowledged,omitempty"`
	}
	voidBody struct {
		Reason       string            `json:"reason"`
		Acknowledged map[string]string `json:"acknowledged,omitempty"`
	}
	relatedBody struct {
		Asks []form.Ask `json:"asks"`
	}
	choicesBody struct {
		Field  string         `json:"field"`
		Search string         `json:"q,omitempty"`
		Values form.Values    `json:"values,omitempty"`
		Row    map[string]any `json:"row,omitempty"`
		Limit  int            `json:"limit,omitempty"`
		After  string         `json:"after,omitempty"`
	}
)

func (s *server) listRecords(r *request) error {
	var p listParams
	if err := r.bind(&p); err != nil {
		return err
	}
	list, err := s.Engine.Records.List(r.ctx, r.actor, p.Entity, record.ListInput{
		View: p.View, Filter: json.RawMessage(p.Filter), Search: p.Search, Sort: parseSort(p.Sort),
		Limit: p.Limit, After: p.After, Count: p.Count, Deleted: p.Deleted,
	})
	if err != nil {
		return err
	}
	return r.JSON(list)
}

// parseSort reads "-work_date,no".
func parseSort(text string) []def.Sort {
	if text == "" {
		return nil
	}
	var sorts []def.Sort
	for field := range strings.SplitSeq(text, ",") {
		dir := "asc"
		if name, desc := strings.CutPrefix(field, "-"); desc {
			field, dir = name, "desc"
		}
		sorts = append(sorts, def.Sort{Field: field, Dir: dir})
	}
	return sorts
}

func (s *server) getRecord(r *request) error {
	rec, err := s.Engine.Flows.Record(r.ctx, r.actor, r.Params("entity"), r.Params("id"))
	if err != nil {
		return err
	}
	return r.record(rec)
}

// record answers with a record and its revision as entity tag.
func (r *request) record(rec record.Record) error {
	r.etag(rec.Rev)
	return r.JSON(rec)
}

func (s *server) createRecord(r *request) error {
	var body createBody
	if err := r.decode(&body); err != nil {
		return err
	}
	key, err := r.idempotencyKey()
	if err != nil {
		return err
	}
	in := record.CreateInput{Values: body.Values, Key: key, Acknowledged: body.Acknowledged}
	var created record.Created
	if body.Submit {
		created, err = s.Engine.Flows.CreateWith(r.ctx, r.actor, r.Params("entity"), in, body.Picks)
	} else {
		created, err = s.Engine.CreateRecord(r.ctx, r.actor, r.Params("entity"), in)
	}
	if err != nil {
		return err
	}
	r.Location(base + "/entities/" + created.Record.Entity + "/records/" + created.Record.ID)
	if r.replayed = created.Replay; r.replayed {
		r.tellReplay()
		return r.record(created.Record)
	}
	r.Status(fiber.StatusCreated)
	return r.record(created.Record)
}

func (s *server) patchRecord(r *request) error {
	var body patchBody
	if err := r.decode(&body); err != nil {
		return err
	}
	rev, err := r.ifMatch()
	if err != nil {
		return err
	}
	if rev == 0 {
		return errIfMatch
	}
	rec, err := s.Engine.PatchRecord(r.ctx, r.actor, r.Params("entity"), r.Params("id"), record.PatchInput{
		IfRev: rev, Values: body.Values, Acknowledged: body.Acknowledged,
	})
	if err != nil {
		return err
	}
	return r.record(rec)
}

func (s *server) voidRecord(r *request) error {
	var body voidBody
	if err := r.decode(&body); err != nil {
		return err
	}
	rev, err := r.ifMatch()
	if err != nil {
		return err
	}
	rec, err := s.Engine.Records.Void(r.ctx, r.actor, r.Params("entity"), r.Params("id"), record.VoidInput{
		IfRev: rev, Reason: body.Reason, Acknowledged: body.Acknowledged,
	})
	if err != nil {
		return err
	}
	return r.record(rec)
}

func (s *server) deleteRecord(r *request) error {
	rev, err := r.ifMatch()
	if err != nil {
		return err
	}
	if err := s.Engine.DeleteRecord(r.ctx, r.actor, r.Params("entity"), r.Params("id"), rev); err != nil {
		return err
	}
	return r.SendStatus(fiber.StatusNoContent)
}

func (s *server) restoreRecord(r *request) error {
	rec, err := s.Engine.Records.Restore(r.ctx, r.actor, r.Params("entity"), r.Params("id"))
	if err != nil {
		return err
	}
	return r.record(rec)
}

func (s *server) related(r *request) error {
	var body relatedBody
	if err := r.decode(&body); err != nil {
		return err
	}
	related, err := s.Engine.Records.Related(r.ctx, r.actor, r.Params("entity"), body.Asks)
	if err != nil {
		return err
	}
	return r.JSON(related)
}

func (s *server) choices(r *request) error {
	var body choicesBody
	if err := r.decode(&body); err != nil {
		return err
	}
	choices, err := s.Engine.Records.Choices(r.ctx, r.actor, r.Params("entity"), record.ChoicesInput{
		Field: body.Field, Search: body.Search, Values: body.Values, Row: body.Row, Limit: body.Limit, After: body.After,
	})
	if err != nil {
		return err
	}
	return r.JSON(choices)
}

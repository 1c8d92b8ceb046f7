package record

import (
	"context"
	"fmt"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

const maxChoices = 100

// Choices gives the records that may be put into a reference, user or department field: those x-filter admits and the
// actor may read. Who only reads the entity gets those he may read, to filter a list by: x-filter may look at what he does
// not see. It fails with ErrForbidden if he does not even read the field.
func (s *Service) Choices(ctx context.Context, actor access.Actor, entity string, in ChoicesInput) (Choices, error) {
	r, err := s.begin(ctx, actor, entity)
	if err != nil {
		return Choices{}, err
	}
	field, ok := r.entity.Field(in.Field)
	if !ok || r.catalog.Entities[field.Target()] == nil {
		return Choices{}, &query.Error{Code: query.CodeUnknownField, Params: map[string]any{"field": in.Field}}
	}
	edits, err := r.edits(ctx)
	if err != nil {
		return Choices{}, err
	}
	if !edits {
		reads, err := r.reads(ctx, r.entity.Name)
		if err != nil {
			return Choices{}, err
		}
		if !reads.Anywhere().Shows(field.Path) {
			return Choices{}, fmt.Errorf("choices of %s.%s: %w", entity, in.Field, ErrForbidden)
		}
	}
	answer, err := r.choices(ctx, field, in, edits)
	if err != nil {
		return Choices{}, fmt.Errorf("choices of %s.%s: %w", entity, in.Field, err)
	}
	return answer, nil
}

// edits tells whether the actor writes records of the entity anywhere.
func (r *request) edits(ctx context.Context) (bool, error) {
	for _, action := range []access.Action{access.Create, access.Update, access.Submit, access.Act} {
		rights, err := r.may(ctx, r.entity.Name, action)
		if err != nil {
			return false, err
		}
		if rights.All || len(rights.Grants) > 0 {
			return true, nil
		}
	}
	return false, nil
}

func (r *request) choices(ctx context.Context, field *def.Field, in ChoicesInput, edits bool) (Choices, error) { //nolint:revive // edits: whether x-filter applies
	target := r.catalog.Entities[field.Target()]
	rights, err := r.reads(ctx, target.Name)
	if err != nil {
		return Choices{}, err
	}
	compiled, err := r.service.compiled(r.catalog, r.entity)
	if err != nil {
		return Choices{}, err
	}
	parts := []*query.Filter{access.Filter(rights)}
	if filter := compiled.choices[field.Path]; filter != nil && edits {
		// x-filter is the company's rule, not the reader's question: it may look at what he does not see.
		admitted, err := r.choiceFilter(ctx, target, filter, subjectOf(field, (&store.Doc{Values: in.Values}).Record(), in.Row))
		if err != nil {
			return Choices{}, err
		}
		parts = append(parts, admitted)
	}
	if target.Name == def.EntityUser {
		parts = append(parts, &query.Filter{Not: &query.Filter{Cond: &query.Cond{
			Path: []string{"disabled"}, Op: query.Eq, Value: true, Type: def.TypeBoolean,
		}}})
	}
	q := query.Query{Collection: target.Name, Limit: in.Limit, After: in.After}
	if q.Limit <= 0 {
		q.Limit = defaultLimit
	}
	q.Limit = min(q.Limit, maxChoices)
	display, _ := target.Field(target.DisplayField())
	if display != nil && display.Target() == "" && !display.IsList() && everywhere(rights, display.Name) {
		q.Sort = []query.Sort{{Field: display.Name}}
		if err := query.CheckSort(q.Sort, target); err != nil {
			return Choices{}, err
		}
	}
	if in.Search != "" {
		parts = append(parts, searchFilter(target, rights, in.Search, &q))
	}
	q.Where = access.Join(parts...)
	page, err := r.store.Find(ctx, q)
	if err != nil {
		return Choices{}, err
	}
	return r.asChoices(ctx, target, rights, page)
}

// everywhere tells whether a field is shown in every record there are rights to: an order by it tells of the others.
func everywhere(rights access.Rights, path string) bool {
	extra, _, err := rights.Narrow([]string{path})
	return err == nil && extra == nil
}

// searchFilter narrows a picker to what a person types. The search index is used if the reader sees all it holds;
// otherwise the display field is looked into, where he sees it.
func searchFilter(target *def.Entity, rights access.Rights, text string, q *query.Query) *query.Filter {
	if fields := searched(target); len(fields) > 0 {
		if extra, narrowed, err := rights.Narrow(fields); err == nil && len(narrowed) == 0 {
			q.Search = text
			return extra
		}
	}
	display := target.DisplayField()
	field, ok := target.Field(display)
	extra, _, err := rights.Narrow([]string{display})
	if !ok || err != nil || !query.Contains.Takes(field.XType) || field.IsList() {
		return query.Nothing()
	}
	contains := &query.Filter{Cond: &query.Cond{Path: []string{display}, Op: query.Contains, Value: text, Type: field.XType}}
	return access.Join(contains, extra)
}

// choiceFilter fills the record's and row's values into an x-filter, as the engine sees other records.
func (r *request) choiceFilter(ctx context.Context, target *def.Entity, filter *query.Filter, of subject) (*query.Filter, error) {
	if err := r.needVariables(ctx, []admission{{filter, of}}); err != nil {
		return nil, err
	}
	resolved, err := query.Resolve(filter, r.subjectVars(of))
	if err != nil {
		return nil, err
	}
	follower := &access.Follower{Store: r.store, Catalog: r.catalog}
	return follower.Follow(ctx, resolved, target)
}

// asChoices makes the items of a picker, with the texts a card of the record has.
func (r *request) asChoices(ctx context.Context, target *def.Entity, rights access.Rights, page store.Page) (Choices, error) {
	other := r.with(r.catalog, target)
	shown, err := (&show{request: other, rights: rights, plain: true}).records(ctx, page.Docs)
	if err != nil {
		return Choices{}, err
	}
	if err := r.veil(ctx, shown...); err != nil {
		return Choices{}, err
	}
	answer := Choices{Items: make([]Choice, 0, len(shown)), Next: page.Next}
	for i := range shown {
		item := Choice{ID: shown[i].ID, Text: cardText(target, &shown[i], target.DisplayField())}
		if item.Text == "" {
			item.Text = shown[i].ID
		}
		for _, path := range target.Summary {
			if text := cardText(target, &shown[i], path); path != target.DisplayField() && text != "" {
				item.Summary = append(item.Summary, text)
			}
		}
		answer.Items = append(answer.Items, item)
	}
	return answer, nil
}

// cardText is one field of a shown record as a text: references by their display text.
func cardText(entity *def.Entity, rec *Record, path string) string {
	field, ok := entity.Field(path)
	value := visible(rec, path)
	if path == def.FieldID {
		value = rec.ID
	}
	if !ok || value == nil || field.IsTable() {
		return ""
	}
	if field.Target() == "" {
		if items, isList := value.([]any); isList {
			parts := make([]string, len(items))
			for i, item := range items {
				parts[i] = plain(field, item)
			}
			return strings.Join(parts, ", ")
		}
		return plain(field, value)
	}
	var parts []string
	for _, id := range IDsOf(value) {
		if text := rec.Refs[field.Target()+"/"+id]; text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ", ")
}

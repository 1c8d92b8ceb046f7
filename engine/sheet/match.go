package sheet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sort"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/record"
)

// Modes of an import.
const (
	ModeInsert = "insert" // records that are there already are problems
	ModeUpdate = "update" // records that are not there are problems
	ModeUpsert = "upsert"
)

// existing finds the records drafts are about, by the fields of the match, and refuses those the mode does not allow.
// Rows of a sub-table are told apart by the plan's row key; without one the new rows replace the old ones.
// Drafts before a number were settled already; what this import itself made is not there already.
func (w *importing) existing(ctx context.Context, drafts []*draft, from int) error {
	s, actor, p, mode := w.service, w.actor, w.builder.plan, w.in.Mode
	if len(p.match) == 0 {
		if mode == ModeInsert {
			return nil
		}
		return fileError("no_key")
	}
	first := p.firsts(drafts, w.seen)
	drafts = slices.DeleteFunc(slices.Clone(drafts), func(d *draft) bool { return d.number < from })
	found := map[string][]record.Record{}
	for part := range slices.Chunk(drafts, batch) {
		if err := s.readExisting(ctx, actor, p, part, found); err != nil {
			return err
		}
	}
	for _, d := range drafts {
		key, ok := keyOf(d.values, p.match)
		switch {
		case !ok || first[key] != d:
			if mode == ModeUpdate && !ok && !d.failed() {
				d.fail(place{d.row, -1}, p.match[0], "required")
			}
		case w.made(d, found[key]):
		case len(found[key]) == 0:
			if mode == ModeUpdate {
				d.fail(d.where(p.match[0]), p.match[0], "absent")
			}
		case mode == ModeInsert:
			d.fail(d.where(p.match[0]), p.match[0], "exists")
		case len(found[key]) > 1:
			d.fail(d.where(p.match[0]), p.match[0], "ambiguous", "text", key, "n", len(found[key]))
		default:
			p.merge(d, &found[key][0])
		}
	}
	return nil
}

// made tells whether the record found for a draft is the one an earlier attempt of this import made of it.
func (w *importing) made(d *draft, found []record.Record) bool {
	return w.seed != "" && len(found) == 1 && found[0].ID == record.SeededID(w.seed, d.number)
}

// firsts gives the first draft of each key; others of the same key are refused. Seen are the keys of earlier windows.
func (p *plan) firsts(drafts []*draft, seen map[string]int) map[string]*draft {
	first := map[string]*draft{}
	for _, d := range drafts {
		key, ok := keyOf(d.values, p.match)
		if !ok {
			continue
		}
		if row, known := seen[key]; known {
			d.fail(place{d.row, -1}, p.match[0], "duplicate_line", "row", row+1)
			continue
		}
		seen[key], first[key] = d.row, d
	}
	return first
}

// readExisting reads the records the drafts of a batch may be about: those whose fields are all among the values the
// batch has for them. Which is which is decided by the whole key.
func (s *Service) readExisting(ctx context.Context, actor access.Actor, p *plan, drafts []*draft, found map[string][]record.Record) error {
	conditions := p.among(drafts)
	if conditions == nil {
		return nil
	}
	filter, err := json.Marshal(map[string]any{"and": conditions})
	if err != nil {
		return err
	}
	in := record.ListInput{Filter: filter, Limit: 1000}
	for {
		page, err := s.config.Records.List(ctx, actor, p.entity.Name, in)
		var denied *access.FieldError
		if errors.Is(err, record.ErrForbidden) || errors.As(err, &denied) {
			return nil // who may not read finds nothing; unique rules still hold
		}
		if err != nil {
			return fmt.Errorf("find %s: %w", p.entity.Name, err)
		}
		for _, rec := range page.Records {
			if key, ok := keyOf(rec.Values, p.match); ok && !slices.Contains(gone, rec.State) {
				found[key] = append(found[key], rec)
			}
		}
		if in.After = page.Next; page.Next == "" {
			return nil
		}
	}
}

// among asks for records whose fields are all among the values of some drafts; nil if these lack one altogether.
func (p *plan) among(drafts []*draft) []any {
	var conditions []any
	for _, name := range p.match {
		values := map[string]any{}
		for _, d := range drafts {
			if value := d.values[name]; value != nil {
				values[sameText(value)] = value
			}
		}
		if len(values) == 0 {
			return nil
		}
		list := make([]any, 0, len(values))
		for _, key := range sortedKeys(values) {
			list = append(list, values[key])
		}
		conditions = append(conditions, map[string]any{"field": name, "op": "in", "value": list})
	}
	return conditions
}

func sortedKeys(values map[string]any) []string {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// merge makes a draft the patch of a record: rows it knows keep their ids.
func (p *plan) merge(d *draft, rec *record.Record) {
	d.id, d.state, d.before = rec.ID, rec.State, rec
	if p.table == nil {
		return
	}
	rows, _ := d.values[p.table.Name].([]any)
	stored, _ := rec.Values[p.table.Name].([]any)
	key := p.rowKey()
	ids := map[string]any{}
	var patch []any
	for _, item := range stored {
		row, _ := item.(map[string]any)
		if key == "" {
			patch = append(patch, map[string]any{"_id": row["_id"], "_delete": true})
		} else if row[key] != nil {
			ids[sameText(row[key])] = row["_id"]
		}
	}
	next := len(stored)
	if key == "" {
		next = 0
	}
	for i, item := range rows {
		row, _ := item.(map[string]any)
		was := fmt.Sprintf("+%d", i+1)
		var is string
		if id, ok := ids[sameText(row[key])].(string); ok && key != "" {
			row["_id"], is = id, id
		} else {
			next++
			is = fmt.Sprintf("+%d", next)
		}
		d.rename(was, "/"+is, p.table)
		patch = append(patch, row)
	}
	d.settleNames()
	d.values[p.table.Name] = patch
}

// rename notes that a row is called otherwise in the problems of a patch; the slash keeps old and new names apart.
func (d *draft) rename(was, is string, table *def.Field) {
	if line, ok := d.lines[was]; ok {
		d.lines[is] = line
	}
	for _, column := range table.Columns() {
		if at, ok := d.places[was+"."+column.Name]; ok {
			d.places[is+"."+column.Name] = at
		}
	}
}

// settleNames makes the new names of rows the only ones.
func (d *draft) settleNames() {
	lines := map[string]int{}
	for name, line := range d.lines {
		if name[0] == '/' {
			lines[name[1:]] = line
		}
	}
	places := map[string]place{}
	for name, at := range d.places {
		switch name[0] {
		case '/':
			places[name[1:]] = at
		case '+':
		default:
			places[name] = at
		}
	}
	d.lines, d.places = lines, places
}

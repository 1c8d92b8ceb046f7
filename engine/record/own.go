package record

import (
	"context"
	"maps"

	"formwork/engine/access"
	"formwork/engine/form"
)

// asked is the part of the patch somebody must have the right to write.
func (c *Change) asked() form.Values {
	if c.Own == nil {
		return c.Patch
	}
	asked := form.Values{}
	for path, value := range c.Patch {
		if !c.Own(path) {
			asked[path] = value
		}
	}
	return asked
}

// LoadAs gives a stored record with nothing hidden to deciding code that asks what an actor may do with it (Full.May,
// Full.HasRole). Whether he may see it at all is for the caller to find out before.
func (s *Service) LoadAs(ctx context.Context, actor access.Actor, entity, id string) (*Full, error) {
	r, doc, err := s.find(ctx, actor, entity, id)
	if err != nil {
		return nil, err
	}
	return r.full(ctx, doc)
}

// rowID is the id a new row gets: the same one each time its temporary id is asked for in this write, so that what a flow
// decides about a row holds for the row that is stored.
func (w *write) rowID(table, temporary string) string {
	if temporary == "" {
		return w.service.config.NewID()
	}
	key := [2]string{table, temporary}
	id, known := w.rowIDs[key]
	if !known {
		id = w.service.config.NewID()
		if w.rowIDs == nil {
			w.rowIDs = map[[2]string]string{}
		}
		w.rowIDs[key] = id
	}
	return id
}

// named gives values whose new rows have the ids they will be stored with; the values themselves stay as they are, as
// problems name rows by their temporary ids.
func (w *write) named(values form.Values) form.Values {
	var shown form.Values
	for _, table := range w.compiled.plan {
		if !table.IsTable() {
			continue
		}
		rows := RowsOf(values[table.Name])
		list := make([]any, len(rows))
		changed := false
		for i, row := range rows {
			list[i] = row
			id, _ := row["_id"].(string)
			if !form.IsTemporaryID(id) {
				continue
			}
			renamed := maps.Clone(row)
			renamed["_id"] = w.rowID(table.Name, id)
			list[i], changed = renamed, true
		}
		if !changed {
			continue
		}
		if shown == nil {
			shown = maps.Clone(values)
		}
		shown[table.Name] = list
	}
	if shown == nil {
		return values
	}
	return shown
}

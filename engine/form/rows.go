package form

import (
	"regexp"
	"slices"

	"formwork/engine/def"
)

// The keys of a row that are not columns.
const (
	rowID     = "_id"
	rowDelete = "_delete" // in a patch: the row goes
	rowAfter  = "_after"  // in a patch: the row stands behind the row with this id, "" = first
)

// hardRows is the most rows of a sub-table whatever its definition says.
const hardRows = 5000

var rowIDPattern = regexp.MustCompile(`^\+?[A-Za-z0-9_-]{1,64}$`)

// loadRows reads a given sub-table into lines. Rows without id get a temporary one.
func (s *Session) loadRows(f *field, raw any) {
	c := &s.header.cells[f.pos]
	*c = cell{sealed: s.sealed[f.id], pending: s.sealed[f.id]}
	s.rows[f.rows.index], s.lists[f.rows.index] = nil, nil
	if c.sealed || raw == nil {
		return
	}
	list, _ := raw.([]any)
	given, ok := objects(list)
	switch {
	case list == nil, !ok:
		c.wire, c.faults = raw, f.typeFault(raw).faults
		return
	case len(given) > hardRows:
		c.wire, c.faults = raw, refused(raw, "items", map[string]any{"max": hardRows}).faults
		return
	}
	stored := rowsByID(s.stored[f.Name])
	taken := givenIDs(given)
	for i, values := range given {
		id := s.idFor(values, i+1, taken)
		row := s.newLine(f.rows, id, stored[id])
		row.no = len(s.rows[f.rows.index]) + 1
		s.rows[f.rows.index] = append(s.rows[f.rows.index], row)
		s.enterRow(row, values)
	}
}

func (s *Session) enterRow(row *line, values Values) {
	for _, column := range row.group.fields {
		raw, has := values[column.Name]
		s.enter(row, column, raw, has)
	}
	row.odd = append(row.odd, s.unknown(row, values)...)
}

// givenIDs counts the ids rows came with.
func givenIDs(rows []Values) map[string]int {
	ids := make(map[string]int, len(rows))
	for _, row := range rows {
		if id, ok := row[rowID].(string); ok {
			ids[id]++
		}
	}
	return ids
}

// idFor is the id a row came with, if it is good and the first of its kind; else a temporary one by its position.
func (s *Session) idFor(values Values, position int, taken map[string]int) string {
	id, ok := values[rowID].(string)
	if ok && rowIDPattern.MatchString(id) && taken[id] >= 0 {
		taken[id] = -1
		return id
	}
	for n := position; ; n += len(taken) + 1 {
		if id = temporaryID(n); taken[id] == 0 {
			taken[id] = -1
			return id
		}
	}
}

// rowsByID gives the rows of a sub-table's wire value by their id.
func rowsByID(wire any) map[string]Values {
	list, _ := wire.([]any)
	rows := make(map[string]Values, len(list))
	for _, item := range list {
		if row, ok := item.(map[string]any); ok {
			if id, ok := row[rowID].(string); ok {
				rows[id] = row
			}
		}
	}
	return rows
}

// rowIDs lists the ids of the rows of a wire value in order.
func rowIDs(wire any) []string {
	list, _ := wire.([]any)
	ids := make([]string, 0, len(list))
	for _, item := range list {
		if row, ok := item.(map[string]any); ok {
			id, _ := row[rowID].(string)
			ids = append(ids, id)
		}
	}
	return ids
}

// rowsChanged tells whether rows came, went or moved since the record was stored.
func (s *Session) rowsChanged(f *field) bool {
	return !slices.Equal(s.ids(f.rows), rowIDs(s.stored[f.Name]))
}

// ids lists the rows of a sub-table.
func (s *Session) ids(g *group) []string {
	ids := make([]string, len(s.rows[g.index]))
	for i, row := range s.rows[g.index] {
		ids[i] = row.id
	}
	return ids
}

// row finds a row by its id.
func (s *Session) row(g *group, id string) (*line, bool) {
	for _, row := range s.rows[g.index] {
		if row.id == id {
			return row, true
		}
	}
	return nil, false
}

// table finds a sub-table that may be changed.
func (s *Session) table(name string) (*field, bool) {
	f, ok := s.form.head.byName[name]
	return f, ok && f.rows != nil && s.open[f.id]
}

// membersChanged numbers the rows anew and marks everything that reads which rows there are.
func (s *Session) membersChanged(g *group) {
	s.lists[g.index] = nil
	for i, row := range s.rows[g.index] {
		row.no = i + 1
	}
	s.log.rows[g] = true
	for _, u := range g.readers {
		s.markAll(u)
	}
	for _, f := range g.fields { // their aggregates gained or lost a value
		for _, link := range f.readers {
			if !link.same {
				s.markAll(link.unit)
			}
		}
	}
	s.markAll(g.field.shape)
}

// Insert puts new rows at a position (from 0; beyond the end: at the end) and computes them. What the caller gives
// counts as written by the person.
func (s *Session) Insert(table string, at int, rows []Values) Changes {
	return s.change(func() {
		f, ok := s.table(table)
		if !ok {
			return
		}
		s.insert(f, at, rows)
	})
}

func (s *Session) insert(f *field, at int, rows []Values) {
	g := f.rows
	at = min(max(at, 0), len(s.rows[g.index]))
	rows = rows[:min(len(rows), max(0, hardRows-len(s.rows[g.index])))]
	lines := make([]*line, len(rows))
	for i, values := range rows {
		row := s.newLine(g, s.nextTemporaryID(g), nil)
		lines[i] = row
		for _, column := range g.fields {
			raw, has := values[column.Name]
			s.enter(row, column, raw, has)
			row.cells[column.pos].touched = has
			s.log.value(row, column)
		}
		for _, u := range g.units {
			s.mark(u, row)
		}
	}
	s.rows[g.index] = slices.Insert(s.rows[g.index], at, lines...)
	s.membersChanged(g)
}

// nextTemporaryID is an id no row of the sub-table has.
func (s *Session) nextTemporaryID(g *group) string {
	for {
		s.temp++
		if _, taken := s.row(g, temporaryID(s.temp)); !taken {
			return temporaryID(s.temp)
		}
	}
}

// Delete removes rows.
func (s *Session) Delete(table string, ids []string) Changes {
	return s.change(func() {
		f, ok := s.table(table)
		if !ok {
			return
		}
		before := len(s.rows[f.rows.index])
		s.rows[f.rows.index] = slices.DeleteFunc(s.rows[f.rows.index], func(row *line) bool {
			gone := slices.Contains(ids, row.id)
			if gone {
				s.forget(row)
			}
			return gone
		})
		if len(s.rows[f.rows.index]) != before {
			s.membersChanged(f.rows)
		}
	})
}

// forget takes a row out of everything that waits, and notes which problems end.
func (s *Session) forget(row *line) {
	row.removed = true
	s.lineProblems(row, func(p Problem) { s.log.problemPaths[p.Field] = true })
	s.hit = hits{keys: s.hit.keys[:0]}
	for _, u := range row.group.units {
		s.wait(site{u, row})
	}
}

// Move puts rows, in the order given, before the row that is at position at when they are taken out.
func (s *Session) Move(table string, ids []string, at int) Changes {
	return s.change(func() {
		f, ok := s.table(table)
		if !ok {
			return
		}
		g := f.rows
		var moved []*line
		for _, id := range ids {
			if row, ok := s.row(g, id); ok && !slices.Contains(moved, row) {
				moved = append(moved, row)
			}
		}
		rest := slices.DeleteFunc(slices.Clone(s.rows[g.index]), func(row *line) bool { return slices.Contains(moved, row) })
		at = min(max(at, 0), len(rest))
		s.rows[g.index] = slices.Insert(rest, at, moved...)
		s.membersChanged(g)
	})
}

// Paste is a block of texts from a spreadsheet: Cells by row, the columns named in their order on the screen.
type Paste struct {
	Row     string     `json:"row"` // id of the first row; "" = behind the last
	Columns []string   `json:"columns"`
	Cells   [][]string `json:"cells"`
}

// Paste reads the texts as people write them (see ParseText) and puts them into cells from a row on; rows are added as
// needed. Cells that may not be written are left alone.
func (s *Session) Paste(table string, block Paste) Changes {
	return s.change(func() {
		f, ok := s.form.head.byName[table]
		if !ok || f.rows == nil {
			return
		}
		g := f.rows
		first := slices.Index(s.ids(g), block.Row)
		if first < 0 {
			first = len(s.rows[g.index])
		}
		if missing := first + len(block.Cells) - len(s.rows[g.index]); missing > 0 && s.open[f.id] {
			s.insert(f, len(s.rows[g.index]), make([]Values, missing))
		}
		for i, texts := range block.Cells {
			if first+i >= len(s.rows[g.index]) {
				return
			}
			s.pasteRow(s.rows[g.index][first+i], block.Columns, texts)
		}
	})
}

func (s *Session) pasteRow(row *line, columns, texts []string) {
	for i, text := range texts {
		if i >= len(columns) {
			return
		}
		column, ok := row.group.byName[columns[i]]
		if !ok || !s.open[column.id] || row.cells[column.pos].state.ReadOnly {
			continue
		}
		s.write(row, column, ParseText(column.Field, text, s.form.cat.Lang))
	}
}

// level is what a fault of a cell counts as on this occasion; "" leaves it out.
func (s *Session) level(f fault) string {
	switch {
	case s.ctx.Event == Void && f.code != "type":
		return "" // what is stored may be voided whatever the definition says by now
	case f.level == def.LevelWarning && s.acknowledged(f.rule):
		return ""
	}
	return f.level
}

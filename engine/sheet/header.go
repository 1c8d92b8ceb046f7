package sheet

import (
	"slices"
	"strings"

	"formwork/engine/def"
)

// headerRows is how many rows may stand above the table, its header included.
const headerRows = 10

// knownLabels is the part of the known labels that makes a row the header, in percent.
const knownLabels = 60

// column is a column an import knows.
type column struct {
	name     string
	labels   []string   // folded
	title    string     // for people
	field    *def.Field // nil: it only helps to find the header
	parse    string
	required bool
}

func (c *column) is(text string) bool {
	return text != "" && slices.Contains(c.labels, text)
}

// header is where the table is.
type header struct {
	row     int             // from 0
	data    int             // first row below it
	columns map[int]*column // by column of the sheet
	days    map[int]int     // of a matrix: column → day
	ignored []Ignored       // labels nobody knows
}

// Ignored is a column of the sheet that no column of the import took.
type Ignored struct {
	Column string `json:"column"`
	Label  string `json:"label"`
}

// labels are what a header is known by: columns, and in a matrix the days of a month.
type labels struct {
	columns []*column
	matrix  bool
}

// locate finds the header: the row among the first ten that knows most labels, 60 % of those of the import or of what
// the row holds when nothing required is absent.
func (l labels) locate(g *grid) (*header, error) {
	var best *header
	for row := range min(headerRows, len(g.rows)) {
		h := l.match(g, row)
		if best == nil || len(h.columns)+len(h.days) > len(best.columns)+len(best.days) {
			best = h
		}
	}
	titles := make([]string, len(l.columns))
	for i, c := range l.columns {
		titles[i] = c.title
	}
	if best == nil || !l.good(best, g) {
		return nil, fileError("no_header", "labels", titles)
	}
	best.data = best.row + 1
	if names := (labels{columns: byName(l.columns)}).match(g, best.data); len(names.columns)*100 >= len(best.columns)*knownLabels {
		// A template: the row of names says exactly which column is which. Notes may follow.
		if len(names.columns) >= len(best.columns) {
			best.columns, best.ignored = names.columns, names.ignored
		}
		best.data++
		if strings.HasPrefix(g.at(best.data, 0), noteMark) {
			best.data++
		}
	}
	var missing []string
	for _, c := range l.columns {
		if c.required && c.field != nil && !best.has(c) && !l.matrix {
			missing = append(missing, c.title)
		}
	}
	if len(missing) > 0 {
		return nil, fileError("columns_missing", "labels", missing)
	}
	return best, nil
}

// noteMark begins the row of notes of a template.
const noteMark = "※"

func byName(columns []*column) []*column {
	named := make([]*column, len(columns))
	for i, c := range columns {
		copied := *c
		copied.labels = []string{folded(c.name)}
		named[i] = &copied
	}
	return named
}

// match reads a row as a header.
func (l labels) match(g *grid, row int) *header {
	h := &header{row: row, columns: map[int]*column{}, days: map[int]int{}}
	if row >= len(g.rows) {
		return h
	}
	taken := map[string]bool{}
	for i, text := range g.rows[row] {
		label := folded(text)
		if label == "" {
			continue
		}
		at := slices.IndexFunc(l.columns, func(c *column) bool { return !taken[c.name] && c.is(label) })
		if at >= 0 {
			h.columns[i] = l.columns[at]
			taken[l.columns[at].name] = true
			continue
		}
		if day := dayOf(label); l.matrix && day > 0 && !h.hasDay(day) {
			h.days[i] = day
			continue
		}
		h.ignored = append(h.ignored, Ignored{columnName(i), strings.TrimSpace(text)})
	}
	return h
}

// dayOf reads 1 … 31, with 日 or 号 behind; 0 if it is none.
func dayOf(label string) int {
	label = strings.TrimSuffix(strings.TrimSuffix(label, "日"), "号")
	label = strings.TrimPrefix(label, "0")
	for day := 1; day <= 31; day++ {
		if label == dayNames[day] {
			return day
		}
	}
	return 0
}

var dayNames = func() (names [32]string) {
	for day := range names {
		names[day] = strings.TrimPrefix(string([]byte{'0' + byte(day/10), '0' + byte(day%10)}), "0")
	}
	return names
}()

func (h *header) hasDay(day int) bool {
	for _, known := range h.days {
		if known == day {
			return true
		}
	}
	return false
}

func (h *header) has(c *column) bool {
	for _, known := range h.columns {
		if known.name == c.name {
			return true
		}
	}
	return false
}

// good tells whether a row is a header.
func (l labels) good(h *header, g *grid) bool {
	columns := l.columns
	if l.matrix {
		return len(h.days) >= 28 && len(h.columns) > 0
	}
	if len(h.columns)*100 >= len(columns)*knownLabels {
		return true
	}
	filled := 0
	for _, text := range g.rows[h.row] {
		if strings.TrimSpace(text) != "" {
			filled++
		}
	}
	required := !slices.ContainsFunc(columns, func(c *column) bool { return c.required && !h.has(c) })
	return required && len(h.columns) >= 2 && len(h.columns)*100 >= filled*knownLabels
}

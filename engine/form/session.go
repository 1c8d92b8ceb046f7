package form

import (
	"slices"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// Session is a record being edited: it holds values, states and problems, and recomputes only what depends on what was
// changed. The result is the same as evaluating everything anew. A Session belongs to one goroutine.
type Session struct {
	form    *Form
	ctx     Context
	stored  Values
	related Related
	known   Known

	header *line
	rows   [][]*line // by table
	lists  [][]any   // by table, see rowValues
	looks  []State   // by column: what holds for the whole column
	sealed []bool    // by field: not readable
	open   []bool    // by field: writable

	env     expr.Env
	hit     hits
	asks    map[string]*Ask   // by key: what is waited for or was once asked
	waiting map[string][]site // by key: what waits for it
	waits   map[site][]string // the same by who waits
	due     []due             // by unit order
	log     *journal          // what changed, nil while everything is new
	shown   map[string]bool   // keys of asks that were handed out
	temp    int               // last temporary id given
}

// site is one unit on one line.
type site struct {
	unit *unit
	line *line
}

// due is what is to be run of a unit.
type due struct {
	all   bool
	lines []*line
}

// hits is what one evaluation ran into.
type hits struct {
	pending bool // something is not known yet
	sealed  bool // something will never be known here
	keys    []string
}

// Evaluate completes and checks a record's values: cleaning, defaults, lookups, computed values, rules. If the result has
// Asks, answer them into Input.Related and evaluate the same input again; what depends on them is not decided yet.
func (f *Form) Evaluate(in Input) Result { return Open(f, in).Result() }

// Open evaluates a record and keeps it for editing.
func Open(f *Form, in Input) *Session {
	s := &Session{
		form: f, ctx: in.Context, stored: in.Stored, known: in.Known,
		rows: make([][]*line, len(f.tables)), lists: make([][]any, len(f.tables)), looks: make([]State, f.columns),
		asks: map[string]*Ask{}, waiting: map[string][]site{}, waits: map[site][]string{},
		due: make([]due, len(f.units)), shown: map[string]bool{}, sealed: make([]bool, f.ids), open: make([]bool, f.ids),
	}
	if s.ctx.Event == "" {
		s.ctx.Event = Save
	}
	s.related = Related{Records: map[string]map[string]any{}, Lookups: map[string]any{}}
	for key, record := range in.Related.Records {
		s.related.Records[key] = record
	}
	for key, value := range in.Related.Lookups {
		s.related.Lookups[key] = value
	}
	s.decideRights()
	s.load(in.Values)
	s.prepareEnv()
	s.runAll()
	return s
}

// prepareEnv makes what all expressions see; Self, RowNo change from line to line.
func (s *Session) prepareEnv() {
	s.env = expr.Env{
		Vars: map[string]any{
			"record": expr.NewRef(s.ctx.Record.ID, s.header),
			"actor":  expr.NewRef(s.ctx.Actor.ID, person{s.ctx.Actor}),
		},
		Now: s.ctx.Now, Zone: s.ctx.Zone, HasRole: s.ctx.HasRole, Label: s.label,
	}
	if workday := s.ctx.Workday; workday != nil {
		s.env.Calendar = func(d expr.Date) bool { return workday(expr.DateString(d)) }
	}
}

// load reads the given values into lines.
func (s *Session) load(values Values) {
	s.header = s.newLine(s.form.head, "", s.stored)
	for _, f := range s.form.head.fields {
		if f.rows != nil {
			s.loadRows(f, values[f.Name])
			continue
		}
		raw, has := values[f.Name]
		s.enter(s.header, f, raw, has)
	}
	s.header.odd = s.unknown(s.header, values)
}

// unknown lists what was given that no field takes.
func (s *Session) unknown(l *line, values Values) []Problem {
	var odd []Problem
	for name := range values {
		if _, ok := l.group.byName[name]; ok || name == rowID && l.group.field != nil {
			continue
		}
		path := name
		if l.group.field != nil {
			path = l.self() + "." + name
		}
		odd = append(odd, Problem{Field: path, Code: "unknown_field", Level: def.LevelError})
	}
	slices.SortFunc(odd, func(a, b Problem) int { return compareText(a.Field, b.Field) })
	return odd
}

// enter takes a given value into a cell: cleaned and checked where people may write it, else only remembered.
func (s *Session) enter(l *line, f *field, raw any, has bool) {
	c := &l.cells[f.pos]
	*c = cell{state: c.state, sealed: s.sealed[f.id] || f.origin == fromServer}
	c.pending = c.sealed
	if s.sealed[f.id] {
		return // may not even be looked at
	}
	stored := s.storedCell(l, f)
	switch {
	case f.origin == fromServer:
		c.wire = stored.wire
		return
	case f.origin == fromFormula, f.origin == fromLookup:
		return // given by its unit
	case f.origin == fromEngine && !s.open[f.id]:
		s.put(c, f, stored)
		return
	}
	given := f.clean(raw)
	c.given, c.has, c.touched = given.wire, has || l.stored != nil, s.isTouched(l, f, has)
	if !s.open[f.id] {
		s.put(c, f, stored)
		return
	}
	s.disabledOption(f, &given, stored.wire)
	s.put(c, f, given)
}

// put writes a value into a cell, with references that can be followed.
func (s *Session) put(c *cell, f *field, v cleaned) {
	c.wire, c.faults, c.val = v.wire, v.faults, v.val
	if f.Target() != "" && v.val != nil {
		c.val = s.runtime(f.Field, v.wire)
	}
}

// storedCell is the stored value of a cell; missing on a new line.
func (s *Session) storedCell(l *line, f *field) cleaned {
	if l.stored == nil || l.stored[f.Name] == nil {
		return cleaned{}
	}
	c := f.clean(l.stored[f.Name])
	c.faults = nil // what is stored was checked by the definition of its time
	return c
}

// disabledOption refuses options that may no longer be chosen, unless they were chosen before.
func (s *Session) disabledOption(f *field, given *cleaned, before any) {
	if !f.IsOption() || given.wire == nil {
		return
	}
	for _, name := range textsOf(given.wire) {
		option, ok := f.Option(name)
		if ok && option.Disabled && !slices.Contains(textsOf(before), name) {
			given.fault("option", map[string]any{"value": name, "disabled": true})
		}
	}
}

// textsOf is one text or a list of texts as a list.
func textsOf(wire any) []string {
	switch v := wire.(type) {
	case string:
		return []string{v}
	case []any:
		texts := make([]string, 0, len(v))
		for _, item := range v {
			if text, ok := item.(string); ok {
				texts = append(texts, text)
			}
		}
		return texts
	}
	return nil
}

func (s *Session) isTouched(l *line, f *field, has bool) bool {
	if s.ctx.Touched == nil {
		return has
	}
	return s.ctx.Touched[l.path(f)]
}

// decideRights finds out once which fields are readable and writable. A column is not readable if its sub-table is not.
func (s *Session) decideRights() {
	for _, g := range append([]*group{s.form.head}, s.form.tables...) {
		for _, f := range g.fields {
			s.sealed[f.id] = s.ctx.Readable != nil && !s.ctx.Readable(f.Path) || g.field != nil && s.sealed[g.field.id]
			s.open[f.id] = s.writable(f)
		}
	}
}

// writable tells whether the caller may write the field (in rows: the column).
func (s *Session) writable(f *field) bool {
	switch {
	case f.origin == fromEngine:
		return s.assigned(f)
	case f.origin != fromPeople:
		return false
	case s.form.rights != nil && s.form.right(f) != "w":
		return false
	case s.ctx.Writable != nil:
		return s.ctx.Writable(f.Path)
	}
	return !f.IsReadOnly()
}

// assigned tells whether the engine itself gives a rollup or number in this write. Imports bring their own numbers.
func (s *Session) assigned(f *field) bool {
	return f.Number != nil && s.ctx.Imported || s.ctx.Assigned != nil && s.ctx.Assigned(f.Path)
}

// right is what a flow node lets the person do with a field: w, r or -. A sub-table's right holds for its columns.
func (f *Form) right(of *field) string {
	if right, ok := f.rights[of.Path]; ok {
		return right
	}
	if of.group.field != nil {
		if right, ok := f.rights[of.group.name]; ok {
			return right
		}
	}
	return "r"
}

// runAll runs every unit on every line, in order.
func (s *Session) runAll() {
	for _, u := range s.form.units {
		for _, l := range s.linesOf(u.group) {
			s.run(u, l)
		}
	}
}

func (s *Session) linesOf(g *group) []*line {
	if g.field == nil {
		return []*line{s.header}
	}
	return s.rows[g.index]
}

// runDue runs what a change made due. Units stand in order, so one pass is enough.
func (s *Session) runDue() {
	for order := range s.due {
		d := s.due[order]
		if !d.all && len(d.lines) == 0 {
			continue
		}
		s.due[order] = due{lines: d.lines[:0]}
		u := s.form.units[order]
		lines := d.lines
		if d.all {
			lines = s.linesOf(u.group)
		}
		for _, l := range lines {
			if !l.removed {
				s.run(u, l)
			}
		}
		for _, l := range d.lines {
			l.due[u.slot] = false
		}
	}
}

func (s *Session) markAll(u *unit) {
	if u.group.field == nil {
		s.mark(u, s.header)
		return
	}
	s.due[u.order].all = true
}

func (s *Session) mark(u *unit, l *line) {
	if !l.due[u.slot] {
		l.due[u.slot] = true
		s.due[u.order].lines = append(s.due[u.order].lines, l)
	}
}

// spread marks everything that reads a changed cell.
func (s *Session) spread(l *line, f *field) {
	if s.log == nil {
		return // everything is run anyway
	}
	s.log.value(l, f)
	for _, link := range f.readers {
		if link.same {
			s.mark(link.unit, l)
		} else {
			s.markAll(link.unit)
		}
	}
}

// run runs one unit on one line.
func (s *Session) run(u *unit, l *line) {
	s.hit = hits{keys: s.hit.keys[:0]}
	var found []Problem
	switch u.kind {
	case unitValue:
		s.runValue(u, l)
	case unitLook:
		found = s.runLook(u, l)
	case unitCell:
		found = s.runCell(u, l)
	case unitRule:
		found = s.runRule(u, l)
	case unitChoice:
		s.arguments(u.field.choice, l)
	case unitUnique:
		found = s.runUnique(u)
	}
	if s.log != nil {
		s.log.problems(l.found[u.slot])
		s.log.problems(found)
	}
	l.found[u.slot] = found
	s.wait(site{u, l})
}

// eval evaluates a program on a line. known is false if it depends on what is not known yet.
func (s *Session) eval(p *expr.Program, l *line) (value any, known bool, err error) {
	before := s.hit.pending
	s.hit.pending = false
	s.env.Self, s.env.RowNo = l, l.no
	value, err = p.Eval(&s.env)
	known = !s.hit.pending
	s.hit.pending = s.hit.pending || before
	return value, known, err
}

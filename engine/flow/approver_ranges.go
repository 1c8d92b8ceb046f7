package flow

import (
	"slices"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// tabulator finds the rows of a table.
type tabulator struct {
	plan    *Plan
	axes    []axis
	unclear []string
	env     *expr.Env
	point   samplePoint
}

// axis is a variable with the parts of its values that conditions may tell apart, each with one point in it.
type axis struct {
	path  string
	parts []part
}

type part struct {
	value any
	shown TableRange
}

func newTabulator(l *linter) *tabulator {
	t := &tabulator{plan: l.plan, point: samplePoint{}}
	t.env = sampleEnv(t.point)
	var conditions []*condition
	for _, c := range l.plan.conditions() {
		if c.program != nil && c.program.Type().Kind == expr.KindBool { // not the instants of waits
			conditions = append(conditions, c)
		}
	}
	for _, v := range l.samples(conditions).variables {
		if !v.decided {
			t.unclear = append(t.unclear, v.name)
		}
		t.axes = append(t.axes, axis{path: v.name, parts: partsOf(v)})
	}
	return t
}

// partsOf turns the values to try into parts: a number's constants split it into intervals and points.
func partsOf(v variable) []part {
	if len(v.numbers) > 0 {
		return intervals(v.numbers)
	}
	if len(v.values) == 1 {
		return []part{{v.values[0], TableRange{Any: true}}}
	}
	parts := make([]part, len(v.values))
	for i, value := range v.values {
		shown := TableRange{Values: []string{expr.Key(value)}}
		if value == otherText {
			shown = TableRange{Other: true}
		}
		parts[i] = part{value, shown}
	}
	return parts
}

// intervals splits the numbers by the constants, which ascend.
func intervals(constants []expr.Decimal) []part {
	half, _ := expr.DecimalFromScaled(5, 1)
	parts := make([]part, 0, 2*len(constants)+1)
	from := ""
	for i, c := range constants {
		text := expr.Key(c)
		inside := expr.SubDecimal(c, half)
		if i > 0 {
			inside = between(constants[i-1], c)
		}
		parts = append(parts,
			part{inside, TableRange{From: from, To: text}},
			part{c, TableRange{From: text, To: text, FromClosed: true, ToClosed: true}})
		from = text
	}
	last := constants[len(constants)-1]
	return append(parts, part{expr.AddDecimal(last, half), TableRange{From: from}})
}

// between is the middle of two numbers.
func between(a, b expr.Decimal) expr.Decimal {
	half, _ := expr.DecimalFromScaled(5, 1)
	middle, err := expr.MulDecimal(expr.AddDecimal(a, b), half)
	if err != nil {
		return a // too large to be told apart
	}
	return middle
}

// table finds out where the run goes in every combination, joins parts that make no difference, and gives the rest.
func (t *tabulator) table() ApproverTable {
	table := ApproverTable{Variables: []TableVariable{}, Rows: []TableRow{}, Undecided: t.unclear}
	for t.combinations() > maxSamples { // the last variable is shown by its first value only
		last := &t.axes[len(t.axes)-1]
		t.unclear = append(t.unclear, last.path)
		t.point[last.path] = last.parts[0].value
		t.axes = t.axes[:len(t.axes)-1]
	}
	table.Undecided = t.unclear
	outcomes := make([]TableRow, 0, t.combinations())
	t.each(func([]int) { outcomes = append(outcomes, t.outcome()) })
	for i := range t.axes {
		outcomes = t.join(i, outcomes)
	}
	for _, a := range t.axes {
		table.Variables = append(table.Variables, TableVariable{Path: a.path})
	}
	at := 0
	t.each(func(position []int) {
		row := outcomes[at]
		at++
		if len(table.Rows) == maxTableRows {
			table.Truncated = true
			return
		}
		row.When = make([]TableRange, len(position))
		for i, k := range position {
			row.When[i] = t.axes[i].parts[k].shown
		}
		table.Rows = append(table.Rows, row)
	})
	return table.withoutIdle()
}

func (t *tabulator) combinations() int {
	n := 1
	for _, a := range t.axes {
		n *= len(a.parts)
	}
	return n
}

// each visits every combination, the last axis changing fastest.
func (t *tabulator) each(visit func(position []int)) {
	position := make([]int, len(t.axes))
	var down func(axis int)
	down = func(axis int) {
		if axis == len(t.axes) {
			visit(position)
			return
		}
		for k, p := range t.axes[axis].parts {
			position[axis] = k
			t.point[t.axes[axis].path] = p.value
			down(axis + 1)
		}
	}
	down(0)
}

// outcome is where the run goes at the present point.
func (t *tabulator) outcome() TableRow {
	row := TableRow{Nodes: []string{}}
	t.walk(t.plan.root, &row)
	return row
}

func (t *tabulator) walk(l *list, row *TableRow) {
	for _, n := range l.nodes {
		if row.Failed {
			return
		}
		hold, ok := true, true
		if n.when != nil {
			hold, ok = t.holds(n.when)
		}
		row.Failed = !ok
		if !hold || !ok {
			continue
		}
		if len(n.Who) > 0 {
			row.Nodes = append(row.Nodes, n.Name)
		}
		t.ways(n, row)
	}
}

// ways walks the branches of a branch node that are taken at the present point.
func (t *tabulator) ways(n *node, row *TableRow) {
	var otherwise *branch
	taken := false
	for _, b := range n.branches {
		if b.Else {
			otherwise = b
			continue
		}
		hold, ok := n.Mode == "parallel", true
		if n.Mode != "parallel" {
			hold, ok = t.holds(b.when)
		}
		if !ok {
			row.Failed = true
			return
		}
		if hold && (!taken || n.fork()) {
			taken = true
			t.walk(b.list, row)
		}
	}
	switch {
	case taken || n.Type != def.NodeBranch:
	case otherwise != nil:
		t.walk(otherwise.list, row)
	default:
		row.Failed = true
	}
}

func (t *tabulator) holds(c *condition) (hold, ok bool) {
	if c.program == nil {
		return false, false
	}
	return evaluate(c, t.env)
}

// join puts together the parts of one axis between which nothing differs, whatever the others are; it gives the outcomes
// of what is left.
func (t *tabulator) join(axis int, outcomes []TableRow) []TableRow {
	inner := 1 // outcomes between one part and the next
	for _, a := range t.axes[axis+1:] {
		inner *= len(a.parts)
	}
	parts := t.axes[axis].parts
	outer := len(outcomes) / (inner * len(parts))
	slice := func(k int) []TableRow {
		var rows []TableRow
		for o := range outer {
			from := (o*len(parts) + k) * inner
			rows = append(rows, outcomes[from:from+inner]...)
		}
		return rows
	}
	var kept []part
	var outcomesOf [][]TableRow
	for k, p := range parts {
		own := slice(k)
		i := joinable(kept, outcomesOf, p, own)
		if i < 0 {
			kept, outcomesOf = append(kept, p), append(outcomesOf, own)
			continue
		}
		kept[i].shown = joined(kept[i].shown, p.shown)
	}
	if len(kept) == 1 {
		kept[0].shown = TableRange{Any: true}
	}
	t.axes[axis].parts = kept
	var left []TableRow
	for o := range outer {
		for k := range kept {
			left = append(left, outcomesOf[k][o*inner:(o+1)*inner]...)
		}
	}
	return left
}

// joinable finds the part another one can be put to: of intervals the one before, of single values any; -1 if none.
func joinable(kept []part, outcomes [][]TableRow, p part, own []TableRow) int {
	first := 0
	if p.shown.interval() {
		first = max(0, len(kept)-1)
	}
	for i := first; i < len(kept); i++ {
		if slices.EqualFunc(outcomes[i], own, func(a, b TableRow) bool {
			return a.Failed == b.Failed && slices.Equal(a.Nodes, b.Nodes)
		}) {
			return i
		}
	}
	return -1
}

func (r TableRange) interval() bool { return r.From != "" || r.To != "" }

// joined is a range that has what two have.
func joined(a, b TableRange) TableRange {
	switch {
	case a.Any || b.Any:
		return TableRange{Any: true}
	case a.interval() && b.interval():
		return TableRange{From: a.From, FromClosed: a.FromClosed, To: b.To, ToClosed: b.ToClosed}
	case a.Other || b.Other:
		return TableRange{Other: true}
	default:
		return TableRange{Values: slices.Concat(a.Values, b.Values)}
	}
}

// withoutIdle leaves out variables that make no difference anywhere.
func (table ApproverTable) withoutIdle() ApproverTable {
	for i := len(table.Variables) - 1; i >= 0; i-- {
		idle := !slices.ContainsFunc(table.Rows, func(row TableRow) bool { return !row.When[i].Any })
		if !idle {
			continue
		}
		table.Variables = slices.Delete(table.Variables, i, i+1)
		for k := range table.Rows {
			table.Rows[k].When = slices.Delete(table.Rows[k].When, i, i+1)
		}
	}
	return table
}

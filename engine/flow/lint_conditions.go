package flow

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"formwork/engine/expr"
)

// maxSamples is how many combinations of values are tried for one branch node.
const maxSamples = 20_000

// otherText stands for any text no condition names.
const otherText = "\u00a4"

// variable is what conditions read, with the values to try.
type variable struct {
	name    string // "amount", "team.pay_mode"
	values  []any
	decided bool // the values stand for all there are, as far as comparisons with constants go
}

// samples are the points at which the conditions of one node are tried.
type samples struct {
	variables []variable
	complete  bool // every combination was tried, and the values stand for all
}

// sampleBranches tries the conditions of an exclusive or inclusive node and reports gaps and branches that nothing
// leads into.
func (l *linter) sampleBranches(n *node) {
	var conditions []*condition
	hasElse := false
	for _, b := range n.branches {
		hasElse = hasElse || b.Else
		if b.when != nil {
			conditions = append(conditions, b.when)
		}
	}
	s := l.samples(conditions)
	reached := make([]bool, len(conditions))
	gap := false
	failed := !s.each(func(env *expr.Env) bool {
		hit := false
		for i, c := range conditions {
			hold, ok := evaluate(c, env)
			if !ok {
				return false
			}
			if hold && (n.mode == "inclusive" || !hit) {
				reached[i] = true
			}
			hit = hit || hold
		}
		gap = gap || !hit
		return true
	})
	if failed {
		l.add(n, "/branches", levelError, lintConditionType)
		return
	}
	l.reportReach(n, s, reached, gap, hasElse)
}

//nolint:revive // gap and hasElse are findings, not modes
func (l *linter) reportReach(n *node, s *samples, reached []bool, gap, hasElse bool) {
	i := 0
	for k, b := range n.branches {
		if b.when == nil {
			if b.Else && s.complete && !gap && len(reached) > 0 {
				l.add(n, branchPointer(k), levelWarning, lintElseUnreachable)
			}
			continue
		}
		if !reached[i] && s.complete {
			l.add(n, branchPointer(k), levelWarning, lintBranchUnreachable)
		}
		i++
	}
	if gap && !hasElse {
		l.add(n, "/branches", levelError, lintNoElse)
	}
}

// sampleWhen tries a node's own condition: an exclusive branch around the node, with an empty else.
func (l *linter) sampleWhen(n *node) {
	s := l.samples([]*condition{n.when})
	yes, no := false, false
	failed := !s.each(func(env *expr.Env) bool {
		hold, ok := evaluate(n.when, env)
		yes, no = yes || hold, no || !hold
		return ok
	})
	switch {
	case failed:
		l.add(n, "/when", levelError, lintConditionType)
	case !yes && s.complete:
		l.add(n, "/when", levelWarning, lintBranchUnreachable)
	case !no && s.complete:
		l.add(n, "/when", levelWarning, lintElseUnreachable)
	}
}

func evaluate(c *condition, env *expr.Env) (hold, ok bool) {
	value, err := c.program.Eval(env)
	if err != nil {
		return false, false
	}
	hold, ok = value.(bool)
	return hold, ok
}

// samples finds the variables of conditions and the values to try: of a number each constant it is compared with and
// half a unit either side, of a text each constant and one other value, and one value of any other variable.
func (l *linter) samples(conditions []*condition) *samples {
	constants := map[string][]any{}
	var names []string
	for _, c := range conditions {
		for _, path := range c.program.Reads() {
			if name := strings.Join(withoutRecord(path), "."); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
		for name, values := range comparisons(c.source, l.scope.Setting) {
			constants[name] = append(constants[name], values...)
		}
	}
	s := &samples{complete: true}
	combinations := 1
	for _, name := range names {
		v := l.variable(name, constants[name])
		s.variables = append(s.variables, v)
		s.complete = s.complete && v.decided
		combinations = min(combinations*len(v.values), maxSamples+1)
	}
	s.complete = s.complete && combinations <= maxSamples
	return s
}

func (l *linter) variable(name string, constants []any) variable {
	v := variable{name: name, decided: true}
	add := func(value any) {
		if !slices.ContainsFunc(v.values, func(other any) bool { return expr.Equal(other, value) }) {
			v.values = append(v.values, value)
		}
	}
	half, err := expr.DecimalFromScaled(5, 1)
	for _, c := range constants {
		switch c := c.(type) {
		case expr.Decimal:
			if err == nil {
				add(expr.SubDecimal(c, half))
				add(c)
				add(expr.AddDecimal(c, half))
			}
		case string:
			add(c)
			add(otherText)
		case bool:
			add(false)
			add(true)
		}
	}
	if v.values == nil {
		v.values, v.decided = l.anyValue(name)
	}
	return v
}

// anyValue gives a value of a variable that is compared with no constant. Values of other kinds than numbers stand for
// nothing but themselves, so what they reach decides nothing.
func (l *linter) anyValue(name string) (values []any, decided bool) {
	kind := expr.KindAny
	if program, err := expr.Compile(name, l.scope, expr.KindAny); err == nil {
		kind = program.Type().Kind
	}
	day, _ := expr.NewDate(2026, 1, 15)
	switch kind {
	case expr.KindBool:
		return []any{false, true}, true
	case expr.KindText:
		return []any{otherText}, false
	case expr.KindDate:
		return []any{day}, false
	case expr.KindDateTime:
		return []any{expr.TimeOf(sampleTime)}, false
	case expr.KindMonth:
		return []any{expr.MonthOf(day)}, false
	case expr.KindRecord:
		return []any{expr.NewRef(otherText, nil)}, false
	case expr.KindList:
		return []any{[]any{}}, false
	default:
		return []any{expr.DecimalFromInt(0)}, true
	}
}

// sampleTime is the instant samples are evaluated at.
var sampleTime = time.Date(2026, 1, 15, 4, 0, 0, 0, time.UTC)

// each calls f with every combination, up to maxSamples, until f is false; it tells whether f never was.
func (s *samples) each(f func(*expr.Env) bool) bool {
	at := make([]int, len(s.variables))
	point := samplePoint{}
	for range maxSamples {
		for i, v := range s.variables {
			point[v.name] = v.values[at[i]]
		}
		if !f(sampleEnv(point)) {
			return false
		}
		if !s.next(at) {
			return true
		}
	}
	return true
}

// sampleEnv is what conditions see of a point.
func sampleEnv(point samplePoint) *expr.Env {
	self := sampleObject{point, ""}
	return &expr.Env{
		Self: self, Now: sampleTime, HasRole: func(string) bool { return false },
		Vars: map[string]any{"record": expr.NewRef(otherText, self)},
	}
}

// next moves to the next combination, false after the last.
func (s *samples) next(at []int) bool {
	for i := range at {
		if at[i]++; at[i] < len(s.variables[i].values) {
			return true
		}
		at[i] = 0
	}
	return false
}

// samplePoint is one combination of values, by path.
type samplePoint map[string]any

// sampleObject shows the part of a point that begins with a prefix as a record.
type sampleObject struct {
	point  samplePoint
	prefix string
}

// Get implements expr.Object.
func (o sampleObject) Get(name string) any {
	path := o.prefix + name
	if v, ok := o.point[path]; ok {
		return v
	}
	for other := range o.point {
		if strings.HasPrefix(other, path+".") {
			return expr.NewRef(otherText, sampleObject{o.point, path + "."})
		}
	}
	return nil
}

func branchPointer(i int) string { return "/branches/" + strconv.Itoa(i) }

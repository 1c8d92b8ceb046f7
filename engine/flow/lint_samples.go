package flow

import (
	"slices"
	"strings"
	"time"

	"formwork/engine/def"
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
	numbers []expr.Decimal // the constants a number is compared with, ascending
	decided bool           // the values stand for all there are, as far as comparisons with constants go
}

// samples are the points at which the conditions of one node are tried.
type samples struct {
	variables []variable
	complete  bool // every combination was tried, and the values stand for all
}

// samples finds the variables of conditions and the values to try: of a number each constant it is compared with, what lies
// beside it and between two of them; of an option each there is; of a text each constant and one other; and one value of any
// other variable. They are complete if the conditions compare these with constants and read nothing else: no clock, no
// roles, no rows, no other variable on the far side.
func (l *linter) samples(conditions []*condition) *samples {
	constants, standIns := map[string][]any{}, map[string][]any{}
	plain := map[string]bool{} // compared with constants only, wherever it stands
	s := &samples{complete: true}
	var names []string
	for _, c := range conditions {
		for _, path := range c.program.Reads() {
			if name := l.sampled(withoutRecord(path)); !slices.Contains(names, name) {
				names = append(names, name)
				plain[name] = true
			}
		}
		found := comparisons(c.source, l.scope.Setting)
		for name, values := range found.constants {
			constants[name] = append(constants[name], values...)
		}
		for name, values := range found.defaults {
			standIns[name] = append(standIns[name], values...)
		}
		for _, name := range found.others {
			plain[name] = false
		}
		s.complete = s.complete && !found.asks && !looksAround(c.program)
	}
	combinations := 1
	for _, name := range names {
		v := l.variable(name, constants[name], plain[name])
		v.replaced(l.fieldAt(name), standIns[name])
		s.variables = append(s.variables, v)
		s.complete = s.complete && v.decided
		combinations = min(combinations*len(v.values), maxSamples+1)
	}
	s.complete = s.complete && combinations <= maxSamples
	return s
}

// looksAround tells whether a condition depends on more than the record: on who acts, on the day.
func looksAround(p *expr.Program) bool {
	return slices.ContainsFunc([]string{"has_role", "today", "now", "as_of", "workdays", "add_workdays", "row_no"}, p.Uses)
}

// sampled names the variable a path is sampled by: rows and other lists are tried as a whole.
func (l *linter) sampled(path expr.Path) string {
	for i := range path {
		prefix := strings.Join(path[:i+1], ".")
		if field := l.fieldAt(prefix); field != nil && (field.IsTable() || field.IsList()) {
			return prefix
		}
	}
	return strings.Join(path, ".")
}

// fieldAt finds a field by its path through references; nil if it is not known.
func (l *linter) fieldAt(path string) *def.Field {
	entity := l.entity
	names := strings.Split(path, ".")
	for i, name := range names {
		if entity == nil {
			return nil
		}
		field, ok := entity.Field(name)
		if !ok {
			return nil
		}
		if i == len(names)-1 {
			return field
		}
		entity = l.cat.Entities[field.Target()]
	}
	return nil
}

// variable gives the values to try of one variable. plain tells that conditions compare it with constants only.
func (l *linter) variable(name string, constants []any, plain bool) variable {
	field, kind := l.fieldAt(name), l.kindOf(name)
	constants = slices.DeleteFunc(slices.Clone(constants), func(c any) bool { return !ofKind(kind, c) })
	if field != nil && field.XType == def.TypeSelect && field.Dictionary == "" && len(field.Opts) > 0 {
		v := variable{name: name, decided: true}
		for _, option := range field.Opts {
			v.add(option.Const)
		}
		return v
	}
	if len(constants) == 0 {
		values, decided := l.anyValue(field, kind)
		return variable{name: name, values: values, decided: decided}
	}
	v := variable{name: name, decided: plain || kind == expr.KindBool}
	for _, c := range constants {
		switch c := c.(type) {
		case expr.Decimal:
			v.numbers = append(v.numbers, c)
		case string:
			v.add(c)
			v.add(otherText)
		case bool:
			v.add(false)
			v.add(true)
		}
	}
	v.around(field)
	return v
}

// kindOf is the kind of a variable; KindAny if it is not known.
func (l *linter) kindOf(name string) expr.Kind {
	if program, err := expr.Compile(name, l.scope, expr.KindAny); err == nil {
		return program.Type().Kind
	}
	return expr.KindAny
}

// ofKind tells whether a variable of a kind can hold a constant.
func ofKind(kind expr.Kind, constant any) bool {
	switch constant.(type) {
	case expr.Decimal:
		return kind == expr.KindNumber || kind == expr.KindAny
	case string:
		return kind == expr.KindText || kind == expr.KindAny
	case bool:
		return kind == expr.KindBool || kind == expr.KindAny
	default:
		return false
	}
}

func (v *variable) add(value any) {
	if !slices.ContainsFunc(v.values, func(other any) bool { return expr.Equal(other, value) }) {
		v.values = append(v.values, value)
	}
}

// around adds the points that the constants of a number tell apart: each, one beside it on either side (half a unit; of a
// whole number a unit) and one between it and the next. What the field cannot hold is left out.
func (v *variable) around(field *def.Field) {
	if len(v.numbers) == 0 {
		return
	}
	step, err := expr.DecimalFromScaled(5, 1)
	if err != nil {
		return
	}
	whole := field != nil && field.XType == def.TypeInteger
	if whole {
		step = expr.DecimalFromInt(1)
	}
	slices.SortFunc(v.numbers, expr.CompareDecimal)
	v.numbers = slices.CompactFunc(v.numbers, func(a, b expr.Decimal) bool { return expr.CompareDecimal(a, b) == 0 })
	for i, c := range v.numbers {
		points := []any{expr.SubDecimal(c, step), c, expr.AddDecimal(c, step)}
		if i > 0 && !whole {
			points = append(points, between(v.numbers[i-1], c))
		}
		for _, p := range points {
			if fits(field, p) {
				v.add(p)
			}
		}
	}
	if len(v.values) == 0 { // all constants lie outside: any of them will do
		v.add(v.numbers[0])
	}
}

// replaced adds what stands for a missing value where that is none the field can hold: nz(kind, 'none'), nz(count, -1).
func (v *variable) replaced(field *def.Field, standIns []any) {
	for _, value := range standIns {
		_, text := value.(string)
		options := field != nil && field.XType == def.TypeSelect
		if text && options && value != "" || !text && !fits(field, value) {
			v.add(value)
		}
	}
}

// fits tells whether the bounds of a field admit a number.
func fits(field *def.Field, point any) bool {
	d, ok := point.(expr.Decimal)
	if field == nil || !ok {
		return true
	}
	least, most := first(field.Min, field.Minimum.String()), first(field.Max, field.Maximum.String())
	if bound, err := expr.ParseDecimal(least); least != "" && err == nil && expr.CompareDecimal(d, bound) < 0 {
		return false
	}
	bound, err := expr.ParseDecimal(most)
	return most == "" || err != nil || expr.CompareDecimal(d, bound) <= 0
}

// anyValue gives values of a variable that is compared with no constant. But for yes and no they stand for nothing but
// themselves, so what they reach decides nothing.
func (l *linter) anyValue(field *def.Field, kind expr.Kind) (values []any, decided bool) {
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
		return l.anyList(field), false
	default:
		return []any{expr.DecimalFromInt(0)}, false
	}
}

// anyList gives a table without rows, where the record may have none, and one with a row; of other lists the empty one.
func (l *linter) anyList(field *def.Field) []any {
	if field == nil || !field.IsTable() {
		return []any{[]any{}}
	}
	row := samplePoint{}
	for _, column := range field.Columns() {
		values, _ := l.anyValue(column, def.FieldKind(column))
		row[column.Name] = values[0]
	}
	lists := []any{[]any{expr.NewRef(otherText, sampleObject{row, ""})}}
	if l.entity.IsRequired(field.Path) || field.MinItems != nil && *field.MinItems > 0 {
		return lists
	}
	return append(lists, []any{})
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
		Vars: map[string]any{
			"record": expr.NewRef(otherText, self),
			"actor":  expr.NewRef(otherText, sampleObject{samplePoint{"id": otherText, "name": otherText}, ""}),
		},
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

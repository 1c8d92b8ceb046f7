package expr

import (
	"strconv"
	"testing"
	"time"
)

// object is a record of a test.
type object map[string]any

func (o object) Get(name string) any { return o[name] }

// shape is the type of a record of a test.
type shape struct {
	name   string
	fields map[string]Type
}

func (s *shape) Name() string                   { return s.name }
func (s *shape) Field(name string) (Type, bool) { t, ok := s.fields[name]; return t, ok }

func (s *shape) Names() []string {
	var names []string
	for name := range s.fields {
		names = append(names, name)
	}
	return names
}

func number(text string) Decimal {
	d, ok := parseLiteral(text)
	if !ok {
		return Decimal{}
	}
	return d
}

var (
	numberType = Type{Kind: KindNumber}
	headType   = Type{Kind: KindRecord, Shape: &shape{"sheet", map[string]Type{"std_hours": numberType}}}
	lineShape  = &shape{"lines", map[string]Type{
		"day_rate": numberType, "normal_hours": numberType, "pay_factor": numberType, "amount": numberType,
		"pay_type": {Kind: KindText},
	}}
)

func benchmarkLine(b *testing.B, source, hours string) {
	b.Helper()
	p, err := Compile(source, Scope{Self: lineShape, Vars: map[string]Type{"record": headType}, InRow: true}, KindNumber)
	if err != nil {
		b.Fatal(err)
	}
	env := &Env{
		Self: object{"day_rate": number("260.00"), "normal_hours": number("7.5"), "pay_factor": number("1.50"), "pay_type": "day"},
		Vars: map[string]any{"record": NewRef("s1", object{"std_hours": number(hours)})},
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Eval(env); err != nil {
			b.Fatal(err)
		}
	}
}

const linePay = "round(day_rate * normal_hours * pay_factor / record.std_hours, 2)"

// The quotient ends: 8 hours make a day.
func BenchmarkLineFormula(b *testing.B) { benchmarkLine(b, linePay, "8") }

// The quotient does not end: 7 hours make a day, 34 digits are computed and rounded to 2.
func BenchmarkLineFormulaEndless(b *testing.B) { benchmarkLine(b, linePay, "7") }

func BenchmarkLineFormulaWithIF(b *testing.B) {
	benchmarkLine(b, "IF(pay_type == 'piece', 0, "+linePay+")", "8")
}

func BenchmarkSum1000Lines(b *testing.B) {
	rows := make([]any, 1000)
	for i := range rows {
		rows[i] = NewRef(strconv.Itoa(i), object{"amount": DecimalFromInt(int64(i))})
	}
	self := &shape{"sheet", map[string]Type{"lines": {Kind: KindList, Shape: lineShape}}}
	p, err := Compile("sum(lines, .amount)", Scope{Self: self}, KindNumber)
	if err != nil {
		b.Fatal(err)
	}
	env := &Env{Self: object{"lines": rows}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Eval(env); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	scope := Scope{Self: lineShape, Vars: map[string]Type{"record": headType}, InRow: true}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(linePay, scope, KindNumber); err != nil {
			b.Fatal(err)
		}
	}
}

// The worst a budget allows: how long an evaluation can take before it is stopped.
func BenchmarkBudget(b *testing.B) {
	items := make([]any, 3000)
	for i := range items {
		items[i] = DecimalFromInt(int64(i))
	}
	list := Type{Kind: KindList, Elem: &numberType}
	p, err := Compile("any(l, any(l, (# + 1.5) * 3.7 / 7 < -1))", Scope{Self: &shape{"x", map[string]Type{"l": list}}}, KindBool)
	if err != nil {
		b.Fatal(err)
	}
	env := &Env{Self: object{"l": items}, Now: time.Unix(0, 0)}
	for b.Loop() {
		if _, err := p.Eval(env); err == nil {
			b.Fatal("not stopped")
		}
	}
}

package expr

import "strings"

// node is a compiled operation. It returns a runtime value, nil for missing. A failure is kept in the frame
// and the result is nil: what follows runs on as if the value were missing, loops stop, Eval reports the failure.
type node func(f *frame) any

// frame is the state of one evaluation.
type frame struct {
	env   *Env
	err   *EvalError
	steps int    // left
	bytes int    // of texts and lists that may still be made
	items [2]any // the items of the predicates around, outermost first
	lets  []any
}

const (
	maxText  = 64 << 10 // bytes of one text
	maxBytes = 16 << 20 // bytes of all texts and lists made by one evaluation
)

// fail keeps the first failure and returns the missing value.
func (f *frame) fail(code string, at int, name string) any {
	if f.err == nil {
		f.err = &EvalError{Code: code, Offset: at, Name: name}
	}
	return nil
}

// spend takes n steps from the budget; false means stop.
func (f *frame) spend(n int) bool {
	f.steps -= n
	if f.steps < 0 {
		f.fail(EvalBudget, 0, "steps")
	}
	return f.err == nil
}

// allocate takes n bytes from the budget; false means stop.
func (f *frame) allocate(n int) bool {
	f.bytes -= n
	if f.bytes < 0 {
		f.fail(EvalBudget, 0, "memory")
	}
	return f.err == nil
}

// fits says whether a text of n bytes may be made, and takes it from the budget.
func (f *frame) fits(n, at int, name string) bool {
	if n > maxText {
		f.fail(EvalTooLong, at, name)
		return false
	}
	return f.allocate(n) && f.spend(n/64)
}

// add writes a piece behind a text that grows; false means stop.
func (f *frame) add(b *strings.Builder, piece string, op numeric) bool {
	if b.Len()+len(piece) > maxText {
		f.fail(EvalTooLong, op.at, op.name)
		return false
	}
	b.WriteString(piece)
	return f.allocate(len(piece)) && f.spend(1+len(piece)/64)
}

// list makes an empty list with room for n values.
func (f *frame) list(n int) []any {
	if !f.allocate(16 * n) {
		return nil
	}
	return make([]any, 0, n)
}

func (p *Program) eval(env *Env) (any, error) {
	if env == nil {
		env = &Env{}
	}
	f := frame{env: env, steps: env.Steps, bytes: maxBytes}
	if f.steps <= 0 {
		f.steps = DefaultSteps
	}
	if p.lets > 0 {
		f.lets = make([]any, p.lets)
	}
	value := p.run(&f)
	if f.err != nil {
		return nil, f.err
	}
	return p.typed(present(value))
}

// typed holds the result to the type the program was compiled for: a value that is not what its Type says goes
// no further. A record of which only the id was given becomes one.
func (p *Program) typed(value any) (any, error) {
	kind := p.typ.Kind
	if value == nil || kind == KindAny || KindOf(value) == kind {
		return value, nil
	}
	if id, ok := value.(string); ok && kind == KindRecord {
		return NewRef(id, nil), nil
	}
	return nil, &EvalError{Code: EvalType, Name: kind.String()}
}

// present turns the empty text into the missing value.
func present(v any) any {
	if v == "" {
		return nil
	}
	return v
}

// get reads a field of an object, which may be unknown.
func get(object Object, name string) any {
	if object == nil {
		return nil
	}
	return present(object.Get(name))
}

// member reads a field of a record value. A record of which only the id is known has no fields.
func (f *frame) member(record any, name string, at int) any {
	switch record := record.(type) {
	case nil:
		return nil
	case Ref:
		if name == "id" && record.id != "" {
			return record.id
		}
		return get(record.fields, name)
	case string:
		if name == "id" {
			return record
		}
		return nil
	}
	return f.fail(EvalType, at, name)
}

// truth reads a condition: true, false or missing (known = false).
func (f *frame) truth(v any, at int, name string) (is, known bool) {
	switch v := v.(type) {
	case bool:
		return v, true
	case nil:
		return false, false
	}
	f.fail(EvalType, at, name)
	return false, false
}

// items reads a list; missing is an empty one.
func (f *frame) itemsOf(v any, at int, name string) []any {
	switch v := v.(type) {
	case []any:
		return v
	case nil:
		return nil
	}
	f.fail(EvalType, at, name)
	return nil
}

package query

import "fmt"

// Nothing matches no record.
func Nothing() *Filter { return &Filter{Or: []*Filter{}} }

// Everything matches all records.
func Everything() *Filter { return &Filter{And: []*Filter{}} }

// AllOf joins filters that must all match; nil filters match everything and are left out.
func AllOf(filters ...*Filter) *Filter {
	list := []*Filter{}
	for _, f := range filters {
		if f != nil {
			list = append(list, f)
		}
	}
	if len(list) == 1 {
		return list[0]
	}
	return &Filter{And: list}
}

// AnyOf joins filters of which one must match. A nil filter matches everything.
func AnyOf(filters ...*Filter) *Filter {
	list := []*Filter{}
	for _, f := range filters {
		if f == nil {
			return Everything()
		}
		list = append(list, f)
	}
	if len(list) == 1 {
		return list[0]
	}
	return &Filter{Or: list}
}

// Resolve fills the variables of a checked filter in and gives the result; f itself stays as it is. A condition with a
// missing variable matches nothing, or is dropped if it is optional; missing members of a list are left out. A value
// that does not fit the field is an *Error of code value_type.
func Resolve(f *Filter, vars Vars) (*Filter, error) { return resolve(f, vars, "") }

func resolve(f *Filter, vars Vars, path string) (*Filter, error) {
	var err error
	switch {
	case f == nil:
		return nil, nil //nolint:nilnil // the filter that matches everything
	case f.Cond != nil:
		return resolveCondition(f.Cond, vars, path)
	case f.Not != nil:
		not, err := resolve(f.Not, vars, path+"/not")
		if err == nil && isDropped(not) {
			return not, nil
		}
		return &Filter{Not: not}, err
	case f.Or != nil:
		list := make([]*Filter, 0, len(f.Or))
		if list, err = resolveList(list, f.Or, vars, path+"/or/"); err == nil && len(list) == 0 && len(f.Or) > 0 {
			return dropped, nil
		}
		return &Filter{Or: list}, err
	default:
		list := make([]*Filter, 0, len(f.And))
		list, err = resolveList(list, f.And, vars, path+"/and/")
		return &Filter{And: list}, err
	}
}

// dropped stands for an optional condition without a value: it takes itself out of whatever it is in.
var dropped = &Filter{And: []*Filter{}}

func isDropped(f *Filter) bool { return f == dropped }

func resolveList(list, members []*Filter, vars Vars, path string) ([]*Filter, error) {
	for i, member := range members {
		resolved, err := resolve(member, vars, fmt.Sprint(path, i))
		if err != nil {
			return nil, err
		}
		if !isDropped(resolved) {
			list = append(list, resolved)
		}
	}
	return list, nil
}

func resolveCondition(c *Cond, vars Vars, path string) (*Filter, error) {
	resolved := *c
	if c.Op == Any {
		where, err := resolve(c.Where, vars, path+"/where")
		resolved.Where = where
		return &Filter{Cond: &resolved}, err
	}
	value, found, err := resolveOperand(c, vars, path+"/value")
	switch {
	case err != nil:
		return nil, err
	case !found && c.Optional:
		return dropped, nil
	case !found:
		return Nothing(), nil
	}
	resolved.Value, resolved.Optional = value, false
	return &Filter{Cond: &resolved}, nil
}

// resolveOperand gives the value of a condition; found is false if a variable it needs is missing.
func resolveOperand(c *Cond, vars Vars, path string) (value any, found bool, err error) {
	switch operand := c.Value.(type) {
	case Var:
		if c.Op == In {
			return resolveListVar(c, operand, vars, path)
		}
		return resolveVar(c, operand, vars, path)
	case []any:
		list := make([]any, 0, len(operand))
		for i, item := range operand {
			v, ok := item.(Var)
			if !ok {
				list = append(list, item)
				continue
			}
			value, found, err := resolveVar(c, v, vars, fmt.Sprint(path, "/", i))
			if err != nil || !found && c.Op == Between {
				return nil, false, err
			}
			if found {
				list = append(list, value)
			}
		}
		return list, true, nil
	}
	return c.Value, true, nil
}

func resolveListVar(c *Cond, v Var, vars Vars, path string) (any, bool, error) {
	value, ok := vars(v.Name)
	if !ok || value == nil {
		return nil, false, nil
	}
	items, ok := value.([]any)
	if texts, isTexts := value.([]string); isTexts {
		ok = true
		for _, text := range texts {
			items = append(items, text)
		}
	}
	if !ok {
		return nil, false, newError(CodeValueType, path, "type", "list", "name", v.Name)
	}
	if len(items) > MaxValues {
		return nil, false, newError(CodeTooManyValues, path, "max", MaxValues, "name", v.Name)
	}
	list := make([]any, 0, len(items))
	for _, item := range items {
		if Missing(item) {
			continue
		}
		canonical, ok := Canonical(c.Type, item)
		if !ok {
			return nil, false, newError(CodeValueType, path, "type", string(c.Type), "name", v.Name)
		}
		list = append(list, canonical)
	}
	return list, true, nil
}

func resolveVar(c *Cond, v Var, vars Vars, path string) (any, bool, error) {
	value, ok := vars(v.Name)
	if !ok || Missing(value) {
		return nil, false, nil
	}
	if v.Plus != "" {
		d, err := parseDuration(v.Plus)
		if err == nil {
			value, ok = addDuration(c.Type, value, d)
		}
		if err != nil || !ok {
			return nil, false, newError(CodeValueType, path, "type", string(c.Type), "name", v.Name)
		}
	}
	canonical, ok := Canonical(c.Type, value)
	if !ok {
		return nil, false, newError(CodeValueType, path, "type", string(c.Type), "name", v.Name)
	}
	return canonical, true, nil
}

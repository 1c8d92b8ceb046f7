package query

import (
	"fmt"
	"slices"
	"strings"

	"formwork/engine/def"
)

// The system fields beyond definitions.md §5.1 that filters know.
const (
	FieldDeleted = "deleted"  // true in the recycle bin, false elsewhere; never missing
	FieldNextDue = "next_due" // earliest deadline of the running instance
)

// ResolveField finds the field a filter or sort names in an entity: one of its own, or a system field.
func ResolveField(entity *def.Entity, name string) (*def.Field, bool) {
	if field, ok := entity.Properties[name]; ok {
		return field, true
	}
	if t, ok := SystemType(name); ok {
		if field, ok := def.SystemField(name); ok {
			return field, true
		}
		return &def.Field{Name: name, Path: name, XType: t}, true
	}
	return nil, false
}

// SystemType is the type of a system field as filters, sorts and stores see it.
func SystemType(name string) (def.FieldType, bool) {
	switch name {
	case def.FieldID:
		return def.TypeText, true
	case def.FieldState:
		return def.TypeSelect, true
	case def.FieldCreatedBy, def.FieldUpdatedBy:
		return def.TypeUser, true
	case def.FieldRev:
		return def.TypeInteger, true
	case def.FieldCreatedAt, def.FieldUpdatedAt, FieldNextDue:
		return def.TypeDateTime, true
	case FieldDeleted:
		return def.TypeBoolean, true
	}
	return "", false
}

// Allow makes the variables Check accepts: those that stand everywhere (actor.id, today, setting.…) and those that
// begin with one of the prefixes, e.g. "record", "row", "sets", "param", "key".
func Allow(prefixes ...string) func(name string) bool {
	return func(name string) bool {
		if _, ok := knownVars[name]; ok {
			return true
		}
		prefix, rest, ok := strings.Cut(name, ".")
		if !ok || rest == "" {
			return false
		}
		return prefix == "setting" || slices.Contains(prefixes, prefix)
	}
}

// knownVars are the variables whose type is known before they have a value.
var knownVars = map[string]struct {
	t    def.FieldType
	list bool
}{
	"actor.id":              {def.TypeUser, false},
	"actor.departments":     {def.TypeDepartment, true},
	"actor.department_tree": {def.TypeDepartment, true},
	"today":                 {def.TypeDate, false},
	"now":                   {def.TypeDateTime, false},
}

// Check types a filter against an entity: it fills in Type, List, Refs and Rows of every condition and brings literal
// values into their canonical form. References are followed through entities; allowed says which variables exist (see
// Allow). The filter must not be in use by others meanwhile. A failure is Errors with every finding.
func Check(f *Filter, entity *def.Entity, entities Entities, allowed func(name string) bool) error {
	c := &checker{entities: entities, allowed: allowed}
	c.filter(f, entity.Properties, entity, "")
	if len(c.found) == 0 {
		return nil
	}
	return c.found
}

type checker struct {
	entities Entities
	allowed  func(string) bool
	found    Errors
}

func (c *checker) fail(code, path string, params ...any) {
	c.found = append(c.found, newError(code, path, params...))
}

// filter checks one node. Within the rows of a sub-table entity is nil and fields are the columns.
func (c *checker) filter(f *Filter, fields map[string]*def.Field, entity *def.Entity, path string) {
	switch {
	case f == nil:
	case f.Cond != nil:
		c.condition(f.Cond, fields, entity, path)
	case f.Not != nil:
		c.filter(f.Not, fields, entity, path+"/not")
	case f.Or != nil:
		for i, member := range f.Or {
			c.filter(member, fields, entity, fmt.Sprint(path, "/or/", i))
		}
	default:
		for i, member := range f.And {
			c.filter(member, fields, entity, fmt.Sprint(path, "/and/", i))
		}
	}
}

func (c *checker) condition(cond *Cond, fields map[string]*def.Field, entity *def.Entity, path string) {
	target, problem := followPath(cond.Path, fields, entity, c.entities)
	if problem != nil {
		problem.Path = path + "/field"
		c.found = append(c.found, problem)
		return
	}
	cond.Type, cond.Refs, cond.Rows = target.field.XType, target.refs, target.rows
	if t, ok := SystemType(cond.Path[len(cond.Path)-1]); ok && target.system {
		cond.Type = t
	}
	cond.List = classOf(cond.Type) == classList
	if !cond.Op.Takes(cond.Type) {
		c.fail(CodeOperatorType, path+"/op", "op", string(cond.Op), "type", string(cond.Type))
		return
	}
	switch cond.Op {
	case Any:
		if cond.Refs > 0 {
			c.fail(CodeUnknownField, path+"/field", "field", strings.Join(cond.Path, "."))
			return
		}
		c.filter(cond.Where, target.field.Items.Properties, nil, path+"/where")
	case Empty:
	case In, Between:
		c.operands(cond, path+"/value")
	default:
		cond.Value = c.operand(cond.Type, cond.Value, path+"/value")
	}
}

func (c *checker) operands(cond *Cond, path string) {
	if v, ok := cond.Value.(Var); ok {
		c.variable(cond.Type, v, path, true)
		return
	}
	values, _ := cond.Value.([]any)
	if len(values) > MaxValues {
		c.fail(CodeTooManyValues, path, "max", MaxValues)
		return
	}
	for i, value := range values {
		values[i] = c.operand(cond.Type, value, fmt.Sprint(path, "/", i))
	}
}

func (c *checker) operand(t def.FieldType, value any, path string) any {
	if v, ok := value.(Var); ok {
		c.variable(t, v, path, false)
		return v
	}
	canonical, ok := Canonical(t, value)
	if !ok {
		c.fail(CodeValueType, path, "type", string(t))
		return value
	}
	return canonical
}

func (c *checker) variable(t def.FieldType, v Var, path string, list bool) { //nolint:revive // list: where the variable stands, not a mode
	if c.allowed == nil || !c.allowed(v.Name) {
		c.fail(CodeUnknownVariable, path, "name", v.Name)
		return
	}
	known, ok := knownVars[v.Name]
	if ok && (known.list != list || !comparable(known.t, t)) {
		c.fail(CodeValueType, path, "type", string(t))
	}
	if v.Plus == "" {
		return
	}
	d, err := parseDuration(v.Plus)
	bad := err != nil || list
	switch t {
	case def.TypeDate:
		bad = bad || d.clock != 0
	case def.TypeMonth:
		bad = bad || d.clock != 0 || d.days != 0
	case def.TypeDateTime:
	default:
		bad = true
	}
	if bad {
		c.fail(CodeValueType, path+"/plus", "type", string(t))
	}
}

// comparable tells whether a variable of one type may stand where a value of another is wanted. Ids are texts.
func comparable(variable, wanted def.FieldType) bool {
	if variable == def.TypeDate || variable == def.TypeDateTime {
		return variable == wanted
	}
	switch classOf(wanted) {
	case classText, classID, classList:
		return true
	default:
		return false
	}
}

// end is where a path leads.
type end struct {
	field  *def.Field
	refs   int
	rows   bool
	system bool
}

// followPath follows a path from an entity, or from the columns of a sub-table when entity is nil.
func followPath(path []string, fields map[string]*def.Field, entity *def.Entity, entities Entities) (end, *Error) {
	unknown := newError(CodeUnknownField, "", "field", strings.Join(path, "."))
	for i, name := range path {
		field, system := step(name, fields, entity)
		if field == nil {
			return end{}, unknown
		}
		rest := len(path) - i - 1
		if rest == 0 {
			return end{field, i, false, system}, nil
		}
		if field.XType == def.TypeTable {
			column, ok := field.Column(path[i+1])
			if !ok || rest > 1 {
				return end{}, unknown
			}
			return end{column, i, true, false}, nil
		}
		if i == MaxReferences {
			return end{}, newError(CodePathTooLong, "", "max", MaxReferences)
		}
		if entities == nil || field.Target() == "" {
			return end{}, unknown
		}
		var ok bool
		if entity, ok = entities.Entity(field.Target()); !ok {
			return end{}, unknown
		}
		fields = entity.Properties
	}
	return end{}, unknown
}

// step finds one name of a path: a field, or a system field of the entity; nil if there is none.
func step(name string, fields map[string]*def.Field, entity *def.Entity) (field *def.Field, system bool) {
	if field, ok := fields[name]; ok || entity == nil {
		return field, false
	}
	field, _ = ResolveField(entity, name)
	return field, true
}

// Walk calls visit for every condition, those inside the where of any included: prefix is then the sub-table's path.
func (f *Filter) Walk(visit func(prefix string, c *Cond)) { f.walk("", visit) }

func (f *Filter) walk(prefix string, visit func(string, *Cond)) {
	if f == nil {
		return
	}
	for _, member := range f.And {
		member.walk(prefix, visit)
	}
	for _, member := range f.Or {
		member.walk(prefix, visit)
	}
	f.Not.walk(prefix, visit)
	if f.Cond == nil {
		return
	}
	visit(prefix, f.Cond)
	f.Cond.Where.walk(prefix+strings.Join(f.Cond.Path, ".")+".", visit)
}

// Fields lists the paths the filter reads, sorted, each once: "project", "lines", "lines.worker", "team.contract".
func Fields(f *Filter) []string {
	var paths []string
	f.Walk(func(prefix string, c *Cond) { paths = append(paths, prefix+strings.Join(c.Path, ".")) })
	slices.Sort(paths)
	return slices.Compact(paths)
}

// Variables lists the names of the variables the filter uses, sorted, each once.
func Variables(f *Filter) []string {
	var names []string
	f.Walk(func(_ string, c *Cond) {
		values, _ := c.Value.([]any)
		for _, value := range append(values[:len(values):len(values)], c.Value) {
			if v, ok := value.(Var); ok {
				names = append(names, v.Name)
			}
		}
	})
	slices.Sort(names)
	return slices.Compact(names)
}

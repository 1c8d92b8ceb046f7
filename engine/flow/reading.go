package flow

import (
	"context"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// Reading is a condition for people: the tree of its expression with the titles of what it names, in one language. The
// words between them are the reader's; the web has them. Op is one of:
//
//	field, setting, role     what is named by Title (a role: whether the actor has it); a system field by its Path
//	own                      this record, or with Title its field, where field is of other records
//	row                      the row of a sub-table something is done for, or with Title its column
//	none                     nothing: what a field holds is taken away
//	value                    a constant of Type: Label is the option's or person's name, else Value counts
//	yes, no                  a boolean that must hold, or must not
//	filled, empty            a field that must hold a value, or must not
//	eq ne lt le gt ge in     comparing; in has the values as further Args
//	and or not if            Args are conditions (if: condition, value, value)
//	add sub mul div mod pow neg
//	nz                       Args[0], or Args[1] where that is missing
//	call                     Name is a function of callsRead
type Reading struct {
	Op    string        `json:"op"`
	Path  string        `json:"path,omitempty"`  // of a field
	Title string        `json:"title,omitempty"` // of a field, setting or role
	Type  def.FieldType `json:"type,omitempty"`  // of a field, setting or value, where it is known
	Unit  string        `json:"unit,omitempty"`
	Value string        `json:"value,omitempty"` // of a constant; of a setting: what it is now
	Label string        `json:"label,omitempty"`
	Name  string        `json:"name,omitempty"`
	Args  []Reading     `json:"args,omitempty"`

	field *def.Field
}

// callsRead are the functions that have words, with the number of arguments they have them for; sum_of, min_of and their
// like take the rows first and then what is taken of each.
var callsRead = map[string][2]int{
	"sum": {1, 1}, "min": {1, 9}, "max": {1, 9}, "avg": {1, 1}, "count": {2, 2}, "any": {2, 2}, "all": {2, 2}, "len": {1, 1},
	"filter": {2, 2}, "sum_of": {2, 2}, "min_of": {2, 2}, "max_of": {2, 2}, "avg_of": {2, 2},
	"round": {1, 2}, "abs": {1, 1}, "today": {0, 0}, "now": {0, 0}, "days": {2, 2}, "workdays": {2, 2}, "hours_between": {2, 2},
	"add_days": {2, 2}, "add_hours": {2, 2}, "add_months": {2, 2}, "add_workdays": {2, 2}, "year_of": {1, 1}, "month_of": {1, 1}, "day_of": {1, 1},
	"weekday_of": {1, 1}, "month_key": {1, 1}, "bom": {1, 1}, "eom": {1, 1},
}

// Readings gives the conditions of a flow as a catalog understands them for people, by source, in a language. What has no
// simple reading is left out. Ids of people are named by the company's directory.
func (s *Service) Readings(ctx context.Context, tenant string, cat *def.Catalog, f *def.Flow, lang string) (map[string]Reading, error) {
	r := &readings{cat: cat, entity: cat.Entities[f.Entity], lang: lang}
	all := r.all(conditionsOf(f.Nodes))
	var ids []string
	for _, reading := range all {
		ids = reading.people(ids)
	}
	names, err := s.names(ctx, tenant, ids)
	if err != nil {
		return nil, err
	}
	for source, reading := range all {
		all[source] = reading.named(names)
	}
	return all, nil
}

// conditionsOf lists the sources of conditions of some nodes and of those inside them.
func conditionsOf(nodes []*def.Node) []string {
	var sources []string
	for _, n := range nodes {
		sources = append(sources, n.When, n.Until)
		for _, b := range n.Branches {
			sources = append(sources, b.When)
			sources = append(sources, conditionsOf(b.Nodes)...)
		}
	}
	return sources
}

// readings makes readings over the records of an entity; without one, names have no titles and only constants are read.
type readings struct {
	cat    *def.Catalog
	entity *def.Entity
	lang   string
	rows   *def.Field // the sub-table whose row is called row, nil for none
}

func (r *readings) all(sources []string) map[string]Reading {
	all := map[string]Reading{}
	for _, source := range sources {
		if reading, ok := r.read(source); ok && source != "" {
			all[source] = reading
		}
	}
	return all
}

func (r *readings) read(source string) (Reading, bool) {
	tree, ok := expr.Read(source)
	if !ok {
		return Reading{}, false
	}
	reading, ok := r.value(tree)
	if ok && (reading.field != nil && reading.Type == def.TypeBoolean || reading.Op == "role") {
		reading = Reading{Op: "yes", Args: []Reading{reading}}
	}
	return reading, ok
}

// condition reads a part that must hold.
func (r *readings) condition(tree expr.Reading) (Reading, bool) {
	reading, ok := r.value(tree)
	if ok && reading.Op == "field" {
		if reading.Type != def.TypeBoolean {
			return reading, false
		}
		reading = Reading{Op: "yes", Args: []Reading{reading}}
	}
	return reading, ok
}

var comparing = map[string]string{"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}

var computing = map[string]string{"+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod", "^": "pow"}

func (r *readings) value(tree expr.Reading) (Reading, bool) {
	switch tree.Op {
	case "field", "item":
		return r.field(tree)
	case "number", "text", "true", "false":
		value := tree.Name
		if value == "" {
			value = tree.Op
		}
		return Reading{Op: "value", Value: value}, true
	case "and", "or", "not":
		return r.joined(tree)
	case "in":
		return r.oneOf(tree)
	case "IF":
		return r.choice(tree)
	case "??":
		args, ok := r.values(tree.Args)
		if ok {
			r.dress(&args[0], &args[1])
		}
		return Reading{Op: "nz", Args: args, Type: typeOf(args), Unit: unitOf(args)}, ok
	case "call":
		return r.call(tree)
	}
	if op := comparing[tree.Op]; op != "" {
		return r.comparison(op, tree.Args)
	}
	if op := computing[tree.Op]; op != "" {
		args, ok := r.values(tree.Args)
		if len(args) == 1 {
			op = "neg"
		}
		reading := Reading{Op: op, Args: args}
		if op == "add" || op == "sub" || op == "neg" {
			reading.Type, reading.Unit = typeOf(args), unitOf(args)
		}
		return reading, ok
	}
	return Reading{}, false
}

func (r *readings) values(trees []expr.Reading) ([]Reading, bool) {
	args := make([]Reading, len(trees))
	for i, tree := range trees {
		var ok bool
		if args[i], ok = r.value(tree); !ok {
			return nil, false
		}
	}
	return args, true
}

// field reads a path: of the record, of a row, or behind references.
func (r *readings) field(tree expr.Reading) (Reading, bool) {
	if tree.Name == "record" {
		return Reading{Op: "own"}, true
	}
	if column, ok := strings.CutPrefix(tree.Name, "row."); ok && r.rows != nil {
		return r.column(column)
	}
	if tree.Name == "row" && r.rows != nil {
		return Reading{Op: "row"}, true
	}
	path := strings.TrimPrefix(tree.Name, "record.")
	if system, ok := def.SystemField(path); ok && r.entity != nil && r.entity.Properties[path] == nil {
		return Reading{Op: "field", Path: path, Type: system.XType, field: system}, true
	}
	entity := r.entity
	var titles []string
	var field *def.Field
	for name := range strings.SplitSeq(path, ".") {
		var ok bool
		if field != nil && field.IsTable() {
			field, ok = field.Column(name)
			if ok && tree.Op == "item" {
				titles = nil // the row is what is spoken of
			}
		} else if entity != nil {
			field, ok = entity.Field(name)
		}
		if !ok || field.Label(r.lang) == "" {
			return Reading{}, false
		}
		titles = append(titles, field.Label(r.lang))
		entity = r.cat.Entities[field.Target()]
	}
	return Reading{Op: "field", Path: path, Title: strings.Join(titles, " · "), Type: field.XType, Unit: field.Unit, field: field}, true
}

// column reads a column of the row something is done for.
func (r *readings) column(path string) (Reading, bool) {
	record := &readings{cat: r.cat, entity: r.entity, lang: r.lang}
	reading, ok := record.field(expr.Reading{Op: "item", Name: r.rows.Name + "." + path})
	reading.Op = "row"
	return reading, ok
}

func (r *readings) joined(tree expr.Reading) (Reading, bool) {
	if tree.Op == "not" {
		return r.opposite(tree.Args[0])
	}
	reading := Reading{Op: tree.Op}
	for _, arg := range tree.Args {
		part, ok := r.condition(arg)
		if !ok {
			return part, false
		}
		if part.Op == tree.Op { // a and b and c is one list
			reading.Args = append(reading.Args, part.Args...)
			continue
		}
		reading.Args = append(reading.Args, part)
	}
	return reading, true
}

// opposites are the conditions that say in words what not would say of others.
var opposites = map[string]string{
	"yes": "no", "no": "yes", "filled": "empty", "empty": "filled", "eq": "ne", "ne": "eq", "lt": "ge", "ge": "lt", "gt": "le", "le": "gt",
}

func (r *readings) opposite(tree expr.Reading) (Reading, bool) {
	part, ok := r.condition(tree)
	return opposite(part), ok
}

// opposite says that a part does not hold.
func opposite(part Reading) Reading {
	if op := opposites[part.Op]; op != "" {
		part.Op = op
		return part
	}
	return Reading{Op: "not", Args: []Reading{part}}
}

func (r *readings) comparison(op string, operands []expr.Reading) (Reading, bool) {
	if operands[0].Op == "nil" {
		operands = []expr.Reading{operands[1], operands[0]}
	}
	if operands[1].Op == "nil" {
		of, ok := r.value(operands[0])
		if op == "ne" {
			return Reading{Op: "filled", Args: []Reading{of}}, ok
		}
		return Reading{Op: "empty", Args: []Reading{of}}, ok && op == "eq"
	}
	args, ok := r.values(operands)
	if !ok {
		return Reading{}, false
	}
	if truth := args[1].Value; (truth == "true" || truth == "false") && args[1].Op == "value" && operands[1].Op == truth {
		if (truth == "true") == (op == "eq") {
			return Reading{Op: "yes", Args: args[:1]}, true
		}
		return Reading{Op: "no", Args: args[:1]}, op == "eq" || op == "ne"
	}
	r.dress(&args[0], &args[1])
	r.dress(&args[1], &args[0])
	return Reading{Op: op, Args: args}, true
}

func (r *readings) oneOf(tree expr.Reading) (Reading, bool) {
	of, ok := r.value(tree.Args[0])
	if !ok || tree.Args[1].Op != "list" {
		return of, false
	}
	values, ok := r.values(tree.Args[1].Args)
	for i := range values {
		r.dress(&of, &values[i])
	}
	return Reading{Op: "in", Args: append([]Reading{of}, values...)}, ok && len(values) > 0
}

func (r *readings) choice(tree expr.Reading) (Reading, bool) {
	condition, ok := r.condition(tree.Args[0])
	values, also := r.values(tree.Args[1:])
	if !ok || !also || len(values) != 2 {
		return Reading{}, false
	}
	r.dress(&values[0], &values[1])
	r.dress(&values[1], &values[0])
	return Reading{Op: "if", Args: append([]Reading{condition}, values...), Type: typeOf(values), Unit: unitOf(values)}, true
}

// call reads a function, in the words for rows where it is given rows.
func (r *readings) call(tree expr.Reading) (Reading, bool) {
	args := tree.Args
	switch {
	case tree.Name == "setting" && len(args) == 1:
		return r.setting(args[0].Name)
	case tree.Name == "has_role" && len(args) == 1:
		role := r.cat.Roles[args[0].Name]
		if role == nil {
			return Reading{}, false
		}
		return Reading{Op: "role", Title: role.Label(r.lang)}, true
	case tree.Name == "is_empty" && len(args) == 1:
		of, ok := r.value(args[0])
		return Reading{Op: "empty", Args: []Reading{of}}, ok
	case tree.Name == "label_of" && len(args) == 1:
		return r.value(args[0])
	case tree.Name == "map" && len(args) == 2 && args[0].Op == "field" && args[1].Op == "item":
		return r.value(expr.Reading{Op: "field", Name: args[1].Name}) // the values of one column
	}
	return r.function(overColumn(tree.Name, args))
}

// overColumn gives a function over one column of rows in its words: max(map(lines, .x)) and max(lines, .x) are the max of
// the column, of some rows only it is max_of.
func overColumn(name string, args []expr.Reading) (word string, of []expr.Reading) {
	if len(args) == 1 && args[0].Op == "call" && args[0].Name == "map" && len(args[0].Args) == 2 {
		args = args[0].Args
	}
	if len(args) != 2 || args[1].Op != "item" || callsRead[name+"_of"] == [2]int{} {
		return name, args
	}
	if args[0].Op == "field" {
		return name, []expr.Reading{{Op: "field", Name: args[1].Name}}
	}
	return name + "_of", args
}

var (
	overRows  = []string{"count", "any", "all", "filter"} // their second argument is a condition
	keepTypes = []string{"sum", "min", "max", "avg", "round", "abs", "sum_of", "min_of", "max_of", "avg_of"}
)

func (r *readings) function(name string, args []expr.Reading) (Reading, bool) {
	bounds, known := callsRead[name]
	if !known || len(args) < bounds[0] || len(args) > bounds[1] {
		return Reading{}, false
	}
	reading := Reading{Op: "call", Name: name}
	for i, arg := range args {
		part, ok := r.value(arg)
		if i == 1 && slices.Contains(overRows, name) {
			part, ok = r.condition(arg)
		}
		if !ok {
			return Reading{}, false
		}
		reading.Args = append(reading.Args, part)
	}
	if slices.Contains(keepTypes, name) {
		reading.Type, reading.Unit = typeOf(reading.Args), unitOf(reading.Args)
	}
	return reading, true
}

func (r *readings) setting(name string) (Reading, bool) {
	group, property, _ := strings.Cut(name, ".")
	settings := r.cat.Settings[group]
	if settings == nil || settings.Properties[property] == nil {
		return Reading{}, false
	}
	field := settings.Properties[property]
	reading := Reading{Op: "setting", Title: field.Label(r.lang), Type: field.XType, Unit: field.Unit, field: field}
	if value, _, ok := r.cat.SettingsScope().Setting(name); ok {
		reading.Value = expr.Key(value)
	}
	return reading, reading.Title != ""
}

// dress gives a constant the type of what it is compared with, and its name if that has options.
func (r *readings) dress(of, value *Reading) {
	if value.Op != "value" || of.Op == "value" {
		return
	}
	value.Type, value.Unit, value.field = of.Type, of.Unit, of.field
	if of.field == nil {
		return
	}
	if option, ok := of.field.Option(value.Value); ok && option.Label(r.lang) != value.Value { // states are the web's to translate
		value.Label = option.Label(r.lang)
	}
}

// typeOf is the type of the first part that has one.
func typeOf(args []Reading) def.FieldType {
	for i := range args {
		if args[i].Type != "" {
			return args[i].Type
		}
	}
	return ""
}

func unitOf(args []Reading) string {
	for i := range args {
		if args[i].Type != "" {
			return args[i].Unit
		}
	}
	return ""
}

// people adds the ids of people a reading compares with.
func (r *Reading) people(ids []string) []string {
	ofUser := r.Type == def.TypeUser || r.Type == def.TypeUsers || r.field != nil && r.field.Target() == def.EntityUser
	if r.Op == "value" && ofUser {
		return append(ids, r.Value)
	}
	for i := range r.Args {
		ids = r.Args[i].people(ids)
	}
	return ids
}

// named is the reading with the names of people.
func (r Reading) named(names map[string]string) Reading {
	if r.Op == "value" && r.Label == "" {
		r.Label = names[r.Value]
	}
	args := r.Args
	r.Args = slices.Clone(args)
	for i := range args {
		r.Args[i] = args[i].named(names)
	}
	return r
}

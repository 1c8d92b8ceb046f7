package sqlite

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// systemOrOwn gives the SQL column of a field of the record or a system field.
func (t *table) systemOrOwn(name string) (string, store.Field, bool) {
	if c, ok := t.byPath[name]; ok && !c.gone {
		return c.name(), c.field, true
	}
	if slices.Contains(systemColumns, name) {
		field, ok := t.shape.Field(name)
		return name, field, ok
	}
	return "", store.Field{}, false
}

// renderer writes filters as SQL over the alias r of r:…. A text it gives is true exactly for what matches; it may be
// NULL instead of false. Negation is pushed down to the conditions, where missing values are minded.
type renderer struct {
	t       *table
	args    []any
	aliases int
	unwound string // sub-table whose rows are the alias u
	common  bool   // the filter's states are those of many records: their index is no help
}

// scope is where the names of conditions stand: the record, or the rows of a sub-table under an alias.
type scope struct {
	alias string
	sub   *child // nil for the record
}

var recordScope = scope{alias: "r"}

// where gives the condition of a query, with the recycle bin left out unless the filter names it.
func (b *renderer) where(f *query.Filter) (string, error) {
	text, err := b.filter(f, recordScope, false)
	if err != nil || store.NamesDeleted(f) {
		return text, err
	}
	if text == "1" {
		return "r.deleted = 0", nil
	}
	return "r.deleted = 0 AND " + text, nil
}

func (b *renderer) filter(f *query.Filter, in scope, negated bool) (string, error) {
	switch {
	case f == nil:
		return truth(!negated), nil
	case f.Cond != nil:
		return b.condition(f.Cond, in, negated)
	case f.Not != nil:
		return b.filter(f.Not, in, !negated)
	case f.Or != nil:
		return b.members(f.Or, in, negated, !negated)
	}
	return b.members(f.And, in, negated, negated)
}

// members joins filters; either: one of them is enough.
func (b *renderer) members(list []*query.Filter, in scope, negated, either bool) (string, error) { //nolint:revive // signs of the filter, not modes
	if len(list) == 0 {
		return truth(!either), nil
	}
	texts := make([]string, len(list))
	for i, member := range list {
		var err error
		if texts[i], err = b.filter(member, in, negated); err != nil {
			return "", err
		}
	}
	if len(texts) == 1 {
		return texts[0], nil
	}
	if either {
		return "(" + strings.Join(texts, " OR ") + ")", nil
	}
	return "(" + strings.Join(texts, " AND ") + ")", nil
}

func truth(value bool) string { //nolint:revive // the SQL text of a truth value
	if value {
		return "1"
	}
	return "0"
}

// bind adds an argument and gives its placeholder.
func (b *renderer) bind(value any) string {
	b.args = append(b.args, value)
	return "?"
}

func (b *renderer) condition(c *query.Cond, in scope, negated bool) (string, error) {
	if c.Refs > 0 {
		return "", fmt.Errorf("condition behind a reference %v: %w", c.Path, store.ErrUnknown)
	}
	switch {
	case c.Rows && c.Path[0] == b.unwound:
		return b.leaf(c, c.Path[1], scope{"u", b.t.child(b.unwound)}, negated)
	case c.Rows:
		inner := *c
		inner.Path, inner.Rows = c.Path[1:], false
		return b.some(c.Path[0], &query.Filter{Cond: &inner}, negated)
	case c.Op == query.Any:
		return b.some(c.Path[0], c.Where, negated)
	}
	return b.leaf(c, c.Path[0], in, negated)
}

// some is true if a row of a sub-table matches. Where an index of the rows leads to few of them, the records are found
// through them; else the rows of each record are looked at.
func (b *renderer) some(name string, where *query.Filter, negated bool) (string, error) { //nolint:revive // as members
	sub := b.t.child(name)
	if c := b.t.byPath[name]; sub == nil || c == nil || c.gone {
		return "", fmt.Errorf("sub-table %s of %s: %w", name, b.t.name(), store.ErrUnknown)
	}
	b.aliases++
	rows := scope{fmt.Sprint("c", b.aliases), sub}
	text, err := b.filter(where, rows, false)
	if err != nil {
		return "", err
	}
	from := b.t.childTable(name) + " " + rows.alias + " WHERE "
	if b.t.leads(sub, where) {
		text = "r.n IN (SELECT " + rows.alias + ".n FROM " + from + text + ")"
	} else {
		text = "EXISTS (SELECT 1 FROM " + from + rows.alias + ".n = r.n AND " + text + ")"
	}
	if negated {
		return "NOT " + text, nil
	}
	return text, nil
}

// leads tells whether rows of a filter are found through an index.
func (t *table) leads(sub *child, f *query.Filter) bool {
	if f == nil || f.Not != nil || f.Or != nil {
		return false
	}
	if f.Cond != nil {
		path := sub.name + "." + f.Cond.Path[0]
		return (f.Cond.Op == query.Eq || f.Cond.Op == query.In) &&
			slices.ContainsFunc(t.shape.Indexes, func(paths []string) bool { return len(paths) == 1 && paths[0] == path })
	}
	return slices.ContainsFunc(f.And, func(member *query.Filter) bool { return t.leads(sub, member) })
}

// leaf is a condition on one column.
func (b *renderer) leaf(c *query.Cond, name string, in scope, negated bool) (string, error) { //nolint:revive // as members
	col, err := b.column(name, in)
	if err != nil {
		return "", err
	}
	x := in.alias + "." + col.name()
	if _, system := query.SystemType(name); system && in.sub == nil && b.t.byPath[name] == nil {
		x = in.alias + "." + name
		if name == def.FieldState && b.common {
			x = "+" + x // a sum of one operand, on which SQLite uses no index
		}
	}
	if c.Op == query.Empty {
		if (c.Value == true) != negated {
			return x + " IS NULL", nil
		}
		return x + " IS NOT NULL", nil
	}
	text, err := b.compare(c, col, x, in)
	if err != nil {
		return "", err
	}
	if negated {
		return "(" + x + " IS NULL OR NOT " + text + ")", nil
	}
	return text, nil
}

func (b *renderer) column(name string, in scope) (*column, error) {
	if in.sub != nil {
		for _, c := range in.sub.columns {
			if c.field.Name() == name && !c.gone {
				return c, nil
			}
		}
	} else if _, field, ok := b.t.systemOrOwn(name); ok {
		if c := b.t.byPath[name]; c != nil {
			return c, nil
		}
		return &column{field: field}, nil
	}
	return nil, fmt.Errorf("field %s of %s: %w", name, b.t.name(), store.ErrUnknown)
}

// compare gives a text that is not NULL where x is not NULL.
func (b *renderer) compare(c *query.Cond, col *column, x string, in scope) (string, error) {
	if col.field.List {
		return b.element(c, col, x, in)
	}
	if isDecimal(col.field.Type) {
		return b.compareDecimal(c, col, x)
	}
	switch c.Op {
	case query.Contains:
		return b.contains(c, col, x, in)
	case query.Starts:
		part, _ := c.Value.(string)
		return "fw_starts(" + x + ", " + b.bind(query.Fold(part)) + ")", nil
	case query.In:
		list, _ := c.Value.([]any)
		marks := make([]string, 0, len(list))
		for _, value := range list {
			cell, err := col.operand(value)
			if err != nil {
				return "", fmt.Errorf("value of %s: %w", col.field.Path, err)
			}
			marks = append(marks, b.bind(cell))
		}
		return "(" + x + " IN (" + strings.Join(marks, ",") + "))", nil
	case query.Between:
		bounds, _ := c.Value.([]any)
		if len(bounds) != 2 {
			return "", fmt.Errorf("bounds of %s: %w", col.field.Path, store.ErrInvalid)
		}
		low, err := b.ordered(">=", col, x, bounds[0])
		if err != nil {
			return "", err
		}
		high, err := b.ordered("<=", col, x, bounds[1])
		return "(" + low + " AND " + high + ")", err
	default:
		return b.ordered(signs[c.Op], col, x, c.Value)
	}
}

var signs = map[query.Op]string{
	query.Eq: "=", query.Ne: "<>", query.Lt: "<", query.Le: "<=", query.Gt: ">", query.Ge: ">=",
}

func (b *renderer) ordered(sign string, col *column, x string, value any) (string, error) {
	if sign == "" {
		return "", fmt.Errorf("operator on %s: %w", col.field.Path, store.ErrInvalid)
	}
	cell, err := col.operand(value)
	if err != nil {
		return "", fmt.Errorf("value of %s: %w", col.field.Path, err)
	}
	return "(" + x + " " + sign + " " + b.bind(cell) + ")", nil
}

// contains looks at the text, after the search index has narrowed the records down where there is one.
func (b *renderer) contains(c *query.Cond, col *column, x string, in scope) (string, error) {
	part, _ := c.Value.(string)
	text := "fw_contains(" + x + ", " + b.bind(query.Fold(part)) + ")"
	if in.sub != nil || !col.field.Search {
		return text, nil
	}
	match := matchQuery(query.Words(part))
	if match == "" {
		return text, nil
	}
	return "(" + text + " AND r.n IN (SELECT rowid FROM " + b.t.searched() + " WHERE " + b.t.searched() + " MATCH " + b.bind(match) + "))", nil
}

// search is the condition of q=: the index first, then the texts.
func (b *renderer) search(text string) string {
	words := query.Words(text)
	if len(words) == 0 {
		return ""
	}
	if !b.t.shape.HasSearch() {
		return " AND 0"
	}
	out := " AND r.n IN (SELECT rowid FROM " + b.t.searched() + " WHERE " + b.t.searched() + " MATCH " + b.bind(matchQuery(words)) + ")"
	for _, word := range words {
		out += " AND instr((SELECT search FROM " + b.t.bodies() + " b WHERE b.n = r.n), " + b.bind(word) + ")"
	}
	return out
}

// anyGram is the condition that the search index holds one of the grams.
func (b *renderer) anyGram(grams []string) string {
	if grams == nil {
		return ""
	}
	if len(grams) == 0 || !b.t.shape.HasSearch() {
		return " AND 0"
	}
	terms := make([]string, len(grams))
	for i, gram := range grams {
		one, other, both := strings.Cut(gram, " ")
		if terms[i] = `"` + gramToken(one) + `"`; both {
			terms[i] = "(" + terms[i] + ` AND "` + gramToken(other) + `")`
		}
	}
	return " AND r.n IN (SELECT rowid FROM " + b.t.searched() + " WHERE " + b.t.searched() + " MATCH " + b.bind(strings.Join(terms, " OR ")) + ")"
}

// element is a condition on the elements of a list.
func (b *renderer) element(c *query.Cond, col *column, x string, in scope) (string, error) {
	values, isList := c.Value.([]any)
	if !isList {
		values = []any{c.Value}
	}
	marks := make([]string, len(values))
	for i, value := range values {
		marks[i] = b.bind(value)
	}
	wanted := " IN (" + strings.Join(marks, ",") + ")"
	if in.sub == nil && col.field.Index {
		return "r.n IN (SELECT n FROM " + b.t.listTable(col.field.Path) + " WHERE v" + wanted + ")", nil
	}
	return "EXISTS (SELECT 1 FROM json_each(" + x + ") WHERE value" + wanted + ")", nil
}

// compareDecimal compares by value: literals may have more places or digits than the column.
func (b *renderer) compareDecimal(c *query.Cond, col *column, x string) (string, error) {
	values, isList := c.Value.([]any)
	if !isList {
		values = []any{c.Value}
	}
	coefs := make([]*big.Int, len(values))
	exact := make([]bool, len(values))
	for i, value := range values {
		text, _ := value.(string)
		var err error
		if coefs[i], exact[i], err = coefficient(text, col.field.Scale); err != nil {
			return "", fmt.Errorf("value of %s: %w", col.field.Path, err)
		}
	}
	switch c.Op {
	case query.In:
		var marks []string
		for i, coef := range coefs {
			if exact[i] && (col.wide || coef.IsInt64()) {
				marks = append(marks, b.bind(col.cell(coef)))
			}
		}
		return "(" + x + " IN (" + strings.Join(marks, ",") + "))", nil
	case query.Between:
		if len(coefs) != 2 {
			return "", fmt.Errorf("bounds of %s: %w", col.field.Path, store.ErrInvalid)
		}
		return "(" + b.decimalOrder(query.Ge, col, x, coefs[0], exact[0]) + " AND " + b.decimalOrder(query.Le, col, x, coefs[1], exact[1]) + ")", nil
	default:
		return b.decimalOrder(c.Op, col, x, coefs[0], exact[0]), nil
	}
}

// cell is a whole number of the column's units as the column keeps it.
func (c *column) cell(coef *big.Int) any {
	if c.wide {
		return wideText(coef)
	}
	return coef.Int64()
}

// decimalOrder compares with coef, or if not exact with a number between coef and coef + 1.
func (b *renderer) decimalOrder(op query.Op, col *column, x string, coef *big.Int, exact bool) string {
	sign := signs[op]
	switch {
	case !exact && op == query.Eq:
		return "(" + x + " <> " + x + ")"
	case !exact && op == query.Ne:
		return "(" + x + " = " + x + ")"
	case !exact && op == query.Lt:
		sign = "<="
	case !exact && op == query.Ge:
		sign = ">"
	}
	if !col.wide && !coef.IsInt64() { // beyond every cell
		above := coef.Sign() > 0
		less := sign == "<" || sign == "<="
		return "(" + x + map[bool]string{true: " = ", false: " <> "}[sign == "<>" || sign != "=" && less == above] + x + ")"
	}
	return "(" + x + " " + sign + " " + b.bind(col.cell(coef)) + ")"
}

// keyColumn gives the SQL text of a sort key and how it compares.
func (b *renderer) keyColumn(key query.Sort) (string, *column, error) {
	col, err := b.column(key.Field, recordScope)
	if err != nil {
		return "", nil, err
	}
	if col.field.List || col.field.Type == def.TypeTable {
		return "", nil, fmt.Errorf("sort by %s: %w", key.Field, store.ErrInvalid)
	}
	if b.t.byPath[key.Field] != nil {
		return "r." + col.name(), col, nil
	}
	return "r." + key.Field, col, nil
}

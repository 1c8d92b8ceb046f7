package mongo

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/primitive"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
)

// translator writes filters as conditions of MongoDB. Those it writes are two-valued, also where values are missing, so
// that $nor is plain negation. Conditions on a missing value are written {$exists: true} and null: nulls are not stored.
type translator struct {
	t       *table
	unwound string // sub-table whose single row stands under rowName
}

// rowName is where aggregations put a row of the sub-table they unwind.
const rowName = "_row"

// scope is where the names of conditions stand: the record, or the rows of a sub-table.
type scope struct {
	prefix string // of paths in the document
	table  string // of paths in the shape: "" for the record
}

var recordScope = scope{prefix: "v."}

func everything() bson.D { return bson.D{} }
func nothing() bson.D    { return one("_id", one("$in", bson.A{})) }

// where gives the condition of a query, with the recycle bin left out unless the filter names it. Tombstones never match.
func (x *translator) where(f *query.Filter) (bson.D, error) {
	condition, err := x.filter(f, recordScope)
	if err != nil {
		return nil, err
	}
	if store.NamesDeleted(f) {
		return both(one("deleted", one("$in", bson.A{false, true})), condition), nil
	}
	return both(one("deleted", false), condition), nil
}

// both joins conditions.
func both(conditions ...bson.D) bson.D {
	var list bson.A
	for _, condition := range conditions {
		if len(condition) > 0 {
			list = append(list, condition)
		}
	}
	switch len(list) {
	case 0:
		return everything()
	case 1:
		if only, ok := list[0].(bson.D); ok {
			return only
		}
	}
	return one("$and", list)
}

func (x *translator) filter(f *query.Filter, in scope) (bson.D, error) {
	switch {
	case f == nil:
		return everything(), nil
	case f.Cond != nil:
		return x.condition(f.Cond, in)
	case f.Not != nil:
		inner, err := x.filter(f.Not, in)
		if len(inner) == 0 {
			return nothing(), err
		}
		return one("$nor", bson.A{inner}), err
	case f.Or != nil:
		return x.either(f.Or, in)
	}
	members := make([]bson.D, len(f.And))
	for i, member := range f.And {
		var err error
		if members[i], err = x.filter(member, in); err != nil {
			return nil, err
		}
	}
	return both(members...), nil
}

func (x *translator) either(members []*query.Filter, in scope) (bson.D, error) {
	list := make(bson.A, len(members))
	all := false
	for i, member := range members {
		condition, err := x.filter(member, in)
		if err != nil {
			return nil, err
		}
		list[i], all = condition, all || len(condition) == 0
	}
	switch {
	case all:
		return everything(), nil
	case len(list) == 0:
		return nothing(), nil
	}
	return one("$or", list), nil
}

func (x *translator) condition(c *query.Cond, in scope) (bson.D, error) {
	switch {
	case c.Refs > 0:
		return nil, fmt.Errorf("condition behind a reference %v: %w", c.Path, store.ErrUnknown)
	case c.Rows && c.Path[0] == x.unwound:
		return x.leaf(c, c.Path[1], scope{rowName + ".", x.unwound + "."})
	case c.Rows:
		inner := *c
		inner.Path, inner.Rows = c.Path[1:], false
		return x.some(c.Path[0], &query.Filter{Cond: &inner})
	case c.Op == query.Any:
		return x.some(c.Path[0], c.Where)
	}
	return x.leaf(c, c.Path[0], in)
}

// some is a condition on the rows of a sub-table: one row meets the filter.
func (x *translator) some(name string, where *query.Filter) (bson.D, error) {
	if field, ok := x.t.live[name]; !ok || field.Type != def.TypeTable {
		return nil, fmt.Errorf("sub-table %s of %s: %w", name, x.t.name(), store.ErrUnknown)
	}
	inner, err := x.filter(where, scope{"", name + "."})
	if err != nil {
		return nil, err
	}
	if len(inner) == 0 { // every row does, and a sub-table without rows is missing
		return one("v."+name, one("$exists", true)), nil
	}
	return one("v."+name, one("$elemMatch", inner)), nil
}

// place is a field and where it is kept.
type place struct {
	field store.Field
	path  string
	folds string // where its folded text is, if that differs; "" for system fields
}

func (x *translator) place(name string, in scope) (place, error) {
	if field, ok := x.t.live[in.table+name]; ok {
		return place{field, in.prefix + name, in.prefix + foldsName + "." + name}, nil
	}
	if in.table == "" {
		if field, ok := x.t.shape.Field(name); ok {
			return place{field, x.t.path(name), ""}, nil
		}
	}
	return place{}, fmt.Errorf("field %s of %s: %w", in.table+name, x.t.name(), store.ErrUnknown)
}

// leaf is a condition on one field or column.
func (x *translator) leaf(c *query.Cond, name string, in scope) (bson.D, error) {
	at, err := x.place(name, in)
	if err != nil {
		return nil, err
	}
	switch c.Op {
	case query.Empty:
		if c.Value == true {
			return one(at.path, nil), nil
		}
		return one(at.path, one("$exists", true)), nil
	case query.Contains, query.Starts:
		part, isPart := c.Value.(string)
		switch {
		case !isPart || part == "":
			return nothing(), nil
		case at.field.List:
			return one(at.path, part), nil
		case c.Op == query.Starts:
			return at.matches("^" + regexp.QuoteMeta(query.Fold(part))), nil
		case in == recordScope && at.field.Search:
			return both(hasGrams(query.Words(part)), at.contains(part)), nil
		}
		return at.contains(part), nil
	case query.In, query.Between:
		return at.several(c)
	default:
		return at.compared(c)
	}
}

// compared is a condition with one value.
func (at place) compared(c *query.Cond) (bson.D, error) {
	sign, ok := signs[c.Op]
	if !ok {
		return nil, fmt.Errorf("operator on %s: %w", at.field.Path, store.ErrInvalid)
	}
	value, err := at.operand(c.Value)
	if err != nil || value == nil {
		return nothing(), err
	}
	if c.Op == query.Ne {
		return one(at.path, bson.D{e("$ne", value), e("$exists", true)}), nil
	}
	return one(at.path, one(sign, value)), nil
}

var signs = map[query.Op]string{
	query.Eq: "$eq", query.Ne: "$ne", query.Lt: "$lt", query.Le: "$lte", query.Gt: "$gt", query.Ge: "$gte",
}

// operand gives a literal the field's real type; nil if it is missing.
func (at place) operand(value any) (any, error) {
	if _, unresolved := value.(query.Var); unresolved || query.Missing(value) {
		return nil, nil //nolint:nilnil // such a condition matches nothing
	}
	if at.field.List {
		return value, nil
	}
	return operand(at.field, value)
}

// several is a condition with a list of values.
func (at place) several(c *query.Cond) (bson.D, error) {
	values, _ := c.Value.([]any)
	list := bson.A{}
	for _, value := range values {
		operand, err := at.operand(value)
		if err != nil {
			return nil, err
		}
		if operand != nil {
			list = append(list, operand)
		}
	}
	if c.Op == query.In {
		return one(at.path, one("$in", list)), nil
	}
	if len(list) != 2 {
		return nothing(), nil
	}
	return one(at.path, bson.D{e("$gte", list[0]), e("$lte", list[1])}), nil
}

func (at place) contains(part string) bson.D { return at.matches(regexp.QuoteMeta(query.Fold(part))) }

// matches looks for a pattern, which is folded and quoted, in the folded text: the text itself where it is folded.
// Ids have no folded text beside them; they are ASCII.
func (at place) matches(pattern string) bson.D {
	if at.folds == "" {
		return one(at.path, one("$regex", primitive.Regex{Pattern: pattern, Options: "i"}))
	}
	regex := one("$regex", primitive.Regex{Pattern: pattern})
	return one("$or", bson.A{
		one(at.folds, regex),
		bson.D{e(at.folds, nil), e(at.path, regex)},
	})
}

// hasGrams asks the search index for documents that hold all grams of folded words.
func hasGrams(words []string) bson.D {
	var whole bson.A
	var conditions []bson.D
	for _, word := range words {
		for _, gram := range query.WordGrams(word) {
			if !gram.Prefix {
				whole = append(whole, gram.Text)
				continue
			}
			begins := one("$gte", gram.Text)
			if next := after(gram.Text); next != "" {
				begins = append(begins, e("$lt", next))
			}
			conditions = append(conditions, one("_grams", one("$elemMatch", begins)))
		}
	}
	if len(whole) > 0 {
		conditions = append(conditions, one("_grams", one("$all", whole)))
	}
	return both(conditions...)
}

// after is the first text behind all that begin with a character; "" if there is none.
func after(character string) string {
	r, _ := utf8.DecodeRuneInString(character)
	switch r++; {
	case r > utf8.MaxRune:
		return ""
	case !utf8.ValidRune(r): // surrogates
		r = 0xE000
	}
	return string(r)
}

// search is the condition of q=: the index first, then each word in one of the searched texts.
func (x *translator) search(text string) (bson.D, error) {
	words := query.Words(text)
	if len(words) == 0 {
		return everything(), nil
	}
	if !x.t.shape.HasSearch() {
		return nothing(), nil
	}
	conditions := []bson.D{hasGrams(words)}
	for _, word := range words {
		var places []*query.Filter
		for _, field := range x.t.shape.Fields {
			if field.Search {
				places = append(places, containing(field.Path, word))
			}
		}
		some, err := x.either(places, recordScope)
		if err != nil {
			return nil, err
		}
		conditions = append(conditions, some)
	}
	return both(conditions...), nil
}

// anyGram is the condition that the search index holds one of the grams.
func (x *translator) anyGram(grams []string) bson.D {
	if grams == nil {
		return everything()
	}
	if !x.t.shape.HasSearch() {
		return nothing()
	}
	var single, pairs []string
	for _, gram := range grams {
		if strings.Contains(gram, " ") {
			pairs = append(pairs, gram)
		} else {
			single = append(single, gram)
		}
	}
	if single == nil {
		single = []string{}
	}
	found := one("_grams", one("$in", single))
	if len(pairs) == 0 {
		return found
	}
	either := bson.A{found}
	for _, pair := range pairs {
		either = append(either, one("_grams", one("$all", strings.Fields(pair))))
	}
	return one("$or", either)
}

func containing(path, word string) *query.Filter {
	parts := splitPath(path)
	return &query.Filter{Cond: &query.Cond{Path: parts, Op: query.Contains, Value: word, Rows: len(parts) > 1}}
}

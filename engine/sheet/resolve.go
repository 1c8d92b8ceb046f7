package sheet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
)

// resolver finds the records texts name. All texts of an import are asked for together, as few queries as possible.
type resolver struct {
	records *record.Service
	actor   access.Actor
	catalog *def.Catalog
	wanted  map[string]map[string]bool // entity → texts; false: asked for already
	found   map[string]map[string][]candidate
	ids     bool // ids count too
}

// candidate is a record a text may name. By is how: the natural key wins over a display text.
type candidate struct {
	id     string
	key    bool
	values form.Values
}

func newResolver(records *record.Service, actor access.Actor, catalog *def.Catalog) *resolver {
	return &resolver{
		records: records, actor: actor, catalog: catalog, wanted: map[string]map[string]bool{}, found: map[string]map[string][]candidate{},
	}
}

// withKey is how people write both: 张大力(W01).
var withKey = regexp.MustCompile(`^(.+)[(（]([^()（）]+)[)）]$`)

// want asks for what a text may mean.
func (r *resolver) want(field *def.Field, text string) {
	for _, one := range named(field, text) {
		if r.wanted[field.Target()] == nil {
			r.wanted[field.Target()] = map[string]bool{}
		}
		r.ask(field.Target(), one)
		if m := withKey.FindStringSubmatch(one); m != nil {
			r.ask(field.Target(), strings.TrimSpace(m[2]))
		}
	}
}

func (r *resolver) ask(entity, text string) {
	if _, asked := r.wanted[entity][text]; !asked {
		r.wanted[entity][text] = true
	}
}

// named splits the text of a list.
func named(field *def.Field, text string) []string {
	if !field.IsList() {
		return []string{norm.NFC.String(text)}
	}
	var all []string
	for _, one := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(",，、;；\n", c) }) {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, norm.NFC.String(one))
		}
	}
	return all
}

// chunk is how many texts are asked for in one query.
const chunk = 500

// resolve reads the candidates of everything wanted that was not read before.
func (r *resolver) resolve(ctx context.Context) error {
	for _, name := range slices.Sorted(maps.Keys(r.wanted)) {
		entity, ok := r.catalog.Entity(name)
		if !ok {
			continue
		}
		if r.found[name] == nil {
			r.found[name] = map[string][]candidate{}
		}
		var texts []string
		for _, text := range slices.Sorted(maps.Keys(r.wanted[name])) {
			if r.wanted[name][text] {
				texts = append(texts, text)
				r.wanted[name][text] = false
			}
		}
		for part := range slices.Chunk(texts, chunk) {
			if err := r.read(ctx, entity, part); err != nil {
				return fmt.Errorf("find %s: %w", name, err)
			}
		}
	}
	return nil
}

func (r *resolver) read(ctx context.Context, entity *def.Entity, texts []string) error {
	fields := []string{entity.Natural, entity.DisplayField()}
	if entity.Name == def.EntityUser {
		fields = append(fields, "login")
	}
	for _, rule := range slices.Sorted(maps.Keys(entity.Unique)) {
		if unique := entity.Unique[rule].Fields; len(unique) == 1 {
			fields = append(fields, unique[0]) // such as the employee number of a member
		}
	}
	if r.ids {
		fields = append(fields, def.FieldID)
	}
	for i, name := range fields {
		field, ok := entity.Field(name)
		if !ok || name == "" || slices.Index(fields, name) < i || (!field.IsText() && name != def.FieldID) {
			continue
		}
		if err := r.by(ctx, entity, name, texts); err != nil {
			return err
		}
	}
	return nil
}

// by reads the records whose field is one of the texts. What the actor may not ask for finds nothing.
func (r *resolver) by(ctx context.Context, entity *def.Entity, name string, texts []string) error {
	values := texts
	if name == entity.Natural {
		values = make([]string, len(texts))
		for i, text := range texts {
			values[i] = norm.NFKC.String(text)
		}
	}
	filter, err := json.Marshal(map[string]any{"field": name, "op": "in", "value": values})
	if err != nil {
		return err
	}
	in := record.ListInput{Filter: filter, Limit: 1000}
	for {
		page, err := r.records.List(ctx, r.actor, entity.Name, in)
		var denied *access.FieldError
		if errors.Is(err, record.ErrForbidden) || errors.As(err, &denied) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range page.Records {
			r.remember(entity, name, &page.Records[i])
		}
		if in.After = page.Next; page.Next == "" {
			return nil
		}
	}
}

// gone are the states of records that no longer count: they are not what a name means.
var gone = []string{"rejected", "cancelled", "terminated", "voided"}

func (r *resolver) remember(entity *def.Entity, name string, rec *record.Record) {
	if slices.Contains(gone, rec.State) || rec.Values["disabled"] == true {
		return
	}
	text := rec.ID
	if name != def.FieldID {
		text, _ = rec.Values[name].(string)
	}
	found := r.found[entity.Name]
	for _, known := range found[text] {
		if known.id == rec.ID {
			return
		}
	}
	key := name == entity.Natural || name == def.FieldID
	found[text] = append(found[text], candidate{id: rec.ID, key: key, values: rec.Values})
}

// pick gives the id a text means for a field of a record; the code says why there is none.
func (r *resolver) pick(field *def.Field, text string, values form.Values) (id, code string, n int) {
	found := r.found[field.Target()]
	all := found[text]
	if len(all) == 0 {
		all = found[norm.NFKC.String(text)]
	}
	if m := withKey.FindStringSubmatch(text); m != nil && len(all) == 0 {
		all = slices.DeleteFunc(slices.Clone(found[strings.TrimSpace(m[2])]), func(c candidate) bool { return !c.key })
	}
	if keyed := slices.DeleteFunc(slices.Clone(all), func(c candidate) bool { return !c.key }); len(keyed) == 1 {
		return keyed[0].id, "", 1
	}
	if len(all) > 1 {
		if fitting := slices.DeleteFunc(slices.Clone(all), func(c candidate) bool { return !fits(field.Filter, c, values) }); len(fitting) > 0 {
			all = fitting
		}
	}
	switch len(all) {
	case 0:
		return "", "reference", 0
	case 1:
		return all[0].id, "", 1
	}
	return "", "ambiguous", len(all)
}

// fits tells whether a candidate satisfies those parts of a field's x-filter that compare one field with a constant or a
// field of the record: enough to tell teams of one name in two projects apart.
func fits(raw json.RawMessage, c candidate, values form.Values) bool {
	if len(raw) == 0 {
		return true
	}
	filter, err := query.Parse(raw)
	if err != nil {
		return true
	}
	conditions := []*query.Filter{filter}
	if len(filter.And) > 0 {
		conditions = filter.And
	}
	for _, f := range conditions {
		if f.Cond == nil || f.Cond.Op != query.Eq || len(f.Cond.Path) != 1 {
			continue
		}
		want := f.Cond.Value
		if v, ok := want.(query.Var); ok {
			name, own := strings.CutPrefix(v.Name, "record.")
			if !own || strings.Contains(name, ".") || values[name] == nil {
				continue
			}
			want = values[name]
		}
		if have := c.values[f.Cond.Path[0]]; have != nil && fmt.Sprint(have) != fmt.Sprint(want) {
			return false
		}
	}
	return true
}

// depends tells whether a field's x-filter looks at the record: it is resolved after those that do not.
func depends(field *def.Field) bool { return strings.Contains(string(field.Filter), `"record.`) }

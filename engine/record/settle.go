package record

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/event"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/store"
)

// keys builds the unique keys the document holds in its state. Rows that claim one key twice are problems.
func (w *write) keys(doc *store.Doc) ([]string, []form.Claim, error) {
	if doc.Deleted {
		return nil, nil, nil
	}
	logic, err := w.compiled.form(w.formName)
	if err != nil {
		return nil, nil, err
	}
	var failed error
	claims, problems := logic.Keys(doc.Values, doc.State, func(where json.RawMessage, _ form.Values) bool {
		matches, err := w.keyMatches(where, doc)
		if err != nil {
			failed = err
		}
		return matches
	})
	if failed != nil {
		return nil, nil, failed
	}
	w.placed(claims, problems)
	if err := w.refuse(problems); err != nil {
		return nil, nil, err
	}
	keys := make([]string, len(claims))
	for i, claim := range claims {
		keys[i] = claim.Key
	}
	slices.SortFunc(keys, byMeaning)
	return slices.Compact(keys), claims, nil
}

// placed makes the problems of keys name new rows as their sender does.
func (w *write) placed(claims []form.Claim, problems []form.Problem) {
	if len(w.rowIDs) == 0 {
		return
	}
	temporary := make(map[string]string, len(w.rowIDs))
	for row, id := range w.rowIDs {
		temporary[id] = row[1]
	}
	rename := func(p *form.Problem) {
		table, rest, inRow := strings.Cut(p.Field, "[")
		id, cell, _ := strings.Cut(rest, "]")
		if name := temporary[id]; inRow && name != "" {
			p.Field = table + "[" + name + "]" + cell
		}
	}
	for i := range claims {
		rename(&claims[i].Problem)
	}
	for i := range problems {
		rename(&problems[i])
	}
}

// byMeaning orders keys so that the one a person understands is told first: a number is often made of what another rule
// is about, and says less.
func byMeaning(a, b string) int {
	number := func(key string) int {
		if strings.HasPrefix(key, def.KeyNatural+"|") {
			return 1
		}
		return 0
	}
	return cmp.Or(number(a)-number(b), strings.Compare(a, b))
}

// keyMatches evaluates the filter of a key over the record itself.
func (w *write) keyMatches(raw json.RawMessage, doc *store.Doc) (bool, error) {
	where, err := w.compiled.keyFilter(raw)
	if err != nil {
		return false, err
	}
	resolved, err := query.Resolve(where, w.vars)
	if err != nil {
		return false, err
	}
	return query.Match(resolved, doc.Record()), nil
}

// taken turns a key another record holds into the problem at its field or row.
func taken(key string, claims []form.Claim) error {
	for _, claim := range claims {
		if claim.Key == key {
			return &InvalidError{Problems: []form.Problem{claim.Problem}}
		}
	}
	return fmt.Errorf("key %s is no claim of the record: %w", key, &store.DuplicateError{Key: key})
}

// permitted checks that a grant admits the record as it will be, and that the actor may write what he sent.
func (w *write) permitted(ctx context.Context, doc *store.Doc, o outcome) error {
	if o.mayWrite {
		return nil
	}
	action := access.Update
	switch {
	case w.stored == nil && w.brought:
		action = access.Import
	case w.stored == nil:
		action = access.Create
	}
	rights, err := w.may(ctx, w.entity.Name, action)
	if err != nil {
		return err
	}
	fields := rights.On(doc.Record())
	if !fields.Admitted() {
		return fmt.Errorf("%s %s: %w", action, w.entity.Name, ErrForbidden)
	}
	if w.stored == nil {
		return w.refuseFields(w.sent, fields.Writes, fields.Shows)
	}
	return nil
}

// refuseFields finds fields of a patch the actor may not write. Computed fields are no matter: whatever is sent for
// them is ignored. A value he may read and sends back unchanged is no write; for one he may not read, even the right
// guess is refused, so that guessing tells nothing.
func (w *write) refuseFields(patch form.Values, writes, shows func(path string) bool) error {
	var denied []string
	check := func(field *def.Field, sent, stored any, path string) {
		given := !field.IsReadOnly() || w.actor.System || (field.Number != nil && w.brought)
		if w.entity.Name == def.EntityUser && powers[field.Name] && !w.actor.Admin {
			given = w.actor.System // whoever may edit members may not make himself more than he is
		}
		if ignored(field, w.brought) || (given && writes(field.Path)) {
			return
		}
		if shows(field.Path) && w.stored != nil && same(sent, stored) {
			return
		}
		denied = append(denied, path)
	}
	for _, name := range slices.Sorted(maps.Keys(patch)) {
		field := w.entity.Properties[name]
		if field == nil {
			continue // form reports it
		}
		if !field.IsTable() {
			check(field, patch[name], w.storedValues()[name], name)
			continue
		}
		denied = append(denied, w.deniedRows(field, patch[name], writes, check)...)
	}
	if len(denied) > 0 {
		return &access.FieldError{Fields: denied}
	}
	return nil
}

// powers are the fields of a member that decide what he may do; grants do not open them, only administrators write them.
var powers = map[string]bool{"roles": true, "disabled": true, "login": true}

type checkField func(field *def.Field, sent, stored any, path string)

// deniedRows checks the rows of a patch: adding, removing and moving rows needs the sub-table, a cell its column.
func (w *write) deniedRows(table *def.Field, sent any, writes func(string) bool, check checkField) []string {
	rows := RowsOf(sent)
	if len(rows) == 0 && !writes(table.Path) {
		if sent == nil && w.storedValues()[table.Name] != nil {
			return []string{table.Name}
		}
		return nil
	}
	stored := map[any]map[string]any{}
	for _, row := range RowsOf(w.storedValues()[table.Name]) {
		stored[row["_id"]] = row
	}
	var denied []string
	for i, row := range rows {
		name := fmt.Sprintf("%s[%s]", table.Name, rowName(row, i))
		before := stored[row["_id"]]
		_, moves := row["_after"]
		if (before == nil || row["_delete"] == true || moves) && !writes(table.Path) {
			denied = append(denied, name)
			continue
		}
		for _, column := range slices.Sorted(maps.Keys(row)) {
			if field, ok := table.Column(column); ok {
				check(field, row[column], before[column], name+"."+column)
			}
		}
	}
	return denied
}

// ignored tells whether what is sent for a field counts for nothing. Imports bring their own numbers.
func ignored(field *def.Field, brought bool) bool {
	return field.IsComputed() && (field.Number == nil || !brought)
}

// same compares two wire values as JSON decoders and stores may give them.
func same(a, b any) bool {
	if query.Missing(a) && query.Missing(b) {
		return true
	}
	if n, ok := a.(json.Number); ok {
		return n.String() == fmt.Sprint(b)
	}
	return reflect.DeepEqual(a, b)
}

// validate runs the schema validator over what is about to be stored: it knows the plain keywords record logic leaves to
// it, and holds the rest a second time.
func (w *write) validate(values form.Values) error {
	validator, err := w.catalog.Validator(w.entity.Name)
	if err != nil {
		return fmt.Errorf("validate %s: %w", w.entity.Name, err)
	}
	check := validator.Check
	if w.imported || w.workbook { // record logic has said what they may lack
		check = validator.CheckOpening
	}
	found := check(values)
	if len(found) == 0 {
		return nil
	}
	problems := make([]form.Problem, len(found))
	for i, p := range found {
		problems[i] = form.Problem{Field: placeOf(values, p.Path), Code: codeSchema, Level: levelError, Params: p.Params}
	}
	return &InvalidError{Problems: problems}
}

// placeOf turns a JSON pointer into the values into the path of a problem: "/lines/0/worker" → "lines[r1].worker".
func placeOf(values form.Values, pointer string) string {
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	place := steps[0]
	if len(steps) < 2 {
		return place
	}
	rows := RowsOf(values[steps[0]])
	at, err := strconv.Atoi(steps[1])
	if err != nil || at < 0 || at >= len(rows) {
		return place
	}
	place += fmt.Sprintf("[%v]", rows[at]["_id"])
	if len(steps) > 2 {
		place += "." + steps[2]
	}
	return place
}

// maxTree is how many levels a tree may have.
const maxTree = 16

// checkTree follows the parents of a record in a tree: none may be the record itself.
func (w *write) checkTree(ctx context.Context, values form.Values) ([]form.Problem, error) {
	parent, ok := values[w.entity.Tree].(string)
	if w.entity.Tree == "" || !ok || w.stored == nil || w.stored.Values[w.entity.Tree] == parent {
		return w.treeDepth(ctx, parent)
	}
	for range maxTree {
		if parent == w.stored.ID {
			return w.treeProblem(reasonCircle), nil
		}
		next, err := w.parentOf(ctx, parent)
		if err != nil || next == "" {
			return nil, err
		}
		parent = next
	}
	return w.treeProblem(reasonDepth), nil
}

// treeDepth refuses a new record below the deepest level.
func (w *write) treeDepth(ctx context.Context, parent string) ([]form.Problem, error) {
	if w.entity.Tree == "" || w.stored != nil {
		return nil, nil
	}
	for range maxTree {
		if parent == "" {
			return nil, nil
		}
		next, err := w.parentOf(ctx, parent)
		if err != nil {
			return nil, err
		}
		parent = next
	}
	return w.treeProblem(reasonDepth), nil
}

func (w *write) treeProblem(reason string) []form.Problem {
	return []form.Problem{{
		Field: w.entity.Tree, Code: codeTree, Level: levelError, Params: map[string]any{"reason": reason, "max": maxTree},
	}}
}

func (w *write) parentOf(ctx context.Context, id string) (string, error) {
	w.others.need(w.entity.Name, id)
	if err := w.others.read(ctx); err != nil {
		return "", err
	}
	doc, _ := w.others.doc(w.entity.Name, id)
	if doc == nil {
		return "", nil
	}
	parent, _ := doc.Values[w.entity.Tree].(string)
	return parent, nil
}

// differences lists what differs, for the event. Values of personal fields get a salt, so that they can be erased later
// without breaking the chain; the salt of a row covers all of it.
func (w *write) differences(before, after form.Values) ([]event.Change, error) {
	logic, err := w.compiled.form(w.formName)
	if err != nil {
		return nil, err
	}
	diff := logic.Diff(before, after)
	changes := make([]event.Change, len(diff))
	for i, d := range diff {
		changes[i] = event.Change{Field: d.Path, From: d.Old, To: d.New, Moved: d.Moved}
		if w.personal(d.Path) {
			changes[i].Salt = w.service.config.NewID()
		}
	}
	return changes, nil
}

// personal tells whether the value at a path of a change is, or holds, personal data.
func (w *write) personal(path string) bool {
	table, rest, inRow := strings.Cut(path, "[")
	if !inRow {
		field := w.entity.Properties[path]
		return field != nil && field.Personal != ""
	}
	field := w.entity.Properties[table]
	if field == nil {
		return false
	}
	if _, name, isCell := strings.Cut(rest, "]."); isCell {
		column, ok := field.Column(name)
		return ok && column.Personal != ""
	}
	return slices.ContainsFunc(field.Columns(), func(c *def.Field) bool { return c.Personal != "" })
}

// cloneValues copies values deep enough for maps and lists to be changed.
func cloneValues(values form.Values) form.Values {
	clone := make(form.Values, len(values))
	for name, value := range values {
		clone[name] = cloneValue(value)
	}
	return clone
}

func cloneValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return cloneValues(v)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = cloneValue(item)
		}
		return list
	}
	return value
}

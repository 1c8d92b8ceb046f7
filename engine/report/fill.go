package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/record"
)

// FillInput asks for the rows a button of a form gives for a record on the screen.
type FillInput struct {
	Form   string
	Fill   string
	Values form.Values // of the record's header, as far as typed
}

// Filled are rows for a sub-table. Nothing is stored: they are put into the form, or into a write.
type Filled struct {
	Table  string            `json:"table"`
	Mode   string            `json:"mode"`           // add, replace
	Keys   []string          `json:"keys"`           // columns by which a row is there already
	Rows   []map[string]any  `json:"rows"`           // wire values by column
	Refs   map[string]string `json:"refs,omitempty"` // "entity/id" → display text
	Cut    bool              `json:"cut,omitempty"`  // there were more rows than the table takes
	filled *def.Field
}

// maxFilled is how many records a button asks for at most.
const maxFilled = 1000

// Fill gives the rows of a button (definitions.md §8), of what the actor may read: another record's rows, records, or the
// rows of a dataset. It fails with record.ErrNotFound for an unknown form or button, and for a dataset he may not run,
// with *record.InvalidError of code required while a field the button needs is missing, else as List and Run do.
func (s *Service) Fill(ctx context.Context, actor access.Actor, in FillInput) (Filled, error) {
	r, err := s.begin(ctx, actor)
	if err != nil {
		return Filled{}, err
	}
	layout := r.catalog.Forms[in.Form]
	if layout == nil {
		return Filled{}, fmt.Errorf("form %s: %w", in.Form, record.ErrNotFound)
	}
	fill, ok := layout.FillNamed(in.Fill)
	if !ok {
		return Filled{}, fmt.Errorf("fill %s of form %s: %w", in.Fill, in.Form, record.ErrNotFound)
	}
	if err := needs(fill, in.Values); err != nil {
		return Filled{}, err
	}
	answer := Filled{Table: fill.Table(), Mode: fill.Mode, Rows: []map[string]any{}, Refs: map[string]string{}}
	if answer.Mode == "" {
		answer.Mode = "add"
	}
	if answer.filled, ok = r.catalog.Field(layout.Entity, answer.Table); !ok {
		return Filled{}, fmt.Errorf("fill %s of form %s: no table %s", in.Fill, in.Form, answer.Table)
	}
	sources := answer.columns(fill)
	if fill.From.Dataset != "" {
		err = s.fillFromDataset(ctx, actor, filling{fill, sources, in.Values}, &answer)
	} else {
		err = s.fillFromRecords(ctx, actor, filling{fill, sources, in.Values}, &answer)
	}
	if err != nil {
		return Filled{}, fmt.Errorf("fill %s of form %s: %w", in.Fill, in.Form, err)
	}
	return answer, nil
}

// columns gives what each column is filled from, and notes which tell rows apart: those that refer to records, or all if
// there are none.
func (f *Filled) columns(fill *def.Fill) map[string]string {
	sources := map[string]string{}
	var all []string
	f.Keys = nil
	for _, column := range f.filled.Columns() {
		source := fill.Map[f.Table+"."+column.Name]
		if source == "" {
			continue
		}
		sources[column.Name] = source
		all = append(all, column.Name)
		if column.Target() != "" {
			f.Keys = append(f.Keys, column.Name)
		}
	}
	if len(f.Keys) == 0 {
		f.Keys = all
	}
	return sources
}

// needs refuses to look while a field the button's search or dataset depends on is missing: it would find nothing.
func needs(fill *def.Fill, values form.Values) error {
	wanted := slices.Collect(maps.Values(fill.From.Params))
	if where, err := decoded(fill.From.Where); err == nil {
		eachRecordVar(where, func(name string) any {
			wanted = append(wanted, name)
			return nil
		})
	}
	slices.Sort(wanted)
	var problems []form.Problem
	for _, name := range slices.Compact(wanted) {
		field := strings.TrimPrefix(name, recordPrefix)
		if values[field] == nil || values[field] == "" {
			problems = append(problems, form.Problem{Field: field, Code: "required", Level: def.LevelError})
		}
	}
	if len(problems) > 0 {
		return &record.InvalidError{Problems: problems}
	}
	return nil
}

const recordPrefix = "record."

// filling is a button that was pressed: what each column is filled from, and the record it is pressed for.
type filling struct {
	*def.Fill
	sources map[string]string
	values  form.Values
}

func (s *Service) fillFromDataset(ctx context.Context, actor access.Actor, fill filling, answer *Filled) error {
	params := map[string]any{}
	for name, path := range fill.From.Params {
		params[name] = fill.values[strings.TrimPrefix(path, recordPrefix)]
	}
	result, err := s.Run(ctx, actor, fill.From.Dataset, RunInput{Params: params, Limit: answer.filled.EffectiveMaxItems()})
	if err != nil {
		return err
	}
	for _, row := range result.Rows {
		made := map[string]any{}
		for column, source := range fill.sources {
			if row[source] != nil {
				made[column] = row[source]
			}
		}
		answer.Rows = append(answer.Rows, made)
	}
	answer.Cut = result.Count > len(result.Rows)
	maps.Copy(answer.Refs, result.Refs)
	return nil
}

func (s *Service) fillFromRecords(ctx context.Context, actor access.Actor, fill filling, answer *Filled) error {
	where, err := substituted(fill.From.Where, fill.values)
	if err != nil {
		return err
	}
	in := record.ListInput{Limit: min(answer.filled.EffectiveMaxItems(), maxFilled), Sort: fill.From.Order, Filter: where}
	if fill.From.Rows != "" {
		in.Limit = 1
	}
	list, err := s.config.Records.List(ctx, actor, fill.From.Entity, in)
	if err != nil {
		return err
	}
	answer.Cut = list.Next != "" && fill.From.Rows == ""
	for i := range list.Records {
		found := &list.Records[i]
		maps.Copy(answer.Refs, found.Refs)
		for _, item := range sourceRows(found, fill.From.Rows) {
			made := map[string]any{}
			for column, source := range fill.sources {
				if value := item[strings.TrimPrefix(source, fill.From.Rows+".")]; value != nil {
					made[column] = value
				}
			}
			answer.Rows = append(answer.Rows, made)
		}
	}
	return s.callRecords(ctx, actor, fill.Fill, list.Records, answer)
}

// sourceRows are what a record gives: itself with its id, or the rows of one of its sub-tables.
func sourceRows(of *record.Record, table string) []map[string]any {
	if table == "" {
		item := maps.Clone(of.Values)
		if item == nil {
			item = map[string]any{}
		}
		item[def.FieldID] = of.ID
		return []map[string]any{item}
	}
	var rows []map[string]any
	list, _ := of.Values[table].([]any)
	for _, each := range list {
		if row, ok := each.(map[string]any); ok {
			rows = append(rows, row)
		}
	}
	return rows
}

// callRecords adds how the records are called, where their ids stand in the rows.
func (s *Service) callRecords(ctx context.Context, actor access.Actor, fill *def.Fill, found []record.Record, answer *Filled) error {
	if fill.From.Rows != "" || len(found) == 0 || !slices.Contains(slices.Collect(maps.Values(fill.Map)), def.FieldID) {
		return nil
	}
	ids := make([]string, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	names, err := s.config.Records.Names(ctx, actor, map[string][]string{fill.From.Entity: ids})
	if err != nil {
		return err
	}
	for ref, name := range names {
		answer.Refs[ref] = name.Display
	}
	return nil
}

// substituted puts the record's values into a filter in place of {"var": "record.x"}. What else varies is filled in where the
// filter is used.
func substituted(where json.RawMessage, values form.Values) (json.RawMessage, error) {
	tree, err := decoded(where)
	if err != nil || tree == nil {
		return nil, err
	}
	return json.Marshal(eachRecordVar(tree, func(name string) any { return values[strings.TrimPrefix(name, recordPrefix)] }))
}

func decoded(raw json.RawMessage) (any, error) {
	if len(raw) == 0 {
		return nil, nil //nolint:nilnil // no filter
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var tree any
	err := decoder.Decode(&tree)
	return tree, err
}

// eachRecordVar visits the variables of a decoded filter that name fields of the record, and puts what visit gives in
// their place.
func eachRecordVar(part any, visit func(name string) any) any {
	switch v := part.(type) {
	case []any:
		for i, item := range v {
			v[i] = eachRecordVar(item, visit)
		}
	case map[string]any:
		if name, ok := v["var"].(string); ok && strings.HasPrefix(name, recordPrefix) {
			return visit(name)
		}
		for key, item := range v {
			v[key] = eachRecordVar(item, visit)
		}
	}
	return part
}

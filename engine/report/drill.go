package report

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
)

// DrillInput names a row: its grouping keys (Row's KeyName), and the params it was computed with.
type DrillInput struct {
	Key    map[string]any
	Params map[string]any
}

// Drilled is the list of records behind a row: a filter for the list of an entity, which the reader's own rights limit.
type Drilled struct {
	Entity string          `json:"entity"`
	Filter json.RawMessage `json:"filter"`
}

// Drill tells which records stand behind a row. A dataset without drill is record.ErrNotFound.
func (s *Service) Drill(ctx context.Context, actor access.Actor, name string, in DrillInput) (Drilled, error) {
	r, err := s.begin(ctx, actor)
	if err != nil {
		return Drilled{}, err
	}
	c, err := r.open(ctx, name, access.Read)
	if err != nil {
		return Drilled{}, err
	}
	if c.drill == nil {
		return Drilled{}, fmt.Errorf("records behind %s: %w", name, record.ErrNotFound)
	}
	params, err := r.params(c.params, in.Params)
	if err != nil {
		return Drilled{}, err
	}
	if problems := c.unknownKeys(in.Key); len(problems) > 0 {
		return Drilled{}, &record.InvalidError{Problems: problems}
	}
	filter, err := r.resolve(missingKeys(c.drill, in.Key), params, in.Key)
	if err != nil {
		return Drilled{}, err
	}
	raw, err := json.Marshal(filter)
	if err != nil {
		return Drilled{}, fmt.Errorf("records behind %s: %w", name, err)
	}
	return Drilled{c.dataset.Drill.Entity, raw}, nil
}

func (c *compiled) unknownKeys(given map[string]any) []form.Problem {
	var problems []form.Problem
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.ContainsFunc(c.keys, func(k *def.Field) bool { return k.Name == name }) {
			problems = append(problems, form.Problem{Field: name, Code: "unknown_field", Level: def.LevelError})
		}
	}
	return problems
}

// missingKeys turns "equals the key" into "is missing" for keys the row does not have.
func missingKeys(f *query.Filter, keys map[string]any) *query.Filter {
	if f == nil {
		return nil
	}
	next := *f
	next.And, next.Or = missingInAll(f.And, keys), missingInAll(f.Or, keys)
	next.Not = missingKeys(f.Not, keys)
	if f.Cond == nil {
		return &next
	}
	cond := *f.Cond
	cond.Where = missingKeys(cond.Where, keys)
	if v, ok := cond.Value.(query.Var); ok && cond.Op == query.Eq {
		if key, is := strings.CutPrefix(v.Name, "key."); is && keys[key] == nil {
			cond.Op, cond.Value = query.Empty, true
		}
	}
	next.Cond = &cond
	return &next
}

func missingInAll(list []*query.Filter, keys map[string]any) []*query.Filter {
	if list == nil {
		return nil
	}
	next := make([]*query.Filter, len(list))
	for i, f := range list {
		next[i] = missingKeys(f, keys)
	}
	return next
}

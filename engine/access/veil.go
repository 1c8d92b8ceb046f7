package access

import (
	"context"
	"slices"
	"strings"
	"sync"

	"formwork/engine/def"
	"formwork/engine/query"
)

// Beside grants there are flows: the nodes somebody stands at may hide fields of the record from him. Masks take what is
// hidden out of what he is shown; here is what keeps him from finding it out by asking. A query that uses a hidden field
// leaves the records out in which it is hidden, whatever it holds there (Rights.Narrow).

// Veil is what runs of flows hide from an actor in records of one entity: record id → paths of fields, sub-tables and
// columns. A record that is not in it hides nothing from him; nil is no veil at all. It is not to be changed.
type Veil map[string][]string

// maxVeiled is how many records a query may leave out. Who has stood at more nodes that hide a field is refused it.
const maxVeiled = 5000

// Hides tells whether a path of a record is hidden: by itself, or with the sub-table it is a column of.
func (v Veil) Hides(id, path string) bool { return hiddenIn(v[id], path) }

func hiddenIn(hidden []string, path string) bool {
	table, _, column := strings.Cut(path, ".")
	return slices.Contains(hidden, path) || column && slices.Contains(hidden, table)
}

// over gives the records in which one of some paths is hidden, in order, and those of the paths that are hidden in any.
func (v Veil) over(paths []string) (ids, hidden []string) {
	for id, of := range v {
		covered := false
		for _, path := range paths {
			if hiddenIn(of, path) {
				covered = true
				hidden = append(hidden, path)
			}
		}
		if covered {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, unique(hidden)
}

// Veiled gives what runs hide from the actor these rights are of. It is looked up when it is first asked for.
func (r Rights) Veiled() (Veil, error) {
	if r.veil == nil {
		return nil, nil //nolint:nilnil // no veil hides nothing
	}
	return r.veil()
}

// unveiled is the rest of Narrow: the rows in which no run hides any of the paths from the actor.
func (r Rights) unveiled(paths []string) (extra *query.Filter, hidden []string, err error) {
	veil, err := r.Veiled()
	if err != nil || len(veil) == 0 || len(paths) == 0 {
		return nil, nil, err
	}
	ids, hidden := veil.over(paths)
	switch {
	case len(ids) == 0:
		return nil, nil, nil
	case len(ids) > maxVeiled:
		return nil, nil, &FieldError{hidden}
	}
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	in := &query.Cond{Path: []string{def.FieldID}, Op: query.In, Value: list, Type: def.TypeText}
	return &query.Filter{Not: &query.Filter{Cond: in}}, hidden, nil
}

// veil gives the lookup of Rights.Veiled; the engine sees everything.
func (s *Service) veil(ctx context.Context, actor Actor, entity string) func() (Veil, error) {
	if s.config.Veil == nil || actor.System {
		return nil
	}
	return sync.OnceValues(func() (Veil, error) { return s.config.Veil(ctx, actor, entity) })
}

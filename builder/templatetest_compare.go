package builder

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"formwork/engine/record"
)

// compareRecord holds what the actor sees of a record to what the step expects.
func (p *play) compareRecord(rec *record.Record) {
	for _, path := range slices.Sorted(maps.Keys(p.step.Expect)) {
		var got any
		switch path {
		case "state":
			got = rec.State
		default:
			got = p.valueAt(rec.Values, strings.Split(path, "."))
		}
		p.compareValue(path, p.step.Expect[path], got)
	}
}

// compareValue compares two values by how they are written; null is what is not there.
func (p *play) compareValue(where string, want, got any) {
	if w, g := p.written(want), p.written(got); w != g {
		p.fail(where, w, g)
	}
}

// written is a value as tests write it: ids as the keys and names they stand for.
func (p *play) written(value any) string {
	switch v := value.(type) {
	case nil:
		return "nothing"
	case map[string]any:
		for _, kind := range []string{"key", "record"} {
			if name, ok := v[kind].(string); ok && kind == "record" && p.names[p.records[name].id] != "" {
				return p.names[p.records[name].id]
			} else if ok {
				return name
			}
		}
	case []any:
		texts := make([]string, len(v))
		for i, item := range v {
			texts[i] = p.written(item)
		}
		return "[" + strings.Join(texts, " ") + "]"
	}
	text := fmt.Sprint(value)
	if name := p.names[text]; name != "" {
		return name
	}
	return text
}

// at1 reads a value by a path: a field, a row by its place from 0 or by a key that stands in it, a column.
func (p *play) valueAt(values map[string]any, path []string) any {
	var value any = values
	for _, step := range path {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			value = p.row(v, step)
		default:
			return nil
		}
	}
	return value
}

func (p *play) row(rows []any, key string) any {
	if i, err := strconv.Atoi(key); err == nil {
		if i < 0 || i >= len(rows) {
			return nil
		}
		return rows[i]
	}
	for _, row := range rows {
		columns, _ := row.(map[string]any)
		for _, value := range columns {
			if text, ok := value.(string); ok && p.names[text] == key {
				return row
			}
		}
	}
	return nil
}

// compareRows compares the rows of a dataset or a button: as many, in this order, each with the columns the test names.
func (p *play) compareRows(got []map[string]any) {
	if p.step.Rows == nil {
		return
	}
	if len(got) != len(p.step.Rows) {
		p.fail("rows", fmt.Sprint(len(p.step.Rows)), fmt.Sprint(len(got)))
	}
	for i := range min(len(got), len(p.step.Rows)) {
		for _, column := range slices.Sorted(maps.Keys(p.step.Rows[i])) {
			p.compareValue(fmt.Sprintf("rows.%d.%s", i, column), p.step.Rows[i][column], got[i][column])
		}
	}
}

// compareTasks compares who has a task for the record, by node.
func (p *play) compareTasks(rec *record.Record) {
	if p.step.Tasks == nil {
		return
	}
	open := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(p.people)) {
		for _, task := range p.tasksOf(p.people[name], rec.ID) {
			open[task.Node] = append(open[task.Node], name)
		}
	}
	for node, who := range p.step.Tasks {
		slices.Sort(who)
		p.step.Tasks[node] = who
	}
	if want, got := fmt.Sprint(p.step.Tasks), fmt.Sprint(open); want != got {
		p.fail("tasks", want, got)
	}
}

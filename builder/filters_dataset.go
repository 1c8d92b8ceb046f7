package builder

import (
	"encoding/json"
	"fmt"
	"strings"

	"formwork/engine/def"
	"formwork/engine/query"
)

// dataset checks the filters of a dataset: those of its sources over records, having over its own columns, and the one of
// the records behind a row.
func (c *filterCheck) dataset(d *def.Dataset) {
	params := func(name string) bool {
		param, ok := strings.CutPrefix(name, "param.")
		return ok && d.Params[param] != nil
	}
	at := func(pointer, entity string) place {
		return place{ref: ref(def.KindDataset, d.Name), pointer: pointer, entity: entity, vars: params}
	}
	for i, source := range d.Sources {
		pointer := fmt.Sprintf("/sources/%d", i)
		c.filter(at(pointer+"/where", source.Entity), source.Where)
		for _, name := range sortedKeys(source.Measures) {
			c.filter(at(pointer+"/measures/"+name+"/where", source.Entity), source.Measures[name].Where)
		}
	}
	c.columns(at("/having", ""), d, d.Having)
	if d.Drill == nil {
		return
	}
	drill := at("/drill/where", d.Drill.Entity)
	drill.vars = func(name string) bool {
		key, ok := strings.CutPrefix(name, "key.")
		if !ok {
			return params(name)
		}
		_, found := d.Sources[0].By[key]
		return found
	}
	c.filter(drill, d.Drill.Where)
}

// dashboard checks the filters of widgets: over the columns of their datasets.
func (c *filterCheck) dashboard(d *def.Dashboard) {
	for i, widget := range d.Widgets {
		dataset, ok := c.cat.Datasets[widget.Dataset]
		if !ok {
			continue
		}
		at := place{ref: ref(def.KindDashboard, d.Name), pointer: fmt.Sprintf("/widgets/%d/where", i), vars: func(name string) bool {
			param, ok := strings.CutPrefix(name, "param.")
			return ok && dataset.Params[param] != nil
		}}
		c.columns(at, dataset, widget.Where)
	}
}

// columns checks a filter over the rows of a dataset.
func (c *filterCheck) columns(at place, d *def.Dataset, raw json.RawMessage) {
	if len(raw) == 0 {
		return
	}
	result := c.cat.ResultEntity(d)
	filter, err := query.Parse(raw)
	if err == nil {
		err = query.Check(filter, result, nil, c.allowed(at))
	}
	if err != nil {
		c.refuse(at, err)
		return
	}
	for _, path := range query.Fields(filter) {
		if result.Properties[path] == nil { // a system field: rows of a dataset have none
			c.refuse(at, &query.Error{Code: query.CodeUnknownField, Params: map[string]any{"field": path}})
		}
	}
}

package flow_test

import (
	"slices"
	"testing"

	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/store"
)

// asking is the purchase company with people in fields of all kinds, whose flow asks those of one path.
func asking(tb testing.TB, path string) *def.Catalog {
	tb.Helper()
	return catalog(tb, func(defs def.Definitions) {
		for ref := range defs {
			if ref.Kind == def.KindFlow {
				delete(defs, ref)
			}
		}
		add(tb, defs, def.KindFlow, `{"name": "purchase", "title": "P", "entity": "purchase", "nodes": [
			{"name": "a", "type": "approve", "title": "A", "who": ["field:`+path+`"]}]}`)
		add(tb, defs, def.KindEntity, `{"name": "project", "title": "P", "type": "object", "x-display": "name", "required": ["name"], "properties": {
			"name": {"type": "string", "x-type": "text", "title": "N"}, "manager": {"type": "string", "x-type": "user", "title": "M"},
			"owner": {"type": "string", "x-type": "reference", "x-entity": "user", "title": "O"},
			"crew": {"type": "array", "x-type": "table", "title": "C", "items": {"type": "object", "properties": {
				"who": {"type": "string", "x-type": "user", "title": "W"}}}}}}`)
		add(tb, defs, def.KindEntity, `{"name": "purchase", "title": "P", "type": "object", "x-approval": true, "x-display": "subject",
			"required": ["subject", "project"], "properties": {
			"subject": {"type": "string", "x-type": "text", "title": "S"}, "margin": {"type": "string", "x-type": "money", "title": "M"},
			"project": {"type": "string", "x-type": "reference", "x-entity": "project", "title": "P"},
			"keeper": {"type": "string", "x-type": "user", "title": "K"},
			"keepers": {"type": "array", "x-type": "users", "title": "Ks", "items": {"type": "string"}},
			"owner": {"type": "string", "x-type": "reference", "x-entity": "user", "title": "O"},
			"owners": {"type": "array", "x-type": "references", "x-entity": "user", "title": "Os", "items": {"type": "string"}},
			"unit": {"type": "string", "x-type": "department", "title": "U"},
			"office": {"type": "string", "x-type": "reference", "x-entity": "department", "title": "Of"},
			"lines": {"type": "array", "x-type": "table", "title": "L", "items": {"type": "object", "properties": {
				"item": {"type": "string", "x-type": "text", "title": "I"},
				"who": {"type": "string", "x-type": "user", "title": "W"},
				"owner": {"type": "string", "x-type": "reference", "x-entity": "user", "title": "O"},
				"site": {"type": "string", "x-type": "reference", "x-entity": "project", "title": "Si"}}}}}}`)
	})
}

// TestFieldsThatLeadToPeople: whoever a field names is asked: one or several users, a department, by a type of their own or by
// a reference, behind references and in rows. Everything else is refused at publish.
func TestFieldsThatLeadToPeople(t *testing.T) {
	w := newWorld(t)
	w.version = asking(t, "keeper")
	for name := range w.version.Entities {
		if err := w.store.Ensure(w.ctx, store.CollectionOf(w.version, name)); err != nil {
			t.Fatal(err)
		}
	}
	w.seed("department", "d1", form.Values{"name": "D", "head": boss.ID})
	w.seed("project", "p9", form.Values{
		"name": "P", "manager": li.ID, "owner": zhou.ID, "crew": []any{map[string]any{"who": qian.ID}, map[string]any{"who": sun.ID}},
	})
	full := form.Values{
		"subject": "S", "project": "p9", "keeper": li.ID, "keepers": []any{li.ID, qian.ID}, "owner": sun.ID, "owners": []any{sun.ID, zhou.ID},
		"unit": "d1", "office": "d1", "lines": []any{
			map[string]any{"item": "a", "who": qian.ID, "owner": li.ID, "site": "p9"},
			map[string]any{"item": "b", "who": qian.ID, "owner": zhou.ID},
			map[string]any{"item": "c"},
		},
	}
	for path, want := range map[string][]string{
		"keeper": {li.ID}, "keepers": {qian.ID, li.ID}, "owner": {sun.ID}, "owners": {sun.ID, zhou.ID}, "unit": {boss.ID}, "office": {boss.ID},
		"project.manager": {li.ID}, "project.owner": {zhou.ID}, "project.crew.who": {qian.ID, sun.ID},
		"lines.who": {qian.ID}, "lines.owner": {li.ID, zhou.ID}, "lines.site.manager": {li.ID},
		"project": nil, "lines": nil, "lines.item": nil, "lines.site": nil, "subject": nil, "project.name": nil, "lines.nobody": nil, "owner.name": nil,
	} {
		w.version = asking(t, path)
		w.older[w.version.Version] = w.version
		refused := slices.ContainsFunc(flow.Lint(w.version, w.version.Flows["purchase"]), func(p def.Problem) bool { return p.Code == "unknown_name" })
		if refused != (want == nil) {
			t.Errorf("field:%s is refused: %v", path, refused)
		}
		if want == nil {
			continue
		}
		created, err := w.flows.Create(w.ctx, wang, "purchase", record.CreateInput{Values: full})
		if err != nil {
			t.Fatalf("field:%s: %s", path, explain(err))
		}
		line, err := w.flows.Timeline(w.ctx, wang, "purchase", created.Record.ID)
		if err != nil || line.Flow.Incident != nil || len(line.Flow.Active) != 1 {
			t.Fatalf("field:%s: %+v, %v", path, line.Flow, err)
		}
		var asked []string
		for _, task := range line.Flow.Active[0].Tasks {
			asked = append(asked, task.User.ID)
		}
		slices.Sort(asked)
		slices.Sort(want)
		if !slices.Equal(asked, want) {
			t.Errorf("field:%s asks %v, want %v", path, asked, want)
		}
	}
}

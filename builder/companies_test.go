package builder

import (
	"encoding/json"
	"strings"
	"testing"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/record"
)

// founded gives a company of its own with the sample of labor, and its clerk and labor administrator.
func (w *world) founded(t *testing.T, name string) (admin access.Actor, people map[string]access.Actor) {
	t.Helper()
	added, err := w.Found(w.ctx, Company{Name: name, Title: name, Template: "labor", AdminLogin: name + "_admin", AdminName: "管理员"})
	if err != nil {
		t.Fatal(err)
	}
	admin = access.Actor{Tenant: name, ID: added.Record.ID, Admin: true}
	sample, err := w.Sample(w.ctx, access.Actor{Tenant: name, ID: "system", System: true}, "labor", name+"_")
	if err != nil {
		t.Fatal(err)
	}
	people = map[string]access.Actor{}
	for _, p := range sample {
		if people[p.Name], err = w.config.Identity.Actor(w.ctx, name, p.User); err != nil {
			t.Fatal(err)
		}
	}
	return admin, people
}

// Two companies use one program. One pays overtime by another rule and asks for the weather; the other never notices.
func TestTwoCompanies(t *testing.T) {
	w := newWorld(t)
	admin, north := w.founded(t, "north")
	_, south := w.founded(t, "south")

	policies, err := w.records.List(w.ctx, north["labor"], "labor_policy", record.ListInput{Filter: json.RawMessage(`{"field": "code", "op": "eq", "value": "LP01"}`)})
	if err != nil || len(policies.Records) != 1 {
		t.Fatalf("%v, %v", policies, err)
	}
	twice := record.PatchInput{Values: form.Values{"ot_factor": "2"}}
	if _, err := w.records.Patch(w.ctx, north["labor"], "labor_policy", policies.Records[0].ID, twice); err != nil {
		t.Fatal(err)
	}
	ref, _ := def.ParseRef("entities/day_labor_sheet")
	sheet, err := w.Definition(w.ctx, "north", ref)
	if err != nil {
		t.Fatal(err)
	}
	weather := `"properties":{"weather":{"maxLength":20,"title":"天气","type":"string","x-i18n":{"en":{"title":"Weather"}},"x-type":"text"},`
	changed := strings.Replace(string(sheet), `"properties":{`, weather, 1)
	if err := w.Put(w.ctx, admin, ref, []byte(changed)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Publish(w.ctx, admin, PublishInput{}); err != nil {
		t.Fatal(err)
	}

	enter := func(people map[string]access.Actor, further form.Values) (string, error) {
		key := func(text string) map[string]any { return map[string]any{"key": text} }
		values := form.Values{
			"project": key("P1"), "team": key("T1"), "work_date": "2026-06-01", "work_content": "清理", "reason_type": "cleanup",
			"lines":  []any{map[string]any{"worker": key("W01"), "normal_hours": "8", "ot_hours": "2"}},
			"photos": w.photos(t, people["clerk"]),
		}
		for name, value := range further {
			values[name] = value
		}
		made, err := w.records.Create(w.ctx, people["clerk"], "day_labor_sheet", record.CreateInput{Values: values})
		if err != nil {
			return "", err
		}
		seen, err := w.records.Get(w.ctx, people["labor"], "day_labor_sheet", made.Record.ID)
		total, _ := seen.Values["total_amount"].(string)
		return total, err
	}
	if _, err := enter(south, form.Values{"weather": "晴"}); err == nil {
		t.Error("the field of the one company is known in the other")
	}
	// 260 a day, two hours of overtime: at twice the rate in the north, at one and a half in the south.
	for name, tt := range map[string]struct {
		people  map[string]access.Actor
		further form.Values
		want    string
	}{
		"north": {north, form.Values{"weather": "晴"}, "390.00"},
		"south": {south, nil, "357.50"},
	} {
		if total, err := enter(tt.people, tt.further); err != nil || total != tt.want {
			t.Errorf("%s pays %s, want %s: %v", name, total, tt.want, err)
		}
	}
}

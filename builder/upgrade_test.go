package builder

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/identity"
	"formwork/engine/record"
)

// Template labor 0.4.0 wants team leaders to sign. What was submitted before goes on as it began; what is submitted after
// is signed.
func TestRunsKeepTheFlowTheyBeganWith(t *testing.T) {
	s := newSite(t)
	publish := func(from, to string) {
		t.Helper()
		s.edit(t, "flows/day_labor_sheet", from, to)
		if _, err := s.Publish(s.ctx, s.admin, PublishInput{Accept: []string{"scenario_failed"}}); err != nil {
			t.Fatal(explained(err))
		}
	}
	submit := func(day string) record.Record {
		t.Helper()
		sheet, err := s.enter(day, [3]string{"W01", "8", "0"})
		if err == nil {
			sheet, err = s.flows.Act(s.ctx, s.people["clerk"], sheet.Entity, sheet.ID, flow.Act{Verb: flow.Start})
		}
		if err != nil {
			t.Fatal(explained(err))
		}
		return sheet
	}
	approve := func(sheet record.Record) error {
		t.Helper()
		open, err := s.flows.Tasks(s.ctx, s.people["foreman"], flow.TaskQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range open.Tasks {
			if task.Record == sheet.ID {
				_, err := s.flows.Decide(s.ctx, s.people["foreman"], task.ID, flow.Act{Verb: flow.Approve})
				return err
			}
		}
		t.Fatalf("the foreman is not asked about %v", sheet.Values["no"])
		return nil
	}

	publish(`"sign":true,`, ``) // as it was in 0.3.0
	before := submit("2026-06-01")
	publish(`"name":"team_leader",`, `"name":"team_leader","sign":true,`)
	after := submit("2026-05-31")

	if err := approve(before); err != nil {
		t.Errorf("what was submitted before the upgrade: %s", explained(err))
	}
	var refused *flow.Refused
	if err := approve(after); !errors.As(err, &refused) || refused.Code != flow.CodeSignRequired {
		t.Errorf("what was submitted after it is not signed: %v", err)
	}
}

// Template base 0.6.0 wants contracts to be approved. Those a company has kept with 0.5.0 count, are chosen by the template
// labor as before, and cannot be edited any more; a new one is a draft that cannot be chosen.
func TestContractsOfABaseWithoutApprovalCount(t *testing.T) {
	w := newWorld(t)
	if _, err := w.Install(w.ctx, w.admin, "base"); err != nil {
		t.Fatal(explained(err))
	}
	w.edit(t, "entities/expense_contract", `"x-approval":true,`, ``) // as it was in 0.5.0
	view, _ := def.ParseRef("views/expense_contracts")
	raw, err := w.Definition(w.ctx, "acme", view)
	if err != nil {
		t.Fatal(err)
	}
	without := strings.NewReplacer(`,{"field":"state"}`, ``, `,"state"]`, `]`).Replace(string(raw))
	if err := w.Put(w.ctx, w.admin, view, []byte(without)); err != nil {
		t.Fatal(explained(err))
	}
	if err := w.Remove(w.ctx, w.admin, def.Ref{Kind: def.KindFlow, Name: "expense_contract"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Publish(w.ctx, w.admin, PublishInput{}); err != nil {
		t.Fatal(explained(err))
	}
	contract := func(no string) record.Record {
		t.Helper()
		made, err := w.records.Create(w.ctx, w.admin, "expense_contract", record.CreateInput{Values: form.Values{
			"project": key("P1"), "supplier": key("S1"), "contract_type": "labor_sub", "name": "劳务" + no, "sign_date": "2026-05-01",
			"lines":     []any{map[string]any{"cost_subject": key("0101"), "amount_excl": "100.00"}},
			"day_rates": []any{map[string]any{"trade": "general", "day_rate": "250.00"}},
		}, Acknowledged: map[string]string{"wage_account": "在办"}})
		if err != nil {
			t.Fatal(explained(err))
		}
		return made.Record
	}
	w.masters(t)
	old := contract("一")
	if old.State != "" {
		t.Fatalf("before the upgrade %+v", old)
	}

	_, err = w.PublishAgain(w.ctx, w.admin, 1, PublishInput{Note: "0.6.0"})
	if got := codesOf(err); !slices.Equal(got, []string{"approval_added"}) {
		t.Fatalf("got %v", explained(err))
	}
	if _, err := w.PublishAgain(w.ctx, w.admin, 1, PublishInput{Note: "0.6.0", Accept: []string{"approval_added"}}); err != nil {
		t.Fatal(explained(err))
	}
	if rec, err := w.records.Get(w.ctx, w.admin, "expense_contract", old.ID); err != nil || rec.State != "approved" {
		t.Errorf("after it %+v, %v", rec, err)
	}
	if _, err := w.records.Patch(w.ctx, w.admin, "expense_contract", old.ID, record.PatchInput{Values: form.Values{"remark": "补"}}); !errors.Is(err, record.ErrNotEditable) {
		t.Errorf("edited: %v", err)
	}
	if _, err := w.Install(w.ctx, w.admin, "labor"); err != nil {
		t.Fatal(explained(err))
	}
	team := func(code string, contract record.Record) error {
		_, err := w.records.Create(w.ctx, w.admin, "labor_team", record.CreateInput{Values: form.Values{
			"code": code, "name": code, "project": key("P1"), "foreman": w.member(t), "pay_mode": "sub_settle", "contract": contract.ID,
		}})
		return err
	}
	if err := team("T1", old); err != nil {
		t.Errorf("the old contract cannot be chosen: %s", explained(err))
	}
	fresh := contract("二")
	if err := team("T2", fresh); fresh.State != "draft" || err == nil || !strings.Contains(explained(err), "error contract reference") {
		t.Errorf("a %s can be chosen: %s", fresh.State, explained(err))
	}
}

// key names a record by its natural key.
func key(code string) map[string]any { return map[string]any{"key": code} }

// masters are a project, a supplier and a cost subject.
func (w *world) masters(tb testing.TB) {
	tb.Helper()
	for _, master := range []struct {
		entity string
		values form.Values
	}{
		{"customer", form.Values{"code": "K1", "name": "东岸置业", "uscc": "91110000MA0000771K"}},
		{"supplier", form.Values{"code": "S1", "name": "北山劳务", "supplier_type": "labor_sub", "uscc": "91110000MA00TEKT0N", "safety_permit_to": "2027-01-01"}},
		{"cost_subject", form.Values{"code": "01", "name": "人工费"}},
		{"cost_subject", form.Values{"code": "0101", "name": "劳务分包费", "parent": key("01")}},
		{"project", form.Values{
			"code": "P1", "name": "东岸一号楼", "project_type": "building", "status": "in_progress", "customer": key("K1"), "manager": w.member(tb),
			"plan_start": "2026-01-01", "plan_finish": "2026-12-31", "vat_method": "general",
		}},
	} {
		in := record.CreateInput{Values: master.values, Imported: true}
		if _, err := w.records.Create(w.ctx, w.admin, master.entity, in); err != nil {
			tb.Fatalf("%s: %s", master.entity, explained(err))
		}
	}
}

// member gives the id of the company's only member.
func (w *world) member(tb testing.TB) string {
	tb.Helper()
	list, err := w.records.List(w.ctx, w.admin, def.EntityUser, record.ListInput{Limit: 1})
	if err != nil {
		tb.Fatal(err)
	}
	if len(list.Records) > 0 {
		return list.Records[0].ID
	}
	added, err := w.config.Identity.AddMember(w.ctx, w.admin, identity.NewMember{Login: "manager", Name: "赵建华", Values: form.Values{"roles": []any{}}})
	if err != nil {
		tb.Fatal(err)
	}
	return added.Record.ID
}

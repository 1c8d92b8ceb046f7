package api_test

import (
	"fmt"
	"net/http"
	"testing"
)

const setups = "/entities/project_setup/records"

// setup is a project that is to be set up, under a name.
func (c *client) setup(name string, more object) object {
	c.w.t.Helper()
	return with(object{
		"name": name, "project_type": "building", "customer": key("C01"), "manager": c.w.who("manager"), "plan_start": "2026-07-01", "plan_finish": "2027-05-31",
		"expected_amount": "12000000.00", "basis": "award", "reason": "中标", "labor_policy": key("LP01"),
		"attachments": []string{c.uploaded("?use=attachment", "award.jpg", photo(8, 6))},
		"members":     []object{{"user": c.w.who("clerk"), "role": "site_clerk", "valid_from": "2026-07-01"}},
	}, more)
}

// handles gives the one task of a person to handle something of a record, "" if he has none.
func (c *client) handles(record string) string {
	c.w.t.Helper()
	tasks, _ := c.do("GET", "/tasks?tab=handle", nil).want(http.StatusOK, "").at("tasks").([]any)
	for _, task := range tasks {
		if task, _ := task.(object); task["record"] == record {
			id, _ := task["id"].(string)
			return id
		}
	}
	return ""
}

// foundBy counts the records of an entity a filter finds.
func (c *client) foundBy(entity, filter string) int {
	c.w.t.Helper()
	list, _ := c.do("GET", escapeQuery("/entities/"+entity+"/records?filter="+filter), nil).want(http.StatusOK, "").at("records").([]any)
	return len(list)
}

// A project is made by an approved setup: with its members, its first accounting period and, by the cashier, its wage
// account. Nobody but an administrator makes one directly.
func TestAProjectIsSetUpByApproval(t *testing.T) {
	onStores(t, func(w *world) {
		manager, steward, cashier, clerk, finance := w.signIn("manager"), w.signIn("steward"), w.signIn("cashier"), w.signIn("clerk"), w.signIn("finance")
		direct := object{"values": object{
			"name": "城西小学", "project_type": "building", "customer": key("C01"), "manager": w.who("manager"), "plan_start": "2026-07-01", "plan_finish": "2027-05-31",
			"labor_policy": key("LP01"),
		}}
		for name, c := range map[string]*client{"manager": manager, "steward": steward, "cashier": cashier} {
			if c.do("POST", "/entities/project/records", direct).want(http.StatusForbidden, "forbidden"); t.Failed() {
				t.Fatalf("%s made a project", name)
			}
		}
		made := manager.do("POST", setups, object{"submit": true, "values": manager.setup("城西小学", nil)}).want(http.StatusCreated, "")
		id := made.text("id")
		if first := made.text("values.first_month"); first != "2026-07" {
			t.Errorf("first month %q, want that of the planned start", first)
		}
		cashier.do("GET", setups+"/"+id, nil).want(http.StatusNotFound, "not_found")
		for _, who := range []string{"cost", "finance", "director"} {
			approver := w.signIn(who)
			approver.act(approver.open(id), "approve", nil).want(http.StatusOK, "")
		}
		w.until("the cashier is asked", func() bool { return cashier.handles(id) != "" })

		project := manager.do("GET", setups+"/"+id, nil).want(http.StatusOK, "").text("values.project")
		seen := clerk.do("GET", "/entities/project/records/"+project, nil).want(http.StatusOK, "")
		if seen.text("values.name") != "城西小学" || seen.text("values.status") != "planning" || seen.text("values.setup") != id {
			t.Errorf("a member sees the project as %s", seen.body)
		}
		if n := finance.foundBy("accounting_period", `{"and":[{"field":"project","op":"eq","value":"`+project+`"},{"field":"month","op":"eq","value":"2026-07"}]}`); n != 1 {
			t.Errorf("%d accounting periods of the first month, want 1", n)
		}
		copied := clerk.do("GET", setups+"/"+id, nil).want(http.StatusOK, "")
		if copied.at("values.expected_amount") != nil || copied.text("values.name") != "城西小学" {
			t.Errorf("a member in copy sees %s", copied.body)
		}

		account := object{"wage_bank": "城西支行", "wage_account_no": "6228480000000000034", "wage_opening_date": "2026-06-03"}
		cashier.act(cashier.handles(id), "approve", object{"values": with(account, object{"wage_bank": nil})}).want(http.StatusUnprocessableEntity, "invalid")
		cashier.act(cashier.handles(id), "approve", object{"values": account}).want(http.StatusOK, "")
		w.until("the wage account is registered", func() bool {
			return finance.foundBy("bank_account", `{"and":[{"field":"project","op":"eq","value":"`+project+`"},{"field":"account_no","op":"eq","value":"6228480000000000034"}]}`) == 1
		})
		if after := manager.do("GET", setups+"/"+id, nil).want(http.StatusOK, ""); after.text("state") != "approved" || after.text("values.wage_account_no") != "***************0034" {
			t.Errorf("at the end the project manager sees %s", after.body)
		}
		taken := manager.do("POST", setups, object{"submit": true, "values": manager.setup("城西小学", nil)}).want(http.StatusUnprocessableEntity, "invalid")
		if taken.text("problems.0.code") != "duplicate_name" {
			t.Errorf("the same name again: %s", taken.body)
		}
	})
}

// What cannot be made after the approval (here: the owner was disabled meanwhile) is not made in part: the run waits, says
// why, asks nobody for anything more, and goes on when the reason is gone and an administrator of the flow retries.
func TestAProjectThatCannotBeMadeWaits(t *testing.T) {
	onStores(t, func(w *world) {
		manager, steward, cashier, admin := w.signIn("manager"), w.signIn("steward"), w.signIn("cashier"), w.signIn("labor")
		id := manager.do("POST", setups, object{"submit": true, "values": manager.setup("城西小学", object{"customer": key("C03")})}).want(http.StatusCreated, "").text("id")
		for _, who := range []string{"cost", "finance"} {
			approver := w.signIn(who)
			approver.act(approver.open(id), "approve", nil).want(http.StatusOK, "")
		}
		owner := escapeQuery(`/entities/customer/records?filter={"field":"code","op":"eq","value":"C03"}`)
		enable := func(on bool) {
			found := steward.do("GET", owner, nil).want(http.StatusOK, "")
			steward.do("PATCH", "/entities/customer/records/"+found.text("records.0.id"), object{"values": object{"enabled": on}},
				header(fmt.Sprintf(`If-Match: "%v"`, found.at("records.0.rev")))).want(http.StatusOK, "")
		}
		enable(false)
		director := w.signIn("director")
		director.act(director.open(id), "approve", nil).want(http.StatusOK, "")
		path := setups + "/" + id
		var shown reply
		w.until("the project is given up", func() bool {
			shown = admin.do("GET", path+"/timeline", nil).want(http.StatusOK, "")
			return shown.at("flow.effects.0.dead") == true
		})
		if shown.text("flow.effects.0.error") != "invalid" || shown.text("flow.effects.0.node") != "make_project" || shown.text("flow.effects.0.label") != "项目" {
			t.Errorf("the history says %s", shown.body)
		}
		if rec := manager.do("GET", path, nil).want(http.StatusOK, ""); rec.text("state") != "running" || rec.at("values.project") != nil {
			t.Errorf("the setup is %s", rec.body)
		}
		if n := steward.foundBy("project", `{"field":"name","op":"eq","value":"城西小学"}`); n != 0 {
			t.Errorf("%d projects were made", n)
		}
		if cashier.handles(id) != "" {
			t.Error("the cashier is asked for the account of a project that is not there")
		}
		enable(true)
		admin.do("POST", path+"/effects/"+fmt.Sprint(shown.at("flow.effects.0.n"))+"/retry", nil).want(http.StatusNoContent, "")
		w.until("the cashier is asked", func() bool { return cashier.handles(id) != "" })
		if n := steward.foundBy("project", `{"field":"name","op":"eq","value":"城西小学"}`); n != 1 {
			t.Errorf("%d projects, want 1", n)
		}
	})
}

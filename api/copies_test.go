package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// stripped takes all roles from somebody, so that he has no grant at all.
func (w *world) stripped(admin *client, name string) *client {
	w.t.Helper()
	user := w.who(name)
	admin.do("PATCH", "/members/"+user, object{"roles": []string{}}, header(`If-Match: "`+revOf(admin, user)+`"`)).want(http.StatusOK, "")
	return w.signIn(name)
}

// copied gives the entry of somebody's copies that is about a record.
func (c *client) copied(record string) string {
	c.w.t.Helper()
	list, _ := c.do("GET", "/tasks?tab=cc", nil).want(http.StatusOK, "").at("tasks").([]any)
	for _, item := range list {
		if task, _ := item.(object); task["record"] == record {
			id, _ := task["id"].(string)
			return id
		}
	}
	c.w.t.Fatalf("nothing copied about %s: %v", record, list)
	return ""
}

// TestWhoIsCopiedMayRead: without any grant on the entity he reads the record he was sent, what its cc node hides excepted,
// while it runs and after; and nothing else.
func TestWhoIsCopiedMayRead(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk, foreman, manager := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman"), w.signIn("manager")
		admin.approvedBy(`[{"name": "tell", "type": "cc", "title": "抄送审计", "who": ["user:` + w.who("auditor") + `"], "fields": {"remark": "-", "lines.ot_hours": "-"}},` +
			w.node("a", `, "allow": ["cc", "return"], "fields": {"remark": "w"}`, "foreman") + "," + w.node("b", "", "manager") + "]")
		auditor := w.stripped(admin, "auditor")
		values := clerk.sheet("2026-06-01")
		photo, _ := values["photos"].([]string)
		id := clerk.do("POST", sheets, object{"values": values, "submit": true, "acknowledged": sheetReasons}).want(http.StatusCreated, "").text("id")
		record := sheets + "/" + id
		task := auditor.copied(id)
		foreman.act(foreman.open(id), "save", object{"values": object{"remark": "内部说明"}}).want(http.StatusOK, "")

		reads := func(when string) {
			t.Helper()
			one := auditor.do("GET", record, nil).want(http.StatusOK, "")
			if one.text("values.work_content") != "清理现场" || one.text("values.lines.0.normal_hours") != "8" {
				t.Errorf("%s: not the values of the record: %s", when, one.body)
			}
			detail := auditor.do("GET", "/tasks/"+task, nil).want(http.StatusOK, "")
			line := auditor.do("GET", record+"/timeline", nil).want(http.StatusOK, "")
			paper := auditor.do("POST", sheetPrints+"day_labor_sheet_approval", object{"records": []string{id}}).want(http.StatusOK, "")
			for what, r := range map[string]reply{"record": one, "task": detail, "timeline": line, "print": paper} {
				for _, secret := range []string{"内部说明", `"ot_hours"`, "day_rate", "601.25", "total_amount"} {
					if strings.Contains(string(r.body), secret) {
						t.Errorf("%s: the %s shows %s: %s", when, what, secret, r.body)
					}
				}
			}
			project := one.text("values.project")
			if refs, _ := one.at("refs").(object); refs["project/"+project] == nil {
				t.Errorf("%s: the project has no name: %v", when, refs)
			}
			if got := paper.trail(); len(got) == 0 || !strings.HasPrefix(got[0], "started 李明") {
				t.Errorf("%s: trail %q", when, got)
			}
			auditor.do("GET", "/files/"+photo[0], nil).want(http.StatusOK, "")
			bundle := auditor.do("GET", "/entities/day_labor_sheet/bundle?task="+task, nil).want(http.StatusOK, "")
			properties, _ := bundle.at("entity.properties").(object)
			if properties["work_content"] == nil || properties["remark"] != nil || properties["total_amount"] != nil {
				t.Errorf("%s: fields of the form: %v", when, properties)
			}
			actions, isList := bundle.at("rights.actions").([]any)
			if bundle.text("prints.0.name") != "day_labor_sheet_approval" || !isList || len(actions) != 0 {
				t.Errorf("%s: prints %v, actions %v", when, bundle.at("prints"), bundle.at("rights.actions"))
			}
		}
		reads("running")
		auditor.do("POST", record+"/comment", object{"comment": "已阅"}).want(http.StatusOK, "")
		attached := auditor.uploaded("?use=attachment", "a.txt", []byte("a"))
		auditor.do("POST", record+"/comment", object{"comment": "见附件", "files": []string{attached}}).want(http.StatusOK, "")

		t.Run("and nothing else", func(t *testing.T) {
			other := clerk.sheet("2026-06-02")
			otherPhoto, _ := other["photos"].([]string)
			unsent := clerk.do("POST", sheets, object{"values": other}).want(http.StatusCreated, "").text("id")
			auditor.do("GET", sheets+"/"+unsent, nil).want(http.StatusNotFound, "not_found")
			auditor.do("GET", sheets+"/"+unsent+"/timeline", nil).want(http.StatusNotFound, "not_found")
			auditor.do("GET", "/files/"+otherPhoto[0], nil).want(http.StatusNotFound, "not_found")
			auditor.do("POST", sheets+"/"+unsent+"/comment", object{"comment": "?"}).want(http.StatusNotFound, "not_found")
			auditor.do("POST", sheetPrints+"day_labor_sheet_approval", object{"records": []string{unsent}}).want(http.StatusForbidden, "forbidden")
			auditor.do("POST", sheetPrints+"day_labor_sheet_approval", object{"records": []string{id, unsent}}).want(http.StatusForbidden, "forbidden")
			auditor.do("GET", sheets, nil).want(http.StatusForbidden, "forbidden")
			auditor.do("GET", sheets+"?q=清理", nil).want(http.StatusForbidden, "forbidden")
			auditor.do("GET", "/entities/day_labor_sheet/bundle", nil).want(http.StatusNotFound, "not_found")
			auditor.do("GET", "/entities/worker/bundle?task="+task, nil).want(http.StatusNotFound, "not_found")
			project := auditor.do("GET", record, nil).text("values.project")
			auditor.do("GET", "/entities/project/records/"+project, nil).want(http.StatusNotFound, "not_found")
			if export := auditor.do("POST", "/entities/day_labor_sheet/export", object{}); export.status < 400 {
				t.Errorf("an export: %d", export.status)
			}
			for verb, body := range map[string]object{"withdraw": {}, "cancel": {}, "remind": {}, "cc": {"users": []string{w.who("cost")}}, "terminate": {"comment": "x"}} {
				if r := auditor.do("POST", record+"/"+verb, body); r.status != http.StatusForbidden {
					t.Errorf("%s: %d %s", verb, r.status, r.body)
				}
			}
			auditor.do("PATCH", record, object{"values": object{"work_content": "x"}}, header(`If-Match: "`+number(revText(clerk, record)).String()+`"`)).want(http.StatusNotFound, "not_found")
		})

		foreman.act(foreman.open(id), "approve", nil).want(http.StatusOK, "")
		manager.act(manager.open(id), "approve", nil).want(http.StatusOK, "")
		reads("approved")

		admin.do("PATCH", "/members/"+w.who("auditor"), object{"disabled": true}, header(`If-Match: "`+revOf(admin, w.who("auditor"))+`"`)).want(http.StatusOK, "")
		if r := auditor.do("GET", record, nil); r.status != http.StatusUnauthorized {
			t.Errorf("a removed member: %d %s", r.status, r.body)
		}
	})
}

// TestACopyShowsWhatItsSenderSees: what a node hides from an approver he cannot show to others by copying them, and an
// approver without a grant sees and decides his task.
func TestACopyShowsWhatItsSenderSees(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk := w.signIn("admin"), w.signIn("clerk")
		admin.approvedBy("[" + w.node("a", `, "allow": ["cc", "return"], "fields": {"location": "-"}`, "foreman") + "," + w.node("b", "", "manager") + "]")
		foreman, cost := w.stripped(admin, "foreman"), w.stripped(admin, "cost")
		values := clerk.sheet("2026-06-01")
		values["location"] = "地下室"
		id := clerk.do("POST", sheets, object{"values": values, "submit": true, "acknowledged": sheetReasons}).want(http.StatusCreated, "").text("id")
		task := foreman.open(id)
		foreman.act(task, "cc", object{"users": []string{w.who("cost")}}).want(http.StatusOK, "")
		for name, reader := range map[string]*client{"approver": foreman, "copied": cost} {
			one := reader.do("GET", sheets+"/"+id, nil).want(http.StatusOK, "")
			if one.text("values.work_content") == "" || strings.Contains(string(one.body), "地下室") {
				t.Errorf("%s reads %s", name, one.body)
			}
		}
		if card := cost.do("GET", "/tasks/"+cost.copied(id), nil).want(http.StatusOK, ""); card.text("task.nodeTitle") != "a" {
			t.Errorf("card: %s", card.body)
		}
		foreman.act(task, "approve", nil).want(http.StatusOK, "")
		clerk.do("POST", sheets+"/"+id+"/cc", object{"users": []string{w.who("cost")}}).want(http.StatusOK, "")
		if one := cost.do("GET", sheets+"/"+id, nil).want(http.StatusOK, ""); one.text("values.location") != "地下室" {
			t.Errorf("a copy of the initiator's: %s", one.body)
		}
		counted := cost.do("GET", "/tasks?tab=cc", nil).want(http.StatusOK, "")
		if list, _ := counted.at("tasks").([]any); len(list) != 1 {
			t.Errorf("two copies, %d cards", len(list))
		}
	})
}

func revText(c *client, record string) string {
	return fmt.Sprint(c.do("GET", record, nil).at("rev"))
}

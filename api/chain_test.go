package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestLeadersDecideUpToAHolderOfARole: one after the other, from the bottom up; who comes above him is not asked.
func TestLeadersDecideUpToAHolderOfARole(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk, foreman, manager := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman"), w.signIn("manager")
		for name, leader := range map[string]string{"clerk": "foreman", "foreman": "manager", "manager": "auditor", "labor": "manager"} {
			admin.do("PATCH", "/members/"+w.who(name), object{"manager": w.who(leader)}, header(`If-Match: "`+revOf(admin, w.who(name))+`"`)).want(http.StatusOK, "")
		}
		admin.approvedBy(`[{"name": "up", "type": "approve", "title": "逐级", "who": ["chain:role:project_manager"]}]`)
		detail := admin.do("GET", "/flows/verbs", nil).want(http.StatusOK, "")
		if title := string(detail.body); !strings.Contains(title, `"chain:role:project_manager":"项目经理"`) {
			t.Errorf("the people of the node have no title: %s", title)
		}
		table := admin.do("GET", "/flows/verbs/approvers-table?user="+w.who("clerk"), nil).want(http.StatusOK, "")
		if text := string(table.body); !strings.Contains(text, w.who("foreman")) || !strings.Contains(text, w.who("manager")) || strings.Contains(text, w.who("auditor")) {
			t.Errorf("the table says %s", text)
		}
		id := clerk.submitted("2026-06-01")
		foreman.act(foreman.open(id), "approve", nil).want(http.StatusOK, "")
		manager.act(manager.open(id), "approve", nil).want(http.StatusOK, "")
		if state := clerk.do("GET", sheets+"/"+id, nil).text("state"); state != "approved" {
			t.Errorf("the sheet is %s", state)
		}
	})
}

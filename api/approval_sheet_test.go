package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// trail gives the steps of the approval on a printed sheet, each in one line: node, type, who, for whom, department, comment.
func (r reply) trail() []string {
	steps, _ := r.block("trail")["steps"].([]any)
	lines := make([]string, len(steps))
	for i, s := range steps {
		step, _ := s.(object)
		name := func(key string) string {
			person, _ := step[key].(object)
			text, _ := person["name"].(string)
			return text
		}
		var parts []string
		for _, part := range []any{step["title"], step["type"], name("actor"), name("for"), step["department"], step["comment"]} {
			if text, _ := part.(string); text != "" {
				parts = append(parts, text)
			}
		}
		lines[i] = strings.Join(parts, " ")
	}
	return lines
}

// TestTheApprovalSheet is the print nobody defined: the values its reader may see, and what everybody did.
func TestTheApprovalSheet(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk, foreman := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman")
		unit := admin.do("POST", "/entities/department/records", object{"values": object{"name": "工程部"}}).want(http.StatusCreated, "").text("id")
		admin.do("PATCH", "/members/"+w.who("manager"), object{"department": unit}, header(`If-Match: "`+revOf(admin, w.who("manager"))+`"`)).want(http.StatusOK, "")
		admin.approvedBy("[" + w.node("a", `, "allow": ["return"]`, "foreman") + "," + w.node("b", "", "manager") + "]")
		now := w.clock.Now()
		foreman.do("POST", "/proxies", object{"to": w.who("labor"), "start": now.Add(-time.Minute), "end": now.Add(48 * time.Hour)}).want(http.StatusCreated, "")
		id := clerk.submitted("2026-06-01")
		foreman.act(foreman.open(id), "return", object{"to": "initiator", "comment": "照片不清"}).want(http.StatusOK, "")
		clerk.do("POST", sheets+"/"+id+"/resubmit", object{"acknowledged": sheetReasons}).want(http.StatusOK, "")
		w.clock.pass(2 * time.Hour)
		labor, manager := w.signIn("labor"), w.signIn("manager")
		clerk = w.signIn("clerk")
		task := labor.do("GET", "/tasks?tab=proxied", nil).want(http.StatusOK, "").text("tasks.0.id")
		labor.act(task, "approve", object{"comment": "同意"}).want(http.StatusOK, "")

		body := object{"records": []string{id}}
		const sheet = sheetPrints + "day_labor_sheet_approval"
		running := labor.do("POST", sheet, body).want(http.StatusOK, "")
		want := []string{
			"started 李明", "a returned 孙国强 照片不清", "resubmitted 李明", "a approved 周敏 孙国强 同意", "b open 赵建华 工程部",
		}
		if got := running.trail(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("trail %q, want %q", got, want)
		}
		if took := running.at("documents.0.blocks"); !strings.Contains(fmt.Sprint(took), "took:7200") {
			t.Errorf("nobody took two hours: %v", took)
		}
		if running.at("documents.0.state") != "running" || running.text("title") != "点工单审批单" {
			t.Errorf("head: %s", running.body)
		}
		manager.act(manager.open(id), "approve", nil).want(http.StatusOK, "")

		t.Run("shows each reader his values", func(t *testing.T) {
			if !strings.Contains(string(running.body), "601.25") {
				t.Error("no amount for the labor administrator")
			}
			own := clerk.do("POST", sheet, body).want(http.StatusOK, "")
			if strings.Contains(string(own.body), "601.25") || strings.Contains(string(own.body), "day_rate") {
				t.Errorf("the clerk reads an amount: %s", own.body)
			}
			if got := own.trail(); len(got) != 5 || got[4] != "b approved 赵建华 工程部" {
				t.Errorf("trail of the ended run %q", got)
			}
			w.signIn("auditor").do("POST", sheet, body).want(http.StatusForbidden, "forbidden")
		})
		t.Run("is counted as other prints are", func(t *testing.T) {
			for _, want := range []string{"1", "2"} {
				r := clerk.do("POST", sheet, object{"records": []string{id}, "final": true}).want(http.StatusOK, "")
				if got := fmt.Sprint(r.at("documents.0.printed")); got != want {
					t.Errorf("copy %s, want %s", got, want)
				}
			}
		})
		t.Run("gives way to a print of one's own that shows the trail", func(t *testing.T) {
			admin, labor := w.signIn("admin"), w.signIn("labor")
			const own = `{"name": "mine", "title": "会签单", "entity": "day_labor_sheet", "blocks": [{"name": "t", "type": "title"}, {"name": "trail", "type": "trail"}]}`
			admin.do("PUT", "/draft/prints/mine", own).want(http.StatusNoContent, "")
			admin.do("POST", "/draft/publish", object{"note": "own sheet"}).want(http.StatusOK, "")
			labor.do("POST", sheet, body).want(http.StatusNotFound, "not_found")
			if got := labor.do("POST", sheetPrints+"mine", body).want(http.StatusOK, "").trail(); len(got) != 5 {
				t.Errorf("trail %q", got)
			}
			const elsewhere = `{"name": "mine", "title": "x", "entity": "worker", "blocks": [{"name": "trail", "type": "trail"}]}`
			admin.do("PUT", "/draft/prints/mine", elsewhere).want(http.StatusNoContent, "")
			refused := admin.do("POST", "/draft/publish", object{"note": "no approval"}).want(http.StatusUnprocessableEntity, "definitions_refused")
			if !strings.Contains(string(refused.body), "not_applicable") {
				t.Errorf("a trail of what has no approval: %s", refused.body)
			}
		})
	})
}

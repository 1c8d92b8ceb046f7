package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestFilesGoWithWhatIsSaid: a decision and a comment have attachments; whoever reads the record reads them, nobody takes
// them away, and what stands somewhere already cannot be attached.
func TestFilesGoWithWhatIsSaid(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk, foreman, manager := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman"), w.signIn("manager")
		admin.approvedBy("[" + w.node("a", "", "foreman") + "," + w.node("b", "", "manager") + "]")
		id := clerk.submitted("2026-06-01")
		record := sheets + "/" + id
		task := foreman.open(id)
		say := func(file ...string) object { return object{"comment": "见附件", "files": file} }

		list := foreman.uploaded("?use=attachment", "工时表.txt", []byte("8 h"))
		manager.do("GET", "/files/"+list, nil).want(http.StatusNotFound, "not_found")
		foreign := clerk.uploaded("?use=attachment", "a.txt", []byte("a"))
		foreman.act(task, "approve", say(foreign)).want(http.StatusConflict, "attachment_used")
		foreman.act(task, "approve", say("nothing")).want(http.StatusConflict, "attachment_used")
		foreman.act(task, "approve", say(strings.Split("0123456789", "")...)).want(http.StatusConflict, "attachment_used")
		foreman.act(task, "return", object{"to": "nowhere", "files": []string{list}}).want(http.StatusUnprocessableEntity, "bad_target")
		foreman.act(task, "approve", say(list)).want(http.StatusOK, "") // what was refused is said again with its files

		clerk.do("POST", record+"/comment", say(foreign)).want(http.StatusOK, "")
		clerk.do("POST", record+"/comment", say(foreign)).want(http.StatusOK, "") // in the same record it may be said again
		other := clerk.submitted("2026-06-02")
		clerk.do("POST", sheets+"/"+other+"/comment", say(foreign)).want(http.StatusConflict, "attachment_used")

		// What a verb was refused with may go with another one, until it was heard.
		late := clerk.uploaded("?use=attachment", "b.txt", []byte("b"))
		clerk.do("POST", sheets+"/"+other+"/resubmit", say(late)).want(http.StatusConflict, "not_returned")
		clerk.do("POST", record+"/comment", say(late)).want(http.StatusConflict, "attachment_used") // there it was shown
		clerk.do("POST", sheets+"/"+other+"/comment", say(late)).want(http.StatusOK, "")
		clerk.do("POST", sheets+"/"+other+"/resubmit", say(late)).want(http.StatusConflict, "attachment_used")

		entries, _ := manager.do("GET", record+"/timeline", nil).want(http.StatusOK, "").at("entries").([]any)
		var told []string
		for _, item := range entries {
			entry, _ := item.(object)
			if files, ok := entry["files"].([]any); ok {
				file, _ := files[0].(object)
				told = append(told, fmt.Sprint(entry["type"], " ", file["name"], " ", file["id"] == list))
			}
		}
		if want := "[approved 工时表.txt true commented a.txt false commented a.txt false]"; fmt.Sprint(told) != want {
			t.Errorf("told %v, want %s", told, want)
		}
		if got := manager.do("GET", "/files/"+list, nil).want(http.StatusOK, ""); string(got.body) != "8 h" {
			t.Errorf("read %q", got.body)
		}
		foreman.do("DELETE", "/files/"+list, nil).want(http.StatusNotFound, "not_found")
		paper := manager.do("POST", sheetPrints+"day_labor_sheet_approval", object{"records": []string{id}}).want(http.StatusOK, "")
		if steps := fmt.Sprint(paper.block("trail")["steps"]); !strings.Contains(steps, "工时表.txt") {
			t.Errorf("not on paper: %s", steps)
		}
	})
}

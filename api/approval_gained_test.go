package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"formwork/engine/store"
)

const teams = "/entities/labor_team/records"

// withApproval puts approval on labor teams into the draft, with a flow that asks the project manager's account.
func (c *client) withApproval() {
	c.w.t.Helper()
	text := string(c.do("GET", "/definitions/entities/labor_team", nil).want(http.StatusOK, "").body)
	c.do("PUT", "/draft/entities/labor_team", strings.Replace(text, `"type":"object",`, `"type":"object","x-approval":true,`, 1)).want(http.StatusNoContent, "")
	c.do("PUT", "/draft/flows/labor_team", `{"name": "labor_team", "title": "班组审批", "entity": "labor_team", "start": {"on": "submit"},
		"settings": {"admins": ["user:`+c.w.people["admin"].User+`"]},
		"nodes": [{"name": "manager", "type": "approve", "title": "项目经理", "who": ["user:`+c.w.people["manager"].User+`"]}]}`).want(http.StatusNoContent, "")
}

// TestRecordsOfAnEntityThatGainsApproval: a company has teams and decides that new ones need approval. The old ones count as
// approved, whoever writes at that moment, and approval can be taken off again as long as nothing would begin to count.
func TestRecordsOfAnEntityThatGainsApproval(t *testing.T) {
	onStores(t, func(w *world) {
		admin, clerk, manager := w.signIn("admin"), w.signIn("clerk"), w.signIn("manager")
		made := w.teamsMeanwhile(admin)
		admin.withApproval()
		refused := admin.do("POST", "/draft/publish", object{"note": "approval"}).want(http.StatusUnprocessableEntity, "definitions_refused")
		if codes := refused.codes("findings"); !slices.Equal(codes, []string{"approval_added"}) {
			w.t.Fatalf("found %v: %s", codes, refused.body)
		}
		admin.do("POST", "/draft/publish", object{"note": "approval", "accept": []string{"approval_added"}}).want(http.StatusOK, "")
		ids := made()
		for _, id := range ids {
			w.until("every team has a state", func() bool {
				return admin.counted(teams, `{"and":[{"field":"id","op":"eq","value":"`+id+`"},{"field":"state","op":"in","value":["approved","draft"]}]}`) == 1
			})
		}
		w.oldTeamsCount(admin, clerk)
		w.newTeamsNeedApproval(admin, manager)
		w.approvalIsTakenOff(admin)
	})
}

// teamsMeanwhile makes one team after the other until told to stop; it gives their ids.
func (w *world) teamsMeanwhile(c *client) (stop func() []string) {
	project := c.choice("project", "P2", object{})
	quit, done := make(chan struct{}), make(chan []string)
	go func() {
		var ids []string
		for n := 0; ; n++ {
			select {
			case <-quit:
				done <- ids
				return
			case <-time.After(5 * time.Millisecond):
			}
			r, err := c.try("POST", teams, object{"values": object{
				"code": "M" + string(rune('A'+n/26%26)) + string(rune('A'+n%26)), "name": "临时班组", "project": project,
				"foreman": w.people["foreman"].User, "pay_mode": "direct_wage",
			}})
			if err == nil && r.status == http.StatusCreated {
				ids = append(ids, r.text("id"))
			}
		}
	}()
	return func() []string { close(quit); return <-done }
}

// counted counts records a filter admits, up to a page.
func (c *client) counted(records, filter string) int {
	list, _ := c.do("GET", escapeQuery(records+"?limit=500&filter="+filter), nil).want(http.StatusOK, "").at("records").([]any)
	return len(list)
}

// oldTeamsCount: they are final, found as approved, referred to, and say why.
func (w *world) oldTeamsCount(admin, clerk *client) {
	w.t.Helper()
	id := clerk.choice("team", "T1", object{"project": clerk.choice("project", "P1", object{})})
	team := admin.do("GET", teams+"/"+id, nil).want(http.StatusOK, "")
	if team.text("state") != "approved" {
		w.t.Errorf("an old team: %s", team.body)
	}
	admin.do("PATCH", teams+"/"+id, object{"values": object{"name": "改名"}}, ifMatch(team.at("rev"))).want(http.StatusConflict, "not_editable")
	history := admin.do("GET", teams+"/"+id+"/timeline", nil).want(http.StatusOK, "")
	entries, _ := history.at("entries").([]any)
	last, _ := entries[len(entries)-1].(object)
	if last["type"] != "in_force" || last["publish"] != number("2") {
		w.t.Errorf("why it counts: %s", history.body)
	}
	clerk.do("POST", sheets, object{"values": clerk.sheet("2026-06-02")}).want(http.StatusCreated, "")
}

// newTeamsNeedApproval: a new one is a draft until it is approved, and cannot take the code of an old one.
func (w *world) newTeamsNeedApproval(admin, manager *client) {
	w.t.Helper()
	values := object{
		"code": "T1", "name": "另一班", "project": admin.choice("project", "P1", object{}), "foreman": w.people["foreman"].User, "pay_mode": "direct_wage",
	}
	taken := admin.do("POST", teams, object{"values": values, "submit": true}).want(http.StatusUnprocessableEntity, "invalid")
	if taken.text("problems.0.code") != "duplicate_code" {
		w.t.Errorf("the code of a team in force: %s", taken.body)
	}
	values["code"] = "T77"
	made := admin.do("POST", teams, object{"values": values, "submit": true}).want(http.StatusCreated, "")
	if made.text("state") != "running" {
		w.t.Errorf("a new team: %s", made.body)
	}
	manager.do("POST", "/tasks/"+manager.open(made.text("id"))+"/approve", nil).want(http.StatusOK, "")
	if state := admin.do("GET", teams+"/"+made.text("id"), nil).text("state"); state != "approved" {
		w.t.Errorf("approved it is %q", state)
	}
}

// approvalIsTakenOff: not while a draft is there; then the teams can be edited as before.
func (w *world) approvalIsTakenOff(admin *client) {
	w.t.Helper()
	drafts := `{"field":"state","op":"eq","value":"draft"}`
	values := object{"code": "T78", "name": "草稿班", "project": admin.choice("project", "P1", object{}), "foreman": w.people["foreman"].User, "pay_mode": "direct_wage"}
	admin.do("POST", teams, object{"values": values}).want(http.StatusCreated, "")
	refused := admin.do("POST", "/versions/1/publish", object{"note": "back"}).want(http.StatusUnprocessableEntity, "definitions_refused")
	if codes := refused.codes("findings"); !slices.Contains(codes, "approval_drafts") || refused.at("findings.0.params.records") == nil {
		w.t.Errorf("with drafts: %s", refused.body)
	}
	list, _ := admin.do("GET", escapeQuery(teams+"?limit=500&filter="+drafts), nil).want(http.StatusOK, "").at("records").([]any)
	for _, item := range list {
		rec, _ := item.(object)
		id, _ := rec["id"].(string)
		admin.do("DELETE", teams+"/"+id, nil, ifMatch(rec["rev"])).want(http.StatusNoContent, "")
	}
	admin.do("POST", "/versions/1/publish", object{"note": "back", "accept": []string{"approval_removed"}}).want(http.StatusOK, "")
	team := admin.do("GET", escapeQuery(teams+`?filter={"field":"code","op":"eq","value":"T77"}`), nil).want(http.StatusOK, "")
	if team.at("records.0.state") != nil {
		w.t.Errorf("without approval: %s", team.body)
	}
	admin.do("PATCH", teams+"/"+team.text("records.0.id"), object{"values": object{"name": "改名"}}, ifMatch(team.at("records.0.rev"))).want(http.StatusOK, "")
	w.lateDraft(team.text("records.0.id"))
}

// lateDraft: a server that had not heard of it yet stores a draft of such a team. Nobody has asked for it to count: it goes to
// the recycle bin.
func (w *world) lateDraft(like string) {
	w.t.Helper()
	db, err := w.engine.Tenants.Store(w.t.Context(), "demo")
	w.must(err)
	docs, err := db.Get(w.t.Context(), "labor_team", like)
	w.must(err)
	draft := docs[0]
	draft.ID, draft.Rev, draft.State, draft.Flow, draft.Keys, draft.Chain, draft.Claim = "01LATEDRAFT", 1, "draft", nil, nil, "", ""
	w.must(db.Put(w.t.Context(), store.Write{Collection: "labor_team", Doc: draft})[0])
	w.clock.pass(5 * time.Second)
	w.until("the late draft is in the recycle bin", func() bool {
		docs, err := db.Get(w.t.Context(), "labor_team", draft.ID)
		w.must(err)
		return docs[0].Deleted
	})
}

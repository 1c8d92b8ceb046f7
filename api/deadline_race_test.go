package api_test

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestDeadlinesAgainstPeople is R04: the deadline of a task comes while somebody approves, hands on, withdraws or terminates.
// Either the deadline was first, and whoever came then is told that it is over, or it does nothing any more.
func TestDeadlinesAgainstPeople(t *testing.T) {
	onStores(t, func(w *world) {
		admin, clerk, foreman := w.signIn("admin"), w.signIn("clerk"), w.signIn("foreman")
		admin.approvedBy("[" + w.node("a", `, "allow": ["transfer", "return"], "timeout": [{"after": "PT10M", "do": "reject"}]`, "foreman") + "," + w.node("b", "", "manager") + "]")
		wins := map[string]int{}
		for day, verb := range []string{"approve", "transfer", "withdraw", "terminate"} {
			date := []string{"2026-06-03", "2026-06-02", "2026-06-01", "2026-05-31"}[day]
			id := clerk.submitted(date)
			task := foreman.open(id)
			request := map[string]racer{
				"approve":   {foreman, "/tasks/" + task + "/approve", object{"acknowledged": sheetReasons}},
				"transfer":  {foreman, "/tasks/" + task + "/transfer", object{"to": w.who("manager"), "comment": "x"}},
				"withdraw":  {clerk, sheets + "/" + id + "/withdraw", object{}},
				"terminate": {admin, sheets + "/" + id + "/terminate", object{"comment": "x"}},
			}[verb]
			answer := w.raceTheDeadline(request)
			_, err := w.engine.Flows.FireDue(w.t.Context(), "demo") // whoever took the task over is late, too
			w.must(err)
			state := clerk.do("GET", sheets+"/"+id, nil).want(http.StatusOK, "").text("state")
			fired := clerk.happened(id, "timed_out")
			won := answer.status == http.StatusOK
			want, times := map[string]string{"approve": "running", "transfer": "rejected", "withdraw": "draft", "terminate": "terminated"}[verb], 0
			if !won || verb == "transfer" {
				want, times = "rejected", 1
			}
			if fired != times || state != want {
				w.t.Errorf("%s was answered %d %s, the deadline fired %d times, the sheet is %s", verb, answer.status, answer.body, fired, state)
			}
			wins[verb] += map[bool]int{true: 1}[won]
		}
		w.t.Logf("people won: %v", wins)
	})
}

// raceTheDeadline sends a request while two look for deadlines.
func (w *world) raceTheDeadline(r racer) (answer reply) {
	w.t.Helper()
	start := make(chan struct{})
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			<-start
			time.Sleep(rand.N(6 * time.Millisecond))
			w.clock.pass(6 * time.Minute) // twice: then it is due
			if _, err := w.engine.Flows.FireDue(w.t.Context(), "demo"); err != nil {
				w.t.Error(err)
			}
		})
	}
	all.Go(func() {
		<-start
		time.Sleep(rand.N(6 * time.Millisecond))
		answer, _ = r.who.try("POST", r.path, r.body)
	})
	close(start)
	all.Wait()
	if !slices.Contains([]int{http.StatusOK, http.StatusConflict, http.StatusForbidden}, answer.status) {
		w.t.Errorf("%s was answered %d %s", r.path, answer.status, answer.body)
	}
	return answer
}

// happened counts the entries of a type in the history of a sheet.
func (c *client) happened(id, kind string) int {
	c.w.t.Helper()
	count := 0
	entries, _ := c.do("GET", sheets+"/"+id+"/timeline", nil).want(http.StatusOK, "").at("entries").([]any)
	for _, item := range entries {
		if entry, _ := item.(object); entry["type"] == kind {
			count++
		}
	}
	return count
}

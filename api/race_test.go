package api_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"formwork/builder"
)

// racer is one of several requests that are sent at the same time.
type racer struct {
	who  *client
	path string
	body object
}

// race sends requests at the same time and gives the places of those that won. Losers are told that they came too late,
// or, who withdraws, that it is not allowed once somebody has decided.
func race(t *testing.T, racers ...racer) []int {
	t.Helper()
	results := make([]reply, len(racers))
	start := make(chan struct{})
	var all sync.WaitGroup
	for i, r := range racers {
		all.Go(func() {
			<-start
			time.Sleep(rand.N(10 * time.Millisecond)) // or the first one always wins
			results[i], _ = r.who.try("POST", r.path, r.body)
		})
	}
	close(start)
	all.Wait()
	var winners []int
	for i, r := range results {
		late := r.status == http.StatusConflict || r.status == http.StatusForbidden && r.text("code") == "not_allowed"
		switch {
		case r.status == http.StatusOK:
			winners = append(winners, i)
		case !late:
			t.Errorf("%s was answered %d %s", racers[i].path, r.status, r.body)
		}
	}
	return winners
}

// TestApproveAgainstWithdraw is R04: the foreman approves while the clerk withdraws. One of them wins, and the sheet is
// what the winner made of it; a withdrawn one is submitted again and the race run anew.
func TestApproveAgainstWithdraw(t *testing.T) {
	onStores(t, func(w *world) {
		clerk, foreman := w.signIn("clerk"), w.signIn("foreman")
		races := map[string]int{}
		for day := range 4 {
			values := clerk.sheet(fmt.Sprintf("2026-06-%02d", 3-day))
			if day == 3 {
				values = clerk.sheet("2026-05-31")
			}
			made := clerk.do("POST", sheets, object{"values": values, "submit": true}).want(http.StatusCreated, "")
			path := sheets + "/" + made.text("id")
			for range 5 {
				state := raceForSheet(w.t, clerk, foreman, path, made.text("id"))
				races[state]++
				if state == "running" {
					break
				}
				clerk.do("POST", path+"/submit", object{}).want(http.StatusOK, "")
			}
		}
		w.t.Logf("the sheets after the races: %v", races)
	})
}

// raceForSheet runs one race and gives the state the sheet is in afterwards: running if the foreman's approval won.
func raceForSheet(t *testing.T, clerk, foreman *client, path, id string) string {
	t.Helper()
	task := foreman.open(id)
	winners := race(t,
		racer{foreman, "/tasks/" + task + "/approve", foreman.signed()}, racer{clerk, path + "/withdraw", object{}},
		racer{foreman, "/tasks/" + task + "/return", object{"comment": "x"}}, racer{foreman, "/tasks/" + task + "/approve", foreman.signed()},
	)
	state := clerk.do("GET", path, nil).want(http.StatusOK, "").text("state")
	switch {
	case len(winners) == 1:
		if want := []string{"running", "draft", "returned", "running"}[winners[0]]; state != want {
			t.Errorf("request %d won, the sheet is %s", winners[0], state)
		}
	case slices.Equal(winners, []int{1, 2}) && (state == "draft" || state == "returned"):
		// The foreman returned it, then the clerk withdrew what had come back to him.
	default:
		t.Errorf("the winners are %v, the sheet is %s", winners, state)
	}
	return state
}

// TestAnyOfSeveralApprovers is R04: up to five labor administrators decide the same sheet at once. One of them counts,
// and the manager is asked once or not at all.
func TestAnyOfSeveralApprovers(t *testing.T) {
	onStores(t, func(w *world) {
		clerk, foreman, manager := w.signIn("clerk"), w.signIn("foreman"), w.signIn("manager")
		administrators := []*client{w.signIn("labor")}
		for len(administrators) < 5 {
			administrators = append(administrators, w.hire(fmt.Sprint("labor", len(administrators)+1)))
		}
		for n := 2; n <= len(administrators); n++ {
			date := []string{"2026-06-03", "2026-06-02", "2026-06-01", "2026-05-31"}[n-2]
			id := clerk.overtime(date)
			foreman.do("POST", "/tasks/"+foreman.open(id)+"/approve", foreman.signed()).want(http.StatusOK, "")
			var racers []racer
			for i, who := range administrators[:n] {
				verb := []string{"approve", "approve", "return"}[i%3]
				racers = append(racers, racer{who, "/tasks/" + who.open(id) + "/" + verb, object{"comment": "x"}})
			}
			winners := race(w.t, racers...)
			if len(winners) != 1 {
				w.t.Fatalf("%d administrators: the winners are %v", n, winners)
			}
			asked := 0
			tasks, _ := manager.do("GET", "/tasks?tab=open", nil).at("tasks").([]any)
			for _, task := range tasks {
				if task, _ := task.(object); task["record"] == id {
					asked++
				}
			}
			want, state := 1, "running"
			if winners[0]%3 == 2 {
				want, state = 0, "returned"
			}
			if got := clerk.do("GET", sheets+"/"+id, nil).text("state"); got != state || asked != want {
				w.t.Errorf("%d administrators, %d won: the sheet is %s, want %s; the manager was asked %d times, want %d", n, winners[0], got, state, asked, want)
			}
		}
	})
}

// hire adds a labor administrator of project P1 and signs him in.
func (w *world) hire(login string) *client {
	w.t.Helper()
	admin := w.signIn("admin")
	added := admin.do("POST", "/members", object{"login": login, "name": login, "roles": []string{"labor_admin"}}).want(http.StatusCreated, "")
	w.people[login] = builder.Person{Login: login, Password: added.text("password"), User: added.text("member.user")}
	project := admin.do("GET", escapeQuery(`/entities/project/records?filter={"field":"code","op":"eq","value":"P1"}`), nil).want(http.StatusOK, "")
	rev, _ := project.at("records.0.rev").(interface{ String() string })
	admin.do("PATCH", "/entities/project/records/"+project.text("records.0.id"), object{"values": object{
		"members": []object{{"user": added.text("member.user"), "role": "labor_admin", "valid_from": "2026-01-01"}},
	}}, header(`If-Match: "`+rev.String()+`"`)).want(http.StatusOK, "")
	return w.signIn(login)
}

// overtime submits a sheet that a labor administrator has to look at, and gives its id.
func (c *client) overtime(date string) string {
	c.w.t.Helper()
	values := c.sheet(date)
	rows, _ := values["lines"].([]object)
	rows[0]["ot_hours"] = "5"
	return c.do("POST", sheets, object{"values": values, "submit": true}).want(http.StatusCreated, "").text("id")
}

// TestASessionThatEndedIsNotRevivedByTheClock is R06: the clock jumps ahead, the session is refused, the clock goes back.
func TestASessionThatEndedIsNotRevivedByTheClock(t *testing.T) {
	onStores(t, func(w *world) {
		for _, jump := range []time.Duration{25 * time.Hour, 366 * 24 * time.Hour} {
			clerk := w.signIn("clerk")
			clerk.do("GET", "/tasks?tab=open", nil).want(http.StatusOK, "")
			w.clock.pass(jump)
			clerk.do("GET", "/tasks?tab=open", nil).want(http.StatusUnauthorized, "unauthenticated")
			w.clock.pass(-jump)
			clerk.do("GET", "/tasks?tab=open", nil).want(http.StatusUnauthorized, "unauthenticated")
		}
	})
}

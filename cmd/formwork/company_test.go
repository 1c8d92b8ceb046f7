package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

const sheets = "/entities/day_labor_sheet/records"

// company is a demo company with teams of its own for load, each with four workers nobody else has.
type company struct {
	clerk, foreman, labor, manager *browser

	project   string
	teams     []team
	yesterday time.Time
	demo      []string // sheets that were there before
}

type team struct {
	id      string
	workers []string
}

// entryDays is how far back sheets of a company for load may be dated.
const entryDays = 365

// furnish signs the people in, allows sheets of the whole past year that need no photo, and creates teams.
func furnish(s *server, data string, teams int) *company {
	s.t.Helper()
	c := &company{
		clerk: s.signIn(data, "clerk"), foreman: s.signIn(data, "foreman"), labor: s.signIn(data, "labor"),
		manager: s.signIn(data, "manager"), yesterday: time.Now().AddDate(0, 0, -1),
	}
	c.demo = c.everyID()
	admin := s.signIn(data, "admin")
	c.allowEntry(admin)
	c.allowNoPhotos(admin)
	admin.must("POST", "/draft/publish", object{"note": "load"})
	first := c.clerk.must("GET", "/entities/labor_team/records?filter=%7B%22field%22:%22code%22,%22op%22:%22eq%22,%22value%22:%22T1%22%7D", nil)
	values, _ := first.list("records")[0]["values"].(object)
	c.project, _ = values["project"].(string)
	worker := 0
	for i := range teams {
		made := c.clerk.must("POST", "/entities/labor_team/records", object{"values": object{
			"code": fmt.Sprint("L", i), "name": fmt.Sprint("班组", i), "project": c.project, "foreman": values["foreman"], "pay_mode": "direct_wage",
		}})
		t := team{id: made.text("id")}
		for range 4 {
			t.workers = append(t.workers, c.worker(worker, t.id))
			worker++
		}
		c.teams = append(c.teams, t)
	}
	return c
}

// allowEntry drafts a back-entry limit of a year, as an administrator would.
func (c *company) allowEntry(admin *browser) {
	admin.server.t.Helper()
	settings := admin.must("GET", "/definitions/settings/labor", nil).object
	properties, _ := settings["properties"].(object)
	limit, ok := properties["backentry_days"].(object)
	if !ok {
		admin.server.t.Fatal("the labor template has no back-entry limit")
	}
	limit["default"] = json.Number(fmt.Sprint(entryDays))
	admin.must("PUT", "/draft/settings/labor", settings)
}

// allowNoPhotos drafts sheets that need no photo: load is about sheets, not about uploads.
func (c *company) allowNoPhotos(admin *browser) {
	sheet := admin.must("GET", "/definitions/entities/day_labor_sheet", nil).object
	required, _ := sheet["required"].([]any)
	sheet["required"] = slices.DeleteFunc(required, func(name any) bool { return name == "photos" })
	admin.must("PUT", "/draft/entities/day_labor_sheet", sheet)
}

// worker registers a worker who may be on a sheet of any day of the past year.
func (c *company) worker(n int, team string) string {
	c.labor.server.t.Helper()
	long := c.yesterday.AddDate(-2, 0, 0).Format(time.DateOnly)
	made := c.labor.must("POST", "/entities/worker/records", object{"values": object{
		"code": fmt.Sprint("X", n), "name": fmt.Sprint("工人", n), "status": "active", "trade": "general", "home_team": team,
		"id_no": identityNumber(n), "phone": fmt.Sprintf("139%08d", n+1e6), "entry_date": long, "contract_signed": true, "safety_training_date": long,
	}})
	c.labor.must("POST", "/entities/worker_rate/records", object{"values": object{
		"worker": made.text("id"), "effective_from": long, "day_rate": "260.00",
	}})
	return made.text("id")
}

// identityNumber gives numbers that no person has, with the check digit they need.
func identityNumber(n int) string {
	text := fmt.Sprintf("320199%d%02d%02d%03d", 1980+n/1000%20, 1+n/20000%12, 1, n%1000)
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, weight := range weights {
		sum += int(text[i]-'0') * weight
	}
	return text + "10X98765432"[sum%11:sum%11+1]
}

// sheet gives the i-th sheet of the company: no two share a team or a worker on a day.
func (c *company) sheet(i int) object {
	t := c.teams[i%len(c.teams)]
	day := c.yesterday.AddDate(0, 0, -i/len(c.teams))
	lines := make([]object, len(t.workers))
	for n, worker := range t.workers {
		lines[n] = object{"worker": worker, "normal_hours": fmt.Sprint(4 + (i+n)%4), "ot_hours": fmt.Sprintf("%d.5", n%3)}
	}
	return object{
		"project": c.project, "team": t.id, "work_date": day.Format(time.DateOnly), "work_content": fmt.Sprint("清理现场", i),
		"reason_type": "misc", "lines": lines,
	}
}

// longSheet is sheet with so much overtime that the labor administrator is asked as well.
func (c *company) longSheet(i int) object {
	long := c.sheet(i)
	if lines, ok := long["lines"].([]object); ok {
		lines[0]["ot_hours"] = "4.5"
	}
	return long
}

// room is how many sheets there can be.
func (c *company) room() int { return len(c.teams) * (entryDays - 1) }

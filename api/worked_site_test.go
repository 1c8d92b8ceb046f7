package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"formwork/builder"
)

// example is the worked example of a construction company: what goes in through the API must come out of it to the cent.
// No row of it stands in the templates or in a test: both sides are read from the shared file.
type example struct {
	Inputs  map[string][]object `json:"inputs"`
	Outputs map[string][]object `json:"outputs"`
}

// readExample reads worked_example.json from FORMWORK_CASES, or from the folder beside the project; without it the test
// is skipped.
func readExample(t *testing.T) example {
	t.Helper()
	folder := os.Getenv("FORMWORK_CASES")
	if folder == "" {
		folder = filepath.Join("..", "..", "shared", "cases")
	}
	raw, err := os.ReadFile(filepath.Join(folder, "worked_example.json"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("no worked_example.json: set FORMWORK_CASES to its folder")
	}
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var e example
	if err := decoder.Decode(&e); err != nil {
		t.Fatal(err)
	}
	return e
}

// site is the company of the example, its inputs imported as opening data and its people signed in as they are needed.
type site struct {
	*world
	example
	admin *client
	keys  map[string]string // id of a record or member → its code or number
	ids   map[string]string // entity/code → id
}

// opened are the entities base and labor have for the inputs, in the order references need.
var opened = []string{
	"cost_subject", "customer", "work_calendar", "labor_policy", "project", "wbs_task", "supplier", "bank_account", "expense_contract",
	"labor_team", "worker", "worker_rate", "day_labor_sheet", "piece_sheet", "wage_advance", "wage_adjust", "wage_sheet", "wage_payment",
}

func newSite(w *world, e example) *site {
	w.t.Helper()
	s := &site{world: w, example: e, keys: map[string]string{}, ids: map[string]string{}}
	added, err := w.build.Found(w.t.Context(), builder.Company{Name: "demo", Title: "demo", Template: "labor", AdminLogin: "admin", AdminName: "管理员"})
	w.must(err)
	w.people["admin"] = builder.Person{Login: added.Account.Login, Password: added.Password, User: added.Record.ID}
	w.engine.Follow("demo")
	w.serve()
	w.clock.pass(time.Date(2026, 6, 30, 10, 0, 0, 0, time.UTC).Sub(w.clock.Now())) // the data date of the example
	s.admin = w.signIn("admin")
	s.employ()
	for _, entity := range opened {
		s.open(entity, "created")
	}
	for _, team := range e.Inputs["labor_team"] { // leaders are workers, who come after their teams
		path := "/entities/labor_team/records/" + s.ids["labor_team/"+fmt.Sprint(team["code"])]
		rev := s.admin.do("GET", path, nil).want(http.StatusOK, "").at("rev")
		s.admin.do("PATCH", path, object{"values": object{"leader": object{"key": team["leader"]}}}, ifMatch(rev)).want(http.StatusOK, "")
	}
	return s
}

func ifMatch(rev any) header { return header(fmt.Sprintf(`If-Match: "%v"`, rev)) }

// employ adds the employees; the example's roles are the templates' where they have them.
func (s *site) employ() {
	s.t.Helper()
	known := string(s.admin.do("GET", "/roles", nil).want(http.StatusOK, "").body)
	for _, employee := range s.Inputs["employee"] {
		code, role := fmt.Sprint(employee["code"]), fmt.Sprint(employee["role"])
		roles := []string{}
		if strings.Contains(known, `"`+role+`"`) {
			roles = append(roles, role)
		}
		made := s.admin.do("POST", "/members", object{"login": strings.ToLower(code), "name": employee["name"], "roles": roles}).want(http.StatusCreated, "")
		id := made.text("member.user")
		s.people[code] = builder.Person{Login: strings.ToLower(code), Password: made.text("password"), User: id}
		s.keys[id] = code
		s.admin.do("PATCH", "/entities/user/records/"+id, object{"values": object{"code": code}}, ifMatch(made.at("member.rev"))).want(http.StatusOK, "")
	}
}

// open imports all inputs of an entity; the report must count all of them under outcome and nothing else.
func (s *site) open(entity, outcome string) {
	s.t.Helper()
	records := make([]object, len(s.Inputs[entity]))
	for i, input := range s.Inputs[entity] {
		records[i] = opening(entity, input)
	}
	for _, batch := range levels(entity, records) {
		r := s.admin.do("POST", "/import/"+entity, object{"records": batch}).want(http.StatusOK, "")
		if fmt.Sprint(r.at(outcome)) != fmt.Sprint(len(batch)) || r.at("problems.0") != nil {
			s.t.Fatalf("%s: %d records: %s", entity, len(batch), r.body)
		}
	}
	for _, rec := range s.all(entity) {
		id := fmt.Sprint(rec["id"])
		values, _ := rec["values"].(object)
		for _, natural := range []string{"no", "code"} {
			if key, ok := values[natural].(string); ok {
				s.keys[id], s.ids[entity+"/"+key] = key, id
			}
		}
	}
}

// levels are records in the order a tree needs: those without a parent first.
func levels(entity string, records []object) [][]object {
	if entity != "cost_subject" && entity != "wbs_task" {
		return [][]object{records}
	}
	var roots, children []object
	for _, rec := range records {
		if rec["parent"] == nil {
			roots = append(roots, rec)
		} else {
			children = append(children, rec)
		}
	}
	return [][]object{roots, children}
}

// later are fields of the inputs that come with templates of their own, or that follow from others.
var later = map[string][]string{
	"": {"imported", "budget_cost", "predecessors"}, "labor_team": {"leader"}, "wage_sheet": {"gross_amount", "advance_deduct", "net_amount"},
}

// reasons are the example's words for what the template has options.
var reasons = map[any]string{"高温补贴": "high_temp", "伙食费": "meal"}

// opening turns an input into a record to import: the status of a document is its state, paid is both.
func opening(entity string, input object) object {
	rec := object{}
	for name, value := range input {
		status := name == "status" && (value == "approved" || value == "paid")
		switch {
		case value == nil || slices.Contains(later[""], name) || slices.Contains(later[entity], name):
		case status && value == "approved": // the default
		case name == "reason" && reasons[value] != "":
			rec[name] = reasons[value]
		default:
			rec[name] = value
		}
	}
	if entity == "wage_sheet" { // opening data have no lines to add up
		rec["opening_gross"], rec["opening_deduct"] = input["gross_amount"], input["advance_deduct"]
	}
	return rec
}

// all lists the records of an entity as the administrator reads them.
func (s *site) all(entity string) []object {
	s.t.Helper()
	var records []object
	for after := ""; ; {
		r := s.admin.do("GET", "/entities/"+entity+"/records?limit=500&after="+after, nil).want(http.StatusOK, "")
		list, _ := r.at("records").([]any)
		for _, item := range list {
			rec, _ := item.(object)
			records = append(records, rec)
		}
		if after = r.text("next"); after == "" {
			return records
		}
	}
}

// generate makes a document for a month as a person does it: he names what it is for, presses the button, saves.
func (c *client) generate(form, button string, values object) reply {
	c.w.t.Helper()
	filled := c.do("POST", "/forms/"+form+"/fill/"+button, object{"values": values}).want(http.StatusOK, "")
	whole := object{filled.text("table"): filled.at("rows")}
	for name, value := range values {
		whole[name] = value
	}
	return c.do("POST", "/entities/"+form+"/records", object{"values": whole})
}

// written is a row as a text of "name=value" in the order of names, ids as the codes they stand for.
func (s *site) written(row object, names []string) string {
	cells := make([]string, len(names))
	for i, name := range names {
		value := fmt.Sprint(row[name])
		if key := s.keys[value]; key != "" {
			value = key
		}
		cells[i] = name + "=" + value
	}
	return strings.Join(cells, " ")
}

// compare holds rows to those of the example: as many, with the same columns and values.
func (s *site) compare(name string, got []object) {
	s.t.Helper()
	want := s.Outputs[name]
	if len(want) == 0 {
		s.t.Fatalf("the example has no %s", name)
	}
	var names []string
	for column := range want[0] {
		names = append(names, column)
	}
	sort.Strings(names)
	text := func(rows []object) []string {
		lines := make([]string, len(rows))
		for i, row := range rows {
			lines[i] = s.written(row, names)
		}
		sort.Strings(lines)
		return lines
	}
	gotLines, wantLines := text(got), text(want)
	for _, line := range wantLines {
		if !slices.Contains(gotLines, line) {
			s.t.Errorf("missing  %s", line)
		}
	}
	for _, line := range gotLines {
		if !slices.Contains(wantLines, line) {
			s.t.Errorf("too much %s", line)
		}
	}
	if len(gotLines) != len(wantLines) {
		s.t.Errorf("%d rows, want %d", len(gotLines), len(wantLines))
	}
}

// rows are the lines of a record, each with what identifies the record.
func rows(values object, with object) []object {
	list, _ := values["lines"].([]any)
	lines := make([]object, len(list))
	for i, item := range list {
		row, _ := item.(object)
		lines[i] = object{}
		for _, part := range []object{row, with} {
			for name, value := range part {
				lines[i][name] = value
			}
		}
	}
	return lines
}

// approved sends a document through its flow: whoever has a task for it approves, the wage sheet is put on display for as
// long as the law wants.
func (s *site) approved(by *client, entity, id string) {
	s.t.Helper()
	path := "/entities/" + entity + "/records/" + id
	by.do("POST", path+"/submit", object{"acknowledged": object{"minimum_wage": "已核对"}}).want(http.StatusOK, "")
	for range 12 {
		rec := s.admin.do("GET", path, nil).want(http.StatusOK, "")
		if rec.text("state") == "approved" {
			return
		}
		if rec.at("values.status") == "publicity" {
			s.onDisplay(rec)
		}
		who, task := s.next(id)
		if task == nil {
			s.t.Fatalf("%s %s is %s and nobody has a task for it", entity, id, rec.text("state"))
		}
		name := fmt.Sprint(task["id"])
		who.do("POST", "/tasks/"+name+"/approve", who.approval(name)).want(http.StatusOK, "")
	}
}

// onDisplay lets the time pass for which a wage sheet is shown.
func (s *site) onDisplay(rec reply) {
	s.t.Helper()
	from, to := s.instant(rec, "publicity_from"), s.instant(rec, "publicity_to")
	if to.Sub(from) != 72*time.Hour || from.After(s.clock.Now()) {
		s.t.Errorf("on display from %s to %s", from, to)
	}
	s.clock.pass(72 * time.Hour)
	if _, err := s.engine.Flows.FireDue(s.t.Context(), "demo"); err != nil {
		s.t.Fatal(err)
	}
	s.admin = s.signIn("admin") // days have passed, sessions end
}

func (s *site) instant(rec reply, field string) time.Time {
	s.t.Helper()
	at, err := time.Parse(time.RFC3339, rec.text("values."+field))
	s.must(err)
	return at
}

// next finds who has an open task for a record.
func (s *site) next(record string) (*client, object) {
	for _, employee := range s.Inputs["employee"] {
		who := s.signIn(fmt.Sprint(employee["code"]))
		for _, tab := range []string{"open", "handle"} {
			tasks, _ := who.do("GET", "/tasks?limit=100&tab="+tab, nil).want(http.StatusOK, "").at("tasks").([]any)
			for _, item := range tasks {
				if task, _ := item.(object); task["record"] == record {
					return who, task
				}
			}
		}
	}
	return nil, nil
}

// report runs a dataset as of the example's data date.
func (s *site) report(name string) []object {
	s.t.Helper()
	params := object{"from": "2026-06-01", "to": "2026-06-30"}
	if name == "wage_payable" {
		params = object{"as_of": "2026-06-30"}
	}
	r := s.admin.do("POST", "/datasets/"+name+"/run", object{"params": params}).want(http.StatusOK, "")
	list, _ := r.at("rows").([]any)
	lines := make([]object, len(list))
	for i, item := range list {
		lines[i], _ = item.(object)
	}
	return lines
}

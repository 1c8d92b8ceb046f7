package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"formwork/builder"
	"formwork/engine/store"
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
	"cost_subject", "customer", "work_calendar", "labor_policy", "project", "wbs_task", "supplier", "expense_contract", "bank_account",
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
func (s *site) compare(t *testing.T, name string, got []object, without ...string) {
	t.Helper()
	want := s.Outputs[name]
	if len(want) == 0 {
		t.Fatalf("the example has no %s", name)
	}
	var names []string
	for column := range want[0] {
		if !slices.Contains(without, column) {
			names = append(names, column)
		}
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
			t.Errorf("missing  %s", line)
		}
	}
	for _, line := range gotLines {
		if !slices.Contains(wantLines, line) {
			t.Errorf("too much %s", line)
		}
	}
	if len(gotLines) != len(wantLines) {
		t.Errorf("%d rows, want %d", len(gotLines), len(wantLines))
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
		who, task := s.next(id)
		if task == nil {
			s.t.Fatalf("%s %s is %s and nobody has a task for it", entity, id, rec.text("state"))
		}
		act := object{}
		if task["node"] == "publicity_3d" {
			from := s.clock.Now()
			s.clock.pass(72 * time.Hour)
			s.admin = s.signIn("admin") // days have passed, sessions end
			act["values"] = object{"publicity_from": from.Format(time.RFC3339), "publicity_to": from.Add(72 * time.Hour).Format(time.RFC3339)}
			who, task = s.next(id)
		}
		who.do("POST", fmt.Sprintf("/tasks/%v/approve", task["id"]), act).want(http.StatusOK, "")
	}
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

var summaries = []string{"labor_by_worker", "labor_by_team", "labor_by_project", "labor_by_trade", "labor_daily_by_project"}

// TestWorkedExample is the promise of the labor template: whatever was entered on site becomes exactly the wages,
// chargebacks, settlements and reports the example says, on every store.
func TestWorkedExample(t *testing.T) {
	e := readExample(t)
	onBackends(t, func(t *testing.T, backend store.Backend) {
		s := newSite(newInstallation(t, backend), e)
		step := func(name string, test func(t *testing.T)) {
			t.Run(name, func(t *testing.T) {
				outer := s.t
				s.t = t // what the company's people are refused fails this step
				defer func() { s.t = outer }()
				test(t)
			})
		}
		step("day_labor_line_computed", s.sheets)
		step("piece_sheet_computed", s.pieces)
		for _, name := range summaries {
			step(name, func(t *testing.T) { s.compare(t, name, s.report(name)) })
		}
		step("chargeback_note", s.chargebacks)
		step("day_labor_settlement", s.settlements)
		step("wage_sheet_lines, wage_sheet_computed", s.wages)
		step("wage_payable", func(t *testing.T) { s.compare(t, "wage_payable", s.report("wage_payable")) })
		step("importing twice changes nothing", s.importedTwice)
		step("a void sheet frees its keys and leaves the sums", s.voided)
	})
}

func (s *site) sheets(t *testing.T) {
	var got []object
	for _, rec := range s.all("day_labor_sheet") {
		values, _ := rec["values"].(object)
		got = append(got, rows(values, object{"sheet": rec["id"]})...)
	}
	s.compare(t, "day_labor_line_computed", got)
}

func (s *site) pieces(t *testing.T) {
	var got []object
	for _, rec := range s.all("piece_sheet") {
		values, _ := rec["values"].(object)
		var lines []any
		for _, line := range rows(values, nil) {
			lines = append(lines, object{"worker": s.keys[fmt.Sprint(line["worker"])], "amount": line["amount"]})
		}
		got = append(got, object{"sheet": rec["id"], "amount": values["amount"], "lines": lines})
	}
	s.compare(t, "piece_sheet_computed", got)
}

// chargebacks are generated by the cost engineer, once.
func (s *site) chargebacks(t *testing.T) {
	cost := s.signIn("U04")
	var got []object
	for _, want := range s.Outputs["chargeback_note"] {
		values := object{"contract": s.ids["expense_contract/"+fmt.Sprint(want["contract"])], "note_date": want["note_date"], "month": fmt.Sprint(want["note_date"])[:7]}
		note := cost.generate("chargeback_note", "month_lines", values).want(http.StatusCreated, "")
		made, _ := note.at("values").(object)
		got = append(got, made)
		cost.do("POST", "/entities/chargeback_note/records/"+note.text("id")+"/submit", object{}).want(http.StatusOK, "")
		if again := cost.do("POST", "/forms/chargeback_note/fill/month_lines", object{"values": values}).want(http.StatusOK, ""); again.at("rows.0") != nil {
			t.Errorf("lines in a note under approval are offered again: %s", again.body)
		}
		var lines []object
		for _, row := range rows(made, nil) {
			lines = append(lines, object{"sheet": row["sheet"], "worker": row["worker"]})
		}
		values["lines"] = lines
		refused := cost.do("POST", "/entities/chargeback_note/records", object{"values": values, "submit": true}).want(http.StatusUnprocessableEntity, "invalid")
		if refused.text("problems.0.code") != "line_charged_twice" {
			t.Errorf("a line charged back twice: %s", refused.body)
		}
	}
	s.compare(t, "chargeback_note", got)
}

// settlements are generated by the labor administrator, once. The bill of the example is one of the template cost.
func (s *site) settlements(t *testing.T) {
	labor := s.signIn("U05")
	var got []object
	for _, want := range s.Outputs["day_labor_settlement"] {
		values := object{"team": s.ids["labor_team/"+fmt.Sprint(want["team"])], "month": want["month"]}
		made := labor.generate("day_labor_settlement", "month_sheets", values).want(http.StatusCreated, "")
		settled, _ := made.at("values").(object)
		got = append(got, settled)
		if again := labor.generate("day_labor_settlement", "month_sheets", values).want(http.StatusUnprocessableEntity, "invalid"); again.text("problems.0.field") != "lines" {
			t.Errorf("settled twice: %s", again.body)
		}
	}
	s.compare(t, "day_labor_settlement", got, "bill")
}

// wages are generated by the labor administrator and approved, so that they become payable.
func (s *site) wages(t *testing.T) {
	var sheets, lines []object
	for _, want := range s.Outputs["wage_sheet_computed"] {
		labor := s.signIn("U05")
		values := object{"project": s.ids["project/"+fmt.Sprint(want["project"])], "month": want["month"]}
		made := labor.generate("wage_sheet", "month_workers", values).want(http.StatusCreated, "")
		sheet, _ := made.at("values").(object)
		sheets, lines = append(sheets, sheet), append(lines, rows(sheet, object{"project": sheet["project"]})...)
		s.keys[made.text("id")] = made.text("values.no")
		s.approved(labor, "wage_sheet", made.text("id"))
		if again := s.signIn("U05").do("POST", "/forms/wage_sheet/fill/month_workers", object{"values": values}).want(http.StatusOK, ""); again.at("rows.0") != nil {
			t.Errorf("who is on an approved sheet is offered again: %s", again.body)
		}
	}
	s.compare(t, "wage_sheet_lines", lines)
	s.compare(t, "wage_sheet_computed", sheets)
}

// importedTwice imports the inputs again: every record is there, none gets another revision.
func (s *site) importedTwice(t *testing.T) {
	revisions := func() (all []string) {
		for _, entity := range opened {
			for _, rec := range s.all(entity) {
				all = append(all, fmt.Sprint(entity, "/", rec["id"], "@", rec["rev"]))
			}
		}
		return all
	}
	before := revisions()
	for _, entity := range opened {
		s.open(entity, "same")
	}
	if after := revisions(); !slices.Equal(before, after) {
		t.Errorf("%d records before, %d after the second import, or other revisions", len(before), len(after))
	}
}

// voided voids the last sheet of a team: its day and its workers are free for another one, and it is in no report.
func (s *site) voided(t *testing.T) {
	labor := s.signIn("U05")
	last := s.Inputs["day_labor_sheet"][len(s.Inputs["day_labor_sheet"])-1]
	id := s.ids["day_labor_sheet/"+fmt.Sprint(last["no"])]
	stored := s.admin.do("GET", sheets+"/"+id, nil).want(http.StatusOK, "")
	lines, _ := stored.at("values.lines").([]any)
	again := object{
		"project": stored.at("values.project"), "team": stored.at("values.team"), "work_date": stored.at("values.work_date"), "wbs_task": stored.at("values.wbs_task"),
		"work_content": "重开", "reason_type": "misc", "lines": []object{}, "photos": []string{labor.uploaded("?use=image", "site.jpg", photo(16, 12))},
	}
	first, _ := lines[0].(object)
	again["lines"] = []object{{"worker": first["worker"], "pay_type": first["pay_type"], "normal_hours": first["normal_hours"], "ot_hours": first["ot_hours"]}}
	body := object{"values": again, "submit": true, "acknowledged": object{"trained": "补签中", "long_overtime": "抢工"}}
	taken := labor.do("POST", sheets, body).want(http.StatusUnprocessableEntity, "invalid")
	if code := taken.text("problems.0.code"); code != "duplicate" && code != "worker_already_on_sheet_that_day" && code != "duplicate_no" {
		t.Errorf("while the first sheet stands: %s", taken.body)
	}
	cost := func() *big.Rat {
		total := new(big.Rat)
		for _, row := range s.report("labor_by_worker") {
			total.Add(total, money(row["labor_cost"]))
		}
		return total
	}
	before, headcount := cost(), s.headcount(fmt.Sprint(last["work_date"]))
	labor.do("POST", sheets+"/"+id+"/void", object{"reason": "日期填错"}).want(http.StatusOK, "")
	if got, want := s.headcount(fmt.Sprint(last["work_date"])), headcount-len(lines); got != want {
		t.Errorf("%d workers that day after the void, want %d", got, want)
	}
	if got, want := cost(), before.Sub(before, money(stored.at("values.total_amount"))); got.Cmp(want) != 0 {
		t.Errorf("labor cost %s after the void, want %s", got.FloatString(2), want.FloatString(2))
	}
	labor.do("POST", sheets, body).want(http.StatusCreated, "")
}

// money reads an amount exactly.
func money(value any) *big.Rat {
	amount, ok := new(big.Rat).SetString(fmt.Sprint(value))
	if !ok {
		return new(big.Rat)
	}
	return amount
}

// headcount is how many people all reports see on site on a day.
func (s *site) headcount(day string) int {
	total := 0
	for _, row := range s.report("labor_daily_by_project") {
		if row["date"] == day {
			n, _ := row["headcount"].(json.Number)
			count, _ := n.Int64()
			total += int(count)
		}
	}
	return total
}

package api_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"formwork/engine/store"
)

// exported gives all cells of an export, joined.
func (c *client) exported(path string) string {
	c.w.t.Helper()
	book, err := excelize.OpenReader(bytes.NewReader(c.do("GET", path, nil).want(http.StatusOK, "").body))
	c.w.must(err)
	defer func() { c.w.must(book.Close()) }()
	var all strings.Builder
	for _, sheet := range book.GetSheetList() {
		rows, err := book.GetRows(sheet)
		c.w.must(err)
		for _, row := range rows {
			all.WriteString(strings.Join(row, "|") + "\n")
		}
	}
	return all.String()
}

// TestWhatANodeHidesIsHiddenInListsToo: an approver whose grant shows a field his node hides finds it neither on the page of
// the record nor in lists and exports, while he decides and after; others find it everywhere.
func TestWhatANodeHidesIsHiddenInListsToo(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk := w.signIn("admin"), w.signIn("clerk")
		admin.approvedBy("[" + w.node("a", `, "onSelf": "leader", "fields": {"location": "-", "lines.ot_hours": "-"}`, "labor") + "," + w.node("b", "", "manager") + "]")
		labor, manager := w.signIn("labor"), w.signIn("manager")
		values := clerk.sheet("2026-06-01")
		values["location"] = "地下二层"
		id := clerk.do("POST", sheets, object{"values": values, "submit": true, "acknowledged": sheetReasons}).want(http.StatusCreated, "").text("id")
		task := labor.open(id)
		look := func(when string) {
			t.Helper()
			for name, reader := range map[string]*client{"labor": labor, "manager": manager} {
				texts := map[string]string{
					"list":   string(reader.do("GET", sheets, nil).want(http.StatusOK, "").body),
					"record": string(reader.do("GET", sheets+"/"+id, nil).want(http.StatusOK, "").body),
				}
				if name == "labor" { // who has the grant to export
					texts["export"] = reader.exported("/entities/day_labor_sheet/export")
				}
				for what, text := range texts {
					if !strings.Contains(text, "清理现场") {
						t.Errorf("%s: the %s of %s shows nothing", when, what, name)
					}
					if strings.Contains(text, "地下二层") != (name == "manager") {
						t.Errorf("%s: the %s of %s shows the location: %v", when, what, name, name != "manager")
					}
				}
			}
		}
		look("open")
		labor.act(task, "approve", nil).want(http.StatusOK, "")
		look("approved")
	})
}

// TestWhatANodeHidesCannotBeAskedFor: lists, searches, sums, exports, datasets and dashboards answer an approver alike
// whatever stands in the fields his node hides; they answer others by it. Records in which nothing is hidden from him count.
func TestWhatANodeHidesCannotBeAskedFor(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin, clerk := w.signIn("admin"), w.signIn("clerk")
		admin.approvedBy("[" + w.node("a", `, "onSelf": "leader", "fields": {"location": "-", "work_content": "-", "lines.ot_hours": "-"}`, "labor") + "," +
			w.node("b", "", "manager") + "]")
		labor := withReports(w)
		open := clerk.do("POST", sheets, object{"values": clerk.sheet("2026-06-02")}).want(http.StatusCreated, "").text("id")
		id := clerk.submitted("2026-06-01")
		task := labor.open(id)
		questions := hiddenQuestions()
		ask := func(who *client) map[string]string {
			answers := map[string]string{}
			for name, q := range questions {
				if strings.HasPrefix(name, "export") {
					answers[name] = who.exported(q.path)
					continue
				}
				answers[name] = string(who.do(q.method, q.path, q.body).body)
			}
			return answers
		}
		look := func(when string) {
			t.Helper()
			w.hide(id, "地下二层", "清理现场", "1")
			mine, theirs := ask(labor), ask(admin)
			w.hide(id, "顶层花园", "浇筑混凝土", "9")
			for name, answer := range ask(labor) {
				if answer != mine[name] {
					t.Errorf("%s: %s tells the approver\n  %s\n  %s", when, name, mine[name], answer)
				}
			}
			for name, answer := range ask(admin) {
				if answer == theirs[name] {
					t.Errorf("%s: %s tells nobody anything: %s", when, name, answer)
				}
			}
		}
		look("open")
		found := labor.do("GET", sheets+"?count=true&filter="+url.QueryEscape(`{"field":"work_content","op":"empty","value":false}`), nil).want(http.StatusOK, "")
		if found.text("records.0.id") != open || found.at("count.n") != number("1") || found.text("narrowed.0") != "work_content" {
			t.Errorf("the approver finds %s", found.body)
		}
		labor.act(task, "approve", nil).want(http.StatusOK, "")
		look("approved")
	})
}

// asking is a request.
type asking struct {
	method, path string
	body         any
}

func hiddenQuestions() map[string]asking {
	get := func(path string) asking { return asking{"GET", path, nil} }
	filter := func(text string) string { return "filter=" + url.QueryEscape(text) }
	const place, hours = `{"field":"location","op":"eq","value":"顶层花园"}`, `{"field":"lines","op":"any","where":{"field":"ot_hours","op":"gt","value":"5"}}`
	return map[string]asking{
		"a filter":              get(sheets + "?count=true&" + filter(place)),
		"its opposite":          get(sheets + "?count=true&" + filter(`{"not":`+place+`}`)),
		"a filter of rows":      get(sheets + "?count=true&" + filter(hours)),
		"a column":              get(sheets + "?count=true&" + filter(`{"field":"lines.ot_hours","op":"gt","value":"5"}`)),
		"an order":              get(sheets + "?sort=location"),
		"a search":              get(sheets + "?count=true&q=" + url.QueryEscape("混凝土")),
		"export of a filter":    get("/entities/day_labor_sheet/export?" + filter(place)),
		"export of rows":        get("/entities/day_labor_sheet/export?rows=lines&" + filter(hours)),
		"a dataset":             {"POST", "/datasets/hours/run", object{}},
		"a dataset of a filter": {"POST", "/datasets/hours/run", object{"where": object{"field": "hours", "op": "gt", "value": "20"}}},
		"a dashboard":           {"POST", "/dashboards/site/run", object{}},
	}
}

// hide sets what a sheet holds in the fields its flow hides, past all rules.
func (w *world) hide(sheet, location, work, overtime string) {
	w.t.Helper()
	db, err := w.engine.Tenants.Store(w.t.Context(), "demo")
	w.must(err)
	docs, err := db.Get(w.t.Context(), "day_labor_sheet", sheet)
	w.must(err)
	doc := docs[0]
	doc.Values["location"], doc.Values["work_content"] = location, work
	rows, _ := doc.Values["lines"].([]any)
	for _, item := range rows {
		if row, ok := item.(map[string]any); ok {
			row["ot_hours"] = overtime
		}
	}
	doc.Rev++
	w.must(errors.Join(w.engine.Records.Project(w.t.Context(), "demo", store.Write{Collection: "day_labor_sheet", Doc: doc, IfRev: doc.Rev - 1})...))
}

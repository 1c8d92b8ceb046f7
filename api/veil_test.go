package api_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
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

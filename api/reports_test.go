package api_test

import (
	"fmt"
	"net/http"
	"testing"
)

// hours is a dataset over what the labor template has, and board a dashboard over it; the labor administrator is granted
// the dataset.
const (
	hours = `{"name":"hours","title":"工时","x-i18n":{"en":{"title":"Hours"}},
		"params":{"from":{"type":"string","format":"date","x-type":"date","title":"开始","x-default":"bom(today())"},
			"team":{"type":"string","x-type":"reference","x-entity":"labor_team","title":"班组"}},
		"sources":[{"as":"day","entity":"day_labor_sheet","unwind":"lines",
			"where":{"and":[{"field":"work_date","op":"ge","value":{"var":"param.from"}},{"field":"team","op":"eq","value":{"var":"param.team"},"optional":true}]},
			"by":{"worker":"lines.worker","trade":"lines.worker.trade"},"measures":{"normal":{"sum":"lines.normal_hours"},"ot":{"sum":"lines.ot_hours"}}}],
		"columns":{"hours":{"title":"小时","value":"day.normal + day.ot","x-type":"decimal","x-scale":1}},
		"show":["worker","trade","hours"],"totals":["hours"],"order":[{"field":"hours","dir":"desc"}],
		"drill":{"entity":"day_labor_sheet","where":{"field":"lines.worker","op":"eq","value":{"var":"key.worker"}}}}`
	board = `{"name":"site","title":"现场","params":{"from":{"type":"string","format":"date","x-type":"date","title":"开始"}},
		"widgets":[{"name":"total","title":"工时","type":"number","dataset":"hours","x":0,"y":0,"w":3,"h":2,"measure":"hours"},
			{"name":"long","title":"长工时","type":"bar","dataset":"hours","x":3,"y":0,"w":9,"h":4,"measure":"hours","dimension":"worker","where":{"field":"hours","op":"gt","value":"8"}}]}`
	reader     = `{"name":"hours_reader","title":"看工时","grants":{"hours":{"dataset":"hours","actions":["read"]}},"inherits":["labor_admin"]}`
	navigation = `{"name":"reports","title":"报表","items":[{"name":"hours","title":"工时","dataset":"hours"},{"name":"site","title":"现场","dashboard":"site"}]}`
)

// withReports publishes them and gives the labor administrator the role that reads them.
func withReports(w *world) *client {
	admin := w.signIn("admin")
	for path, definition := range map[string]string{
		"datasets/hours": hours, "dashboards/site": board, "roles/hours_reader": reader, "menus/reports": navigation,
	} {
		admin.do("PUT", "/draft/"+path, definition).want(http.StatusNoContent, "")
	}
	admin.do("POST", "/draft/publish", object{"note": "reports"}).want(http.StatusOK, "")
	user := w.people["labor"].User
	admin.do("PATCH", "/members/"+user, object{"roles": []string{"labor_admin", "hours_reader"}}, header(`If-Match: "`+revOf(admin, user)+`"`)).want(http.StatusOK, "")
	return w.signIn("labor")
}

func TestReportsOverHTTP(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		clerk := w.signIn("clerk")
		made := clerk.do("POST", sheets, object{"values": clerk.sheet("2026-06-02")}).want(http.StatusCreated, "")
		labor := withReports(w)
		t.Run("a dataset", func(t *testing.T) {
			info := labor.do("GET", "/datasets/hours", nil).want(http.StatusOK, "")
			if info.text("columns.0.entity") != "worker" || info.text("params.team.x-entity") != "labor_team" || info.text("drill") != "day_labor_sheet" {
				t.Errorf("got %s", info.body)
			}
			r := labor.do("POST", "/datasets/hours/run", object{}).want(http.StatusOK, "")
			if got := fmt.Sprint(r.text("rows.0.hours"), " ", r.text("rows.1.hours"), " ", r.text("totals.hours"), " ", r.text("asOf")); got != "10 7.5 17.5 2026-06-03" {
				t.Errorf("got %s", r.body)
			}
			if r.text("refs.worker/"+r.text("rows.0.worker")) == "" || r.text("params.from") != "2026-06-01" {
				t.Errorf("got %s", r.body)
			}
		})
		t.Run("params and filters", func(t *testing.T) {
			r := labor.do("POST", "/datasets/hours/run", object{"params": object{"from": "2026-06-03"}}).want(http.StatusOK, "")
			if r.at("count") != number("0") {
				t.Errorf("got %s", r.body)
			}
			r = labor.do("POST", "/datasets/hours/run", object{"where": object{"field": "hours", "op": "lt", "value": "8"}, "limit": 5}).want(http.StatusOK, "")
			if r.at("count") != number("1") || r.text("totals.hours") != "7.5" {
				t.Errorf("got %s", r.body)
			}
			labor.do("POST", "/datasets/hours/run", object{"params": object{"from": "soon"}}).want(http.StatusUnprocessableEntity, "invalid")
			labor.do("POST", "/datasets/hours/run", object{"where": object{"field": "pay", "op": "lt", "value": "8"}}).want(http.StatusBadRequest, "filter_unknown_field")
			labor.do("POST", "/datasets/hours/run", object{"limit": -1}).want(http.StatusBadRequest, "bad_parameter")
		})
		t.Run("the records behind a row", func(t *testing.T) {
			r := labor.do("POST", "/datasets/hours/run", object{}).want(http.StatusOK, "")
			drilled := labor.do("POST", "/datasets/hours/drill", object{"key": r.at("rows.0._key")}).want(http.StatusOK, "")
			list := labor.do("GET", escapeQuery(sheets+"?filter="+filterText(drilled)), nil).want(http.StatusOK, "")
			if list.text("records.0.id") != made.text("id") {
				t.Errorf("got %s", list.body)
			}
		})
		t.Run("a dashboard", func(t *testing.T) {
			info := labor.do("GET", "/dashboards/site", nil).want(http.StatusOK, "")
			if info.text("widgets.1.dimension") != "worker" {
				t.Errorf("got %s", info.body)
			}
			r := labor.do("POST", "/dashboards/site/run", object{"params": object{"from": "2026-06-01"}}).want(http.StatusOK, "")
			if r.text("widgets.total.totals.hours") != "17.5" || r.at("widgets.long.count") != number("1") {
				t.Errorf("got %s", r.body)
			}
		})
		t.Run("who has no grant", func(t *testing.T) {
			for _, path := range []string{"/datasets/hours", "/dashboards/site"} {
				clerk.do("GET", path, nil).want(http.StatusNotFound, "not_found")
				clerk.do("POST", path+"/run", object{}).want(http.StatusNotFound, "not_found")
			}
			if shown := clerk.do("GET", "/menu", nil).want(http.StatusOK, ""); leadsTo(shown, "hours") {
				t.Errorf("the menu shows %s", shown.body)
			}
			if shown := labor.do("GET", "/menu", nil).want(http.StatusOK, ""); !leadsTo(shown, "hours") || !leadsTo(shown, "site") {
				t.Errorf("the menu lacks reports: %s", shown.body)
			}
		})
	})
}

// filterText is the filter of the records behind a row as text.
func filterText(drilled reply) string {
	c, _ := drilled.at("filter").(object)
	return fmt.Sprintf(`{"field":%q,"op":%q,"value":%q}`, c["field"], c["op"], c["value"])
}

// leadsTo tells whether an entry of the menu opens a dataset or dashboard.
func leadsTo(menu reply, name string) bool {
	items, _ := menu.at("items").([]any)
	for _, item := range items {
		item, _ := item.(object)
		if item["dataset"] == name || item["dashboard"] == name {
			return true
		}
	}
	return false
}

func TestTheLaborCenterOfTheDemo(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		clerk := w.signIn("clerk")
		clerk.do("POST", sheets, object{"values": clerk.sheet("2026-06-03"), "submit": true}).want(http.StatusCreated, "")
		for account, widgets := range map[string]int{"labor": 14, "manager": 14, "clerk": 2, "admin": 14} {
			reader := w.signIn(account)
			r := reader.do("POST", "/dashboards/labor_center/run", object{}).want(http.StatusOK, "")
			tables, _ := r.at("widgets").(object)
			if len(tables) != widgets {
				t.Errorf("%s sees %d widgets, want %d", account, len(tables), widgets)
			}
			for name := range tables {
				if failed := r.at("widgets." + name + ".failure"); failed != nil {
					t.Errorf("%s: %s failed: %v", account, name, failed)
				}
			}
			if got := r.at("widgets.headcount_today.rows.0.headcount"); got != number("2") {
				t.Errorf("%s: %v people today, want 2", account, got)
			}
		}
	})
}

// Figures of a wage sheet stand on the screen before it is saved: sums over approved sheets are computed in the browser of
// whoever may read them.
func TestWagesAreComputedInTheBrowser(t *testing.T) {
	onStores(t, func(w *world) {
		for who, want := range map[string]bool{"labor": false, "clerk": true} {
			r := w.signIn(who).do("GET", "/entities/wage_sheet/bundle", nil).want(http.StatusOK, "")
			lines, _ := r.at("slice.entity.properties.lines.items.properties").(object)
			gong, _ := lines["all_normal_gong"].(object)
			if server := gong["x-server"] == true || gong == nil; server != want {
				w.t.Errorf("%s: gong of the month is left to the server: %t, want %t", who, server, want)
			}
		}
	})
}

package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"formwork/engine/def"
	"formwork/engine/printing"
	"formwork/engine/query"
)

const sheetPrints = "/entities/day_labor_sheet/prints/"

// block finds a block of the first document by its name; nil if it fell out.
func (r reply) block(name string) object {
	blocks, _ := r.at("documents.0.blocks").([]any)
	for _, b := range blocks {
		if b, _ := b.(object); b["name"] == name {
			return b
		}
	}
	return nil
}

// names lists what something has under a key, by their names.
func names(of object, key string) []string {
	items, _ := of[key].([]any)
	list := make([]string, len(items))
	for i, item := range items {
		item, _ := item.(object)
		list[i], _ = item["name"].(string)
	}
	return list
}

// approvedSheet is a sheet of the clerk that the team leader and the manager have approved.
func (w *world) approvedSheet(date string) string {
	w.t.Helper()
	clerk, foreman, manager := w.signIn("clerk"), w.signIn("foreman"), w.signIn("manager")
	id := clerk.do("POST", sheets, object{"values": clerk.sheet(date), "submit": true}).want(http.StatusCreated, "").text("id")
	foreman.do("POST", "/tasks/"+foreman.open(id)+"/approve", foreman.signed()).want(http.StatusOK, "")
	manager.do("POST", "/tasks/"+manager.open(id)+"/approve", object{}).want(http.StatusOK, "")
	return id
}

func TestASheetOnPaper(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		id := w.approvedSheet("2026-06-02")
		labor, clerk := w.signIn("labor"), w.signIn("clerk")
		body := object{"records": []string{id}}
		t.Run("with prices for those who may see them", func(t *testing.T) {
			r := labor.do("POST", sheetPrints+"day_labor_sheet", body).want(http.StatusOK, "")
			want := []string{"no", "worker", "trade", "normal", "overtime", "gong", "rate", "amount", "charged", "sign"}
			if got := names(r.block("lines"), "columns"); !equal(got, want) {
				t.Errorf("columns %v, want %v", got, want)
			}
			if got := fmt.Sprint(r.block("lines")["totals"]); got != "[<nil> <nil> <nil> 15.5 2 <nil> <nil> 601.25 <nil> <nil>]" {
				t.Errorf("totals %s", got)
			}
			if text := fmt.Sprint(r.block("amount")["text"]); !strings.Contains(text, "陆佰零壹元贰角伍分") || !strings.Contains(text, "¥601.25") {
				t.Errorf("amount in words: %s", text)
			}
			if text := fmt.Sprint(r.block("facts")["items"]); !strings.Contains(text, "2026-06-02 星期二") {
				t.Errorf("facts: %s", text)
			}
		})
		t.Run("without prices for the clerk", func(t *testing.T) {
			r := clerk.do("POST", sheetPrints+"day_labor_sheet", body).want(http.StatusOK, "")
			want := []string{"no", "worker", "trade", "normal", "overtime", "gong", "charged", "sign"}
			if got := names(r.block("lines"), "columns"); !equal(got, want) {
				t.Errorf("columns %v, want %v", got, want)
			}
			if r.block("amount") != nil || strings.Contains(string(r.body), "601.25") {
				t.Errorf("the clerk reads an amount: %s", r.body)
			}
			site := labor.do("POST", sheetPrints+"day_labor_site", body).want(http.StatusOK, "")
			if site.block("amount") != nil || slices.Contains(names(site.block("lines"), "columns"), "rate") {
				t.Errorf("the site copy has prices: %s", site.body)
			}
		})
		t.Run("signed by those the run came to", func(t *testing.T) {
			r := clerk.do("POST", sheetPrints+"day_labor_sheet", body).want(http.StatusOK, "")
			if got := names(r.block("signs"), "boxes"); !equal(got, []string{"team_leader", "clerk", "project_manager"}) {
				t.Errorf("boxes %v", got)
			}
			if got := fmt.Sprint(r.block("signs")["boxes"]); !strings.Contains(got, "孙国强") || !strings.Contains(got, "赵建华") {
				t.Errorf("boxes %s", got)
			}
		})
		t.Run("what goes on paper is counted, a preview is not", func(t *testing.T) {
			for i, want := range []struct {
				final   bool
				printed string
			}{{false, "0"}, {true, "1"}, {false, "1"}, {true, "2"}} {
				r := clerk.do("POST", sheetPrints+"day_labor_sheet", object{"records": []string{id}, "final": want.final}).want(http.StatusOK, "")
				if got := fmt.Sprint(r.at("documents.0.printed")); got != want.printed || r.at("preview") == want.final {
					t.Errorf("print %d is copy %s, want %s", i, got, want.printed)
				}
			}
			other := clerk.do("POST", sheetPrints+"day_labor_site", object{"records": []string{id}, "final": true}).want(http.StatusOK, "")
			if got := other.at("documents.0.printed"); got != number("1") {
				t.Errorf("another print of the sheet is copy %v", got)
			}
			admin := w.signIn("admin")
			list := admin.do("GET", "/entities/printing/records", nil).want(http.StatusOK, "")
			records, _ := list.at("records").([]any)
			if len(records) != 2 {
				t.Errorf("counts: %s", list.body)
			}
			if rev := clerk.do("GET", sheets+"/"+id, nil).at("rev"); rev != number("3") {
				t.Errorf("printing changed the sheet: revision %v", rev)
			}
		})
		t.Run("refused", func(t *testing.T) {
			auditor, foreman := w.signIn("auditor"), w.signIn("foreman")
			auditor.do("POST", sheetPrints+"day_labor_sheet", body).want(http.StatusForbidden, "forbidden")
			foreman.do("POST", sheetPrints+"day_labor_sheet", body).want(http.StatusForbidden, "forbidden")
			clerk.do("POST", sheetPrints+"wage_sheet", body).want(http.StatusNotFound, "not_found")
			clerk.do("POST", sheetPrints+"nothing", body).want(http.StatusNotFound, "not_found")
			clerk.do("POST", sheetPrints+"day_labor_sheet", object{"records": []string{id, "gone"}}).want(http.StatusNotFound, "not_found")
			clerk.do("POST", sheetPrints+"day_labor_sheet", object{"records": []string{}}).want(http.StatusBadRequest, "bad_parameter")
		})
		t.Run("offered to those who may print", func(t *testing.T) {
			for who, want := range map[string]string{"clerk": "day_labor_sheet day_labor_sheet_approval day_labor_site", "auditor": ""} {
				r := w.signIn(who).do("GET", "/entities/day_labor_sheet/bundle", nil).want(http.StatusOK, "")
				if got := strings.Join(names(r.content, "prints"), " "); got != want {
					t.Errorf("%s is offered %q, want %q", who, got, want)
				}
			}
		})
	})
}

func TestPayslips(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		w.approvedSheet("2026-06-02")
		w.clock.pass(28 * 24 * 3600 * 1e9) // the month is over
		labor := w.signIn("labor")
		project := labor.choice("project", "P1", object{})
		lines := []object{}
		for _, code := range []string{"W01", "W02"} {
			lines = append(lines, object{"worker": labor.choice("lines.worker", code, object{"project": project})})
		}
		made := labor.do("POST", "/entities/wage_sheet/records", object{"values": object{"project": project, "month": "2026-06", "lines": lines}}).want(http.StatusCreated, "")
		body := object{"records": []string{made.text("id")}, "final": true}
		slips := labor.do("POST", "/entities/wage_sheet/prints/wage_slip", body).want(http.StatusOK, "")
		documents, _ := slips.at("documents").([]any)
		if len(documents) != 2 || slips.at("page.perPage") != number("3") {
			t.Fatalf("slips: %s", slips.body)
		}
		text := string(slips.body)
		for _, want := range []string{"2026年6月工资条", "大写", `"value":"8 + 2"`, `"value":"7.5 + 0"`} {
			if !strings.Contains(text, want) {
				t.Errorf("%s is not on the slips: %s", want, text)
			}
		}
		if got := slips.at("documents.1.printed"); got != number("1") {
			t.Errorf("two slips of one sheet are copy %v", got)
		}
		whole := labor.do("POST", "/entities/wage_sheet/prints/wage_sheet", body).want(http.StatusOK, "")
		if columns := names(whole.block("lines"), "columns"); !slices.Contains(columns, "id_no") || !slices.Contains(columns, "card") {
			t.Errorf("columns %v", columns)
		}
		cashier := w.signIn("cashier").do("POST", "/entities/wage_sheet/prints/wage_sheet", body).want(http.StatusOK, "")
		if columns := names(cashier.block("lines"), "columns"); slices.Contains(columns, "id_no") || !slices.Contains(columns, "card") {
			t.Errorf("the cashier, from whom id numbers are hidden, has columns %v", columns)
		}
		personal := w.printed("wage_sheet")
		if len(personal) != 2 || !equal(personal[0].Personal, []string{"lines.bank_card_no", "lines.worker.id_no"}) || personal[0].Copy != 1 ||
			!equal(personal[1].Personal, []string{"lines.bank_card_no"}) || personal[1].Copy != 2 {
			t.Errorf("the log says %+v", personal)
		}
	})
}

// printed reads what the log of the company says about a print, oldest first.
func (w *world) printed(print string) []printing.Printed {
	w.t.Helper()
	db, err := w.engine.Tenants.Store(w.t.Context(), "demo")
	w.must(err)
	counts, err := db.Find(w.t.Context(), query.Query{Collection: def.EntityPrinting, Limit: 500})
	w.must(err)
	for _, count := range counts.Docs {
		w.must(db.Settle(w.t.Context(), def.EntityPrinting, count.ID))
	}
	var found []printing.Printed
	for after := int64(0); ; {
		events, err := db.Events(w.t.Context(), after, 500)
		w.must(err)
		if len(events) == 0 {
			return found
		}
		for _, e := range events {
			after = e.Seq
			if e.Entity != def.EntityPrinting {
				continue
			}
			var p printing.Printed
			w.must(json.Unmarshal(e.Data, &p))
			if p.Print == print {
				found = append(found, p)
			}
		}
	}
}

func TestAMonthOfAttendanceOnPaper(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		w.approvedSheet("2026-06-01")
		w.approvedSheet("2026-06-02")
		labor := w.signIn("labor")
		if r := labor.do("GET", "/datasets/labor_attendance/prints", nil).want(http.StatusOK, ""); !strings.Contains(string(r.body), `"attendance"`) {
			t.Errorf("prints: %s", r.body)
		}
		const path = "/datasets/labor_attendance/prints/attendance"
		r := labor.do("POST", path, object{"params": object{"month": "2026-06"}, "final": true}).want(http.StatusOK, "")
		days, _ := r.block("days")["matrix"].(object)
		if list, _ := days["days"].([]any); len(list) != 30 {
			t.Fatalf("days: %s", r.body)
		}
		rows, _ := days["rows"].([]any)
		first, _ := rows[0].(object)
		cells, _ := first["cells"].([]any)
		if len(rows) != 2 || len(cells) != 2 || fmt.Sprint(first["totals"]) != "[16 4]" {
			t.Fatalf("rows: %v", rows)
		}
		normal, _ := cells[0].([]any)
		if fmt.Sprint(normal[:3]) != "[8 8 <nil>]" {
			t.Errorf("normal hours: %v", normal)
		}
		again := labor.do("POST", path, object{"params": object{"month": "2026-06"}, "final": true}).want(http.StatusOK, "")
		may := labor.do("POST", path, object{"params": object{"month": "2026-05"}, "final": true}).want(http.StatusOK, "")
		empty, _ := may.block("days")["matrix"].(object)
		if list, _ := empty["days"].([]any); len(list) != 31 || empty["rows"] == nil {
			t.Errorf("a month without work: %v", empty)
		}
		if again.at("documents.0.printed") != number("2") || may.at("documents.0.printed") != number("1") {
			t.Errorf("copies %v and %v", again.at("documents.0.printed"), may.at("documents.0.printed"))
		}
		labor.do("POST", path, object{"params": object{"month": "June"}}).want(http.StatusUnprocessableEntity, "invalid")
		w.signIn("cashier").do("POST", path, object{}).want(http.StatusNotFound, "not_found")
	})
}

func TestPrintsAtTheSameTimeAreDifferentCopies(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		id := w.approvedSheet("2026-06-02")
		labor := w.signIn("labor")
		const many = 8
		copies := make(chan string, many)
		for range many {
			go func() {
				r, err := labor.try("POST", sheetPrints+"day_labor_sheet", object{"records": []string{id}, "final": true})
				copies <- fmt.Sprintf("%v %v", r.at("documents.0.printed"), err)
			}()
		}
		seen := map[string]bool{}
		for range many {
			seen[<-copies] = true
		}
		for i := 1; i <= many; i++ {
			if !seen[fmt.Sprintf("%d <nil>", i)] {
				t.Errorf("no copy %d: %v", i, seen)
			}
		}
	})
}

// TestTextsOfAPrint: a text made from what the reader does not see falls out, unless the print says that it discloses; the
// fields themselves never show.
func TestTextsOfAPrint(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		id := w.approvedSheet("2026-06-02")
		admin, clerk := w.signIn("admin"), w.signIn("clerk")
		const blocks = `"entity":"day_labor_sheet","blocks":[{"name":"sum","type":"text","text":"${project}: ${total_amount}"},
			{"name":"far","type":"text","text":"${project.manager}"},{"name":"rich","type":"text","when":"total_amount > 100","text":"much"},
			{"name":"head","type":"title","text":"点工","x-i18n":{"en":{"text":"Labor of ${work_date}"}}},
			{"name":"facts","type":"fields","items":[{"name":"no","field":"no"},{"name":"sum","field":"total_amount"}]}]}`
		admin.do("PUT", "/draft/prints/closed", `{"name":"closed","title":"C",`+blocks).want(http.StatusNoContent, "")
		admin.do("PUT", "/draft/prints/open", `{"name":"open","title":"O","discloses":true,`+blocks).want(http.StatusNoContent, "")
		admin.do("POST", "/draft/publish", object{"note": "prints"}).want(http.StatusOK, "")
		body := object{"records": []string{id}}
		closed := clerk.do("POST", sheetPrints+"closed", body).want(http.StatusOK, "")
		if got := names(object{"blocks": closed.at("documents.0.blocks")}, "blocks"); !equal(got, []string{"far", "head", "facts"}) {
			t.Errorf("blocks %v", got)
		}
		if text := closed.block("far")["text"]; text != "赵建华" {
			t.Errorf("the manager behind the project: %v", text)
		}
		open := clerk.do("POST", sheetPrints+"open", body).want(http.StatusOK, "")
		if text := fmt.Sprint(open.block("sum")["text"]); !strings.HasSuffix(text, ": 601.25") || open.block("rich") == nil {
			t.Errorf("disclosed %q: %s", text, open.body)
		}
		if got := names(open.block("facts"), "items"); !equal(got, []string{"no"}) {
			t.Errorf("fields %v", got)
		}
		english := clerk.do("POST", sheetPrints+"closed", body, header("Accept-Language: en")).want(http.StatusOK, "")
		if text := english.block("head")["text"]; text != "Labor of 2026-06-02" {
			t.Errorf("the title in English: %v", text)
		}
		admin.do("PUT", "/draft/prints/closed", `{"name":"closed","title":"C","entity":"day_labor_sheet","blocks":[{"name":"b","type":"text","text":"${amount}"}]}`).want(http.StatusNoContent, "")
		refused := admin.do("POST", "/draft/publish", object{"note": "prints"}).want(http.StatusUnprocessableEntity, "definitions_refused")
		if refused.text("findings.0.code") != "unknown_name" || refused.text("findings.0.path") != "/blocks/0/text" {
			t.Errorf("findings: %s", refused.body)
		}
	})
}

package api_test

import (
	"net/http"
	"testing"
)

// TestFormulasKnowTheCompanysCalendar: workdays are those of its calendar, on the server and, by the bundle, in the browser.
func TestFormulasKnowTheCompanysCalendar(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin := w.signIn("admin")
		admin.publish([2]string{"entities/trip", `{"name": "trip", "title": "出差", "type": "object", "x-display": "title", "required": ["title"],
			"properties": {"title": {"type": "string", "x-type": "text", "title": "事由"},
			"start": {"type": "string", "format": "date", "x-type": "date", "title": "开始"}, "end": {"type": "string", "format": "date", "x-type": "date", "title": "结束"},
			"length": {"type": "integer", "x-type": "integer", "title": "工作日", "x-compute": "workdays(start, end)"},
			"back": {"type": "string", "format": "date", "x-type": "date", "title": "报销截止", "x-compute": "add_workdays(end, 3)"}}}`})
		values := object{"title": "看样板", "start": "2031-10-06", "end": "2031-10-17"}
		plain := admin.do("POST", "/entities/trip/records", object{"values": values}).want(http.StatusCreated, "")
		if plain.at("values.length") != number("10") || plain.text("values.back") != "2031-10-22" {
			t.Errorf("without a calendar: %s", plain.body)
		}
		for date, kind := range map[string]string{
			"2031-10-06": "holiday", "2031-10-07": "holiday", "2031-10-11": "workday", "2031-10-13": "workday", "2031-10-20": "restday",
		} {
			admin.do("POST", "/entities/work_calendar/records", object{"values": object{"date": date, "day_type": kind}}).want(http.StatusCreated, "")
		}
		w.until("the calendar in force", func() bool {
			made := admin.do("POST", "/entities/trip/records", object{"values": values}).want(http.StatusCreated, "")
			return made.at("values.length") == number("9") && made.text("values.back") == "2031-10-23"
		})
		bundle := admin.do("GET", "/entities/trip/bundle", nil).want(http.StatusOK, "")
		calendar, _ := bundle.at("calendar").(object)
		_, usual := calendar["2031-10-13"]
		if usual || calendar["2031-10-11"] != true || calendar["2031-10-06"] != false {
			t.Errorf("calendar of the bundle: %v", calendar)
		}
	})
}

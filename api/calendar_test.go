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
			"days": {"type": "integer", "x-type": "integer", "title": "工作日", "x-compute": "workdays(start, end)"},
			"back": {"type": "string", "format": "date", "x-type": "date", "title": "报销截止", "x-compute": "add_workdays(end, 3)"}}}`})
		values := object{"title": "看样板", "start": "2026-09-28", "end": "2026-10-11"}
		plain := admin.do("POST", "/entities/trip/records", object{"values": values}).want(http.StatusCreated, "")
		if plain.at("values.days") != number("10") || plain.text("values.back") != "2026-10-14" {
			t.Errorf("without a calendar: %s", plain.body)
		}
		// The national holiday, and the Sunday worked for it.
		for date, kind := range map[string]string{
			"2026-10-01": "holiday", "2026-10-02": "holiday", "2026-10-05": "holiday", "2026-10-06": "holiday", "2026-10-07": "holiday",
			"2026-10-10": "workday", "2026-10-12": "restday",
		} {
			admin.do("POST", "/entities/work_calendar/records", object{"values": object{"date": date, "day_type": kind}}).want(http.StatusCreated, "")
		}
		w.eventually("the calendar in force", func() bool {
			made := admin.do("POST", "/entities/trip/records", object{"values": values}).want(http.StatusCreated, "")
			return made.at("values.days") == number("6") && made.text("values.back") == "2026-10-15"
		})
		bundle := admin.do("GET", "/entities/trip/bundle", nil).want(http.StatusOK, "")
		calendar, _ := bundle.at("calendar").(object)
		if len(calendar) != 7 || calendar["2026-10-10"] != true || calendar["2026-10-01"] != false {
			t.Errorf("calendar of the bundle: %v", calendar)
		}
	})
}

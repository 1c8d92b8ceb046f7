package api_test

import (
	"fmt"
	"net/http"
	"testing"
)

// withWeather publishes a field of the company's own on the sheet, as its administrator does in the designer.
func (c *client) withWeather() {
	c.w.t.Helper()
	sheet := c.do("GET", "/definitions/entities/day_labor_sheet", nil).want(http.StatusOK, "").content
	fields, _ := sheet["properties"].(object)
	fields["weather"] = object{"type": "string", "x-type": "text", "title": "天气", "maxLength": 20}
	c.do("PUT", "/draft/entities/day_labor_sheet", sheet).want(http.StatusNoContent, "")
	c.do("POST", "/draft/publish", object{"note": "weather"}).want(http.StatusOK, "")
}

// payTwice changes the overtime policy of the company.
func (c *client) payTwice() {
	c.w.t.Helper()
	const policies = "/entities/labor_policy/records"
	list := c.do("GET", escapeQuery(policies+`?filter={"field":"code","op":"eq","value":"LP01"}`), nil).want(http.StatusOK, "")
	id := list.text("records.0.id")
	rev := header(fmt.Sprintf(`If-Match: "%v"`, list.at("records.0.rev")))
	c.do("PATCH", policies+"/"+id, object{"values": object{"ot_factor": "2"}}, rev).want(http.StatusOK, "")
}

// Two companies with the labor template: one pays overtime by another rule and asks for the weather. The other neither
// sees nor feels it, nor anything else of its neighbor.
func TestTwoCompaniesOfLabor(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		w.found("other", "other-")
		w.signIn("admin").withWeather()
		w.signIn("labor").payTwice()

		ids := map[string]string{}
		for _, company := range []struct {
			prefix, weather, total string
		}{
			{"", "晴", "633.75"},      // 260 a day: 8 hours and 2 of overtime at twice the rate, 7.5 hours at 260
			{"other-", "", "601.25"}, // at one and a half
		} {
			clerk := w.signIn(company.prefix + "clerk")
			sheet := clerk.sheet("2026-06-02")
			if company.weather != "" {
				sheet["weather"] = company.weather
			}
			made := clerk.do("POST", sheets, object{"values": sheet, "submit": true}).want(http.StatusCreated, "")
			ids[company.prefix] = made.text("id")
			seen := w.signIn(company.prefix+"labor").do("GET", sheets+"/"+made.text("id"), nil).want(http.StatusOK, "")
			if seen.text("values.total_amount") != company.total || seen.text("values.weather") != company.weather {
				t.Errorf("company %q: %v, %v", company.prefix, seen.at("values.total_amount"), seen.at("values.weather"))
			}
		}

		stranger := w.signIn("other-clerk")
		sheet := stranger.sheet("2026-06-01")
		sheet["weather"] = "晴"
		unknown := stranger.do("POST", sheets, object{"values": sheet}).want(http.StatusUnprocessableEntity, "invalid")
		if unknown.text("problems.0.field") != "weather" || unknown.text("problems.0.code") != "unknown_field" {
			t.Errorf("the neighbor's field: %s", unknown.body)
		}
		bundle := stranger.do("GET", "/entities/day_labor_sheet/bundle", nil).want(http.StatusOK, "")
		if bundle.at("entity.properties.weather") != nil || bundle.at("entity.properties.lines") == nil {
			t.Error("the neighbor's field is in the bundle")
		}
		for _, account := range []string{"other-clerk", "other-manager", "other-admin"} {
			w.signIn(account).do("GET", sheets+"/"+ids[""], nil).want(http.StatusNotFound, "not_found")
		}
		versions := w.signIn("other-admin").do("GET", "/versions", nil).want(http.StatusOK, "")
		if versions.text("0.note") == "weather" {
			t.Errorf("versions %s", versions.body)
		}
		total := w.signIn("other-labor").do("POST", "/datasets/labor_by_project/run", object{"params": object{"from": "2026-06-01", "to": "2026-06-30"}})
		if rows, _ := total.want(http.StatusOK, "").at("rows").([]any); len(rows) != 0 {
			t.Errorf("nothing is approved, the report has %s", total.body)
		}
	})
}

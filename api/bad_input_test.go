package api_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestBadInput sends what must be refused, and looks that nothing was stored by it.
func TestBadInput(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		clerk := w.signIn("clerk")
		good := clerk.sheet("2026-06-02")
		with := func(field string, value any) object {
			values := object{}
			for k, v := range good {
				values[k] = v
			}
			values[field] = value
			return object{"values": values, "submit": true}
		}
		line := func(field string, value any) object {
			rows, _ := good["lines"].([]object)
			row := object{"worker": rows[0]["worker"], "normal_hours": "8", "ot_hours": "0"}
			row[field] = value
			return with("lines", []object{row})
		}
		tests := []struct {
			name   string
			body   any
			status int
			code   string
			field  string // of the first problem, its row's _id left out
			reason string // code of the first problem
		}{
			{"unknown key", `{"values": {}, "state": "approved"}`, 400, "unknown_key", "", ""},
			{"key in another case", `{"VALUES": {}}`, 400, "unknown_key", "", ""},
			{"duplicate key", `{"values": {"no": "1", "no": "2"}}`, 400, "duplicate_key", "", ""},
			{"not JSON", `{"values": `, 400, "malformed", "", ""},
			{"too deep", `{"values": ` + strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200) + `}`, 400, "too_deep", "", ""},
			{"zero character", `{"values": {"work_content": "a\u0000"}}`, 400, "malformed", "", ""},
			{"unknown field", with("salary", "1"), 422, "invalid", "salary", "unknown_field"},
			{"number for a decimal", line("normal_hours", 8), 422, "invalid", "lines.normal_hours", "type"},
			{"fraction for a decimal", line("normal_hours", 7.5), 422, "invalid", "lines.normal_hours", "type"},
			{"text for a decimal", line("normal_hours", "eight"), 422, "invalid", "lines.normal_hours", "type"},
			{"exponent", line("normal_hours", "8e0"), 422, "invalid", "lines.normal_hours", "type"},
			{"too many places", line("normal_hours", "7.25"), 422, "invalid", "lines.normal_hours", "scale"},
			{"over the maximum", line("normal_hours", "24.5"), 422, "invalid", "lines.normal_hours", "max"},
			{"below the minimum", line("ot_hours", "-1"), 422, "invalid", "lines.ot_hours", "min"},
			{"no half hours", line("normal_hours", "7.3"), 422, "invalid", "lines.normal_hours", "hours_over_daily_limit"},
			{"no date", with("work_date", "2026-02-30"), 422, "invalid", "work_date", "type"},
			{"day of tomorrow", with("work_date", "2026-06-04"), 422, "invalid", "work_date", "date_not_allowed"},
			{"unknown option", with("reason_type", "holiday"), 422, "invalid", "reason_type", "option"},
			{"unknown record", with("project", "01ARZ3NDEKTSV4RRFFQ69G5FAV"), 422, "invalid", "project", "reference"},
			{"injection for an id", with("project", object{"$ne": ""}), 422, "invalid", "project", ""},
			{"no lines", with("lines", []object{}), 422, "invalid", "lines", ""},
			{"text too long", with("work_content", strings.Repeat("长", 5000)), 422, "invalid", "work_content", "length"},
			{"required is missing", with("work_content", nil), 422, "invalid", "work_content", "required"},
			{"10 MB", `{"values": {"work_content": "` + strings.Repeat("x", 10<<20) + `"}}`, 413, "too_large", "", ""},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				r := clerk.do("POST", sheets, tt.body)
				r.t = t
				r.want(tt.status, tt.code)
				field := rowID.ReplaceAllString(r.text("problems.0.field"), "")
				if tt.field != "" && field != tt.field {
					t.Errorf("problem at %q, want %q: %s", field, tt.field, r.body)
				}
				if reason := r.text("problems.0.code"); tt.reason != "" && reason != tt.reason {
					t.Errorf("problem %q, want %q: %s", reason, tt.reason, r.body)
				}
			})
		}
		if n := clerk.do("GET", sheets+"?count=true", nil).at("count.n"); n != number("0") {
			t.Errorf("%v sheets are stored after nothing but refusals", n)
		}
	})
}

// TestBadQuestions asks for lists in ways that must be refused.
func TestBadQuestions(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		clerk := w.signIn("clerk")
		tests := []struct{ name, path, code string }{
			{"filter is no JSON", sheets + "?filter=nonsense", "filter_syntax"},
			{"unknown field", sheets + `?filter={"field":"salary","op":"eq","value":"1"}`, "filter_unknown_field"},
			{"unknown operator", sheets + `?filter={"field":"work_date","op":"like","value":"2026-06-01"}`, "filter_unknown_operator"},
			{"operator of another type", sheets + `?filter={"field":"lines","op":"gt","value":"1"}`, "filter_operator_type"},
			{"value of another type", sheets + `?filter={"field":"work_date","op":"eq","value":"yesterday"}`, "filter_value_type"},
			{"operator injection", sheets + `?filter={"field":"no","op":"eq","value":{"$gt":""}}`, "filter_syntax"},
			{"too deep", sheets + "?filter=" + strings.Repeat(`{"not":`, 20) + `{"and":[]}` + strings.Repeat("}", 20), "filter_too_deep"},
			{"unknown variable", sheets + `?filter={"field":"no","op":"eq","value":{"var":"env.secret"}}`, "filter_unknown_variable"},
			{"unknown sort field", sheets + "?sort=salary", "filter_unknown_field"},
			{"unknown parameter", sheets + "?colour=red", "unknown_parameter"},
			{"limit is no number", sheets + "?limit=many", "bad_parameter"},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				r := clerk.do("GET", escapeQuery(tt.path), nil)
				r.t = t
				r.want(http.StatusBadRequest, tt.code)
			})
		}
	})
}

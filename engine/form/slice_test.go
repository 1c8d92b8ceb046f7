package form

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// clerk may not see rates and pay, nor the entity worker_rate and contracts' prices.
func clerk(entity, path string) bool {
	hidden := []string{"lines.day_rate", "lines.normal_pay", "lines.ot_pay", "lines.line_amount", "total_amount", "chargeback_amount"}
	switch entity {
	case "day_labor_sheet":
		return !slices.Contains(hidden, path)
	case "worker_rate", "expense_contract":
		return false
	case "worker":
		return path != "id_no" && path != "phone"
	}
	return true
}

func everything(string, string) bool { return true }

func sliceOf(tb testing.TB, readable func(entity, path string) bool) (*Form, string) {
	tb.Helper()
	cat := labor(tb)
	raw, err := Slice(cat, "day_labor_sheet", Layout{Form: cat.Forms["day_labor_sheet"]}, readable)
	if err != nil {
		tb.Fatal(err)
	}
	f, err := OpenSlice(raw)
	if err != nil {
		tb.Fatal(err)
	}
	return f, string(raw)
}

func TestSliceOfEverythingComputesTheSame(t *testing.T) {
	cat := labor(t)
	full := mustCompile(t, cat, "day_labor_sheet", Layout{Form: cat.Forms["day_labor_sheet"]})
	cut, _ := sliceOf(t, everything)
	in := Input{Values: sheet("P1", "T2", "2026-06-19", entry("W1", "8", "2"), entry("W3", "9.5", "0")), Context: on("2026-06-20")}
	in.Context.Event = Submit
	want := newOffice(t, full).evaluate(in)
	got := newOffice(t, cut).evaluate(in)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the slice makes\n%v\nthe catalog\n%v", got, want)
	}
}

func TestSliceForTheClerk(t *testing.T) {
	f, raw := sliceOf(t, clerk)
	for _, secret := range []string{"day_rate", "normal_pay", "worker_rate", "total_amount", "chargeback_amount", "day_rates", "id_no"} {
		if strings.Contains(raw, secret) {
			t.Errorf("the slice tells of %s", secret)
		}
	}
	result := newOffice(t, f).evaluate(Input{Values: sheet("P1", "T1", "2026-06-01", entry("W1", "8", "2")), Context: on("2026-06-01")})
	wantCodes(t, result.Problems)
	wantValues(t, result.Values, Values{"total_gong": "1.2500", "head_count": int64(1), "total_hours": "10"})
	wantValues(t, rowsOf(result.Values, "lines")[0], Values{"pay_factor": "1", "normal_gong": "1.0000"})
	for _, need := range f.Needs().Records {
		if need.Entity == "worker_rate" || need.Entity == "expense_contract" {
			t.Errorf("the clerk's browser would ask for %v", need)
		}
	}
}

func TestSliceLeavesTotalsOfHiddenFieldsToTheServer(t *testing.T) {
	f, _ := sliceOf(t, func(_, path string) bool { return path != "lines.day_rate" })
	var server []string
	for _, field := range f.Entity().AllFields() {
		if field.Plain["x-server"] != nil {
			server = append(server, field.Path)
		}
	}
	slices.Sort(server)
	want := []string{"chargeback_amount", "lines.line_amount", "lines.normal_pay", "lines.ot_pay", "total_amount"}
	if !slices.Equal(server, want) {
		t.Errorf("server computes %q, want %q", server, want)
	}
	stored := sheet("P1", "T1", "2026-06-01", Values{"_id": "r1", "worker": "W1", "pay_type": "day", "normal_hours": "8", "ot_hours": "0", "line_amount": "320.00"})
	stored["total_amount"] = "320.00"
	s := Open(f, Input{Values: stored, Stored: stored, Context: on("2026-06-01")})
	newOffice(t, f).settle(s)
	if got := s.Values()["total_amount"]; got != "320.00" {
		t.Errorf("total %v, want the stored one", got)
	}
	if !s.states()["total_amount"].Pending || !s.states()["lines[r1].line_amount"].Pending {
		t.Error("what the server computes is not marked as pending")
	}
	s.Set("lines[r1].normal_hours", "4")
	wantValues(t, s.Patch(), Values{"total_amount": nil, "lines": []any{Values{"_id": "r1", "normal_hours": "4"}}})
}

func TestReadsFollowsFormulasAndLookups(t *testing.T) {
	f := mustCompile(t, labor(t), "day_labor_sheet", Layout{})
	reads := f.Reads("total_amount")
	for _, want := range []FieldRead{
		{"day_labor_sheet", "lines.day_rate"},
		{"day_labor_sheet", "work_date"},
		{"worker_rate", "day_rate"},
		{"expense_contract", "day_rates.day_rate"},
		{"labor_policy", "ot_factor"},
		{"labor_team", "pay_mode"},
		{"work_calendar", "day_type"},
		{"project", "labor_policy"},
		{"worker", "trade"},
	} {
		if !slices.Contains(reads, want) {
			t.Errorf("total_amount does not read %v, only %v", want, reads)
		}
	}
	if slices.ContainsFunc(f.Reads("total_hours"), func(r FieldRead) bool { return strings.Contains(r.Path, "rate") }) {
		t.Errorf("total_hours reads %v", f.Reads("total_hours"))
	}
}

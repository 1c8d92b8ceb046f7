package report_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"formwork/engine/access"
	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/report"
)

// filled writes the rows a button gives, the columns in the order worker, hours, pay, note.
func filled(answer report.Filled) []string {
	rows := make([]string, len(answer.Rows))
	for i, row := range answer.Rows {
		var cells []string
		for _, column := range []string{"worker", "hours", "pay", "note"} {
			if value, ok := row[column]; ok {
				cells = append(cells, fmt.Sprint(value))
			}
		}
		rows[i] = strings.Join(cells, " ")
	}
	return rows
}

func TestButtonsFillTables(t *testing.T) {
	onStores(t, func(w *world) {
		w.june()
		clerk := access.Actor{Tenant: tenantName, ID: "u_clerk", Name: "Clerk", Roles: []string{"clerk"}}
		tests := []struct {
			name   string
			reader access.Actor
			fill   string
			values form.Values
			mode   string
			rows   []string
			ref    string // the first worker's name
		}{
			{
				"the rows of the last sheet of the team", boss, "copy_last",
				form.Values{"team": "t1"},
				"add",
				[]string{"w1 8 260.00"},
				"王一",
			},
			{"without what the reader does not see", clerk, "copy_last", form.Values{"team": "t1"}, "add", []string{"w1 8"}, ""},
			{"no sheet before", boss, "copy_last", form.Values{"team": "t9"}, "add", []string{}, ""},
			{"the people of a team", boss, "whole_team", form.Values{"team": "t1"}, "add", []string{"w2 李二", "w1 王一"}, "李二"},
			{
				"a dataset with params of the record", boss, "worked",
				form.Values{"project": "p1", "work_date": "2026-06-02"},
				"replace",
				[]string{"w3 4", "w1 8"},
				"张三",
			},
			{"a dataset of rows the reader may not see", manager, "worked", form.Values{"project": "p2", "work_date": "2026-06-02"}, "replace", []string{}, ""},
		}
		for _, tt := range tests {
			answer, err := w.reports.Fill(w.ctx, tt.reader, report.FillInput{Form: "sheet", Fill: tt.fill, Values: tt.values})
			if err != nil {
				w.Fatalf("%s: %v", tt.name, err)
			}
			if answer.Table != "lines" || !slices.Equal(answer.Keys, []string{"worker"}) || answer.Mode != tt.mode || answer.Cut {
				w.Errorf("%s: %+v", tt.name, answer)
			}
			if got := filled(answer); !slices.Equal(got, tt.rows) {
				w.Errorf("%s: got %q, want %q", tt.name, got, tt.rows)
			}
			if tt.ref != "" {
				if got := answer.Refs[fmt.Sprint("worker/", answer.Rows[0]["worker"])]; got != tt.ref {
					w.Errorf("%s: the first is called %q, want %q", tt.name, got, tt.ref)
				}
			}
		}
	})
}

func TestButtonsRefuse(t *testing.T) {
	w := newWorld(t, openSQLite(t)).june()
	press := func(reader access.Actor, layout, fill string, values form.Values) error {
		_, err := w.reports.Fill(w.ctx, reader, report.FillInput{Form: layout, Fill: fill, Values: values})
		return err
	}
	if err := press(boss, "nothing", "worked", nil); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("unknown form: %v", err)
	}
	if err := press(boss, "sheet", "nothing", nil); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("unknown button: %v", err)
	}
	all := form.Values{"project": "p1", "work_date": "2026-06-02", "team": "t1"}
	if err := press(nobody, "sheet", "worked", all); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a dataset he may not run: %v", err)
	}
	if err := press(nobody, "sheet", "whole_team", all); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("records he may not read: %v", err)
	}
	var invalid *record.InvalidError
	err := press(boss, "sheet", "worked", form.Values{"project": ""})
	if !errors.As(err, &invalid) || len(invalid.Problems) != 2 || invalid.Problems[0].Field != "project" || invalid.Problems[1].Field != "work_date" ||
		invalid.Problems[0].Code != "required" {
		t.Errorf("without what it depends on: %v", err)
	}
}

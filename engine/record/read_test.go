package record_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

func (w *world) list(actor access.Actor, entity string, in record.ListInput) record.List {
	w.Helper()
	list, err := w.records.List(w.ctx, actor, entity, in)
	if err != nil {
		w.Fatalf("list %s by %s: %v", entity, actor.ID, err)
	}
	return list
}

func idsOf(list record.List) []string {
	ids := []string{}
	for _, rec := range list.Records {
		ids = append(ids, rec.ID)
	}
	slices.Sort(ids)
	return ids
}

// Who sees which sheet, and what of it.
func TestRowsAndFieldsByReader(t *testing.T) {
	w := newWorld(t).furnish()
	one := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1")))
	two := w.create(outsider, "day_labor_sheet", form.Values{"project": "p2", "team": "t2", "work_date": "2026-06-01", "lines": []any{line("w9")}})
	tests := []struct {
		reader access.Actor
		sees   []string
		total  bool // total_amount
		rate   bool // lines.day_rate
	}{
		{clerk, []string{one.ID}, false, false},
		{clerk2, []string{one.ID}, false, false},
		{outsider, []string{two.ID}, false, false},
		{laborer, []string{one.ID, two.ID}, true, true},
		{foreman, []string{one.ID}, false, true},
		{chief, []string{two.ID}, false, true}, // through the inherited role
		{manager, []string{one.ID, two.ID}, true, true},
		{engine, []string{one.ID, two.ID}, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.reader.ID, func(t *testing.T) {
			list := w.list(tt.reader, "day_labor_sheet", record.ListInput{})
			slices.Sort(tt.sees)
			if got := idsOf(list); !slices.Equal(got, tt.sees) {
				t.Fatalf("sees %v, want %v", got, tt.sees)
			}
			for _, rec := range list.Records {
				if _, total := rec.Values["total_amount"]; total != tt.total {
					t.Errorf("total shown: %v, want %v", total, tt.total)
				}
				row := linesOf(rec)[0]
				if _, rate := row["day_rate"]; rate != tt.rate {
					t.Errorf("rate shown: %v, want %v", rate, tt.rate)
				}
			}
			for _, id := range []string{one.ID, two.ID} {
				_, err := w.records.Get(w.ctx, tt.reader, "day_labor_sheet", id)
				if slices.Contains(tt.sees, id) != (err == nil) || (err != nil && !errors.Is(err, record.ErrNotFound)) {
					t.Errorf("get %s: %v", id, err)
				}
			}
		})
	}
	if _, err := w.records.List(w.ctx, nobody, "day_labor_sheet", record.ListInput{}); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("nobody lists: %v", err)
	}
}

func TestPersonalFieldsAreMaskedUnlessNamed(t *testing.T) {
	w := newWorld(t).furnish()
	tests := []struct {
		reader access.Actor
		id     string
		phone  string
		masked []string
	}{
		{clerk, "3201**********0001", "139****0001", []string{"id_no", "phone"}},
		{laborer, "320106198001010001", "13900000001", nil},
		{manager, "320106198001010001", "13900000001", nil},
	}
	for _, tt := range tests {
		rec, err := w.records.Get(w.ctx, tt.reader, "worker", "w1")
		if err != nil {
			t.Fatal(err)
		}
		if rec.Values["id_no"] != tt.id || rec.Values["phone"] != tt.phone || !slices.Equal(rec.Masked, tt.masked) {
			t.Errorf("%s sees %v %v, masked %v", tt.reader.ID, rec.Values["id_no"], rec.Values["phone"], rec.Masked)
		}
	}
	// A masked value sent back is not a new value, and not accepted as one.
	_, err := w.records.Patch(w.ctx, laborer, "worker", "w1", record.PatchInput{Values: form.Values{"phone": "139****0001"}})
	var denied *access.FieldError
	if !errors.As(err, &denied) || denied.Fields[0] != "phone" {
		t.Errorf("write of a read-only field: %v", err)
	}
}

func TestFieldsThatMayNotBeWritten(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1")))
	row := linesOf(rec)[0]["_id"]
	tests := []struct {
		name   string
		values form.Values
		denied []string
	}{
		{"computed fields are ignored", form.Values{"total_amount": "1.00", "no": "X"}, nil},
		{"a hidden computed column is ignored", form.Values{"lines": []any{map[string]any{"_id": row, "day_rate": "1.00"}}}, nil},
		{"a field he may only read", form.Values{"remark": "hello"}, []string{"remark"}},
		{"one of several", form.Values{"work_content": "x", "remark": "hello"}, []string{"remark"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.records.Patch(w.ctx, clerk, "day_labor_sheet", rec.ID, record.PatchInput{Values: tt.values})
			var denied *access.FieldError
			if errors.As(err, &denied) != (tt.denied != nil) || (denied != nil && !slices.Equal(denied.Fields, tt.denied)) {
				t.Errorf("got %v, want %v denied", err, tt.denied)
			}
		})
	}
	_, err := w.records.Create(w.ctx, clerk, "day_labor_sheet", record.CreateInput{Values: sheetWith(sheet("2026-06-01", line("w1")), form.Values{"remark": "x"})})
	var denied *access.FieldError
	if !errors.As(err, &denied) {
		t.Errorf("create with a read-only field: %v", err)
	}
	// A guess at a value he cannot read is refused even when it is right.
	order := w.create(laborer, "order", form.Values{"project": "p1", "amount": "5", "secret": "42"})
	_, err = w.records.Patch(w.ctx, buyer, "order", order.ID, record.PatchInput{Values: form.Values{"secret": "42"}})
	if !errors.Is(err, record.ErrForbidden) {
		t.Errorf("guess on a foreign row: %v", err)
	}
	own := w.create(buyer, "order", form.Values{"project": "p1", "amount": "5", "secret": "42"})
	if _, err = w.records.Patch(w.ctx, buyer, "order", own.ID, record.PatchInput{Values: form.Values{"secret": "43"}}); err != nil {
		t.Errorf("own row: %v", err)
	}
}

func TestCreateAndUpdateStayInsideTheRowFilter(t *testing.T) {
	w := newWorld(t).furnish()
	clerk := person("u_clerk", "site_clerk", "reader") // he sees all projects, but works in one
	_, err := w.records.Create(w.ctx, clerk, "day_labor_sheet", record.CreateInput{
		Values: form.Values{"project": "p2", "team": "t2", "work_date": "2026-06-01", "lines": []any{line("w9")}},
	})
	if !errors.Is(err, record.ErrForbidden) {
		t.Errorf("a sheet of a foreign project: %v", err)
	}
	rec := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1")))
	row := linesOf(rec)[0]["_id"]
	_, err = w.records.Patch(w.ctx, clerk, "day_labor_sheet", rec.ID, record.PatchInput{Values: form.Values{
		"project": "p2", "team": "t2", "lines": []any{map[string]any{"_id": row, "worker": "w9"}},
	}})
	if !errors.Is(err, record.ErrForbidden) {
		t.Errorf("moved out of his project: %v", err)
	}
}

// Neither filter nor sort nor search tells what is hidden.
func TestHiddenFieldsAreNoOracle(t *testing.T) {
	w := newWorld(t).furnish()
	w.create(laborer, "order", form.Values{"project": "p1", "amount": "5", "secret": "gold", "supplier": "宏发建材"})
	own := w.create(buyer, "order", form.Values{"project": "p1", "amount": "5", "secret": "gold", "supplier": "宏发建材"})
	w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1")))
	filter := func(text string) json.RawMessage { return json.RawMessage(text) }
	secret := record.ListInput{Filter: filter(`{"field": "secret", "op": "eq", "value": "gold"}`)}

	list := w.list(buyer, "order", secret)
	if got := idsOf(list); !slices.Equal(got, []string{own.ID}) || !slices.Equal(list.Narrowed, []string{"secret"}) {
		t.Errorf("filter by a field readable in own rows only: %v, narrowed %v", got, list.Narrowed)
	}
	negated := w.list(buyer, "order", record.ListInput{Filter: filter(`{"not": {"field": "secret", "op": "eq", "value": "gold"}}`)})
	if len(negated.Records) != 0 {
		t.Errorf("the negated filter shows %v", idsOf(negated))
	}
	sorted := w.list(buyer, "order", record.ListInput{Sort: []def.Sort{{Field: "secret"}}})
	if got := idsOf(sorted); !slices.Equal(got, []string{own.ID}) {
		t.Errorf("sorted by a hidden field: %v", got)
	}
	tests := []struct {
		name   string
		reader access.Actor
		entity string
		in     record.ListInput
		denied string
	}{
		{"filter", chief, "order", secret, "secret"},
		{"filter inside or", chief, "order", record.ListInput{Filter: filter(`{"or": [{"field": "no", "op": "empty", "value": false}, {"field": "secret", "op": "starts", "value": "g"}]}`)}, "secret"},
		{"sort", chief, "order", record.ListInput{Sort: []def.Sort{{Field: "secret", Dir: "desc"}}}, "secret"},
		{"a hidden column", clerk, "day_labor_sheet", record.ListInput{Filter: filter(`{"field": "lines.day_rate", "op": "gt", "value": "300"}`)}, "lines.day_rate"},
		{"a hidden column through any", clerk, "day_labor_sheet", record.ListInput{Filter: filter(`{"field": "lines", "op": "any", "where": {"field": "day_rate", "op": "gt", "value": "300"}}`)}, "lines.day_rate"},
		{"a masked field", clerk, "worker", record.ListInput{Filter: filter(`{"field": "id_no", "op": "starts", "value": "3201"}`)}, "id_no"},
		{"a masked field behind a reference", laborer, "day_labor_sheet", record.ListInput{Filter: filter(`{"field": "created_by.phone", "op": "empty", "value": false}`)}, "phone"},
		{"the recycle bin", clerk, "worker", record.ListInput{Filter: filter(`{"field": "deleted", "op": "eq", "value": true}`)}, "deleted"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.records.List(w.ctx, tt.reader, tt.entity, tt.in)
			var denied *access.FieldError
			if !errors.As(err, &denied) || !slices.Contains(denied.Fields, tt.denied) {
				t.Errorf("got %v, want %s denied", err, tt.denied)
			}
		})
	}
	// Sums leave hidden values out.
	if totals := w.list(clerk, "day_labor_sheet", record.ListInput{View: "day_labor_sheets", Count: true}).Totals; totals["total_amount"] != "" {
		t.Errorf("the clerk is told a total of %s", totals["total_amount"])
	}
}

// What the reader may not see behind a reference, he cannot ask for through it.
func TestPathsSeeOnlyWhatTheReaderSees(t *testing.T) {
	w := newWorld(t).furnish()
	one := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1")))
	two := w.create(outsider, "day_labor_sheet", form.Values{"project": "p2", "team": "t2", "work_date": "2026-06-01", "lines": []any{line("w9")}})
	by := func(text string) record.ListInput { return record.ListInput{Filter: json.RawMessage(text)} }
	tests := []struct {
		name   string
		reader access.Actor
		filter string
		want   []string
	}{
		{"one step", laborer, `{"field": "team.name", "op": "contains", "value": "木工"}`, []string{one.ID}},
		{"two steps", laborer, `{"field": "team.project.code", "op": "eq", "value": "P2"}`, []string{two.ID}},
		{"three steps", laborer, `{"field": "team.project.policy.std_hours", "op": "eq", "value": "8.0"}`, []string{one.ID, two.ID}},
		{"ne does not match what is missing", laborer, `{"field": "project.manager", "op": "ne", "value": "u_clerk"}`, []string{one.ID}},
		{"empty at the end", laborer, `{"field": "project.manager", "op": "empty", "value": true}`, []string{two.ID}},
		{"not", laborer, `{"not": {"field": "project.code", "op": "eq", "value": "P2"}}`, []string{one.ID}},
		{"a column of rows behind a reference", laborer, `{"field": "project.members.user", "op": "eq", "value": "u_outsider"}`, []string{two.ID}},
		{"through a reference in a row", laborer, `{"field": "lines", "op": "any", "where": {"field": "worker.name", "op": "eq", "value": "工人9"}}`, []string{two.ID}},
		{"inside his projects", clerk, `{"field": "project.code", "op": "in", "value": ["P1", "P2"]}`, []string{one.ID}},
		{"who made it", laborer, `{"field": "created_by.name", "op": "eq", "value": "Name u_clerk"}`, []string{one.ID}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			slices.Sort(tt.want)
			if got := idsOf(w.list(tt.reader, "day_labor_sheet", by(tt.filter))); !slices.Equal(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
		})
	}
	// The clerk has no grant on policies: their hours are hidden from him.
	_, err := w.records.List(w.ctx, clerk, "day_labor_sheet", by(`{"field": "project.policy.std_hours", "op": "eq", "value": "8"}`))
	var denied *access.FieldError
	if !errors.As(err, &denied) {
		t.Errorf("a path into a hidden entity: %v", err)
	}
}

func TestFilterErrors(t *testing.T) {
	w := newWorld(t).furnish()
	tests := map[string]string{
		`{"field": "nothing", "op": "eq", "value": "x"}`:                         query.CodeUnknownField,
		`{"field": "project", "op": "near", "value": "x"}`:                       query.CodeUnknownOperator,
		`{"field": "work_date", "op": "eq", "value": "heute"}`:                   query.CodeValueType,
		`{"field": "project", "op": "eq"}`:                                       query.CodeSyntax,
		`{"field": "project", "op": "eq", "value": {"var": "sets.my_projects"}}`: query.CodeUnknownVariable,
	}
	for filter, code := range tests {
		_, err := w.records.List(w.ctx, laborer, "day_labor_sheet", record.ListInput{Filter: json.RawMessage(filter)})
		var found *query.Error
		if !errors.As(err, &found) || found.Code != code {
			t.Errorf("%s: got %v, want %s", filter, err, code)
		}
	}
	if _, err := w.records.List(w.ctx, laborer, "day_labor_sheet", record.ListInput{View: "unknown"}); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("unknown view: %v", err)
	}
	if _, err := w.records.List(w.ctx, laborer, "unknown", record.ListInput{}); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("unknown entity: %v", err)
	}
}

func TestViewShowsColumnsBehindReferences(t *testing.T) {
	w := newWorld(t).furnish()
	for day := 1; day <= 2; day++ {
		w.create(laborer, "day_labor_sheet", sheet(fmt.Sprintf("2026-06-0%d", day), line("w1"), line("w2")))
	}
	var list record.List
	queries := w.store.during(func() {
		list = w.list(laborer, "day_labor_sheet", record.ListInput{View: "day_labor_sheets"})
	})
	if len(list.Records) != 2 || list.Records[0].Values["work_date"] != "2026-06-02" {
		t.Fatalf("records = %+v", list.Records)
	}
	first := list.Records[0]
	if first.Related["team.foreman"] != "u_foreman" || first.Refs["user/u_foreman"] != "Name u_foreman" {
		t.Errorf("related %v, refs %v", first.Related, first.Refs)
	}
	for entity, n := range queries {
		if n > 1 {
			t.Errorf("%d queries of %s for one page, want at most one", n, entity)
		}
	}
}

// Display texts are those the reader may see: of the field's own x-display, through a number, and none behind a closed door.
func TestDisplayTexts(t *testing.T) {
	w := newWorld(t).furnish()
	parent := w.create(laborer, "order", form.Values{"project": "p1", "amount": "1"})
	child := w.create(laborer, "order", form.Values{"project": "p1", "amount": "1", "parent": parent.ID})
	if child.Refs["project/p1"] != "P1" || child.Refs["order/"+parent.ID] != "CG-P1-0001" || child.Refs["user/u_labor"] != "Name u_labor" {
		t.Errorf("refs = %v", child.Refs)
	}
	shown, err := w.records.Get(w.ctx, chief, "order", child.ID) // he has no grant on projects
	if err != nil || shown.Refs["project/p1"] != "" || shown.Refs["order/"+parent.ID] != "CG-P1-0001" || shown.Values["project"] != "p1" {
		t.Errorf("the chief sees %v %v, %v", shown.Values, shown.Refs, err)
	}
}

func TestPagesCountsAndTotals(t *testing.T) {
	w := newWorld(t).furnish()
	for i := 1; i <= 7; i++ {
		w.create(laborer, "day_labor_sheet", sheet(fmt.Sprintf("2026-06-0%d", 1+i%2), line(fmt.Sprintf("w%d", 1+i%4))))
	}
	in := record.ListInput{View: "day_labor_sheets", Limit: 3, Count: true}
	seen := map[string]bool{}
	for pages := 0; ; pages++ {
		list := w.list(laborer, "day_labor_sheet", in)
		if list.Count == nil || list.Count.N != 7 || list.Count.More {
			t.Errorf("count = %+v", list.Count)
		}
		if list.Totals["total_amount"] != "2240.00" || list.Totals["head_count"] != "7" {
			t.Errorf("totals = %v", list.Totals)
		}
		for _, rec := range list.Records {
			if seen[rec.ID] {
				t.Errorf("%s on two pages", rec.ID)
			}
			seen[rec.ID] = true
		}
		if list.Next == "" {
			break
		}
		if in.After = list.Next; pages > 5 {
			t.Fatal("pages without end")
		}
	}
	if len(seen) != 7 {
		t.Errorf("saw %d of 7", len(seen))
	}
}

func TestSearch(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(laborer, "day_labor_sheet", sheetWith(sheet("2026-06-01", line("w1")), form.Values{"work_content": "地下室模板拆除"}))
	w.create(laborer, "day_labor_sheet", sheet("2026-06-01", line("w2")))
	if got := idsOf(w.list(clerk, "day_labor_sheet", record.ListInput{Search: "模板"})); !slices.Equal(got, []string{rec.ID}) {
		t.Errorf("found %v", got)
	}
}

func TestCanSaysWhatGoes(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1")))
	tests := []struct {
		state  string
		reader access.Actor
		can    string
	}{
		{"draft", clerk, "update submit delete copy"},
		{"draft", clerk2, "submit copy"},
		{"draft", foreman, ""},
		{"running", clerk, "copy"},
		{"approved", laborer, "void copy"},
		{"approved", clerk, "copy"},
		{"voided", laborer, "copy"},
	}
	for _, tt := range tests {
		w.bring(rec.ID, tt.state)
		got, err := w.records.Get(w.ctx, tt.reader, "day_labor_sheet", rec.ID)
		if err != nil {
			t.Fatal(err)
		}
		if can := strings.Join(got.Can, " "); can != tt.can {
			t.Errorf("%s, %s: can %q, want %q", tt.state, tt.reader.ID, can, tt.can)
		}
	}
}

func TestParticipantsSeeByTheirMasks(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(laborer, "day_labor_sheet", sheet("2026-06-01", line("w1")))
	if _, err := w.records.Get(w.ctx, outsider, "day_labor_sheet", rec.ID); !errors.Is(err, record.ErrNotFound) {
		t.Fatalf("get by an outsider: %v", err)
	}
	shown, err := w.records.Participant(w.ctx, outsider, "day_labor_sheet", rec.ID)
	if err != nil || shown.Values["work_content"] != "支模" {
		t.Fatalf("participant: %+v, %v", shown.Values, err)
	}
	if _, there := shown.Values["total_amount"]; there {
		t.Error("taking part opened a hidden field")
	}
	invited, err := w.records.Invited(w.ctx, nobody, "day_labor_sheet", rec.ID)
	if err != nil || invited.Values["work_content"] != "支模" {
		t.Fatalf("a participant without any grant: %+v, %v", invited.Values, err)
	}
	if _, there := invited.Values["total_amount"]; there {
		t.Error("without any grant he sees what is hidden from some readers")
	}
	if project, _ := invited.Values["project"].(string); invited.Refs["project/"+project] == "" {
		t.Errorf("a reference without a name: %v", invited.Refs)
	}
	for name, read := range map[string]func(context.Context, access.Actor, string, string) (record.Record, error){
		"get": w.records.Get, "participant": w.records.Participant,
	} {
		if _, err := read(w.ctx, nobody, "day_labor_sheet", rec.ID); !errors.Is(err, record.ErrNotFound) {
			t.Errorf("%s without any grant: %v", name, err)
		}
	}
}

func TestRightsSumUp(t *testing.T) {
	w := newWorld(t).furnish()
	rights, err := w.records.Rights(w.ctx, clerk, "day_labor_sheet")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(rights.Actions, " "); got != "create read update delete submit" {
		t.Errorf("actions = %s", got)
	}
	if rights.Fields["remark"] != def.FieldRead || rights.Fields["project"] != def.FieldWrite || rights.Fields["total_amount"] != "" {
		t.Errorf("fields = %v", rights.Fields)
	}
	none, err := w.records.Rights(w.ctx, nobody, "day_labor_sheet")
	if err != nil || len(none.Actions) != 0 || len(none.Fields) != 0 {
		t.Errorf("nobody: %+v, %v", none, err)
	}
}

func TestRecycleBinIsForThoseWhoDelete(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(laborer, "order", form.Values{"project": "p1", "amount": "1"})
	if err := w.records.Delete(w.ctx, laborer, "order", rec.ID, 0); err != nil {
		t.Fatal(err)
	}
	if got := idsOf(w.list(laborer, "order", record.ListInput{})); len(got) != 0 {
		t.Errorf("the list shows %v", got)
	}
	if got := idsOf(w.list(laborer, "order", record.ListInput{Deleted: true})); !slices.Equal(got, []string{rec.ID}) {
		t.Errorf("the bin shows %v", got)
	}
	if _, err := w.records.List(w.ctx, chief, "order", record.ListInput{Deleted: true}); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("the chief lists the bin: %v", err)
	}
	if _, err := w.records.Get(w.ctx, chief, "order", rec.ID); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("the chief gets from the bin: %v", err)
	}
}

// Exports show what the grant to export shows, and nothing to those who have none.
func TestListForExport(t *testing.T) {
	w := newWorld(t).furnish()
	w.create(laborer, "order", form.Values{"project": "p1", "amount": "1", "secret": "s"})
	own := w.create(buyer, "order", form.Values{"project": "p1", "amount": "1", "secret": "s"})
	if _, err := w.records.List(w.ctx, chief, "order", record.ListInput{Action: access.Export}); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("export without the grant: %v", err)
	}
	list := w.list(buyer, "order", record.ListInput{Action: access.Export})
	if got := idsOf(list); !slices.Equal(got, []string{own.ID}) || list.Records[0].Values["secret"] != nil {
		t.Errorf("exported %v", list.Records)
	}
}

func TestProjectKeepsTheStoresConditions(t *testing.T) {
	w := newWorld(t).furnish()
	doc := store.Doc{ID: "t1", Rev: 1, Values: map[string]any{"user": "u_clerk", "tab": "open", "subject": "x"}, CreatedAt: w.now, UpdatedAt: w.now}
	write := store.Write{Collection: "task", Doc: doc}
	if err := errors.Join(w.records.Project(w.ctx, tenantName, write)...); err != nil {
		t.Fatal(err)
	}
	if errs := w.records.Project(w.ctx, tenantName, write); !errors.Is(errs[0], store.ErrConflict) {
		t.Errorf("written twice: %v", errs)
	}
}

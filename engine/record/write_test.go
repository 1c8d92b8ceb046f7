package record_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"formwork/engine/access"
	"formwork/engine/form"
	"formwork/engine/record"
)

func problemsOf(err error) []form.Problem {
	var invalid *record.InvalidError
	if errors.As(err, &invalid) {
		return invalid.Problems
	}
	return nil
}

func hasProblem(err error, field, code string) bool {
	return slices.ContainsFunc(problemsOf(err), func(p form.Problem) bool { return p.Field == field && p.Code == code })
}

// A clerk types a sheet; the number, the hours, the rates of the day and the amounts are filled in.
func TestCreateSheetCompletesIt(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(laborer, "day_labor_sheet", sheet("2026-06-01", line("w1"), line("w2", "8", "2")))
	want := map[string]any{
		"no": "DG-P1-20260601-001", "std_hours": "8", "head_count": int64(2), "total_amount": "720.00", "project": "p1",
	}
	for name, value := range want {
		if rec.Values[name] != value {
			t.Errorf("%s = %v, want %v", name, rec.Values[name], value)
		}
	}
	first := linesOf(rec)[0]
	if first["normal_hours"] != "8" || first["ot_hours"] != "0" || first["day_rate"] != "320.00" || len(fmt.Sprint(first["_id"])) < 10 {
		t.Errorf("first line = %v", first)
	}
	if rec.State != "draft" || rec.Rev != 1 || rec.CreatedBy != laborer.ID {
		t.Errorf("state %q rev %d by %q", rec.State, rec.Rev, rec.CreatedBy)
	}
	for key, text := range map[string]string{
		"project/p1": "锦绣花园", "team": "", "worker/w1": "工人1", "labor_team/t1": "木工一班", "user/u_labor": "Name u_labor",
	} {
		if rec.Refs[key] != text {
			t.Errorf("refs[%s] = %q, want %q", key, rec.Refs[key], text)
		}
	}
	// The raise of 1 June does not touch a sheet of May.
	may := w.create(laborer, "day_labor_sheet", sheetWith(sheet("2026-05-31", line("w1")), nil))
	if may.Values["total_amount"] != "240.00" {
		t.Errorf("May's total = %v, want 240.00", may.Values["total_amount"])
	}
}

func sheetWith(values form.Values, more form.Values) form.Values {
	for name, value := range more {
		values[name] = value
	}
	return values
}

func TestCreateRefuses(t *testing.T) {
	w := newWorld(t).furnish()
	w.seed("project", "p3", form.Values{"code": "P3", "name": "旧城", "status": "closed", "policy": "policy"})
	tests := []struct {
		name   string
		actor  access.Actor
		change form.Values
		field  string
		code   string
	}{
		{"a project that does not exist", laborer, form.Values{"project": "p7"}, "project", "reference"},
		{"a project he may not read", clerk, form.Values{"project": "p2"}, "project", "reference"},
		{"the key of one he may not read", clerk, form.Values{"project": map[string]any{"key": "P2"}}, "project", "reference"},
		{"a key that names nothing", laborer, form.Values{"project": map[string]any{"key": "P7"}}, "project", "reference"},
		{"a closed project, by x-filter", laborer, form.Values{"project": "p3"}, "project", "reference"},
		{"another project's team, by x-filter", laborer, form.Values{"team": "t2"}, "team", "reference"},
		{"another project's worker, by x-filter in a row", laborer, form.Values{"lines": []any{line("w1"), line("w9")}}, "lines[+2].worker", "reference"},
		{"the same worker twice", laborer, form.Values{"lines": []any{line("w1"), line("w1")}}, "lines[+2].worker", "duplicate_row"},
		{"no line", laborer, form.Values{"lines": []any{}}, "lines", "required"},
		{"a date of tomorrow", laborer, form.Values{"work_date": "2026-06-03"}, "work_date", "date_not_allowed"},
		{"more hours than allowed", laborer, form.Values{"lines": []any{line("w1", "8", "5")}}, "lines[+1].ot_hours", "hours_over_daily_limit"},
		{"hours that are no number", laborer, form.Values{"lines": []any{line("w1", "acht")}}, "lines[+1].normal_hours", "type"},
		{"a field the entity does not have", laborer, form.Values{"colour": "red"}, "colour", "unknown_field"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			values := sheetWith(sheet("2026-06-01", line("w1")), tt.change)
			_, err := w.records.Create(w.ctx, tt.actor, "day_labor_sheet", record.CreateInput{Values: values})
			if !hasProblem(err, tt.field, tt.code) {
				t.Errorf("got %s, want %s at %s", explain(err), tt.code, tt.field)
			}
		})
	}
}

// System fields are nobody's to write, neither on create nor on update.
func TestSystemFieldsCannotBeWritten(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(laborer, "order", form.Values{"project": "p1", "amount": "1"})
	for _, field := range []string{"id", "rev", "state", "created_by", "created_at", "updated_by", "deleted", "_keys", "flow", "imported"} {
		values := form.Values{field: "x"}
		_, err := w.records.Patch(w.ctx, laborer, "order", rec.ID, record.PatchInput{Values: values})
		if !hasProblem(err, field, "unknown_field") {
			t.Errorf("update of %s: %s", field, explain(err))
		}
		_, err = w.records.Create(w.ctx, laborer, "order", record.CreateInput{Values: sheetWith(form.Values{"project": "p1", "amount": "1"}, values)})
		if !hasProblem(err, field, "unknown_field") {
			t.Errorf("create with %s: %s", field, explain(err))
		}
	}
	_, err := w.records.Create(w.ctx, laborer, "order", record.CreateInput{ID: "mine", Values: form.Values{"project": "p1", "amount": "1"}})
	if !errors.Is(err, record.ErrForbidden) {
		t.Errorf("an id of his own: %v", err)
	}
	created, err := w.records.Create(w.ctx, laborer, "day_labor_sheet", record.CreateInput{State: "approved", Values: sheet("2026-06-01", line("w1"))})
	if err != nil || created.Record.State != "draft" {
		t.Errorf("a state of his choice: %q, %v", created.Record.State, err)
	}
}

func TestWritesAcceptNaturalKeys(t *testing.T) {
	w := newWorld(t).furnish()
	key := func(text string) map[string]any { return map[string]any{"key": text} }
	rec := w.create(laborer, "day_labor_sheet", form.Values{
		"project": key("P1"), "team": key("Ｔ１"), "work_date": "2026-06-01", // of full width, as some keyboards write
		"lines": []any{map[string]any{"worker": key("W2")}, map[string]any{"worker": key(" W1 ")}},
	})
	rows := linesOf(rec)
	if rec.Values["project"] != "p1" || rec.Values["team"] != "t1" || rows[0]["worker"] != "w2" || rows[1]["worker"] != "w1" {
		t.Errorf("values = %v", rec.Values)
	}
}

func TestWarningsNeedAReason(t *testing.T) {
	w := newWorld(t).furnish()
	values := sheet("2026-05-20", line("w1"))
	_, err := w.records.Create(w.ctx, clerk, "day_labor_sheet", record.CreateInput{Values: values})
	var invalid *record.InvalidError
	if !errors.As(err, &invalid) || !invalid.NeedsReason || invalid.Problems[0].Rule != "late" {
		t.Fatalf("got %s, want needs_reason of late", explain(err))
	}
	created, err := w.records.Create(w.ctx, clerk, "day_labor_sheet", record.CreateInput{
		Values: values, Acknowledged: map[string]string{"late": "工地停网"},
	})
	if err != nil {
		t.Fatal(explain(err))
	}
	if reasons := w.events(created.Record.ID)[0].written.Reasons; reasons["late"] != "工地停网" {
		t.Errorf("reasons in the event = %v", reasons)
	}
	// Holders of the role need none.
	w.create(laborer, "day_labor_sheet", sheet("2026-05-20", line("w2")))
}

func TestUniqueKeysAreHeldByState(t *testing.T) {
	w := newWorld(t).furnish()
	const entity = "day_labor_sheet"
	first := w.create(laborer, entity, sheet("2026-06-01", line("w1")))
	second := w.create(laborer, entity, sheet("2026-06-01", line("w1"))) // drafts hold no key
	w.bring(first.ID, "running")
	err := w.to(second.ID, "running")
	if !hasProblem(err, "project", "duplicate") {
		t.Fatalf("same team and day: got %s, want duplicate", explain(err))
	}
	// Another team's sheet with a worker who is on the first: the row is named.
	w.seed("labor_team", "t3", form.Values{"code": "T3", "name": "瓦工班", "project": "p1", "foreman": "u_foreman"})
	third := w.create(laborer, entity, sheetWith(sheet("2026-06-01", line("w2"), line("w1")), form.Values{"team": "t3"}))
	err = w.to(third.ID, "running")
	row := linesOf(third)[1]["_id"]
	if !hasProblem(err, fmt.Sprintf("lines[%v].worker", row), "worker_already_on_sheet_that_day") {
		t.Fatalf("same worker and day: got %s", explain(err))
	}
	for _, state := range []string{"returned", "suspended", "approved"} {
		w.bring(first.ID, state)
		if err := w.to(second.ID, "running"); err == nil {
			t.Fatalf("in state %s the first gave its key away", state)
		}
	}
	if _, err := w.records.Void(w.ctx, laborer, entity, first.ID, record.VoidInput{}); !hasProblem(err, "reason", "required") {
		t.Fatalf("void without a reason: got %s", explain(err))
	}
	voided, err := w.records.Void(w.ctx, laborer, entity, first.ID, record.VoidInput{Reason: "重复"})
	if err != nil || voided.State != "voided" {
		t.Fatalf("void: %v %s", voided.State, explain(err))
	}
	w.bring(second.ID, "running")
	w.bring(third.ID, "draft")
}

// A void looks at the rules of voiding only and leaves the values as they were approved.
func TestVoidKeepsTheValues(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1")))
	w.bring(rec.ID, "approved")
	w.patch(laborer, "labor_policy", record.Record{ID: "policy", Rev: 1}, form.Values{"max_daily_hours": "1"})
	w.patch(laborer, "worker", record.Record{ID: "w1", Rev: 1}, form.Values{"status": "left"})
	if _, err := w.records.Void(w.ctx, clerk, "day_labor_sheet", rec.ID, record.VoidInput{Reason: "x"}); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("void without the grant: %v", err)
	}
	if _, err := w.records.Void(w.ctx, laborer, "day_labor_sheet", rec.ID, record.VoidInput{Reason: "重复"}); err != nil {
		t.Fatal(explain(err))
	}
	events := w.events(rec.ID)
	last := events[len(events)-1]
	if last.Type != "voided" || len(last.written.Changes) != 0 || last.written.Reason != "重复" || last.written.State.To != "voided" {
		t.Errorf("event of the void = %s %+v", last.Type, last.written)
	}
}

func TestKeysWithFilter(t *testing.T) {
	w := newWorld(t).furnish()
	first := w.create(laborer, "order", form.Values{"project": "p1", "amount": "10", "invoice": "F|1"})
	_, err := w.records.Create(w.ctx, laborer, "order", record.CreateInput{Values: form.Values{"project": "p1", "amount": "10", "invoice": "F|1"}})
	if !hasProblem(err, "invoice", "invoice_used") {
		t.Fatalf("got %s, want invoice_used", explain(err))
	}
	w.patch(laborer, "order", first, form.Values{"closed": true})
	w.create(laborer, "order", form.Values{"project": "p1", "amount": "10", "invoice": "F|1"})
}

func (w *world) patch(actor access.Actor, entity string, rec record.Record, values form.Values) record.Record {
	w.Helper()
	next, err := w.records.Patch(w.ctx, actor, entity, rec.ID, record.PatchInput{IfRev: rec.Rev, Values: values})
	if err != nil {
		w.Fatalf("patch %s/%s: %s", entity, rec.ID, explain(err))
	}
	return next
}

func TestPatchMergesRowsById(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(laborer, "day_labor_sheet", sheet("2026-06-01", line("w1"), line("w2")))
	rows := linesOf(rec)
	id := func(i int) any { return rows[i]["_id"] }
	next := w.patch(laborer, "day_labor_sheet", rec, form.Values{
		"work_content": nil,
		"lines": []any{
			map[string]any{"_id": id(0), "ot_hours": "2"}, map[string]any{"_id": id(1), "_delete": true}, line("w3"),
		},
	})
	if _, there := next.Values["work_content"]; there {
		t.Error("null did not remove the work content")
	}
	got := linesOf(next)
	if len(got) != 2 || got[0]["ot_hours"] != "2" || got[1]["worker"] != "w3" {
		t.Errorf("lines = %v", got)
	}
	if next.Rev != 2 || next.Values["total_amount"] != "720.00" {
		t.Errorf("rev %d, total %v", next.Rev, next.Values["total_amount"])
	}
	same := w.patch(laborer, "day_labor_sheet", next, form.Values{"project": "p1"})
	if same.Rev != 2 {
		t.Errorf("an edit that changes nothing made revision %d", same.Rev)
	}
	var fields []string
	for _, change := range w.events(rec.ID)[1].written.Changes {
		fields = append(fields, change.Field)
	}
	if !slices.Contains(fields, fmt.Sprintf("lines[%v].ot_hours", id(0))) || !slices.Contains(fields, fmt.Sprintf("lines[%v]", id(1))) {
		t.Errorf("changed fields = %v", fields)
	}
}

func TestStaleUpdateIsAConflict(t *testing.T) {
	w := newWorld(t).furnish()
	rec := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1")))
	w.patch(clerk, "day_labor_sheet", rec, form.Values{"work_content": "拆模"})
	_, err := w.records.Patch(w.ctx, clerk, "day_labor_sheet", rec.ID, record.PatchInput{IfRev: rec.Rev, Values: form.Values{"work_content": "养护"}})
	var conflict *record.ConflictError
	if !errors.As(err, &conflict) {
		t.Fatalf("got %v, want a conflict", err)
	}
	if conflict.Current.Rev != 2 || conflict.Current.Values["work_content"] != "拆模" {
		t.Errorf("current = %+v", conflict.Current)
	}
	if _, shown := conflict.Current.Values["total_amount"]; shown {
		t.Error("the conflict shows a field the clerk may not read")
	}
}

func TestStatesDecideWhoEdits(t *testing.T) {
	w := newWorld(t).furnish()
	const entity = "day_labor_sheet"
	edit := func(actor access.Actor, id string) error {
		_, err := w.records.Patch(w.ctx, actor, entity, id, record.PatchInput{Values: form.Values{"work_content": "清理" + w.now.String() + actor.ID}})
		return err
	}
	rec := w.create(clerk, entity, sheet("2026-06-01", line("w1")))
	tests := []struct {
		state string
		actor access.Actor
		want  error
	}{
		{"draft", clerk, nil},
		{"draft", clerk2, record.ErrNotEditable},
		{"running", clerk, record.ErrNotEditable},
		{"returned", clerk, nil},
		{"returned", clerk2, record.ErrNotEditable},
		{"approved", clerk, record.ErrNotEditable},
		{"approved", laborer, record.ErrNotEditable},
		{"approved", outsider, record.ErrNotFound},
		{"approved", nobody, record.ErrNotFound},
		{"rejected", clerk, record.ErrNotEditable},
		{"draft", foreman, record.ErrForbidden},
	}
	for _, tt := range tests {
		t.Run(tt.state+" by "+tt.actor.ID, func(t *testing.T) {
			if tt.state != "draft" {
				w.bring(rec.ID, tt.state)
			} else {
				w.bring(rec.ID, "draft")
			}
			if err := edit(tt.actor, rec.ID); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestNumbersAreNeverGivenTwice(t *testing.T) {
	w := newWorld(t).furnish()
	numbers := make(chan string, 40)
	for range 40 {
		go func() {
			created, err := w.records.Create(w.ctx, laborer, "order", record.CreateInput{Values: form.Values{"project": "p1", "amount": "1"}})
			if err != nil {
				t.Error(explain(err))
			}
			numbers <- fmt.Sprint(created.Record.Values["no"])
		}()
	}
	seen := map[string]bool{}
	for range 40 {
		no := <-numbers
		if seen[no] || len(no) != len("CG-P1-0001") {
			t.Errorf("number %q twice or malformed", no)
		}
		seen[no] = true
	}
	service := w.create(laborer, "order", form.Values{"project": "p1", "amount": "1", "type": "service", "no": "typed"})
	if service.Values["no"] != "FW-P1-0001" {
		t.Errorf("number of a service = %v, want its own sequence, and no typed number", service.Values["no"])
	}
	created, err := w.records.Create(w.ctx, laborer, "order", record.CreateInput{Imported: true, Values: form.Values{"project": "p1", "amount": "1", "no": "OLD-77"}})
	if err != nil || created.Record.Values["no"] != "OLD-77" {
		t.Errorf("imported number = %v, %s", created.Record.Values["no"], explain(err))
	}
}

func TestTreeHasNoCircles(t *testing.T) {
	w := newWorld(t).furnish()
	order := func(parent any) record.Record {
		return w.create(laborer, "order", form.Values{"project": "p1", "amount": "1", "parent": parent})
	}
	top := order(nil)
	middle := order(top.ID)
	leaf := order(middle.ID)
	_, err := w.records.Patch(w.ctx, laborer, "order", top.ID, record.PatchInput{Values: form.Values{"parent": leaf.ID}})
	if !hasProblem(err, "parent", "tree") {
		t.Errorf("got %s, want a circle refused", explain(err))
	}
	for range 13 {
		leaf = order(leaf.ID)
	}
	_, err = w.records.Create(w.ctx, laborer, "order", record.CreateInput{Values: form.Values{"project": "p1", "amount": "1", "parent": leaf.ID}})
	if !hasProblem(err, "parent", "tree") {
		t.Errorf("a seventeenth level: got %s", explain(err))
	}
}

// toldUses: who is refused to delete a record is told by what it is used, as far as he may know.
func (w *world) toldUses() {
	w.Helper()
	steward := person("u_steward", "steward") // reads his own orders, and not which project a team belongs to
	w.create(clerk, "day_labor_sheet", sheet("2026-06-02", line("w1")))
	w.create(steward, "order", form.Values{"project": "p1", "amount": "1"})
	for _, tt := range []struct {
		who  access.Actor
		want record.InUseError
	}{
		{manager, record.InUseError{By: []record.Use{{Entity: "day_labor_sheet", Title: "点工单", Count: 1}, {Entity: "labor_team", Title: "班组", Count: 1}, {Entity: "order", Title: "采购单", Count: 3}, {Entity: "worker", Title: "工人", Count: 4}}}},
		{steward, record.InUseError{By: []record.Use{{Entity: "order", Title: "采购单", Count: 1}}, Hidden: true}},
	} {
		var got *record.InUseError
		err := w.records.Delete(w.ctx, tt.who, "project", "p1", 0)
		if !errors.As(err, &got) || !reflect.DeepEqual(*got, tt.want) {
			w.Errorf("%s is told %v (%v), want %v", tt.who.ID, got.By, err, tt.want.By)
		}
	}
}

func TestDeleteAndRestore(t *testing.T) {
	w := newWorld(t).furnish()
	first := w.create(laborer, "order", form.Values{"project": "p1", "amount": "1", "invoice": "F1"})
	child := w.create(laborer, "order", form.Values{"project": "p1", "amount": "1", "parent": first.ID})
	if err := w.records.Delete(w.ctx, laborer, "order", first.ID, first.Rev); !errors.Is(err, record.ErrInUse) {
		t.Fatalf("a parent was deleted: %v", err)
	}
	if err := w.records.Delete(w.ctx, laborer, "project", "p1", 0); !errors.Is(err, record.ErrInUse) {
		t.Fatalf("a project in use was deleted: %v", err)
	}
	w.toldUses()
	w.patch(laborer, "order", child, form.Values{"parent": nil})
	if err := w.records.Delete(w.ctx, laborer, "order", first.ID, first.Rev); err != nil {
		t.Fatal(err)
	}
	if _, err := w.records.Patch(w.ctx, laborer, "order", first.ID, record.PatchInput{Values: form.Values{"amount": "2"}}); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("edit in the bin: %v", err)
	}
	_, err := w.records.Create(w.ctx, laborer, "order", record.CreateInput{Values: form.Values{"project": "p1", "amount": "1", "parent": first.ID}})
	if !hasProblem(err, "parent", "reference") {
		t.Errorf("reference into the bin: %s", explain(err))
	}
	other := w.create(laborer, "order", form.Values{"project": "p1", "amount": "1", "invoice": "F1"}) // its key is free
	if _, err := w.records.Restore(w.ctx, laborer, "order", first.ID); !hasProblem(err, "invoice", "invoice_used") {
		t.Errorf("restore onto a taken key: %s", explain(err))
	}
	w.patch(laborer, "order", other, form.Values{"invoice": nil})
	restored, err := w.records.Restore(w.ctx, laborer, "order", first.ID)
	if err != nil || restored.Deleted || restored.Values["invoice"] != "F1" {
		t.Errorf("restored = %+v, %s", restored, explain(err))
	}
	sheet := w.create(clerk, "day_labor_sheet", sheet("2026-06-01", line("w1")))
	w.bring(sheet.ID, "rejected")
	if err := w.records.Delete(w.ctx, clerk, "day_labor_sheet", sheet.ID, 0); !errors.Is(err, record.ErrNotEditable) {
		t.Errorf("a rejected sheet was deleted: %v", err)
	}
}

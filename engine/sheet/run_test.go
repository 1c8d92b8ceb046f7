package sheet_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"testing"
	"time"

	"formwork/engine/form"
	"formwork/engine/job"
	"formwork/engine/record"
	"formwork/engine/sheet"
	"formwork/engine/store"
)

// start begins an import as the importer and does its job.
func (w *world) start(entity string, in sheet.Input) sheet.Run {
	w.Helper()
	run, err := w.sheets.Start(w.ctx, importer, entity, "花名册.xlsx", in)
	w.must(err)
	w.must(w.jobs.RunDue(w.ctx))
	return w.run(entity, run.ID)
}

func (w *world) run(entity, id string) sheet.Run {
	w.Helper()
	run, err := w.sheets.Run(w.ctx, importer, entity, id)
	w.must(err)
	return run
}

func (w *world) undo(run sheet.Run) sheet.Run {
	w.Helper()
	_, err := w.sheets.Undo(w.ctx, importer, run.Entity, run.ID)
	w.must(err)
	w.must(w.jobs.RunDue(w.ctx))
	return w.run(run.Entity, run.ID)
}

// roster is a workbook of new workers; those at the given lines have an unknown trade.
func (w *world) roster(n int, bad ...int) []byte {
	list := rows{workerLabels}
	for i := 1; i <= n; i++ {
		list = append(list, []any{fmt.Sprintf("N%05d", i), fmt.Sprint("新工人", i), "普工", "在岗", "P1"})
	}
	for _, i := range bad {
		list[i][2] = "飞行员"
	}
	return w.book(list)
}

func TestRunKeepsWhatWasImported(t *testing.T) {
	w := newWorld(t)
	book := w.roster(3, 2)
	run := w.start("worker", sheet.Input{File: book})
	if run.Status != sheet.RunDone || run.Created != 2 || run.Bad != 1 || run.Rows != 3 || run.Records != 3 || run.FinishedAt == nil {
		t.Fatalf("run %+v", run)
	}
	if got := problems(*run.Report); len(got) != 1 || got[0] != "3C option" || !run.Report.Stored {
		t.Errorf("report %+v", run.Report)
	}
	name, content, err := w.sheets.Workbook(w.ctx, importer, "worker", run.ID)
	w.must(err)
	raw, err := io.ReadAll(content)
	w.must(errors.Join(err, content.Close()))
	if name != "花名册.xlsx" || string(raw) != string(book) {
		t.Errorf("the workbook is %q of %d bytes", name, len(raw))
	}
	list, err := w.sheets.Runs(w.ctx, importer, "worker")
	w.must(err)
	if len(list) != 1 || list[0].ID != run.ID || list[0].By != importer.ID || list[0].Report != nil {
		t.Errorf("runs %+v", list)
	}
	if _, err := w.sheets.Run(w.ctx, viewer, "worker", run.ID); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("who may not import sees an import: %v", err)
	}
	if _, err := w.sheets.Run(w.ctx, importer, "project", run.ID); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("an import of another entity: %v", err)
	}
}

func TestUndoOfARun(t *testing.T) {
	w := newWorld(t)
	run := w.undo(w.start("worker", sheet.Input{File: w.roster(700)}))
	if n := w.count("worker"); run.Status != sheet.RunUndone || n != 5 {
		t.Fatalf("undone: %s, %d workers, want 5", run.Status, n)
	}
	if _, err := w.sheets.Undo(w.ctx, importer, "worker", run.ID); !errors.Is(err, sheet.ErrRunState) {
		t.Errorf("undone twice: %v", err)
	}
	again := w.start("worker", sheet.Input{File: w.roster(700)})
	if again.Created != 700 {
		t.Errorf("after the undo %d could be imported again: %v", again.Created, problems(*again.Report))
	}
}

func TestUndoIsRefusedWhereSomethingDependsOnIt(t *testing.T) {
	tests := []struct {
		name   string
		change func(w *world, id string)
	}{
		{"a record was changed since", func(w *world, id string) {
			_, err := w.records.Patch(w.ctx, importer, "worker", id, record.PatchInput{Values: form.Values{"name": "改名"}})
			w.must(err)
		}},
		{"a rate refers to a worker", func(w *world, id string) {
			w.seed("worker_rate", "r1", form.Values{"worker": id, "effective_from": "2026-02-01", "day_rate": "250"})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			run := w.start("worker", sheet.Input{File: w.roster(3)})
			tt.change(w, w.only("worker", "no", "N00002").ID)
			run = w.undo(run)
			if n := w.count("worker"); run.Status != sheet.RunDone || run.Code != "import_in_use" || n != 8 {
				t.Errorf("%s %s, %d workers, want done, import_in_use, 8", run.Status, run.Code, n)
			}
		})
	}
}

// What an import changed becomes what it was: values, missing ones, rows.
func TestUndoOfChanges(t *testing.T) {
	w := newWorld(t)
	labels := []any{"日期", "项目", "班组", "姓名", "正常", "加班", "工作内容"}
	first := rows{labels, {"2026-06-30", "P1", "T1", "W1", 8, nil, "清理"}, {"2026-06-30", "P1", "T1", "W2", 8, 2, "清理"}}
	w.start("day_labor_sheet", sheet.Input{File: w.book(first), Import: "day_labor_rows", Reason: "补录"})
	before := w.only("day_labor_sheet", "work_date", "2026-06-30")
	second := rows{labels, {"2026-06-30", "P1", "T1", "W2", 4, 1, "搬运"}, {"2026-06-30", "P1", "T1", "W3", 8, nil, "搬运"}}
	run := w.start("day_labor_sheet", sheet.Input{File: w.book(second), Import: "day_labor_rows", Reason: "更正", Mode: sheet.ModeUpsert})
	if changed := w.only("day_labor_sheet", "work_date", "2026-06-30"); run.Updated != 1 || changed.Values["work_content"] != "搬运" {
		t.Fatalf("run %+v, problems %v, values %v", run, problems(*run.Report), changed.Values)
	}
	run = w.undo(run)
	after := w.only("day_labor_sheet", "work_date", "2026-06-30")
	if run.Status != sheet.RunUndone || asJSON(lines(after)) != asJSON(lines(before)) || after.Values["work_content"] != "清理" {
		t.Errorf("%s %s\n after %s\nbefore %s", run.Status, run.Code, asJSON(after.Values), asJSON(before.Values))
	}
}

func asJSON(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// lines are the rows of a sheet without their ids, in the order of workers.
func lines(rec record.Record) map[string]any {
	all := map[string]any{}
	list, _ := rec.Values["lines"].([]any)
	for _, item := range list {
		row, _ := item.(map[string]any)
		worker, _ := row["worker"].(string)
		delete(row, "_id")
		all[worker] = row
	}
	return all
}

// Two sheets have the same worker on one day: no look before sees that, only the store. Nothing may stay.
func TestAllOrNothingTakesBack(t *testing.T) {
	w := newWorld(t)
	labels := []any{"日期", "项目", "班组", "姓名", "正常"}
	book := w.book(rows{labels, {"2026-06-30", "P1", "T1", "W1", 8}, {"2026-06-29", "P1", "T1", "W2", 8}, {"2026-06-30", "P2", "T2", "W1", 8}})
	run := w.start("day_labor_sheet", sheet.Input{File: book, Import: "day_labor_rows", Reason: "补录", All: true})
	if n := w.count("day_labor_sheet"); run.Status != sheet.RunDone || run.Report.Stored || run.Created != 0 || n != 0 {
		t.Fatalf("run %+v, %d sheets stay", run, n)
	}
	if got := problems(*run.Report); len(got) != 1 {
		t.Errorf("problems %v, want the one of the worker", got)
	}
	run = w.start("day_labor_sheet", sheet.Input{File: book, Import: "day_labor_rows", Reason: "补录"})
	if n := w.count("day_labor_sheet"); run.Created != 2 || n != 2 {
		t.Errorf("the good ones: %+v, %d sheets", run, n)
	}
}

// A run that dies in the middle, at any place, goes on and makes every record once.
func TestRunGoesOnAfterACrash(t *testing.T) {
	for _, all := range []bool{false, true} {
		t.Run(fmt.Sprint("all ", all), func(t *testing.T) {
			w := newWorld(t)
			run, err := w.sheets.Start(w.ctx, importer, "worker", "花名册.xlsx", sheet.Input{File: w.roster(1800, 700), All: all})
			w.must(err)
			payload := []byte(`{"run":"` + run.ID + `"}`)
			for range 3 {
				ctx, cancel := context.WithCancel(w.ctx)
				go func() { // dies once the next batch is written down
					at := w.run("worker", run.ID).Records
					for w.run("worker", run.ID).Records == at && ctx.Err() == nil {
						time.Sleep(time.Millisecond)
					}
					cancel()
				}()
				_ = w.sheets.Work(ctx, company, payload) // whatever it says: the next one goes on
				cancel()
				w.forgetBatch(run.ID)
			}
			w.must(w.jobs.RunDue(w.ctx))
			run = w.run("worker", run.ID)
			want, status := 1799, sheet.RunDone
			if all {
				want = 0
			}
			if n := w.count("worker"); run.Status != status || run.Created != want || n != want+5 {
				t.Errorf("%s: %d created, %d workers, want %d", run.Status, run.Created, n, want+5)
			}
			if got := problems(*run.Report); len(got) != 1 || got[0] != "701C option" {
				t.Errorf("problems %v", got)
			}
		})
	}
}

// forgetBatch sets a run back by a batch, as if the machine had died before it was written down.
func (w *world) forgetBatch(id string) {
	w.Helper()
	docs, err := w.store.Get(w.ctx, "import_run", id)
	w.must(err)
	var data map[string]any
	text, _ := docs[0].Values["data"].(string)
	w.must(json.Unmarshal([]byte(text), &data))
	settled, _ := data["settled"].(float64)
	created, _ := data["created"].(float64)
	if data["status"] != "running" || settled < 1000 {
		return
	}
	data["settled"], data["records"], data["created"] = settled-500, settled-500, created-500
	if settled-500 <= 700 && settled > 700 {
		return // the batch with the bad line has counted it
	}
	docs[0].Values["data"] = asJSON(data)
	docs[0].Rev++
	w.must(w.store.Put(w.ctx, store.Write{Collection: "import_run", Doc: docs[0], IfRev: docs[0].Rev - 1})[0])
}

func TestCancelOfARun(t *testing.T) {
	w := newWorld(t)
	run, err := w.sheets.Start(w.ctx, importer, "worker", "花名册.xlsx", sheet.Input{File: w.roster(10)})
	w.must(err)
	if _, err := w.sheets.Cancel(w.ctx, importer, "worker", run.ID); err != nil {
		t.Fatal(err)
	}
	w.must(w.jobs.RunDue(w.ctx))
	run = w.run("worker", run.ID)
	if n := w.count("worker"); run.Status != sheet.RunCancelled || n != 5 {
		t.Errorf("%s, %d workers, want cancelled, 5", run.Status, n)
	}
	if _, err := w.sheets.Cancel(w.ctx, importer, "worker", run.ID); !errors.Is(err, sheet.ErrRunState) {
		t.Errorf("cancelled twice: %v", err)
	}
}

// The rights are those of the moment the work is done.
func TestRunOfSomebodyWhoIsGone(t *testing.T) {
	w := newWorld(t)
	run, err := w.sheets.Start(w.ctx, importer, "worker", "花名册.xlsx", sheet.Input{File: w.roster(2)})
	w.must(err)
	w.left.Store(importer.ID, true)
	w.must(w.jobs.RunDue(w.ctx))
	run = w.run("worker", run.ID)
	if n := w.count("worker"); run.Status != sheet.RunFailed || run.Code != "forbidden" || n != 5 {
		t.Errorf("%s %s, %d workers", run.Status, run.Code, n)
	}
	if _, err := w.sheets.Start(w.ctx, nobody, "worker", "x.xlsx", sheet.Input{File: w.roster(1)}); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("who may not import begins one: %v", err)
	}
}

// rewrite changes what is stored of a run, as if its process had died some while ago.
func (w *world) rewrite(id string, set map[string]any) {
	w.Helper()
	docs, err := w.store.Get(w.ctx, "import_run", id)
	w.must(err)
	data := map[string]any{}
	text, _ := docs[0].Values["data"].(string)
	w.must(json.Unmarshal([]byte(text), &data))
	maps.Copy(data, set)
	docs[0].Values["data"], docs[0].Values["status"] = asJSON(data), data["status"]
	docs[0].Rev++
	docs[0].UpdatedAt = docs[0].UpdatedAt.Add(-time.Hour)
	w.must(w.store.Put(w.ctx, store.Write{Collection: "import_run", Doc: docs[0], IfRev: docs[0].Rev - 1})[0])
}

// Whoever began an import died before its job was there: the job that watches takes it on, but not while somebody is at work.
func TestRunWithoutAJobIsTakenOn(t *testing.T) {
	w := newWorld(t)
	run, err := w.sheets.Start(w.ctx, importer, "worker", "花名册.xlsx", sheet.Input{File: w.roster(3)})
	w.must(err)
	watch := []byte(`{"run":"` + run.ID + `","watch":true}`)
	var later *job.Later
	if err := w.sheets.Work(w.ctx, company, watch); !errors.As(err, &later) || w.run("worker", run.ID).Status != sheet.RunWaiting {
		t.Errorf("a run that was just begun: %v", err)
	}
	w.rewrite(run.ID, nil)
	w.must(w.sheets.Work(w.ctx, company, watch))
	if run = w.run("worker", run.ID); run.Status != sheet.RunDone || run.Created != 3 {
		t.Errorf("a run nobody works on: %+v", run)
	}
	w.must(w.sheets.Work(w.ctx, company, watch)) // over: nothing is left to do
	w.must(w.sheets.Work(w.ctx, company, []byte(`{"run":"never","watch":true}`)))
}

// A batch of changes that was stored but not written down is done again: its records count as changed, and taking back
// gives them what they had before the first time, even if that dies as well.
func TestChangesOfAProcessThatDiedAreCountedAndTakenBack(t *testing.T) {
	w := newWorld(t)
	w.start("worker", sheet.Input{File: w.roster(3)})
	list := rows{workerLabels}
	for i := range 3 {
		list = append(list, []any{fmt.Sprintf("N%05d", i+1), fmt.Sprint("改名", i+1), "普工", "在岗", "P1"})
	}
	run := w.start("worker", sheet.Input{File: w.book(list), Mode: sheet.ModeUpsert})
	w.rewrite(run.ID, map[string]any{"status": "running", "phase": "store", "settled": 0, "records": 0, "updated": 0, "report": nil})
	w.must(w.sheets.Work(w.ctx, company, []byte(`{"run":"`+run.ID+`"}`)))
	if run = w.run("worker", run.ID); run.Status != sheet.RunDone || run.Updated != 3 || run.Same != 0 || run.Report.Updated != 3 {
		t.Fatalf("done again: %+v", run)
	}
	run = w.undo(run)
	for i := range 3 {
		rec := w.only("worker", "no", fmt.Sprintf("N%05d", i+1))
		if want := fmt.Sprint("新工人", i+1); run.Status != sheet.RunUndone || rec.Values["name"] != want {
			t.Errorf("%s: %v, want %s", run.Status, rec.Values["name"], want)
		}
	}
	w.rewrite(run.ID, map[string]any{"status": "undoing", "phase": "take_back"})
	w.must(w.sheets.WorkUndo(w.ctx, company, []byte(`{"run":"`+run.ID+`"}`)))
	if run = w.run("worker", run.ID); run.Status != sheet.RunUndone || run.Code != "" {
		t.Errorf("taken back again: %s %s", run.Status, run.Code)
	}
}

package record_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/store"
)

var (
	diarist  = person("u_diarist", "diarist")
	diarist2 = person("u_diarist2", "diarist")
)

const uploadedAt = "2026-06-02T07:00:00Z"

// upload stores what is known of a file somebody sent, as engine/file does.
func (w *world) upload(owner access.Actor, id, use, kind string) string {
	w.Helper()
	doc := store.Doc{ID: id, Rev: 1, CreatedBy: owner.ID, CreatedAt: w.now, UpdatedBy: owner.ID, UpdatedAt: w.now, Values: form.Values{
		"name": id + ".bin", "owner": owner.ID, "uploaded_at": uploadedAt, "open_at": uploadedAt, "blob": "b" + id,
		"use": use, "kind": kind, "size": int64(1 << 20),
	}}
	w.change(store.Write{Collection: def.EntityFile, Doc: doc})
	return id
}

func (w *world) photo(owner access.Actor, id string) string {
	return w.upload(owner, id, "image", "image")
}

func (w *world) change(write store.Write) {
	w.Helper()
	if err := errors.Join(w.records.Project(w.ctx, tenantName, write)...); err != nil {
		w.Fatal(err)
	}
}

// file reads what is known of a file.
func (w *world) file(id string) store.Doc {
	w.Helper()
	docs, err := w.store.Get(w.ctx, def.EntityFile, id)
	if err != nil || len(docs) != 1 {
		w.Fatalf("file %s: %v, %v", id, docs, err)
	}
	return docs[0]
}

// place is the record and field a file belongs to, "" for none.
func (w *world) place(id string) string {
	w.Helper()
	values := w.file(id).Values
	if values["record"] == nil {
		return ""
	}
	return fmt.Sprintf("%v/%v.%v", values["entity"], values["record"], values["field"])
}

func diary(day string, values form.Values) form.Values {
	all := form.Values{"day": day}
	for name, value := range values {
		all[name] = value
	}
	return all
}

func TestARecordTakesTheFilesItsMakerUploaded(t *testing.T) {
	w := newWorld(t).furnish()
	photo, paper := w.photo(diarist, "f1"), w.upload(diarist, "f2", "attachment", "pdf")
	inRow := w.photo(diarist, "f3")
	rec := w.create(diarist, "diary", diary("2026-06-01", form.Values{
		"photos": []any{photo}, "papers": []any{paper}, "lines": []any{map[string]any{"place": "三层", "photo": []any{inRow}}},
	}))
	for id, field := range map[string]string{photo: "photos", paper: "papers", inRow: "lines.photo"} {
		if got, want := w.place(id), "diary/"+rec.ID+"."+field; got != want {
			t.Errorf("%s belongs to %q, want %q", id, got, want)
		}
		if rec.Refs["file/"+id] != id+".bin" {
			t.Errorf("the answer does not name %s: %v", id, rec.Refs)
		}
	}
}

func TestFilesARecordMayNotHold(t *testing.T) {
	tests := []struct {
		name   string
		values func(w *world) form.Values
		field  string
		code   string
		reason any
	}{
		{"a file nobody uploaded", func(*world) form.Values { return form.Values{"photos": []any{"f9"}} }, "photos", "file", "absent"},
		{"somebody else's file", func(w *world) form.Values {
			return form.Values{"photos": []any{w.photo(diarist2, "f1")}}
		}, "photos", "file", "absent"},
		{"a file of another record", func(w *world) form.Values {
			other := w.create(diarist, "diary", diary("2026-05-01", form.Values{"photos": []any{w.photo(diarist, "f1")}}))
			return form.Values{"photos": other.Values["photos"]}
		}, "photos", "file", "absent"},
		{"one file in two fields", func(w *world) form.Values {
			photo := w.photo(diarist, "f1")
			return form.Values{"photos": []any{photo}, "papers": []any{photo}}
		}, "photos", "file", "absent"},
		{"an upload whose bytes did not arrive", func(w *world) form.Values {
			photo := w.photo(diarist, "f1")
			doc := w.file(photo)
			delete(doc.Values, "size")
			doc.Rev++
			w.change(store.Write{Collection: def.EntityFile, Doc: doc, IfRev: doc.Rev - 1})
			return form.Values{"photos": []any{photo}}
		}, "photos", "file", "absent"},
		{"a signature that decided a task", func(w *world) form.Values {
			sign := w.upload(diarist, "f1", "signature", "image")
			doc := w.file(sign)
			doc.Values["task"] = "diary.x.1"
			doc.Rev++
			w.change(store.Write{Collection: def.EntityFile, Doc: doc, IfRev: doc.Rev - 1})
			return form.Values{"sign": sign}
		}, "sign", "file", "absent"},
		{"a picture sent as an attachment among photos", func(w *world) form.Values {
			return form.Values{"photos": []any{w.upload(diarist, "f1", "attachment", "image")}}
		}, "photos", "file", "kind"},
		{"a photo for a signature", func(w *world) form.Values {
			return form.Values{"sign": w.photo(diarist, "f1")}
		}, "sign", "file", "kind"},
		{"a workbook where drawings are asked for", func(w *world) form.Values {
			return form.Values{"papers": []any{w.upload(diarist, "f1", "attachment", "sheet")}}
		}, "papers", "file", "kind"},
		{"a file larger than the field takes", func(w *world) form.Values {
			photo := w.photo(diarist, "f1")
			doc := w.file(photo)
			doc.Values["size"] = int64(2<<20 + 1)
			doc.Rev++
			w.change(store.Write{Collection: def.EntityFile, Doc: doc, IfRev: doc.Rev - 1})
			return form.Values{"photos": []any{photo}}
		}, "photos", "file", "size"},
		{"too many", func(w *world) form.Values {
			return form.Values{"photos": []any{w.photo(diarist, "f1"), w.photo(diarist, "f2"), w.photo(diarist, "f3")}}
		}, "photos", "items", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t).furnish()
			values := tt.values(w)
			_, err := w.records.Create(w.ctx, diarist, "diary", record.CreateInput{Values: diary("2026-06-01", values)})
			problems := problemsOf(err)
			found := slices.ContainsFunc(problems, func(p form.Problem) bool {
				return p.Field == tt.field && p.Code == tt.code && p.Params["reason"] == tt.reason
			})
			if !found {
				t.Errorf("got %s", explain(err))
			}
		})
	}
}

func TestARefusedRecordGivesItsFilesBack(t *testing.T) {
	w := newWorld(t).furnish()
	w.create(diarist, "diary", diary("2026-06-01", nil))
	photo := w.photo(diarist, "f1")
	values := form.Values{"photos": []any{photo}}
	_, err := w.records.Create(w.ctx, diarist, "diary", record.CreateInput{Values: diary("2026-06-01", values), Key: "first"})
	if problems := problemsOf(err); len(problems) != 1 || problems[0].Code != "duplicate" {
		t.Fatalf("a second diary of the day: %s", explain(err))
	}
	if place := w.place(photo); place != "" {
		t.Fatalf("the photo stays with a record that is not there: %s", place)
	}
	rec := w.create(diarist, "diary", diary("2026-06-02", values))
	if got := w.place(photo); got != "diary/"+rec.ID+".photos" {
		t.Errorf("sent again, the photo belongs to %q", got)
	}
}

// A link is written before its record. If the program dies in between, the same request finishes the work.
func TestAWriteThatDiedAfterItsLinks(t *testing.T) {
	w := newWorld(t).furnish()
	photo := w.photo(diarist, "f1")
	in := record.CreateInput{Values: diary("2026-06-01", form.Values{"photos": []any{photo}}), Key: "once"}
	w.store.fail(errors.New("power cut"), "diary")
	if _, err := w.records.Create(w.ctx, diarist, "diary", in); err == nil {
		t.Fatal("stored without power")
	}
	w.store.fail(nil, "")
	if place := w.place(photo); place == "" {
		t.Fatal("the link is written before the record")
	}
	created, err := w.records.Create(w.ctx, diarist, "diary", in)
	if err != nil {
		t.Fatalf("the same request again: %s", explain(err))
	}
	if got := w.place(photo); got != "diary/"+created.Record.ID+".photos" {
		t.Errorf("the photo belongs to %q", got)
	}
}

func TestDroppedFilesAreToBeSettled(t *testing.T) {
	w := newWorld(t).furnish()
	kept, dropped := w.photo(diarist, "f1"), w.photo(diarist, "f2")
	rec := w.create(diarist, "diary", diary("2026-06-01", form.Values{"photos": []any{kept, dropped}}))
	for _, id := range []string{kept, dropped} { // the sweep has been there
		doc := w.file(id)
		delete(doc.Values, "open_at")
		doc.Rev++
		w.change(store.Write{Collection: def.EntityFile, Doc: doc, IfRev: doc.Rev - 1})
	}
	w.now = w.now.Add(time.Hour)
	_, err := w.records.Patch(w.ctx, diarist, "diary", rec.ID, record.PatchInput{IfRev: rec.Rev, Values: form.Values{"photos": []any{kept}}})
	if err != nil {
		t.Fatal(explain(err))
	}
	if at := w.file(dropped).Values["open_at"]; at != "2026-06-02T09:00:00Z" {
		t.Errorf("the dropped photo is to be settled since %v", at)
	}
	if at := w.file(kept).Values["open_at"]; at != nil {
		t.Errorf("the kept photo was touched: %v", at)
	}
}

// Somebody who may edit a record cannot bring a file he may not see into a field he may: a file stays in its field.
func TestAFileDoesNotMoveToAnotherField(t *testing.T) {
	w := newWorld(t).furnish()
	secret := w.upload(manager, "f1", "attachment", "pdf")
	rec := w.create(manager, "diary", diary("2026-06-01", form.Values{"secret": []any{secret}}))
	_, err := w.records.Patch(w.ctx, diarist, "diary", rec.ID, record.PatchInput{
		IfRev: rec.Rev, Values: form.Values{"papers": []any{secret}, "secret": nil},
	})
	if problems := problemsOf(err); len(problems) != 1 || problems[0].Code != "file" {
		t.Errorf("got %s", explain(err))
	}
}

func TestOneUploadGoesToOneRecordOnly(t *testing.T) {
	w := newWorld(t).furnish()
	photo := w.photo(diarist, "f1")
	var group sync.WaitGroup
	var mu sync.Mutex
	var made []string
	for i := range 8 {
		group.Go(func() {
			values := diary(fmt.Sprintf("2026-05-%02d", i+1), form.Values{"photos": []any{photo}})
			created, err := w.records.Create(context.Background(), diarist, "diary", record.CreateInput{Values: values})
			if err != nil && problemsOf(err) == nil {
				t.Errorf("create: %v", err)
			}
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				made = append(made, created.Record.ID)
			}
		})
	}
	group.Wait()
	if len(made) != 1 || w.place(photo) != "diary/"+made[0]+".photos" {
		t.Errorf("records %v hold the photo that belongs to %q", made, w.place(photo))
	}
}

func TestOnlyTheEngineWritesFiles(t *testing.T) {
	w := newWorld(t).furnish()
	photo := w.photo(manager, "f1")
	_, err := w.records.Patch(w.ctx, manager, def.EntityFile, photo, record.PatchInput{IfRev: 1, Values: form.Values{"owner": "u_clerk"}})
	if !errors.Is(err, record.ErrForbidden) {
		t.Errorf("an administrator gave a file away: %v", err)
	}
	if err := w.records.Delete(w.ctx, manager, def.EntityFile, photo, 0); !errors.Is(err, record.ErrForbidden) {
		t.Errorf("an administrator deleted a file behind its record: %v", err)
	}
}

package file_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/file"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
)

var everyFile = query.Query{Collection: "file", Limit: 10}

var colleague = access.Actor{Tenant: tenantName, ID: "u_admin", Admin: true}

func TestWhoMayReadAFile(t *testing.T) {
	w := newWorld(t)
	loose := w.send(wang, file.Attachment, "loose.txt", []byte("loose"))
	photo := w.send(wang, file.Image, "photo.jpg", jpegOf(picture(40, 20)))
	inRow := w.send(wang, file.Image, "row.jpg", jpegOf(picture(40, 20)))
	internal := w.send(wang, file.Attachment, "internal.txt", []byte("internal"))
	rec := w.diary(form.Values{
		"photos": []any{photo.ID}, "internal": []any{internal.ID}, "lines": []any{map[string]any{"photo": []any{inRow.ID}}},
	})
	dropped := w.send(wang, file.Image, "dropped.jpg", jpegOf(picture(40, 20)))
	patch := func(photos ...any) {
		var err error
		rec, err = w.records.Patch(w.ctx, wang, "diary", rec.ID, record.PatchInput{IfRev: rec.Rev, Values: form.Values{"photos": photos}})
		w.must(err)
	}
	patch(photo.ID, dropped.ID)
	patch(photo.ID)
	tests := []struct {
		name string
		file string
		who  access.Actor
		may  bool
	}{
		{"an upload is its owner's", loose.ID, wang, true},
		{"… and nobody else's", loose.ID, zhao, false},
		{"… not even an administrator's", loose.ID, colleague, false},
		{"a photo of a record is its readers'", photo.ID, reader, true},
		{"… in a row too", inRow.ID, reader, true},
		{"… and its editors'", photo.ID, zhao, true},
		{"… but no stranger's", photo.ID, stranger, false},
		{"a file of a hidden field is not the reader's", internal.ID, reader, false},
		{"… but those's who see the field", internal.ID, zhao, true},
		{"a photo a record has dropped is its owner's", dropped.ID, wang, true},
		{"… and no reader's any more", dropped.ID, reader, false},
		{"what nobody sent is nobody's", "N0000000000000000000000999", wang, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.files.Open(w.ctx, tt.who, tt.file)
			if may := err == nil; may != tt.may || err != nil && !errors.Is(err, record.ErrNotFound) {
				t.Errorf("open: %v", err)
			}
			_, err = w.files.Thumb(w.ctx, tt.who, tt.file, 160)
			if !tt.may && !errors.Is(err, record.ErrNotFound) {
				t.Errorf("thumbnail: %v", err)
			}
		})
	}
}

// Whoever gave a photo away sees it as others do: with the record, or not at all.
func TestTheOwnerOfAFileInARecordHasNoMoreRights(t *testing.T) {
	w := newWorld(t)
	photo := w.send(zhao, file.Image, "a.jpg", jpegOf(picture(40, 20)))
	_, err := w.records.Create(w.ctx, zhao, "diary", record.CreateInput{Values: form.Values{"photos": []any{photo.ID}}})
	w.must(err)
	dismissed := person(zhao.ID)
	if _, err := w.files.Open(w.ctx, dismissed, photo.ID); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("who may not read diaries any more reads his photo: %v", err)
	}
	if err := w.files.Delete(w.ctx, zhao, photo.ID); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("the owner deleted a file behind its record: %v", err)
	}
}

func TestPiecesOfAFile(t *testing.T) {
	w := newWorld(t)
	f := w.send(wang, file.Attachment, "a.txt", []byte("0123456789"))
	content, err := w.files.Open(w.ctx, wang, f.ID)
	w.must(err)
	for _, tt := range []struct {
		offset, length int64
		want           string
	}{{0, 10, "0123456789"}, {3, 4, "3456"}, {9, 1, "9"}, {0, 1, "0"}} {
		body, err := content.Open(w.ctx, tt.offset, tt.length)
		w.must(err)
		got, err := io.ReadAll(body)
		if err = errors.Join(err, body.Close()); err != nil || string(got) != tt.want {
			t.Errorf("%d bytes from %d: %q, %v", tt.length, tt.offset, got, err)
		}
	}
}

func TestThumbnails(t *testing.T) {
	w := newWorld(t)
	photo := w.send(wang, file.Image, "a.jpg", jpegOf(picture(2000, 1000)))
	tests := []struct{ asked, width int }{{0, 160}, {100, 160}, {160, 160}, {161, 480}, {99999, 1600}}
	for _, tt := range tests {
		content, err := w.files.Thumb(w.ctx, wang, photo.ID, tt.asked)
		w.must(err)
		raw, err := readAll(w.ctx, content)
		w.must(err)
		config, _, err := image.DecodeConfig(bytes.NewReader(raw))
		if err != nil || config.Width != tt.width || config.Height != tt.width/2 {
			t.Errorf("asked for %d: %d × %d, %v", tt.asked, config.Width, config.Height, err)
		}
	}
	if n := len(w.blobNames()); n != 4 {
		t.Errorf("%d blobs: a photo and three sizes are four", n)
	}
	small := w.send(wang, file.Signature, "s.png", pngOf(picture(100, 50)))
	if content, err := w.files.Thumb(w.ctx, wang, small.ID, 480); err != nil || content.Width != 100 || content.Size != small.Size {
		t.Errorf("a small picture is its own thumbnail: %+v, %v", content, err)
	}
	for name, content := range map[string][]byte{"a.txt": []byte("text"), "bomb.png": bomb(30_000)} {
		f := w.send(wang, file.Attachment, name, content)
		if _, err := w.files.Thumb(w.ctx, wang, f.ID, 160); codeOf(err) != file.CodeNoThumb {
			t.Errorf("thumbnail of %s: %v", name, err)
		}
	}
	w.must(w.files.Delete(w.ctx, wang, photo.ID))
	if n := len(w.blobNames()); n != 3 {
		t.Errorf("%d blobs are left, the thumbnails went with their photo", n)
	}
}

func TestManyAskForOneThumbnail(t *testing.T) {
	w := newWorld(t)
	photo := w.send(wang, file.Image, "a.jpg", jpegOf(picture(1000, 1000)))
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			if _, err := w.files.Thumb(context.Background(), wang, photo.ID, 160); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestTheSweep(t *testing.T) {
	w := newWorld(t)
	photo := func() string { return w.send(wang, file.Image, "a.jpg", jpegOf(picture(40, 20))).ID }
	loose, held, dropped, inRow, given := photo(), photo(), photo(), photo(), photo()
	rec := w.diary(form.Values{"photos": []any{held, dropped}, "lines": []any{map[string]any{"photo": []any{inRow}}}})
	_, err := w.records.Patch(w.ctx, wang, "diary", rec.ID, record.PatchInput{IfRev: rec.Rev, Values: form.Values{"photos": []any{held}}})
	w.must(err)
	binned, err := w.records.Create(w.ctx, wang, "diary", record.CreateInput{Values: form.Values{"photos": []any{given}}})
	w.must(err)
	w.must(w.records.Delete(w.ctx, wang, "diary", binned.Record.ID, 0))
	w.now = w.now.Add(23 * time.Hour)
	fresh := photo()
	w.must(w.files.Sweep(w.ctx))
	for _, id := range []string{loose, held, dropped, inRow, given, fresh} {
		if !w.stored(id) {
			t.Errorf("%s went before its day was over", id)
		}
	}
	w.now = w.now.Add(2 * time.Hour)
	w.must(w.files.Sweep(w.ctx))
	for id, kept := range map[string]bool{loose: false, held: true, dropped: false, inRow: true, given: true, fresh: true} {
		if w.stored(id) != kept {
			t.Errorf("%s: kept %v, want %v", id, w.stored(id), kept)
		}
	}
	if n := len(w.blobNames()); n != 4 {
		t.Errorf("%d blobs for four files", n)
	}
	if _, err := w.get(reader, held); err != nil {
		t.Errorf("a settled photo: %v", err)
	}
}

// A record may take an upload up to the very moment the sweep looks at it.
func TestTheSweepAndARecordAtTheSameTime(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for range 12 {
		ids = append(ids, w.send(wang, file.Attachment, "a.txt", []byte("text")).ID)
	}
	w.now = w.now.Add(25 * time.Hour)
	var group sync.WaitGroup
	group.Go(func() {
		if err := w.files.Sweep(context.Background()); err != nil {
			t.Errorf("sweep: %v", err)
		}
	})
	held := make([]bool, len(ids))
	for i, id := range ids {
		group.Go(func() {
			in := record.CreateInput{Values: form.Values{"papers": []any{id}}}
			_, err := w.records.Create(context.Background(), wang, "diary", in)
			held[i] = err == nil
		})
	}
	group.Wait()
	for i, id := range ids {
		raw, err := w.get(reader, id)
		if held[i] && (err != nil || string(raw) != "text") {
			t.Errorf("the record holds %s, which is gone: %v", id, err)
		}
		if !held[i] && w.stored(id) {
			t.Errorf("%s was refused but is there", id)
		}
	}
}

// TestASignatureIsGenuine: what was drawn is what the history speaks of, and nothing else is.
func TestASignatureIsGenuine(t *testing.T) {
	w := newWorld(t)
	sign := w.send(wang, file.Signature, "sign.png", pngOf(picture(100, 50))).ID
	loose := w.send(wang, file.Signature, "loose.png", pngOf(picture(90, 50))).ID
	rec := w.diary(form.Values{})
	to := file.Signing{Entity: "diary", Record: rec.ID, Task: "diary." + rec.ID + ".1", DataHash: "abc"}
	image, err := w.files.BindSignature(w.ctx, wang, sign, to)
	w.must(err)
	told := file.Drawn{ID: sign, Task: to.Task, By: wang.ID, Image: image, DataHash: "abc"}
	for name, c := range map[string]struct {
		change func(d *file.Drawn)
		want   bool
	}{
		"as it was":           {func(*file.Drawn) {}, true},
		"of an older history": {func(d *file.Drawn) { d.Image, d.DataHash = "", "" }, true},
		"gone":                {func(d *file.Drawn) { d.ID = "01ARZ3NDEKTSV4RRFFQ69G5FAV" }, false},
		"drawn for nothing":   {func(d *file.Drawn) { d.ID = loose }, false},
		"for another task":    {func(d *file.Drawn) { d.Task += "1" }, false},
		"by somebody else":    {func(d *file.Drawn) { d.By = zhao.ID }, false},
		"another drawing":     {func(d *file.Drawn) { d.Image = strings.Repeat("0", 64) }, false},
		"drawn on other data": {func(d *file.Drawn) { d.DataHash = "abd" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := told
			c.change(&d)
			if got, err := w.files.Genuine(w.ctx, wang.Tenant, d); got != c.want || err != nil {
				t.Errorf("genuine %v, %v", got, err)
			}
		})
	}
}

func TestASignatureIsForOneDecision(t *testing.T) {
	w := newWorld(t)
	sign := w.send(wang, file.Signature, "sign.png", pngOf(picture(100, 50))).ID
	rec := w.diary(form.Values{})
	to := file.Signing{Entity: "diary", Record: rec.ID, Task: "diary." + rec.ID + ".1", DataHash: "abc"}
	other, changed := to, to
	other.Task += "1"
	changed.DataHash = "abd"
	bind := func(who access.Actor, id string, to file.Signing) string {
		_, err := w.files.BindSignature(w.ctx, who, id, to)
		return codeOf(err)
	}
	photo := w.send(wang, file.Image, "a.jpg", jpegOf(picture(40, 20))).ID
	steps := []struct {
		name string
		got  string
		want string
	}{
		{"somebody else's hand", bind(zhao, sign, to), file.CodeSignature},
		{"a photo is no signature", bind(wang, photo, to), file.CodeSignature},
		{"his own", bind(wang, sign, to), "taken"},
		{"the same decision sent again", bind(wang, sign, to), "taken"},
		{"another task", bind(wang, sign, other), file.CodeSignature},
		{"other data", bind(wang, sign, changed), file.CodeSignature},
	}
	for _, step := range steps {
		if step.got != step.want {
			t.Errorf("%s: %s, want %s", step.name, step.got, step.want)
		}
	}
	w.now = w.now.Add(48 * time.Hour)
	w.must(w.files.Sweep(w.ctx))
	if _, err := w.get(reader, sign); err != nil {
		t.Errorf("a reader of the record sees who signed: %v", err)
	}
	if _, err := w.get(stranger, sign); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("a stranger sees the signature: %v", err)
	}
}

func TestFilesWhoseBytesAreLost(t *testing.T) {
	w := newWorld(t)
	whole := w.send(wang, file.Attachment, "a.txt", []byte("whole"))
	lost := w.send(wang, file.Attachment, "b.txt", []byte("lost"))
	for _, name := range w.blobNames() {
		key := file.Key(tenantName, name[len(name)-32:])
		if size, err := w.blobs.Size(w.ctx, key); err != nil || size != lost.Size {
			continue
		}
		_, err := w.blobs.Put(w.ctx, key, strings.NewReader("los"))
		w.must(err)
	}
	missing, err := w.files.Missing(w.ctx, tenantName)
	if err != nil || len(missing) != 1 || missing[0].ID != lost.ID {
		t.Errorf("missing: %v, %v; %s is whole", missing, err, whole.ID)
	}
}

package engine_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"formwork/engine/access"
	"formwork/engine/file"
)

func TestFilesAreInTheBackup(t *testing.T) {
	from, build := newEngine(t)
	admin := company(t, build)
	who := access.Actor{Tenant: "demo", ID: admin.Record.ID, Admin: true}
	contents := map[string]string{"short.txt": "short", "long.txt": strings.Repeat("0123456789", 60_000)} // some pieces
	ids := map[string]string{}
	for name, content := range contents {
		f, err := from.Files.Add(t.Context(), who, file.Upload{Name: name, Body: strings.NewReader(content)})
		if err != nil {
			t.Fatal(err)
		}
		ids[name] = f.ID
	}
	var saved bytes.Buffer
	if err := from.Backup(t.Context(), &saved); err != nil {
		t.Fatal(err)
	}
	to, _ := newEngine(t)
	if err := to.Restore(t.Context(), bytes.NewReader(saved.Bytes())); err != nil {
		t.Fatal(err)
	}
	for name, want := range contents {
		content, err := to.Files.Open(t.Context(), who, ids[name])
		if err != nil {
			t.Fatal(err)
		}
		body, err := content.Open(t.Context(), 0, content.Size)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(body)
		if err != nil || string(got) != want || body.Close() != nil {
			t.Errorf("%s: %d bytes, %v; want %d", name, len(got), err, len(want))
		}
	}
	if missing, err := to.Files.Missing(t.Context(), "demo"); err != nil || len(missing) > 0 {
		t.Errorf("missing after the restore: %v, %v", missing, err)
	}
}

// A file whose bytes are lost stays known in the copy, so that somebody is told.
func TestLostBytesAreStillMissingInTheCopy(t *testing.T) {
	from, build := newEngine(t)
	admin := company(t, build)
	who := access.Actor{Tenant: "demo", ID: admin.Record.ID, Admin: true}
	f, err := from.Files.Add(t.Context(), who, file.Upload{Name: "a.txt", Body: strings.NewReader("text")})
	if err != nil {
		t.Fatal(err)
	}
	db, err := from.Tenants.Store(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := db.Get(t.Context(), "file", f.ID)
	if err != nil {
		t.Fatal(err)
	}
	name, _ := docs[0].Values["blob"].(string)
	if err := from.Blobs.Delete(t.Context(), file.Key("demo", name)); err != nil {
		t.Fatal(err)
	}
	var saved bytes.Buffer
	if err := from.Backup(t.Context(), &saved); err != nil {
		t.Fatal(err)
	}
	to, _ := newEngine(t)
	if err := to.Restore(t.Context(), bytes.NewReader(saved.Bytes())); err != nil {
		t.Fatal(err)
	}
	missing, err := to.Files.Missing(t.Context(), "demo")
	if err != nil || len(missing) != 1 || missing[0].ID != f.ID {
		t.Errorf("missing: %v, %v", missing, err)
	}
}

package engine_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"formwork/builder"
	"formwork/engine"
	"formwork/engine/access"
	"formwork/engine/event"
	"formwork/engine/file"
	"formwork/engine/flow"
	"formwork/engine/identity"
	"formwork/engine/record"
	"formwork/engine/store/sqlite"
	"formwork/templates"
)

func newEngine(t *testing.T) (*engine.Engine, *builder.Builder) {
	t.Helper()
	backend, err := sqlite.New(sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = backend.Close() })
	blobs, err := file.OpenFolder(t.TempDir(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = blobs.Close() })
	newID := func() string { return ulid.Make().String() }
	e, err := engine.New(t.Context(), engine.Config{
		Store: backend, Blobs: blobs, Clock: time.Now, NewID: newID, Holder: t.Name(), Log: slog.New(slog.DiscardHandler),
		Random:    func(n int) ([]byte, error) { b := make([]byte, n); _, err := rand.Read(b); return b, err },
		Passwords: identity.PasswordParams{MemoryKiB: 64, Iterations: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := builder.New(builder.Config{
		Tenants: e.Tenants, Catalogs: e.Catalogs, Identity: e.Identity, Records: e.Records,
		Templates: templates.Files, Lint: flow.Lint, Clock: time.Now, NewID: newID,
	})
	if err != nil {
		t.Fatal(err)
	}
	return e, b
}

var system = access.Actor{Tenant: "demo", ID: "system", System: true}

func company(t *testing.T, b *builder.Builder) identity.Added {
	t.Helper()
	admin, err := b.Found(t.Context(), builder.Company{
		Name: "demo", Title: "示例", Template: "labor", AdminLogin: "admin", AdminName: "管理员",
	})
	if err == nil {
		_, err = b.Sample(t.Context(), system, "labor", "")
	}
	if err != nil {
		t.Fatal(err)
	}
	return admin
}

func workers(t *testing.T, e *engine.Engine) []record.Record {
	t.Helper()
	list, err := e.Records.List(t.Context(), system, "worker", record.ListInput{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return list.Records
}

func TestRestoredIsWhatWasBackedUp(t *testing.T) {
	from, build := newEngine(t)
	admin := company(t, build)
	var file bytes.Buffer
	if err := from.Backup(t.Context(), &file); err != nil {
		t.Fatal(err)
	}
	to, _ := newEngine(t)
	if err := to.Restore(t.Context(), bytes.NewReader(file.Bytes())); err != nil {
		t.Fatal(err)
	}
	if got, want := workers(t, to), workers(t, from); len(want) == 0 || !reflect.DeepEqual(got, want) {
		t.Errorf("workers differ: %d restored, %d backed up", len(got), len(want))
	}
	if _, _, err := to.Identity.SignIn(t.Context(), admin.Account.Login, admin.Password, "", identity.Client{}); err != nil {
		t.Errorf("sign in after restore: %v", err)
	}
	db, err := to.Tenants.Store(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	chain, err := event.Verify(t.Context(), db)
	if err != nil || len(chain.Findings()) > 0 {
		t.Errorf("event log after restore: %v %v", err, chain.Findings())
	}
	if err := to.Restore(t.Context(), bytes.NewReader(file.Bytes())); !errors.Is(err, engine.ErrNotEmpty) {
		t.Errorf("restore over a company = %v, want ErrNotEmpty", err)
	}
}

func TestDamagedBackupIsRefused(t *testing.T) {
	from, build := newEngine(t)
	company(t, build)
	var file bytes.Buffer
	if err := from.Backup(t.Context(), &file); err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(file.Bytes())
	flipped[len(flipped)/2] ^= 0x40
	for name, content := range map[string][]byte{
		"a flipped bit": flipped, "cut off": file.Bytes()[:file.Len()/2], "no backup": []byte("hello"), "empty": nil,
	} {
		t.Run(name, func(t *testing.T) {
			to, _ := newEngine(t)
			if err := to.Restore(t.Context(), bytes.NewReader(content)); !errors.Is(err, engine.ErrBackupDamaged) {
				t.Fatalf("restore = %v, want ErrBackupDamaged", err)
			}
			if tenants, err := to.Tenants.Tenants(t.Context()); err != nil || len(tenants) > 0 {
				t.Errorf("something was written: %v %v", tenants, err)
			}
		})
	}
}

// TestBackupWhilePeopleWork restores a state that every record really had, though records change during the copy.
func TestBackupWhilePeopleWork(t *testing.T) {
	from, build := newEngine(t)
	company(t, build)
	ctx, stop := context.WithCancel(t.Context())
	all := workers(t, from)
	var work sync.WaitGroup
	for i, w := range all {
		work.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				_, err := from.Records.Patch(ctx, system, "worker", w.ID, record.PatchInput{
					Values: map[string]any{"name": string(rune('甲'+i)) + string(rune('a'+n%26))},
				})
				if err != nil && ctx.Err() == nil {
					t.Errorf("patch: %v", err)
					return
				}
			}
		})
	}
	var file bytes.Buffer
	err := from.Backup(t.Context(), &file)
	stop()
	work.Wait()
	if err != nil {
		t.Fatal(err)
	}
	to, _ := newEngine(t)
	if err := to.Restore(t.Context(), bytes.NewReader(file.Bytes())); err != nil {
		t.Fatal(err)
	}
	db, err := to.Tenants.Store(t.Context(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	chain, err := event.Verify(t.Context(), db)
	if err != nil || len(chain.Findings()) > 0 {
		t.Fatalf("event log: %v %v", err, chain.Findings())
	}
	for _, w := range all {
		docs, err := db.Get(t.Context(), "worker", w.ID)
		if err != nil || len(docs) != 1 {
			t.Fatalf("worker %s: %v", w.ID, err)
		}
		if last := chain.Last("worker", w.ID); last != docs[0].Chain {
			t.Errorf("worker %s at revision %d: the log ends elsewhere", w.ID, docs[0].Rev)
		}
	}
}

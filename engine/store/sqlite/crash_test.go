package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
	"formwork/engine/store/sqlite"
)

// crashFolder tells the test binary to be the process that is killed.
const crashFolder = "FORMWORK_CRASH_FOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashFolder); dir != "" {
		err := writeUntilKilled(dir)
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

var crashing = store.Collection{
	Name: "sheet",
	Fields: []store.Field{
		{Path: "revision", Type: def.TypeInteger, Index: true},
		{Path: "text", Type: def.TypeText, Search: true},
		{Path: "lines", Type: def.TypeTable},
		{Path: "lines.pay", Type: def.TypeMoney, Scale: 2, Fixed: true},
	},
	Indexes: [][]string{{"revision"}},
}

// crashWrite is the write that makes revision rev of a document: as many lines as revisions, one event, one key.
func crashWrite(id string, rev int64) store.Write {
	lines := make([]any, rev)
	for i := range lines {
		lines[i] = map[string]any{"_id": fmt.Sprint("r", i), "pay": fmt.Sprintf("%d.00", rev)}
	}
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	return store.Write{
		Collection: "sheet", IfRev: rev - 1,
		Doc: store.Doc{
			ID: id, Rev: rev, Keys: []string{fmt.Sprintf("natural|%s|%d", id, rev)}, CreatedAt: at, UpdatedAt: at,
			Values: map[string]any{"revision": rev, "text": fmt.Sprintf("w%sv%dx", id, rev), "lines": lines},
		},
		Events: []store.Event{{Entity: "sheet", Record: id, Rev: rev, Type: "changed", Actor: "u", At: at}},
	}
}

// writeUntilKilled creates and changes documents and reports each acknowledged write on a line of its own.
func writeUntilKilled(dir string) error {
	backend, err := sqlite.New(sqlite.Options{Dir: dir})
	if err != nil {
		return err
	}
	db, err := backend.Open(context.Background(), "crash")
	if err != nil {
		return err
	}
	if err := db.Ensure(context.Background(), crashing); err != nil {
		return err
	}
	var mu sync.Mutex
	failures := make(chan error)
	for client := range 16 {
		go func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("%d_%d_%d", os.Getpid(), client, n)
				for rev := int64(1); rev <= 3; rev++ {
					if err := db.Put(context.Background(), crashWrite(id, rev))[0]; err != nil {
						failures <- err
						return
					}
					mu.Lock()
					fmt.Println(id, rev)
					mu.Unlock()
				}
			}
		}()
	}
	return <-failures
}

func TestKilledProcessLosesNothing(t *testing.T) {
	dir := t.TempDir()
	rounds := 4
	if testing.Short() {
		rounds = 1
	}
	acknowledged := map[string]int64{}
	for round := range rounds {
		writeAndKill(t, dir, acknowledged)
		checkAfterCrash(t, dir, acknowledged)
		t.Logf("round %d: %d documents acknowledged", round, len(acknowledged))
	}
}

// writeAndKill runs the writing process and kills it at some moment after its first writes.
func writeAndKill(t *testing.T, dir string, acknowledged map[string]int64) {
	t.Helper()
	process := exec.CommandContext(t.Context(), os.Args[0])
	process.Env = append(os.Environ(), crashFolder+"="+dir)
	process.Stderr = os.Stderr
	out, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	var timer *time.Timer
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if timer == nil {
			timer = time.AfterFunc(time.Duration(20+rand.IntN(300))*time.Millisecond, func() {
				process.Process.Kill() //nolint:errcheck // Wait tells
			})
		}
		var id string
		var rev int64
		if n, _ := fmt.Sscan(lines.Text(), &id, &rev); n == 2 && strings.Count(id, "_") == 2 {
			acknowledged[id] = rev
		}
	}
	var exit *exec.ExitError
	if err := process.Wait(); !errors.As(err, &exit) || exit.ExitCode() != -1 || timer == nil {
		t.Fatalf("the process was not killed: %v", err)
	}
}

// checkAfterCrash expects every acknowledged write, and every document whole: values, lines, key and events agree.
func checkAfterCrash(t *testing.T, dir string, acknowledged map[string]int64) {
	t.Helper()
	backend := openBackend(t, dir)
	defer closeBackend(t, backend)
	db, err := backend.Open(t.Context(), "crash")
	if err != nil {
		t.Fatal(err)
	}
	events := map[string]int64{}
	for after := int64(0); ; {
		page, err := db.Events(t.Context(), after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, event := range page {
			if event.Rev != events[event.Record]+1 {
				t.Errorf("event of %s rev %d after rev %d", event.Record, event.Rev, events[event.Record])
			}
			after, events[event.Record] = event.Seq, event.Rev
		}
	}
	found := map[string]bool{}
	for q := (query.Query{Collection: "sheet", Limit: 1000}); ; {
		page, err := db.Find(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for i := range page.Docs {
			doc := &page.Docs[i]
			found[doc.ID] = true
			lines, _ := doc.Values["lines"].([]any)
			if doc.Rev < acknowledged[doc.ID] || doc.Values["revision"] != doc.Rev || int64(len(lines)) != doc.Rev ||
				len(doc.Keys) != 1 || doc.Keys[0] != fmt.Sprintf("natural|%s|%d", doc.ID, doc.Rev) || events[doc.ID] != doc.Rev {
				t.Errorf("%s: acknowledged rev %d, stored %d with values %v, keys %v, events to rev %d", doc.ID, acknowledged[doc.ID], doc.Rev, doc.Values, doc.Keys, events[doc.ID])
			}
		}
		if q.After = page.Next; page.Next == "" {
			break
		}
	}
	for id := range acknowledged {
		if !found[id] {
			t.Errorf("acknowledged %s is lost", id)
		}
	}
	checkIndexes(t, db, acknowledged)
}

// checkIndexes looks some documents up by lines, search and key: what is derived agrees with the documents.
func checkIndexes(t *testing.T, db store.Store, acknowledged map[string]int64) {
	t.Helper()
	looked := 0
	for id, rev := range acknowledged {
		if looked++; looked > 20 {
			return
		}
		if rev < 3 {
			continue
		}
		search := query.Query{Collection: "sheet", Search: fmt.Sprintf("w%sv3x", id), Limit: 10}
		search.Where = &query.Filter{Cond: &query.Cond{Path: []string{"lines", "pay"}, Op: query.Eq, Value: "3", Type: def.TypeMoney, Rows: true}}
		page, err := db.Find(t.Context(), search)
		if err != nil || len(page.Docs) != 1 || page.Docs[0].ID != id {
			t.Errorf("search for %s: %d documents, %v", id, len(page.Docs), err)
		}
		taken := crashWrite("other", 1)
		taken.Doc.Keys = []string{fmt.Sprintf("natural|%s|3", id)}
		var duplicate *store.DuplicateError
		if err := db.Put(t.Context(), taken)[0]; !errors.As(err, &duplicate) {
			t.Errorf("key of %s: %v, want it taken", id, err)
		}
	}
}

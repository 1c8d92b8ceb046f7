package mongo_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
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
	"formwork/engine/store/mongo"
)

// crashTenant tells the test binary to be the process that is killed.
const crashTenant = "FORMWORK_CRASH_TENANT"

func TestMain(m *testing.M) {
	if tenant := os.Getenv(crashTenant); tenant != "" {
		err := writeUntilKilled(os.Getenv("MONGODB_URI"), tenant)
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
		Events: []store.Event{
			{Entity: "sheet", Record: id, Rev: rev, N: 0, Type: "changed", Actor: "u", At: at},
			{Entity: "sheet", Record: id, Rev: rev, N: 1, Type: "noted", Actor: "u", At: at},
		},
	}
}

// writeUntilKilled creates, changes and removes documents and reports each acknowledged write on a line of its own.
func writeUntilKilled(uri, tenant string) error {
	backend, err := mongo.Open(context.Background(), uri)
	if err != nil {
		return err
	}
	db, err := backend.Open(context.Background(), tenant)
	if err != nil {
		return err
	}
	if err := db.Ensure(context.Background(), crashing); err != nil {
		return err
	}
	var mu sync.Mutex
	failures := make(chan error)
	for client := range 8 {
		go func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("%d_%d_%d", os.Getpid(), client, n)
				for rev := int64(1); rev <= 4; rev++ {
					w := crashWrite(id, rev)
					if w.Remove = rev == 4; w.Remove && n%2 == 0 {
						break
					}
					if err := db.Put(context.Background(), w)[0]; err != nil {
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
	uri := server(t)
	tenant := "crash"
	rounds := 4
	if testing.Short() {
		rounds = 1
	}
	acknowledged := map[string]int64{}
	for round := range rounds {
		writeAndKill(t, uri, tenant, acknowledged)
		checkAfterCrash(t, uri, tenant, acknowledged)
		t.Logf("round %d: %d documents acknowledged", round, len(acknowledged))
	}
	backend := openBackend(t, uri)
	defer closeBackend(t, backend)
	drop(t, backend, tenant)
}

func drop(t *testing.T, backend store.Backend, tenant string) {
	t.Helper()
	db, err := backend.Open(context.Background(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Drop(context.Background()); err != nil {
		t.Error(err)
	}
}

// writeAndKill runs the writing process and kills it at some moment after its first writes.
func writeAndKill(t *testing.T, uri, tenant string, acknowledged map[string]int64) {
	t.Helper()
	process := exec.CommandContext(t.Context(), os.Args[0])
	process.Env = append(os.Environ(), crashTenant+"="+tenant, "MONGODB_URI="+uri)
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
			timer = time.AfterFunc(time.Duration(50+rand.IntN(700))*time.Millisecond, func() {
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

// checkAfterCrash expects every acknowledged write, every document whole, and after a moment every event once, in the
// order of revisions.
func checkAfterCrash(t *testing.T, uri, tenant string, acknowledged map[string]int64) {
	t.Helper()
	backend := openBackend(t, uri)
	defer closeBackend(t, backend)
	db, err := backend.Open(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	stored := settled(t, db, acknowledged)
	events := logged(t, db, func(events map[string]int64) bool {
		for id, rev := range stored {
			if events[id] < rev {
				return false
			}
		}
		for id, rev := range acknowledged {
			if events[id] < rev {
				return false
			}
		}
		return true
	})
	for id, rev := range acknowledged {
		if stored[id] < rev && events[id] < 4 { // not there, and not removed either
			t.Errorf("acknowledged %s rev %d is lost", id, rev)
		}
	}
	for id, rev := range stored {
		if events[id] != rev {
			t.Errorf("%s: stored rev %d, events to rev %d", id, rev, events[id])
		}
	}
}

// settled reads all documents, when the server has done what it was told before the kill.
func settled(t *testing.T, db store.Store, acknowledged map[string]int64) map[string]int64 {
	t.Helper()
	for before := documents(t, db, acknowledged); ; {
		time.Sleep(100 * time.Millisecond)
		now := documents(t, db, acknowledged)
		if maps.Equal(before, now) {
			return now
		}
		before = now
	}
}

func documents(t *testing.T, db store.Store, acknowledged map[string]int64) map[string]int64 {
	t.Helper()
	stored := map[string]int64{}
	for q := (query.Query{Collection: "sheet", Limit: 1000}); ; {
		page, err := db.Find(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for i := range page.Docs {
			doc := &page.Docs[i]
			stored[doc.ID] = doc.Rev
			lines, _ := doc.Values["lines"].([]any)
			if doc.Rev < acknowledged[doc.ID] || doc.Values["revision"] != doc.Rev || int64(len(lines)) != doc.Rev ||
				len(doc.Keys) != 1 || doc.Keys[0] != fmt.Sprintf("natural|%s|%d", doc.ID, doc.Rev) {
				t.Errorf("%s: acknowledged rev %d, stored %d with values %v, keys %v", doc.ID, acknowledged[doc.ID], doc.Rev, doc.Values, doc.Keys)
			}
		}
		if q.After = page.Next; page.Next == "" {
			return stored
		}
	}
}

// logged reads the log until it is complete, and gives the last revision by record. Every event must come once and in
// its turn.
func logged(t *testing.T, db store.Store, complete func(events map[string]int64) bool) map[string]int64 {
	t.Helper()
	last := map[string]store.Event{}
	revs := map[string]int64{}
	after := int64(0)
	for deadline := time.Now().Add(15 * time.Second); ; {
		page, err := db.Events(t.Context(), after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, event := range page {
			before := last[event.Record]
			inTurn := event.N == 1 && event.Rev == before.Rev && before.N == 0 ||
				event.N == 0 && event.Rev == before.Rev+1 && (before.N == 1 || before.Rev == 0)
			if event.Seq != after+1 || !inTurn {
				t.Errorf("event %d after %d: %s rev %d n %d after rev %d n %d", event.Seq, after, event.Record, event.Rev, event.N, before.Rev, before.N)
			}
			after, last[event.Record], revs[event.Record] = event.Seq, event, event.Rev
		}
		if len(page) > 0 {
			continue
		}
		if complete(revs) {
			return revs
		}
		if time.Now().After(deadline) {
			t.Fatal("the log does not get complete")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

package job_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"formwork/engine/job"
	"formwork/engine/store"
	"formwork/engine/store/sqlite"
)

// clock is a time that tests move by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newRunner(t *testing.T, backend store.Backend, c *clock) *job.Runner {
	t.Helper()
	n := 0
	return job.NewRunner(job.Config{
		Store:   backend.Open,
		Tenants: func(context.Context) ([]string, error) { return []string{"acme"}, nil },
		Clock:   c.Now,
		NewID:   func() string { n++; return fmt.Sprintf("job%04d", n) },
		Holder:  t.Name(),
		Log:     slog.New(slog.DiscardHandler),
	})
}

func open(t *testing.T, dir string) store.Backend {
	t.Helper()
	backend, err := sqlite.New(sqlite.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = backend.Close() })
	return backend
}

func TestJobRunsOnceAndIsGone(t *testing.T) {
	c := &clock{now: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)}
	r := newRunner(t, open(t, t.TempDir()), c)
	var got []string
	r.Register("greet", func(_ context.Context, tenant string, payload json.RawMessage) error {
		got = append(got, tenant+string(payload))
		return nil
	})
	for range 2 { // one key: the second is the same work
		if err := r.Enqueue(t.Context(), "acme", job.Job{Type: "greet", Key: "once", Payload: []byte(`{"a":1}`)}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if err := r.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.pass(time.Hour)
	}
	if len(got) != 1 || got[0] != `acme{"a":1}` {
		t.Errorf("ran %q", got)
	}
}

func TestFailedJobComesBackWithGrowingDelaysAndIsGivenUp(t *testing.T) {
	c := &clock{now: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)}
	r := newRunner(t, open(t, t.TempDir()), c)
	runs := 0
	r.Register("break", func(context.Context, string, json.RawMessage) error { runs++; return errors.New("no") })
	if err := r.Enqueue(t.Context(), "acme", job.Job{Type: "break"}); err != nil {
		t.Fatal(err)
	}
	step := func(d time.Duration) {
		c.pass(d)
		if err := r.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	step(0)
	step(time.Second)
	if runs != 1 {
		t.Fatalf("after a second: %d runs, want 1", runs)
	}
	step(2 * time.Second)
	if runs != 2 {
		t.Fatalf("after three seconds: %d runs, want 2", runs)
	}
	for range 30 {
		step(3 * time.Hour)
	}
	if runs != 12 {
		t.Errorf("%d runs, want 12", runs)
	}
}

func TestAPostponedJobHasOneAttemptNoLess(t *testing.T) {
	c := &clock{now: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)}
	r := newRunner(t, open(t, t.TempDir()), c)
	runs, answer := 0, error(nil)
	r.Register("call", func(context.Context, string, json.RawMessage) error { runs++; return answer })
	if err := r.Enqueue(t.Context(), "acme", job.Job{Type: "call", Key: "once"}); err != nil {
		t.Fatal(err)
	}
	for range 30 { // more often than a job may fail
		answer = fmt.Errorf("call: %w", &job.Later{At: c.Now().Add(time.Minute)})
		before := runs
		for _, pass := range []time.Duration{0, 59 * time.Second} {
			c.pass(pass)
			if err := r.RunDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if runs != before+1 {
			t.Fatalf("ran %d times within its minute, want once", runs-before)
		}
		c.pass(time.Second)
	}
	answer = nil
	if err := r.RunDue(t.Context()); err != nil || runs != 31 {
		t.Fatalf("%d runs, %v", runs, err)
	}
	c.pass(24 * time.Hour)
	if err := r.RunDue(t.Context()); err != nil || runs != 31 {
		t.Errorf("%d runs after it succeeded, %v", runs, err)
	}
}

func TestJobOfADeadWorkerIsTakenOver(t *testing.T) {
	c := &clock{now: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)}
	dir := t.TempDir()
	backend := open(t, dir)
	dead := newRunner(t, backend, c)
	ctx, kill := context.WithCancel(t.Context())
	dead.Register("work", func(context.Context, string, json.RawMessage) error { kill(); return nil })
	if err := dead.Enqueue(t.Context(), "acme", job.Job{Type: "work"}); err != nil {
		t.Fatal(err)
	}
	_ = dead.RunDue(ctx) // it dies before it can say that the work is done
	alive := newRunner(t, backend, c)
	done := 0
	alive.Register("work", func(context.Context, string, json.RawMessage) error { done++; return nil })
	if err := alive.RunDue(t.Context()); err != nil || done != 0 {
		t.Fatalf("taken over too early: %d, %v", done, err)
	}
	c.pass(3 * time.Minute)
	if err := alive.RunDue(t.Context()); err != nil || done != 1 {
		t.Fatalf("not taken over: %d, %v", done, err)
	}
}

func TestScheduleRunsInOneProcessOnly(t *testing.T) {
	c := &clock{now: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)}
	// Its leases go by the clock that stands still: on a busy machine ten milliseconds of the real one are soon over.
	backend, err := sqlite.New(sqlite.Options{Dir: t.TempDir(), Clock: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = backend.Close() })
	var mu sync.Mutex
	runs := map[string]int{}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var both sync.WaitGroup
	for _, name := range []string{"one", "two"} {
		r := newRunner(t, backend, c)
		r.Holder = name
		r.Every("sweep", 10*time.Millisecond, func(context.Context) error {
			mu.Lock()
			defer mu.Unlock()
			runs[name]++
			if runs[name] == 3 {
				stop()
			}
			return nil
		})
		both.Go(func() { r.Run(ctx) })
	}
	both.Wait()
	if len(runs) != 1 {
		t.Errorf("runs = %v, want one process", runs)
	}
}

// A process that is told to end leaves its jobs to the next one at once, as often as it is started again.
func TestJobOfAProcessThatEndsIsDueAtOnce(t *testing.T) {
	c := &clock{now: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)}
	backend := open(t, t.TempDir())
	ends := newRunner(t, backend, c)
	if err := ends.Enqueue(t.Context(), "acme", job.Job{Type: "work"}); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		ctx, end := context.WithCancel(t.Context())
		ends.Register("work", func(ctx context.Context, _ string, _ json.RawMessage) error { end(); return ctx.Err() })
		_ = ends.RunDue(ctx) // it ends in the middle of the work
	}
	next := newRunner(t, backend, c)
	done := 0
	next.Register("work", func(context.Context, string, json.RawMessage) error { done++; return nil })
	if err := next.RunDue(t.Context()); err != nil || done != 1 {
		t.Errorf("the work was done %d times, %v", done, err)
	}
}

func TestWorkEnqueuedWhileTheSameIsRunningIsDoneOnceMore(t *testing.T) {
	c := &clock{now: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)}
	r := newRunner(t, open(t, t.TempDir()), c)
	again := job.Job{Type: "sum", Key: "sum"}
	runs := 0
	r.Register("sum", func(ctx context.Context, _ string, _ json.RawMessage) error {
		if runs++; runs == 1 {
			return r.Enqueue(ctx, "acme", again)
		}
		return nil
	})
	if err := r.Enqueue(t.Context(), "acme", again); err != nil {
		t.Fatal(err)
	}
	if err := r.RunDue(t.Context()); err != nil || runs != 2 {
		t.Errorf("%d runs, want 2; %v", runs, err)
	}
}

func TestASlowJobDoesNotHoldUpTheOthers(t *testing.T) {
	c := &clock{now: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)}
	r := newRunner(t, open(t, t.TempDir()), c)
	quick := make(chan struct{})
	r.Register("slow", func(ctx context.Context, _ string, _ json.RawMessage) error {
		select {
		case <-quick:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	r.Register("quick", func(context.Context, string, json.RawMessage) error { close(quick); return nil })
	for _, name := range []string{"slow", "quick"} {
		if err := r.Enqueue(t.Context(), "acme", job.Job{Type: name}); err != nil {
			t.Fatal(err)
		}
		c.pass(time.Second)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := r.RunDue(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case <-quick:
	default:
		t.Error("the quick job waits for the slow one")
	}
}

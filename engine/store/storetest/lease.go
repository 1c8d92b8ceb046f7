package storetest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"formwork/engine/store"
)

var leaseCases = []Case{
	{"a lease has one holder and a growing fence", leaseHolder},
	{"a lease ends by itself", leaseExpires},
	{"one of many takes a lease", leaseRace},
}

func leaseHolder(t T, s *suite) {
	db := s.store()
	lease := func(name, holder string, ttl time.Duration) int64 {
		fence, err := db.Lease(t.Context(), name, holder, ttl)
		if err != nil {
			t.Fatalf("lease %s for %s: %v", name, holder, err)
		}
		return fence
	}
	first := lease("relay", "a", time.Minute)
	if first <= 0 {
		t.Errorf("fence %d, want more than zero", first)
	}
	if again := lease("relay", "a", time.Minute); again != first {
		t.Errorf("renewed by its holder: fence %d, want %d", again, first)
	}
	if _, err := db.Lease(t.Context(), "relay", "b", time.Minute); !errors.Is(err, store.ErrLeased) {
		t.Errorf("taken by another: %v, want ErrLeased", err)
	}
	if _, err := db.Lease(t.Context(), "relay", "b", 0); !errors.Is(err, store.ErrLeased) {
		t.Errorf("given back by another: %v, want ErrLeased", err)
	}
	lease("schedule", "b", time.Minute)
	lease("relay", "a", 0)
	second := lease("relay", "b", time.Minute)
	if second <= first {
		t.Errorf("fence %d after %d: must grow with the holder", second, first)
	}
	lease("relay", "b", 0)
	if third := lease("relay", "a", time.Minute); third <= second {
		t.Errorf("fence %d after %d: must grow with the holder", third, second)
	}
}

func leaseExpires(t T, s *suite) {
	db := s.store()
	first, err := db.Lease(t.Context(), "relay", "a", 100*time.Millisecond)
	if err != nil {
		t.Fatalf("lease: %v", err)
	}
	db.eventually(func() bool {
		second, err := db.Lease(t.Context(), "relay", "b", time.Minute)
		if err != nil && !errors.Is(err, store.ErrLeased) {
			t.Fatalf("lease: %v", err)
		}
		if err == nil && second <= first {
			t.Fatalf("fence %d after %d: must grow with the holder", second, first)
		}
		return err == nil
	})
	if _, err := db.Lease(t.Context(), "relay", "a", time.Minute); !errors.Is(err, store.ErrLeased) {
		t.Errorf("renewed by the holder that lost it: %v, want ErrLeased", err)
	}
}

func leaseRace(t T, s *suite) {
	const rivals = 8
	db := s.store()
	var group sync.WaitGroup
	results := make([]error, rivals)
	for i := range rivals {
		group.Go(func() { _, results[i] = db.Lease(t.Context(), "relay", fmt.Sprint("h", i), time.Minute) })
	}
	group.Wait()
	winners := 0
	for _, err := range results {
		if err == nil {
			winners++
		} else if !errors.Is(err, store.ErrLeased) {
			t.Errorf("rival: %v, want ErrLeased", err)
		}
	}
	if winners != 1 {
		t.Errorf("%d of %d took the lease", winners, rivals)
	}
}

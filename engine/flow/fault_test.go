package flow_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"formwork/engine/flow"
	"formwork/engine/store"
)

// dyingStore is killed at a lease: before or after it was taken nothing is written any more.
type dyingStore struct {
	store.Store
	at     int // which lease kills it
	before bool
	leases int
	dead   bool
}

func (s *dyingStore) Lease(ctx context.Context, name, holder string, ttl time.Duration) (int64, error) {
	if s.leases++; s.leases == s.at {
		s.dead = true
		if !s.before {
			_, _ = s.Store.Lease(ctx, name, holder, ttl) // taken, but nobody is told
		}
	}
	if s.dead {
		return 0, errKilled
	}
	return s.Store.Lease(ctx, name, holder, ttl)
}

func (s *dyingStore) Put(ctx context.Context, writes ...store.Write) []error {
	if s.dead {
		return slices.Repeat([]error{errKilled}, len(writes))
	}
	return s.Store.Put(ctx, writes...)
}

// TestKilledAtAClaimAnotherProcessDelivers is R08 at the claim of the outbox: the process dies before or after it has the
// lease on a run's effects, or before or after it gives it back. Another one delivers, at once or when the lease is over.
func TestKilledAtAClaimAnotherProcessDelivers(t *testing.T) {
	for _, before := range []bool{true, false} {
		for at := 1; at <= 2; at++ {
			t.Run(fmt.Sprintf("lease %d, before %t", at, before), func(t *testing.T) {
				a := newAutomated(t, postingFlow)
				rec := a.deliver(delivery(line("水泥", 2, "10"), line("沙", 3, "1.5")))
				a.settle()
				dying := &dyingStore{Store: a.world.store, at: at, before: before}
				a.store = &brokenStore{Store: dying, left: -1}
				a.openAs("here")
				a.decide(li, flow.Act{Verb: flow.Approve})
				_, _ = a.flows.FireDue(a.ctx, tenantName)
				if !dying.dead {
					t.Fatal("it did not die")
				}
				a.store = &brokenStore{Store: a.world.store, left: -1}
				a.openAs("there")
				// The store's clock is the machine's: the dead process's lease is given up here instead of waited for.
				for shard := range 64 {
					_, _ = a.world.store.Lease(a.ctx, fmt.Sprint("effects/", shard), "here", 0)
				}
				a.settle()
				a.wantValues("posting", "amount", "20.00", "4.50")
				if st := a.state("delivery", rec.ID); len(st.Outbox) != 0 || len(st.Posted) != 2 {
					t.Errorf("outbox %v, posted %v", st.Outbox, st.Posted)
				}
				a.wantMessages(2)
			})
		}
	}
}

// TestKilledAtTheReceiverItIsToldAgainUnderTheSameID is R08 at the sending: the receiver has it, and the process dies before
// it hears so, or before the receiver has it.
func TestKilledAtTheReceiverItIsToldAgainUnderTheSameID(t *testing.T) {
	for _, taken := range []bool{true, false} {
		for at := 1; at <= 2; at++ {
			t.Run(fmt.Sprintf("message %d, taken %t", at, taken), func(t *testing.T) {
				a := newAutomated(t, postingFlow)
				rec := a.deliver(delivery(line("水泥", 2, "10")))
				a.settle()
				ctx, kill := context.WithCancel(a.ctx)
				sent := 0
				a.outward.fail = func(flow.Outbound) error {
					if sent++; sent == at {
						if !taken {
							a.outward.got = a.outward.got[:len(a.outward.got)-1]
						}
						a.store.left = 0 // from here on nothing is written
						kill()
						return errKilled
					}
					return nil
				}
				a.decide(li, flow.Act{Verb: flow.Approve})
				_, _ = a.flows.FireDue(ctx, tenantName)
				if ctx.Err() == nil {
					t.Fatal("it did not die")
				}
				a.outward.fail = nil
				a.open(-1, false)
				a.settle()
				a.wantValues("posting", "amount", "20.00")
				if st := a.state("delivery", rec.ID); len(st.Outbox) != 0 || len(st.Posted) != 1 {
					t.Errorf("outbox %v, posted %v", st.Outbox, st.Posted)
				}
				a.wantMessages(2)
			})
		}
	}
}

// wantMessages holds what left the system to as many different ids, the webhook's first.
func (a *automated) wantMessages(n int) {
	a.Helper()
	var ids []string
	for _, m := range a.outward.got {
		if !slices.Contains(ids, m.ID) {
			ids = append(ids, m.ID)
		}
	}
	if len(ids) != n || a.outward.got[0].Kind != flow.OutboundWebhook {
		a.Errorf("messages %v, want %d ids, the webhook's first", ids, n)
	}
}

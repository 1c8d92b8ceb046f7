package notify

import (
	"errors"
	"fmt"
	"net/textproto"
	"testing"
	"time"
)

// TestAReceiverThatFailsIsLeftAlone plays calls of one receiver at given seconds.
func TestAReceiverThatFailsIsLeftAlone(t *testing.T) {
	start := time.Date(2026, 6, 3, 4, 0, 0, 0, time.UTC)
	c := circuits{all: map[string]*circuit{}}
	for _, step := range []struct {
		at     int
		failed bool
		rests  int // until this second, when asked; 0 = it is called
		then   int // it rests until this second after the call
	}{
		{at: 0, failed: true},
		{at: 1, failed: true},
		{at: 2, failed: false}, // whoever answers starts anew
		{at: 3, failed: true},
		{at: 4, failed: true},
		{at: 5, failed: true, then: 20},
		{at: 6, rests: 20},
		{at: 19, rests: 20},
		{at: 20, failed: true, then: 50}, // twice as long
		{at: 49, rests: 50},
		{at: 50, failed: true, then: 110},
		{at: 110, failed: false},
		{at: 111, failed: true},
		{at: 112, failed: true},
		{at: 113, failed: true, then: 128},
	} {
		now := start.Add(time.Duration(step.at) * time.Second)
		by := c.enter("acme/erp", now)
		if want := second(start, step.rests); !by.rests.Equal(want) {
			t.Fatalf("at %d it rests until %s, want %s", step.at, by.rests, want)
		}
		if step.rests > 0 {
			continue
		}
		if other := c.enter("acme/other", now); other != (pass{}) {
			t.Fatalf("at %d another receiver rests", step.at)
		}
		var result error
		if step.failed {
			result = errAway
		}
		until, _ := c.leave("acme/erp", now, by, result)
		if want := second(start, step.then); !until.Equal(want) {
			t.Fatalf("after the call at %d it rests until %s, want %s", step.at, until, want)
		}
	}
}

var errAway = errors.New("connection refused")

func second(start time.Time, n int) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return start.Add(time.Duration(n) * time.Second)
}

func TestAfterARestOneCallTriesTheReceiver(t *testing.T) {
	now := time.Date(2026, 6, 3, 4, 0, 0, 0, time.UTC)
	c := circuits{all: map[string]*circuit{}}
	for range 4 { // four at once, as there are workers: the fourth was under way when the rest began
		c.enter("k", now)
	}
	var until time.Time
	for range 4 {
		until, _ = c.leave("k", now, pass{}, errAway)
	}
	if want := now.Add(firstRest); !until.Equal(want) {
		t.Fatalf("rests until %s, want %s", until, want)
	}
	if !c.enter("k", until).probe {
		t.Fatal("nobody tries the receiver after its rest")
	}
	if by := c.enter("k", until); by.probe || by.rests.IsZero() {
		t.Error("a second one tries it too")
	}
	if !c.enter("k", until.Add(time.Minute)).probe {
		t.Error("when who tried it died at it, nobody does any more")
	}
	if _, changed := c.leave("k", until.Add(time.Minute), pass{probe: true}, nil); !changed {
		t.Error("an answer does not end the rest")
	}
	for n := range 40 {
		by := c.enter("k", now)
		if !by.rests.IsZero() {
			now = by.rests
			continue
		}
		until, _ = c.leave("k", now, by, errAway)
		if until.Sub(now) > longestRest {
			t.Fatalf("failure %d: a rest of %s", n, until.Sub(now))
		}
	}
}

func TestWhatPutsAReceiverToRest(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{nil, false},
		{errAway, true},
		{errors.New("answered 503"), true},
		{fmt.Errorf("call: %w", &permanent{"http_410", nil}), false},
		{fmt.Errorf("dial failed: %w", &textproto.Error{Code: 451, Msg: "later"}), false},
	} {
		if got := unanswered(c.err); got != c.want {
			t.Errorf("%v: %t, want %t", c.err, got, c.want)
		}
	}
}

func TestWhatWaitedDoesNotComeBackAtOnce(t *testing.T) {
	now := time.Date(2026, 6, 3, 4, 0, 0, 0, time.UTC)
	p := &paused{now.Add(time.Minute)}
	moments := map[time.Time]bool{}
	for i := range 200 {
		at := p.later(fmt.Sprint("d", i), now)
		if at.Before(p.until) || at.After(p.until.Add(15*time.Second)) {
			t.Fatalf("%s is outside of a quarter after %s", at, p.until)
		}
		moments[at] = true
	}
	if len(moments) < 100 {
		t.Errorf("200 messages come back at %d moments", len(moments))
	}
}

package flow

import (
	"fmt"
	"log/slog"
	"testing"
)

// TestWhatASuspendedRunHasToKnowIsNotGivenUp: the end of a called flow waits for its caller, however long nobody frees it;
// other failures are given up in time.
func TestWhatASuspendedRunHasToKnowIsNotGivenUp(t *testing.T) {
	d := &delivery{service: &Service{config: Config{Log: slog.New(slog.DiscardHandler)}}, state: &State{}}
	suspended := fmt.Errorf("tell: %w", &Refused{Code: CodeSuspended})
	for _, c := range []struct {
		name     string
		err      error
		attempts int
		dead     bool
	}{
		{"suspended, for the first time", suspended, 0, false},
		{"suspended, for the hundredth time", suspended, 99, false},
		{"it has ended", &Refused{Code: CodeEnded}, 0, true},
		{"unknown, for the first time", errNoChild, 0, false},
		{"unknown, for the last time", errNoChild, MaxAttempts - 1, true},
	} {
		result := d.result(&Effect{N: 1, Kind: EffectTellParent, Attempts: c.attempts}, c.err, epoch)
		if result.Dead != c.dead {
			t.Errorf("%s: given up %v, want %v", c.name, result.Dead, c.dead)
		}
		if wait := result.Next.Sub(epoch); c.err == suspended && (wait <= 0 || wait > suspendedPause) { //nolint:errorlint // which row it is
			t.Errorf("%s: again after %v", c.name, wait)
		}
		if c.dead != result.Next.IsZero() {
			t.Errorf("%s: again at %v", c.name, result.Next)
		}
	}
}

//go:build virtual_clock

package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestVirtualClockFollowsItsFile(t *testing.T) {
	p := &place{data: t.TempDir()}
	now := p.clock()
	for _, tt := range []struct {
		name, file string
		ahead      time.Duration
	}{
		{"no move", "0s", 0},
		{"two days on", "48h\n", 48 * time.Hour},
		{"a day back", "-24h", -24 * time.Hour},
		{"words are no move", "tomorrow", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.WriteFile(filepath.Join(p.data, clockFile), []byte(tt.file), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := time.Until(now()); (got - tt.ahead).Abs() > time.Minute {
				t.Errorf("the clock is %s ahead, want %s", got, tt.ahead)
			}
		})
	}
}

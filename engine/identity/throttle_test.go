package identity

import (
	"testing"
	"time"
)

func TestPause(t *testing.T) {
	tests := []struct {
		failures int64
		want     time.Duration
	}{
		{0, 0}, {4, 0}, {5, time.Minute}, {6, 2 * time.Minute}, {9, 16 * time.Minute}, {10, 30 * time.Minute}, {1000, 30 * time.Minute},
	}
	for _, tt := range tests {
		if got := pause(tt.failures); got != tt.want {
			t.Errorf("pause(%d) = %s, want %s", tt.failures, got, tt.want)
		}
	}
}

func TestOneAddressIsSlowedDownAndForgiven(t *testing.T) {
	now := time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)
	th := newThrottle()
	for range freePerAddress - 1 {
		th.failed("10.0.0.7", now)
	}
	if wait := th.wait("10.0.0.7", now); wait != 0 {
		t.Fatalf("waits %s before the limit", wait)
	}
	th.failed("10.0.0.7", now)
	if wait := th.wait("10.0.0.7", now); wait != time.Minute {
		t.Errorf("waits %s, want a minute", wait)
	}
	if wait := th.wait("10.0.0.8", now); wait != 0 {
		t.Errorf("another address waits %s", wait)
	}
	th.succeeded("10.0.0.7")
	if wait := th.wait("10.0.0.7", now); wait != 0 {
		t.Errorf("waits %s after a success", wait)
	}
}

func TestCheckPassword(t *testing.T) {
	tests := []struct{ password, code string }{
		{"1234567", "password_short"},
		{"12345678", "password_weak"},
		{"zhangsan1", "password_weak"}, // made of the login
		{"gong di an quan 2026", ""},
		{"安全生产人人有责", ""},
		{"k7p2-m4xw-9sdf-3hjk", ""},
	}
	for _, tt := range tests {
		code := ""
		if err := checkPassword(tt.password, "zhangsan"); err != nil {
			code = err.Error()
		}
		if code != tt.code {
			t.Errorf("checkPassword(%q) = %q, want %q", tt.password, code, tt.code)
		}
	}
}

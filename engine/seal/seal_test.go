package seal_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"formwork/engine/seal"
)

func random(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := rand.Read(b)
	return b, err
}

func box(t *testing.T, fill byte) *seal.Box {
	t.Helper()
	b, err := seal.New(bytes.Repeat([]byte{fill}, seal.KeySize), random)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestASecretIsReadOnlyWhereItBelongs(t *testing.T) {
	b := box(t, 1)
	sealed, err := b.Seal("hook/erp", []byte("secret of erp"))
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := b.Seal("hook/erp", []byte("secret of erp")); again == sealed || strings.Contains(sealed, "secret") {
		t.Errorf("sealed as %s, then %s", sealed, again)
	}
	if plain, err := b.Open("hook/erp", sealed); err != nil || string(plain) != "secret of erp" {
		t.Errorf("opened as %q, %v", plain, err)
	}
	tests := []struct {
		note, name, text string
		with             *seal.Box
	}{
		{"moved to another", "hook/bank", sealed, b},
		{"with another key", "hook/erp", sealed, box(t, 2)},
		{"damaged", "hook/erp", "AAAA" + sealed[4:], b},
		{"cut off", "hook/erp", sealed[:8], b},
		{"no base64", "hook/erp", "?", b},
		{"nothing", "hook/erp", "", b},
	}
	for _, tt := range tests {
		if plain, err := tt.with.Open(tt.name, tt.text); !errors.Is(err, seal.ErrSealed) {
			t.Errorf("%s: %q, %v", tt.note, plain, err)
		}
	}
	if _, err := seal.New([]byte("short"), random); err == nil {
		t.Error("a short key")
	}
}

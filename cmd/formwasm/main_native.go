//go:build !js

package main

import (
	"log/slog"
	"os"
)

// main says how to build the command: it has no use outside a browser.
func main() {
	slog.Error("formwasm runs in browsers only", "build", "GOOS=js GOARCH=wasm go build ./cmd/formwasm")
	os.Exit(1)
}

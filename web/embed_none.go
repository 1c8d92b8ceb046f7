//go:build no_ui

// Package web carries the built web UI into the binary; this build has none (tests that need no UI).
package web

import (
	"embed"
	"io/fs"
)

// Files is empty in this build.
func Files() fs.FS { return embed.FS{} }

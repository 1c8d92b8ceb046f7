//go:build !no_ui

// Package web carries the built web UI into the binary.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files is the built UI: index.html, assets/, each also as .br.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		return embed.FS{} // "dist" is a valid path, so this does not happen
	}
	return files
}

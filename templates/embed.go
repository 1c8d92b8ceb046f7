// Package templates holds the templates the program ships: sets of definitions with sample data, one folder each
// (definitions.md §13). They are only files here; builder decodes, checks and installs them.
package templates

import "embed"

// Files has one folder per template: template.json, settings.json, a folder per kind of definition, and sample/.
//
//go:embed base labor
var Files embed.FS

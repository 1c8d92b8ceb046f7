package def

import "sync"

// Kind is a kind of definition; its value is the folder, URL segment and manifest prefix.
type Kind string

// The kinds of stage 1 that exist so far.
const (
	KindEntity     Kind = "entities"
	KindForm       Kind = "forms"
	KindView       Kind = "views"
	KindDataset    Kind = "datasets"
	KindDashboard  Kind = "dashboards"
	KindFlow       Kind = "flows"
	KindRole       Kind = "roles"
	KindDictionary Kind = "dictionaries"
	KindMenu       Kind = "menus"
	KindSettings   Kind = "settings"
	KindImport     Kind = "imports"
	KindPrint      Kind = "prints"
)

// Ref names one definition: "entities/day_labor_sheet" when printed.
type Ref struct {
	Kind Kind
	Name string
}

// String is "<kind>/<name>", the key of a manifest.
func (r Ref) String() string { return string(r.Kind) + "/" + r.Name }

// Manifest maps "<kind>/<name>" to the SHA-256 (hex) of the canonical definition.
type Manifest map[string]string

// Catalog is a complete, compiled, immutable set of published definitions at one version.
// All maps are by name. A Catalog is safe for use by many goroutines; nobody may change it.
type Catalog struct {
	Version      string // hash of the manifest
	Lang         string // language of the titles
	Manifest     Manifest
	Entities     map[string]*Entity // with x-extend applied, options folded, Path/Name/Parent filled in; includes user and department
	Forms        map[string]*Form
	Views        map[string]*View
	Datasets     map[string]*Dataset
	Dashboards   map[string]*Dashboard
	Flows        map[string]*Flow
	Roles        map[string]*Role
	Dictionaries map[string]*Dictionary
	Menus        map[string]*Menu
	Settings     map[string]*Settings
	Imports      map[string]*Import
	Prints       map[string]*Print
	Definitions  Definitions // what the catalog was compiled from

	origins    map[string]string // "<kind>/<name>/<pointer>" of what an extension added → its reference
	optional   optionality       // which fields may be missing, found out when first asked for
	validators sync.Map          // entity name → *Validator, made when first asked for
}

// Problem is one finding of a check: where (ref and JSON pointer), a stable code and its params.
// Level is "error" (blocks publishing) or "warning" (needs a tick). Fix is a JSON patch (RFC 6902) of the definition
// that solves it, nil where a person has to decide.
type Problem struct {
	Ref    string         `json:"ref"`
	Path   string         `json:"path"` // JSON pointer inside the definition
	Code   string         `json:"code"`
	Level  string         `json:"level"`
	Params map[string]any `json:"params,omitempty"`
	Fix    []PatchStep    `json:"fix,omitempty"`
}

// PatchStep is one step of a JSON patch: add, replace, remove, or move (from From to Path).
type PatchStep struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	From  string `json:"from,omitempty"`
	Value any    `json:"value,omitempty"`
}

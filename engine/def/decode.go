package def

import (
	"encoding/json"
	"fmt"
	"regexp"
)

// KindTemplate is the manifest of a shipped set of definitions; it never stands in a catalog.
const KindTemplate Kind = "templates"

// Kinds lists the kinds a catalog holds, in the order they are compiled.
var Kinds = []Kind{KindDictionary, KindSettings, KindEntity, KindForm, KindView, KindDataset, KindDashboard, KindFlow, KindRole, KindMenu, KindImport, KindPrint}

// The levels of a Problem.
const (
	LevelError   = "error"   // blocks publishing
	LevelWarning = "warning" // needs a tick
)

// Definition is one decoded definition: *Entity, *Form, *View, *Dataset, *Dashboard, *Flow, *Role, *Dictionary, *Menu,
// *Settings, *Import, *Print or *Template.
// It never changes after decoding.
type Definition interface {
	// Common gives the keys every kind has.
	Common() *Head
}

// Common gives the keys every kind has.
func (h *Head) Common() *Head { return h }

// Label is the title in a language: x-i18n of it, else of its base language ("en" for "en-GB"), else the title.
func (h *Head) Label(lang string) string { return translate(h.I18n, lang, "title", h.Title) }

// NamePattern is what every name looks like; names have at most MaxName characters.
var NamePattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// MaxName is the longest name in characters.
const MaxName = 48

// IsName tells whether a text may be a name.
func IsName(text string) bool { return len(text) <= MaxName && NamePattern.MatchString(text) }

// Parse decodes a definition that was checked before (it comes from a stored catalog): it trusts the text and only fails
// on what cannot be decoded at all. Use Decode for what people or files send.
func Parse(kind Kind, canonical []byte) (Definition, error) {
	d, err := blank(kind)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(canonical, d); err != nil {
		return nil, fmt.Errorf("parse %s: %w", kind, err)
	}
	d.Common().raw = canonical
	return d, nil
}

// Encode gives the canonical JSON of a definition: the one it was decoded from, or, for one made in Go, its own.
func Encode(d Definition) (json.RawMessage, error) {
	if raw := d.Common().raw; raw != nil {
		return raw, nil
	}
	raw, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", d.Common().Name, err)
	}
	canonical, problems := Canonical(raw)
	if len(problems) > 0 {
		return nil, fmt.Errorf("encode %s: %s at %s", d.Common().Name, problems[0].Code, problems[0].Path)
	}
	return canonical, nil
}

// KindOf is the kind of a decoded definition.
func KindOf(d Definition) Kind {
	switch d.(type) {
	case *Entity:
		return KindEntity
	case *Form:
		return KindForm
	case *View:
		return KindView
	case *Dataset:
		return KindDataset
	case *Dashboard:
		return KindDashboard
	case *Flow:
		return KindFlow
	case *Role:
		return KindRole
	case *Dictionary:
		return KindDictionary
	case *Menu:
		return KindMenu
	case *Settings:
		return KindSettings
	case *Import:
		return KindImport
	case *Print:
		return KindPrint
	case *Template:
		return KindTemplate
	}
	return ""
}

// blank makes an empty definition of a kind.
func blank(kind Kind) (Definition, error) {
	switch kind {
	case KindEntity:
		return &Entity{}, nil
	case KindForm:
		return &Form{}, nil
	case KindView:
		return &View{}, nil
	case KindDataset:
		return &Dataset{}, nil
	case KindDashboard:
		return &Dashboard{}, nil
	case KindFlow:
		return &Flow{}, nil
	case KindRole:
		return &Role{}, nil
	case KindDictionary:
		return &Dictionary{}, nil
	case KindMenu:
		return &Menu{}, nil
	case KindSettings:
		return &Settings{}, nil
	case KindImport:
		return &Import{}, nil
	case KindPrint:
		return &Print{}, nil
	case KindTemplate:
		return &Template{}, nil
	}
	return nil, fmt.Errorf("unknown kind %q", kind)
}

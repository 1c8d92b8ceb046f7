// Command gents writes TypeScript types for the definitions from their meta-schemas, so that the editors in the browser
// cannot disagree with the engine. It knows the part of JSON Schema the meta-schemas use.
//
//	go run ./internal/gents -schemas schema -out definitions.gen.ts
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func main() {
	schemas := flag.String("schemas", "schema", "folder of the meta-schemas")
	out := flag.String("out", "", "file to write")
	flag.Parse()
	if err := run(*schemas, *out); err != nil {
		fmt.Fprintln(os.Stderr, "gents:", err)
		os.Exit(1)
	}
}

func run(folder, out string) error {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return err
	}
	g := generator{types: map[string]string{}}
	for _, file := range files {
		raw, err := os.ReadFile(file) //nolint:gosec // a file of this repository
		if err != nil {
			return err
		}
		var document schema
		if err := json.Unmarshal(raw, &document); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		g.document(strings.TrimSuffix(filepath.Base(file), ".json"), document)
	}
	return os.WriteFile(out, []byte(g.text()), 0o644) //nolint:gosec // a source file
}

// schema is the part of a JSON Schema the types are made from.
type schema struct {
	Ref         string            `json:"$ref"`
	Defs        map[string]schema `json:"$defs"`
	Description string            `json:"description"`
	Type        json.RawMessage   `json:"type"`
	Const       json.RawMessage   `json:"const"`
	Enum        []json.RawMessage `json:"enum"`
	OneOf       []schema          `json:"oneOf"`
	AllOf       []schema          `json:"allOf"`
	Properties  map[string]schema `json:"properties"`
	Required    []string          `json:"required"`
	Additional  json.RawMessage   `json:"additionalProperties"`
	Items       *schema           `json:"items"`
	Of          []string          `json:"x-of"` // $defs one of which holds; which one the meta-schema says by conditions
}

type generator struct{ types map[string]string }

// document adds the types of one meta-schema: its $defs, and itself unless it only shares $defs.
func (g *generator) document(name string, s schema) {
	for def, part := range s.Defs {
		if def != "later" && def != "elsewhere" { // nothing may stand there
			g.types[typeName(def)] = g.declaration(typeName(def), part)
		}
	}
	if len(s.Properties) > 0 {
		g.types[typeName(name)] = g.declaration(typeName(name), s)
	}
}

func (g *generator) declaration(name string, s schema) string {
	comment := ""
	if s.Description != "" {
		comment = "/** " + s.Description + " */\n"
	}
	return comment + "export type " + name + " = " + g.typeOf(s, "") + "\n"
}

func (g *generator) text() string {
	parts := []string{"// Made by engine/def/internal/gents from the meta-schemas of definitions. Do not edit: make generate.\n"}
	for _, name := range slices.Sorted(maps.Keys(g.types)) {
		parts = append(parts, g.types[name])
	}
	return strings.Join(parts, "\n")
}

func (g *generator) typeOf(s schema, indent string) string {
	switch {
	case s.Ref != "":
		return typeName(s.Ref[strings.LastIndexByte(s.Ref, '/')+1:])
	case len(s.Of) > 0:
		return union(s.Of, typeName)
	case s.Const != nil:
		return literal(s.Const)
	case len(s.Enum) > 0:
		return union(s.Enum, literal)
	case len(s.OneOf) > 0 && s.Properties == nil:
		return union(s.OneOf, func(part schema) string { return g.typeOf(part, indent) })
	case len(s.AllOf) > 0 && s.AllOf[0].Ref != "":
		return g.typeOf(s.AllOf[0], indent) // a narrowed form of a shared type
	}
	return g.plain(s, indent)
}

func (g *generator) plain(s schema, indent string) string {
	var names []string
	if len(s.Type) > 0 && s.Type[0] == '[' {
		_ = json.Unmarshal(s.Type, &names) // a meta-schema's own type
	} else if len(s.Type) > 0 {
		names = []string{strings.Trim(string(s.Type), `"`)}
	}
	return union(names, func(name string) string {
		switch name {
		case "string", "boolean":
			return name
		case "integer", "number":
			return "number"
		case "array":
			return g.list(s, indent)
		}
		return g.object(s, indent)
	})
}

func (g *generator) list(s schema, indent string) string {
	if s.Items == nil {
		return "unknown[]"
	}
	item := g.typeOf(*s.Items, indent)
	if strings.Contains(item, "|") {
		return "(" + item + ")[]"
	}
	return item + "[]"
}

func (g *generator) object(s schema, indent string) string {
	if len(s.Properties) == 0 {
		var additional schema
		if json.Unmarshal(s.Additional, &additional) != nil {
			return "Record<string, unknown>"
		}
		return "Record<string, " + g.typeOf(additional, indent) + ">"
	}
	lines := []string{"{"}
	for _, key := range slices.Sorted(maps.Keys(s.Properties)) {
		property := s.Properties[key]
		if strings.HasSuffix(property.Ref, "/later") || strings.HasSuffix(property.Ref, "/elsewhere") {
			continue
		}
		optional := "?"
		if slices.Contains(s.Required, key) {
			optional = ""
		}
		if property.Description != "" {
			lines = append(lines, indent+"  /** "+property.Description+" */")
		}
		lines = append(lines, indent+"  "+propertyName(key)+optional+": "+g.typeOf(property, indent+"  "))
	}
	return strings.Join(append(lines, indent+"}"), "\n")
}

// union joins the types of several alternatives, each once.
func union[T any](parts []T, name func(T) string) string {
	if len(parts) == 0 {
		return "unknown"
	}
	var names []string
	for _, part := range parts {
		if n := name(part); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return strings.Join(names, " | ")
}

// literal writes a JSON constant as TypeScript, texts in single quotes.
func literal(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return string(raw)
	}
	return "'" + strings.Trim(strconv.Quote(text), `"`) + "'"
}

func propertyName(key string) string {
	if strings.ContainsAny(key, "-$") {
		return "'" + key + "'"
	}
	return key
}

// typeName makes "formItem" and "day_labor" type names; "name" and "key" would hide what they are of.
func typeName(name string) string {
	if strings.HasPrefix(name, "i18n") {
		return "I18n"
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

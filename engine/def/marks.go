//go:build !js

package def

import (
	"slices"
	"strings"
)

// keyMark says in the meta-schemas how the items of an array are told apart (definitions.md §1): by a property ("name",
// "const", "field") or, with ".", as a set of scalars. An array without the mark is one value.
const keyMark = "x-key"

// visitArrays calls visit for every marked array of a definition's tree, with its JSON pointer and its mark.
func (m metaSchema) visitArrays(tree any, visit func(pointer, key string, items []any)) {
	v := arrayVisitor{meta: m, visit: visit, seen: map[string]bool{}}
	v.node(m.document, tree, "")
}

// arrayVisitor follows a schema along a document. Both branches of conditions are followed: what does not apply names
// properties the document does not have.
type arrayVisitor struct {
	meta  metaSchema
	visit func(pointer, key string, items []any)
	seen  map[string]bool // pointers of arrays that were visited
}

func (v arrayVisitor) node(schema map[string]any, tree any, pointer string) {
	if ref, ok := schema["$ref"].(string); ok {
		if target, ok := resolvePointer(v.meta.document, strings.TrimPrefix(ref, "#")).(map[string]any); ok {
			v.node(target, tree, pointer)
		}
	}
	for _, keyword := range []string{"allOf", "oneOf"} {
		parts, _ := schema[keyword].([]any)
		for _, part := range parts {
			v.follow(part, tree, pointer)
		}
	}
	v.follow(schema["then"], tree, pointer)
	v.follow(schema["else"], tree, pointer)
	switch value := tree.(type) {
	case map[string]any:
		v.object(schema, value, pointer)
	case []any:
		v.array(schema, value, pointer)
	}
}

func (v arrayVisitor) follow(schema, tree any, pointer string) {
	if node, ok := schema.(map[string]any); ok {
		v.node(node, tree, pointer)
	}
}

func (v arrayVisitor) object(schema, value map[string]any, pointer string) {
	properties, _ := schema["properties"].(map[string]any)
	for _, key := range sortedKeys(value) {
		child, known := properties[key]
		if !known {
			child = schema["additionalProperties"]
		}
		v.follow(child, value[key], joinPointer(pointer, key))
	}
}

func (v arrayVisitor) array(schema map[string]any, items []any, pointer string) {
	if key, marked := schema[keyMark].(string); marked && !v.seen[pointer] {
		v.seen[pointer] = true
		v.visit(pointer, key, items)
	}
	for i, item := range items {
		v.follow(schema["items"], item, joinPointer(pointer, i))
	}
}

// checkNames finds items of one array that have the same name (const, field).
func (m metaSchema) checkNames(tree any) []Problem {
	var problems []Problem
	m.visitArrays(tree, func(pointer, key string, items []any) {
		if key == "." {
			return // uniqueItems says it
		}
		var taken []any
		for i, item := range items {
			object, _ := item.(map[string]any)
			name, named := object[key]
			if named && slices.Contains(taken, name) {
				problems = append(problems, failure(joinPointer(pointer, i, key), "duplicate_name", "name", name))
			}
			taken = append(taken, name)
		}
	})
	return problems
}

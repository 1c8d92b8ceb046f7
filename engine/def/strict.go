//go:build !js

package def

import (
	"regexp"
	"regexp/syntax"
	"strings"
)

// Decode reads what a person or a file sends as a definition of a kind: strict JSON of at most MaxBytes, valid by the
// kind's meta-schema, nothing unknown, nothing this engine does not have. Each problem has a JSON pointer and a code:
// too_large, encoding, syntax, too_deep, duplicate_key, unknown_kind, unsupported, unknown_key, missing_key, not_applicable,
// name, type, option, const, pattern, length, min, max, items, duplicate, duplicate_name, alternatives, not_allowed,
// external_ref.
// The definition is nil if there are problems.
func Decode(kind Kind, raw []byte) (Definition, []Problem) {
	schemas, err := metaSchemas()
	if err != nil {
		return nil, []Problem{failure("", "schema", "error", err.Error())}
	}
	schema, ok := schemas[kind]
	if !ok {
		return nil, []Problem{failure("", "unknown_kind", "kind", string(kind))}
	}
	tree, problems := readJSON(raw)
	if len(problems) > 0 {
		return nil, problems
	}
	problems = schema.check(tree)
	if kind == KindEntity {
		problems = append(problems, checkSchemaParts("", tree)...)
	}
	if len(problems) > 0 {
		return nil, problems
	}
	if problems = schema.checkNames(tree); len(problems) > 0 {
		return nil, problems
	}
	definition, err := Parse(kind, appendCanonical(make([]byte, 0, len(raw)), tree))
	if err != nil {
		return nil, []Problem{failure("", "schema", "error", err.Error())}
	}
	return definition, nil
}

// checkSchemaParts looks at what a schema may hide anywhere: references out of the document, names that change what
// references mean, patterns that other validators read differently.
func checkSchemaParts(pointer string, node any) []Problem {
	var problems []Problem
	switch v := node.(type) {
	case []any:
		for i, item := range v {
			problems = append(problems, checkSchemaParts(joinPointer(pointer, i), item)...)
		}
	case map[string]any:
		for _, key := range sortedKeys(v) {
			at := joinPointer(pointer, key)
			problems = append(problems, checkKeyword(at, key, v[key])...)
			problems = append(problems, checkSchemaParts(at, v[key])...)
		}
	}
	return problems
}

func checkKeyword(at, key string, value any) []Problem {
	text, isText := value.(string)
	switch key {
	case "$id", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary":
		return []Problem{failure(at, "external_ref")}
	case "$ref":
		if !isText || !strings.HasPrefix(text, "#") {
			return []Problem{failure(at, "external_ref")}
		}
	case "pattern":
		if isText && !portablePattern(text) && !strings.HasSuffix(at, "/x-number/pattern") {
			return []Problem{failure(at, "pattern")}
		}
	case "patternProperties":
		patterns, _ := value.(map[string]any)
		for _, pattern := range sortedKeys(patterns) {
			if !portablePattern(pattern) {
				return []Problem{failure(joinPointer(at, pattern), "pattern")}
			}
		}
	}
	return nil
}

// portablePattern tells whether Go and JavaScript read a regular expression alike: no lookaround, flags, \s, \p or \b.
func portablePattern(pattern string) bool {
	if _, err := syntax.Parse(pattern, syntax.Perl); err != nil {
		return false
	}
	if strings.Contains(pattern, "[:") || strings.Contains(strings.ReplaceAll(pattern, "(?:", ""), "(?") {
		return false
	}
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '\\' {
			continue
		}
		i++
		if i == len(pattern) || !strings.ContainsRune(`dDwWnrt\.-/^$|()[]{}*+?`, rune(pattern[i])) {
			return false
		}
	}
	return true
}

// matchesPattern tells whether a key matches one of the patterns of a patternProperties.
func matchesPattern(patterns map[string]any, key string) bool {
	for pattern := range patterns {
		if matched, err := regexp.MatchString(pattern, key); err == nil && matched {
			return true
		}
	}
	return false
}

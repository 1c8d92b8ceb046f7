//go:build !js

package def

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

//go:embed schema/*.json
var schemaFiles embed.FS

const (
	commonFile   = "common.json"
	schemaURL    = "formwork:///"
	draft2020    = "https://json-schema.org/draft/2020-12/schema"
	refLater     = "/$defs/later/not"     // a keyword this engine does not have yet
	refElsewhere = "/$defs/elsewhere/not" // a keyword that does not apply here
	keywordLater = "x-later"              // beside an enum: values this engine does not have yet
)

// schemaNames maps kinds to the files of their meta-schemas.
var schemaNames = map[Kind]string{
	KindEntity: "entity", KindForm: "form", KindView: "view", KindDataset: "dataset", KindDashboard: "dashboard", KindFlow: "flow", KindRole: "role", KindDictionary: "dictionary",
	KindMenu: "menu", KindSettings: "settings", KindImport: "import", KindPrint: "print", KindTemplate: "template",
}

// metaSchema is a kind's meta-schema: one document without outward references, and its compiled form.
type metaSchema struct {
	document map[string]any
	compiled *jsonschema.Schema
}

// metaSchemas compiles all meta-schemas once.
var metaSchemas = sync.OnceValues(func() (map[Kind]metaSchema, error) {
	common, err := readSchema(commonFile)
	if err != nil {
		return nil, err
	}
	schemas := map[Kind]metaSchema{}
	for kind, name := range schemaNames {
		document, err := readSchema(name + ".json")
		if err != nil {
			return nil, err
		}
		bundle(document, common)
		compiled, err := compileSchema(schemaURL+name, document)
		if err != nil {
			return nil, fmt.Errorf("meta-schema %s: %w", name, err)
		}
		schemas[kind] = metaSchema{document, compiled}
	}
	return schemas, nil
})

// MetaSchema gives the JSON Schema that definitions of a kind must satisfy, as one self-contained canonical document.
// Arrays are marked for merging with x-key (definitions.md §1).
func MetaSchema(kind Kind) (json.RawMessage, error) {
	schemas, err := metaSchemas()
	if err != nil {
		return nil, err
	}
	schema, ok := schemas[kind]
	if !ok {
		return nil, fmt.Errorf("no meta-schema of kind %q", kind)
	}
	return appendCanonical(nil, schema.document), nil
}

func readSchema(file string) (map[string]any, error) {
	raw, err := schemaFiles.ReadFile("schema/" + file)
	if err != nil {
		return nil, fmt.Errorf("meta-schema: %w", err)
	}
	tree, problems := readJSON(raw)
	document, ok := tree.(map[string]any)
	if len(problems) > 0 || !ok {
		return nil, fmt.Errorf("meta-schema %s is no JSON object", file)
	}
	return document, nil
}

// bundle copies the shared $defs into a document and points its references at them.
func bundle(document, common map[string]any) {
	inward(document)
	defs, _ := document["$defs"].(map[string]any)
	if defs == nil {
		defs = map[string]any{}
		document["$defs"] = defs
	}
	shared, _ := common["$defs"].(map[string]any)
	for used := true; used; {
		used = false
		for _, name := range referred(document) {
			if _, have := defs[name]; !have && shared[name] != nil {
				defs[name] = shared[name]
				used = true
			}
		}
	}
}

// inward turns "common.json#/$defs/x" into "#/$defs/x".
func inward(node any) {
	walkTree(node, func(object map[string]any) {
		if ref, ok := object["$ref"].(string); ok {
			object["$ref"] = strings.TrimPrefix(ref, commonFile)
		}
	})
}

// referred lists the names of the $defs a document refers to, sorted.
func referred(node any) []string {
	names := map[string]bool{}
	walkTree(node, func(object map[string]any) {
		if ref, ok := object["$ref"].(string); ok {
			names[strings.TrimPrefix(ref, "#/$defs/")] = true
		}
	})
	return slices.Sorted(maps.Keys(names))
}

// walkTree visits every object of a JSON tree.
func walkTree(node any, visit func(map[string]any)) {
	switch v := node.(type) {
	case map[string]any:
		visit(v)
		for _, item := range v {
			walkTree(item, visit)
		}
	case []any:
		for _, item := range v {
			walkTree(item, visit)
		}
	}
}

// errOutward is why a schema that refers to another document does not compile.
var errOutward = errors.New("reference to another document")

// compileSchema compiles a document. Its loader opens nothing: v5 would read file:// and anything else registered.
func compileSchema(url string, document map[string]any) (*jsonschema.Schema, error) {
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft2020
	compiler.LoadURL = func(string) (io.ReadCloser, error) { return nil, errOutward }
	if err := compiler.AddResource(url, bytes.NewReader(appendCanonical(nil, document))); err != nil {
		return nil, err
	}
	return compiler.Compile(url)
}

// check validates a JSON tree and gives what is wrong with it, sorted by path.
func (m metaSchema) check(tree any) []Problem {
	err := m.compiled.Validate(tree)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return []Problem{failure("", "schema", "error", err.Error())}
	}
	var problems []Problem
	seen := map[string]bool{}
	for _, leaf := range leaves(invalid) {
		for _, p := range m.problems(leaf, tree) {
			if key := p.Path + " " + p.Code; !seen[key] {
				seen[key] = true
				problems = append(problems, p)
			}
		}
	}
	return quiet(problems)
}

// quiet leaves out what follows from an unsupported type, and sorts.
func quiet(problems []Problem) []Problem {
	var unsupported []string
	for _, p := range problems {
		if owner, isType := strings.CutSuffix(p.Path, "/x-type"); isType && p.Code == "unsupported" {
			unsupported = append(unsupported, owner+"/")
		}
	}
	problems = slices.DeleteFunc(problems, func(p Problem) bool {
		return p.Code != "unsupported" && slices.ContainsFunc(unsupported, func(owner string) bool { return strings.HasPrefix(p.Path+"/", owner) })
	})
	slices.SortFunc(problems, func(a, b Problem) int { return strings.Compare(a.Path+" "+a.Code, b.Path+" "+b.Code) })
	return problems
}

// leaves lists the innermost failures; an alternative that fails is one failure, whatever its parts say.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 || strings.HasSuffix(e.KeywordLocation, "/oneOf") {
		return []*jsonschema.ValidationError{e}
	}
	var all []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

var keywordCodes = map[string]string{
	"type": "type", "const": "const", "pattern": "pattern", "minLength": "length", "maxLength": "length", "minimum": "min",
	"maximum": "max", "minItems": "items", "maxItems": "items", "minProperties": "items", "maxProperties": "items",
	"uniqueItems": "duplicate", "oneOf": "alternatives", "not": "not_allowed",
}

// problems turns one failure of the validator into problems with our codes.
func (m metaSchema) problems(e *jsonschema.ValidationError, tree any) []Problem {
	_, location, _ := strings.Cut(e.AbsoluteKeywordLocation, "#")
	keyword := location[strings.LastIndexByte(location, '/')+1:]
	owner, _ := resolvePointer(m.document, strings.TrimSuffix(location, "/"+keyword)).(map[string]any)
	at := e.InstanceLocation
	switch {
	case strings.HasSuffix(location, refLater):
		return []Problem{failure(at, "unsupported")}
	case strings.HasSuffix(location, refElsewhere):
		return []Problem{failure(at, "not_applicable")}
	case strings.HasSuffix(location, "/$defs/name/pattern"), strings.HasSuffix(location, "/$defs/name/maxLength"):
		return []Problem{failure(at, "name")}
	case keyword == "enum":
		return []Problem{enumProblem(at, owner, resolvePointer(tree, at))}
	case keyword == "required":
		return missingKeys(at, owner, resolvePointer(tree, at))
	case keyword == "additionalProperties":
		return unknownKeys(at, owner, resolvePointer(tree, at))
	}
	code, ok := keywordCodes[keyword]
	if !ok {
		code = "schema"
	}
	if want, has := owner[keyword]; has && code != "alternatives" && code != "not_allowed" {
		return []Problem{failure(at, code, keyword, want)}
	}
	return []Problem{failure(at, code)}
}

func enumProblem(at string, owner map[string]any, value any) Problem {
	later, _ := owner[keywordLater].([]any)
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	if slices.ContainsFunc(list, func(item any) bool { return slices.Contains(later, item) }) {
		return failure(at, "unsupported", "value", value)
	}
	return failure(at, "option", "allowed", owner["enum"])
}

func missingKeys(at string, owner map[string]any, value any) []Problem {
	object, _ := value.(map[string]any)
	required, _ := owner["required"].([]any)
	var problems []Problem
	for _, name := range required {
		key, _ := name.(string)
		if _, have := object[key]; !have {
			problems = append(problems, failure(at+"/"+escapePointer(key), "missing_key", "key", key))
		}
	}
	return problems
}

func unknownKeys(at string, owner map[string]any, value any) []Problem {
	object, _ := value.(map[string]any)
	known, _ := owner["properties"].(map[string]any)
	patterns, _ := owner["patternProperties"].(map[string]any)
	var problems []Problem
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if _, ok := known[key]; !ok && !matchesPattern(patterns, key) {
			problems = append(problems, failure(at+"/"+escapePointer(key), "unknown_key", "key", key))
		}
	}
	return problems
}

var pointerTokens = strings.NewReplacer("%24", "$", "%5E", "^", "~1", "/", "~0", "~")

// resolvePointer finds the value at a JSON pointer; nil if there is none. The validator escapes tokens for URLs too.
func resolvePointer(tree any, pointer string) any {
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if token == "" {
			continue
		}
		token = pointerTokens.Replace(token)
		switch v := tree.(type) {
		case map[string]any:
			tree = v[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v) {
				return nil
			}
			tree = v[i]
		default:
			return nil
		}
	}
	return tree
}

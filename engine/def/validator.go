//go:build !js

package def

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Validator checks the values of an entity's records by JSON Schema just before they are stored: what engine/form
// checked already, and the plain keywords only a schema validator knows (allOf, if …).
type Validator struct {
	strict  *jsonschema.Schema
	accepts accept                             // what strict certainly accepts; nil: nobody knows
	opening func() (*jsonschema.Schema, error) // compiled when first asked for: few entities are ever imported into
}

// Validator gives the validator of an entity; it is made once per catalog.
func (c *Catalog) Validator(entity string) (*Validator, error) {
	if made, ok := c.validators.Load(entity); ok {
		if v, ok := made.(*Validator); ok {
			return v, nil
		}
	}
	e, ok := c.Entities[entity]
	if !ok {
		return nil, fmt.Errorf("validator: unknown entity %q", entity)
	}
	v, err := newValidator(e)
	if err != nil {
		return nil, err
	}
	c.validators.Store(entity, v)
	return v, nil
}

func newValidator(e *Entity) (*Validator, error) {
	strict, err := compileSchema(schemaURL+"records/"+e.Name, portable{terse: true}.entity(e))
	if err != nil {
		return nil, fmt.Errorf("validator of %s: %w", e.Name, err)
	}
	return &Validator{strict, acceptor(strict), sync.OnceValues(func() (*jsonschema.Schema, error) {
		return compileSchema(schemaURL+"opening/"+e.Name, portable{opening: true, terse: true}.entity(e))
	})}, nil
}

// Check validates the values of a record (wire values: string, int64, bool, []any, map[string]any). Each problem has the
// code "schema", a JSON pointer into the values, and the keyword that refused.
func (v *Validator) Check(values map[string]any) []Problem {
	if v.accepts != nil && v.accepts(values) {
		return nil
	}
	return schemaProblems(v.strict, values)
}

// CheckOpening validates imported opening data: nothing is required of them.
func (v *Validator) CheckOpening(values map[string]any) []Problem {
	opening, err := v.opening()
	if err != nil {
		return []Problem{failure("", "schema", "error", err.Error())}
	}
	return schemaProblems(opening, values)
}

func schemaProblems(schema *jsonschema.Schema, values map[string]any) []Problem {
	err := schema.Validate(values)
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return []Problem{failure("", "schema", "error", err.Error())}
	}
	var problems []Problem
	for _, leaf := range leaves(invalid) {
		keyword := leaf.KeywordLocation[strings.LastIndexByte(leaf.KeywordLocation, '/')+1:]
		problems = append(problems, failure(leaf.InstanceLocation, "schema", "keyword", keyword))
	}
	return problems
}

//go:build !js

package def

import (
	"errors"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Validator checks the values of an entity's records by JSON Schema just before they are stored: what engine/form
// checked already, and the plain keywords only a schema validator knows (allOf, if …).
type Validator struct {
	strict  *jsonschema.Schema
	opening *jsonschema.Schema
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
	var v Validator
	var err error
	if v.strict, err = compileSchema(schemaURL+"records/"+e.Name, portable{terse: true}.entity(e)); err != nil {
		return nil, fmt.Errorf("validator of %s: %w", e.Name, err)
	}
	if v.opening, err = compileSchema(schemaURL+"opening/"+e.Name, portable{opening: true, terse: true}.entity(e)); err != nil {
		return nil, fmt.Errorf("validator of %s: %w", e.Name, err)
	}
	return &v, nil
}

// Check validates the values of a record (wire values: string, int64, bool, []any, map[string]any). Each problem has the
// code "schema", a JSON pointer into the values, and the keyword that refused.
func (v *Validator) Check(values map[string]any) []Problem { return schemaProblems(v.strict, values) }

// CheckOpening validates imported opening data: nothing is required of them.
func (v *Validator) CheckOpening(values map[string]any) []Problem {
	return schemaProblems(v.opening, values)
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

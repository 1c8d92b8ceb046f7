package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"formwork/engine/def"
)

// The limits of a filter.
const (
	MaxDepth      = 8    // nested and, or, not, where
	MaxConditions = 100  // in the whole filter
	MaxValues     = 2000 // of one list
	MaxReferences = 3    // followed by one path
	MaxSource     = 512 << 10

	// MaxInteger is the greatest whole number of a record or filter, 2^53 − 1.
	MaxInteger = 1<<53 - 1

	maxNesting = 2*MaxDepth + 4 // of the JSON text, so that no text can exhaust the stack
)

// Parse reads a filter from JSON, strictly: no unknown or repeated keys, at most MaxDepth levels and MaxConditions
// conditions. Numbers must be whole (decimals are strings). A failure is an *Error.
func Parse(raw []byte) (*Filter, error) {
	if len(raw) > MaxSource {
		return nil, newError(CodeSyntax, "", "max", MaxSource)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	tree, err := readValue(dec, "", 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, newError(CodeSyntax, "")
	}
	p := &parser{}
	return p.filter(tree, "", 1)
}

// readValue reads one JSON value; unlike json.Unmarshal it refuses repeated keys and endless nesting.
func readValue(dec *json.Decoder, path string, depth int) (any, error) {
	if depth > maxNesting {
		return nil, newError(CodeTooDeep, path, "max", MaxDepth)
	}
	token, err := dec.Token()
	if err != nil {
		return nil, newError(CodeSyntax, path)
	}
	switch token {
	case json.Delim('{'):
		return readObject(dec, path, depth)
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			item, err := readValue(dec, fmt.Sprint(path, "/", len(list)), depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		_, err := dec.Token()
		return list, syntax(err, path)
	}
	return token, nil
}

func readObject(dec *json.Decoder, path string, depth int) (any, error) {
	object := map[string]any{}
	for dec.More() {
		token, err := dec.Token()
		key, ok := token.(string)
		if err != nil || !ok {
			return nil, newError(CodeSyntax, path)
		}
		if _, twice := object[key]; twice {
			return nil, newError(CodeSyntax, path, "key", key)
		}
		if object[key], err = readValue(dec, path+"/"+pointer(key), depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return object, syntax(err, path)
}

func syntax(err error, path string) error {
	if err != nil {
		return newError(CodeSyntax, path)
	}
	return nil
}

func pointer(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

type parser struct{ conditions int }

func (p *parser) filter(tree any, path string, depth int) (*Filter, error) {
	if depth > MaxDepth {
		return nil, newError(CodeTooDeep, path, "max", MaxDepth)
	}
	object, ok := tree.(map[string]any)
	if !ok {
		return nil, newError(CodeSyntax, path)
	}
	if _, ok := object["field"]; ok {
		return p.condition(object, path, depth)
	}
	if len(object) != 1 {
		return nil, newError(CodeSyntax, path)
	}
	for key, value := range object {
		at := path + "/" + pointer(key)
		switch key {
		case "and":
			list, err := p.filters(value, at, depth+1)
			return &Filter{And: list}, err
		case "or":
			list, err := p.filters(value, at, depth+1)
			return &Filter{Or: list}, err
		case "not":
			not, err := p.filter(value, at, depth+1)
			return &Filter{Not: not}, err
		default:
			return nil, newError(CodeSyntax, path, "key", key)
		}
	}
	return nil, newError(CodeSyntax, path)
}

func (p *parser) filters(tree any, path string, depth int) ([]*Filter, error) {
	items, ok := tree.([]any)
	if !ok {
		return nil, newError(CodeSyntax, path)
	}
	list := make([]*Filter, len(items))
	for i, item := range items {
		var err error
		if list[i], err = p.filter(item, fmt.Sprint(path, "/", i), depth); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (p *parser) condition(object map[string]any, path string, depth int) (*Filter, error) {
	if p.conditions++; p.conditions > MaxConditions {
		return nil, newError(CodeTooMany, path, "max", MaxConditions)
	}
	for key := range object {
		switch key {
		case "field", "op", "value", "where", "optional":
		default:
			return nil, newError(CodeSyntax, path, "key", key)
		}
	}
	cond := &Cond{}
	field, _ := object["field"].(string)
	cond.Path = strings.Split(field, ".")
	for _, name := range cond.Path {
		if !def.IsName(name) {
			return nil, newError(CodeUnknownField, path+"/field", "field", field)
		}
	}
	op, _ := object["op"].(string)
	cond.Op = Op(op)
	if operators[cond.Op] == 0 {
		return nil, newError(CodeUnknownOperator, path+"/op", "op", op)
	}
	if optional, ok := object["optional"]; ok {
		if cond.Optional, ok = optional.(bool); !ok {
			return nil, newError(CodeSyntax, path+"/optional")
		}
	}
	return &Filter{Cond: cond}, p.operand(cond, object, path, depth)
}

// operand reads the where of any, or the value of the other operators.
func (p *parser) operand(cond *Cond, object map[string]any, path string, depth int) error {
	value, hasValue := object["value"]
	where, hasWhere := object["where"]
	if hasValue == hasWhere || hasWhere != (cond.Op == Any) {
		return newError(CodeSyntax, path)
	}
	var err error
	if hasWhere {
		cond.Where, err = p.filter(where, path+"/where", depth+1)
		return err
	}
	path += "/value"
	switch cond.Op {
	case Empty:
		empty, ok := value.(bool)
		if !ok {
			return newError(CodeValueType, path, "type", def.TypeBoolean)
		}
		cond.Value = empty
		return nil
	case Between, In:
		cond.Value, err = operands(cond.Op, value, path)
	default:
		cond.Value, err = operand(value, path)
	}
	return err
}

func operands(op Op, value any, path string) (any, error) {
	items, ok := value.([]any)
	if !ok && op == In {
		variable, err := operand(value, path)
		if _, ok := variable.(Var); err == nil && ok {
			return variable, nil
		}
	}
	if !ok || op == Between && len(items) != 2 {
		return nil, newError(CodeValueType, path, "type", "list")
	}
	if len(items) > MaxValues {
		return nil, newError(CodeTooManyValues, path, "max", MaxValues)
	}
	list := make([]any, len(items))
	for i, item := range items {
		var err error
		if list[i], err = operand(item, fmt.Sprint(path, "/", i)); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// operand reads one scalar or variable.
func operand(value any, path string) (any, error) {
	switch value := value.(type) {
	case bool:
		return value, nil
	case string:
		if value == "" || strings.ContainsRune(value, 0) {
			return nil, newError(CodeValueType, path)
		}
		return value, nil
	case json.Number:
		n, err := strconv.ParseInt(value.String(), 10, 64)
		if err != nil || n > MaxInteger || n < -MaxInteger {
			return nil, newError(CodeValueType, path)
		}
		return n, nil
	case map[string]any:
		return variable(value, path)
	}
	return nil, newError(CodeValueType, path)
}

func variable(object map[string]any, path string) (any, error) {
	v := Var{}
	for key, value := range object {
		text, ok := value.(string)
		if !ok || text == "" || (key != "var" && key != "plus") {
			return nil, newError(CodeSyntax, path, "key", key)
		}
		if key == "var" {
			v.Name = text
		} else {
			v.Plus = text
		}
	}
	if v.Name == "" {
		return nil, newError(CodeSyntax, path)
	}
	if v.Plus != "" {
		if _, err := parseDuration(v.Plus); err != nil {
			return nil, newError(CodeValueType, path+"/plus", "type", "duration")
		}
	}
	return v, nil
}

// MarshalJSON writes the filter in the form Parse reads.
func (f *Filter) MarshalJSON() ([]byte, error) {
	switch {
	case f == nil:
		return []byte(`{"and":[]}`), nil
	case f.Cond != nil:
		return json.Marshal(f.Cond)
	case f.Not != nil:
		return json.Marshal(map[string]any{"not": f.Not})
	case f.Or != nil:
		return json.Marshal(map[string]any{"or": f.Or})
	case f.And != nil:
		return json.Marshal(map[string]any{"and": f.And})
	}
	return []byte(`{"and":[]}`), nil
}

// MarshalJSON writes the condition in the form Parse reads.
func (c *Cond) MarshalJSON() ([]byte, error) {
	object := map[string]any{"field": strings.Join(c.Path, "."), "op": c.Op}
	if c.Op == Any {
		object["where"] = c.Where
	} else {
		object["value"] = c.Value
	}
	if c.Optional {
		object["optional"] = true
	}
	return json.Marshal(object)
}

// MarshalJSON writes the variable in the form Parse reads.
func (v Var) MarshalJSON() ([]byte, error) {
	object := map[string]string{"var": v.Name}
	if v.Plus != "" {
		object["plus"] = v.Plus
	}
	return json.Marshal(object)
}

package query

import (
	"errors"
	"fmt"
	"strings"
)

// The codes of Error. They are stable; the UI translates them with Params.
const (
	CodeSyntax          = "syntax"           // not a filter; Params: key, when one is unknown or twice there
	CodeUnknownField    = "unknown_field"    // Params: field
	CodeUnknownOperator = "unknown_operator" // Params: op
	CodeOperatorType    = "operator_type"    // the operator does not fit the field's type; Params: op, type
	CodeValueType       = "value_type"       // the value does not fit the field's type; Params: type
	CodeTooDeep         = "too_deep"         // Params: max
	CodeTooMany         = "too_many"         // conditions or sort keys; Params: max
	CodeUnknownVariable = "unknown_variable" // Params: name
	CodeTooManyValues   = "too_many_values"  // Params: max
	CodePathTooLong     = "path_too_long"    // Params: max, references
)

// Error is for logs and tests; people see a translation of Code.
func (e *Error) Error() string {
	text := "filter " + e.Code
	if e.Path != "" {
		text += " at " + e.Path
	}
	if len(e.Params) > 0 {
		text += fmt.Sprint(" ", e.Params)
	}
	return text
}

// Errors is everything a check found, in the order of the filter.
type Errors []*Error

// Error joins the findings.
func (e Errors) Error() string {
	texts := make([]string, len(e))
	for i, one := range e {
		texts[i] = one.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap lets errors.As find the first *Error.
func (e Errors) Unwrap() []error {
	list := make([]error, len(e))
	for i, one := range e {
		list[i] = one
	}
	return list
}

// ErrCursor is a cursor that was not made by the same sort, or was tampered with.
var ErrCursor = errors.New("cursor does not belong to this query")

func newError(code, path string, params ...any) *Error {
	e := &Error{Code: code, Path: path}
	for i := 0; i+1 < len(params); i += 2 {
		if e.Params == nil {
			e.Params = map[string]any{}
		}
		e.Params[fmt.Sprint(params[i])] = params[i+1]
	}
	return e
}

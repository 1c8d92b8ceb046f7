package sqlite

import (
	"database/sql/driver"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"

	"formwork/engine/expr"
	"formwork/engine/query"
)

// registerFunctions makes our functions known to every connection, once per process.
var registerFunctions = sync.OnceValue(func() error {
	functions := map[string]*sqlite.FunctionImpl{
		// fw_contains(text, part): the folded text holds the part, which is folded already.
		"fw_contains": {NArgs: 2, Deterministic: true, VolatileArgs: true, Scalar: textTest(strings.Contains)},
		// fw_starts(text, part): the folded text begins with the part, which is folded already.
		"fw_starts": {NArgs: 2, Deterministic: true, VolatileArgs: true, Scalar: textTest(strings.HasPrefix)},
		// fw_day(milliseconds, zone): the day of an instant in a zone, as 20260630.
		"fw_day": {NArgs: 2, Deterministic: true, Scalar: dayOf},
		// fw_widen(integer): the wide text of a scaled decimal.
		"fw_widen": {NArgs: 1, Deterministic: true, Scalar: widenCell},
		// fw_sum(decimal): the exact sum of scaled integers and wide texts, as digits.
		"fw_sum": {NArgs: 1, MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return &bigSum{}, nil }},
	}
	for name, function := range functions {
		if err := sqlite.RegisterFunction(name, function); err != nil {
			return err
		}
	}
	return nil
})

func textTest(test func(text, part string) bool) func(*sqlite.FunctionContext, []driver.Value) (driver.Value, error) {
	return func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		text, isText := args[0].(string)
		part, isPart := args[1].(string)
		return flag(isText && isPart && test(query.Fold(text), part)), nil
	}
}

// zones keeps loaded time zones: loading reads files.
var zones sync.Map

func zoneOf(name string) (*time.Location, error) {
	if zone, ok := zones.Load(name); ok {
		if zone, ok := zone.(*time.Location); ok {
			return zone, nil
		}
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone: %w", err)
	}
	zones.Store(name, zone)
	return zone, nil
}

func dayOf(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	ms, ok := args[0].(int64)
	name, _ := args[1].(string)
	if !ok {
		return nil, nil //nolint:nilnil // NULL has no day
	}
	zone, err := zoneOf(name)
	if err != nil {
		return nil, err
	}
	year, month, day := expr.DateParts(expr.DateOf(time.UnixMilli(ms), zone))
	return int64(year*10000 + month*100 + day), nil
}

func widenCell(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	if n, ok := args[0].(int64); ok {
		return wideText(big.NewInt(n)), nil
	}
	return args[0], nil
}

// bigSum is fw_sum.
type bigSum struct{ total, term big.Int }

// Step adds a cell.
func (s *bigSum) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	switch cell := args[0].(type) {
	case int64:
		s.total.Add(&s.total, s.term.SetInt64(cell))
	case string:
		n, err := wideNumber(cell)
		if err != nil {
			return err
		}
		s.total.Add(&s.total, n)
	}
	return nil
}

// WindowInverse takes a cell out again.
func (s *bigSum) WindowInverse(_ *sqlite.FunctionContext, args []driver.Value) error {
	switch cell := args[0].(type) {
	case int64:
		s.total.Sub(&s.total, s.term.SetInt64(cell))
	case string:
		n, err := wideNumber(cell)
		if err != nil {
			return err
		}
		s.total.Sub(&s.total, n)
	}
	return nil
}

// WindowValue is the sum so far.
func (s *bigSum) WindowValue(*sqlite.FunctionContext) (driver.Value, error) {
	return s.total.String(), nil
}

// Final ends the sum.
func (s *bigSum) Final(*sqlite.FunctionContext) {}

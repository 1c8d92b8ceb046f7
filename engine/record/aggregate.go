package record

import (
	"fmt"
	"maps"
	"slices"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/query"
)

// aggregate sums wire values of a field up, exactly, and gives the result as a wire value of the field it is for: sum
// and count of nothing are 0, min, max and avg of nothing are missing.
func aggregate(agg string, of *def.Field, values []any, target *def.Field) (any, error) {
	if agg == "count" {
		return wireNumber(target, expr.DecimalFromInt(int64(len(values)))), nil
	}
	if of == nil || (len(values) == 0 && agg != "sum") {
		return nil, nil //nolint:nilnil // nothing there is an answer
	}
	switch agg {
	case "min", "max":
		order := func(x, y any) int { return query.Compare(of.XType, x, y) }
		if agg == "min" {
			return slices.MinFunc(values, order), nil
		}
		return slices.MaxFunc(values, order), nil
	case "sum", "avg":
		sum := expr.DecimalFromInt(0)
		for _, value := range values {
			if number, ok := def.ExprValue(of, value).(expr.Decimal); ok {
				sum = expr.AddDecimal(sum, number)
			}
		}
		if agg == "sum" {
			return wireNumber(target, sum), nil
		}
		mean, err := expr.QuoDecimal(sum, expr.DecimalFromInt(int64(len(values))))
		if err != nil {
			return nil, fmt.Errorf("average: %w", err)
		}
		return wireNumber(target, mean), nil
	}
	return nil, fmt.Errorf("unknown aggregate %s", agg)
}

// wireNumber is a number as a wire value of a field: int64 for integers, a text with the field's places otherwise.
func wireNumber(target *def.Field, d expr.Decimal) any {
	if target.XType == def.TypeInteger {
		n, ok := expr.DecimalInt64(expr.RoundDecimal(d, 0))
		if !ok {
			return nil
		}
		return n
	}
	return expr.FormatDecimal(expr.RoundDecimal(d, target.EffectiveScale()), target.EffectiveScale(), target.IsFixed())
}

func sortedKeys[K ~string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

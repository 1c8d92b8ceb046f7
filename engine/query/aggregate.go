package query

import (
	"fmt"
	"strings"

	"formwork/engine/def"
)

// The aggregates of a Measure.
const (
	Count         = "count"          // records or rows; no path
	CountDistinct = "count_distinct" // different values, missing not counted
	Sum           = "sum"
	Min           = "min"
	Max           = "max"
	Avg           = "avg"
)

// The units of a By.
const (
	Day   = "day"
	Month = "month"
	Year  = "year"
)

// CheckAggregation types an aggregation against its entity: Where and the measures' filters as Check does, the paths of
// keys and measures (fields of the record, or columns of the sub-table that is unwound). A failure is Errors.
func CheckAggregation(a *Aggregation, entity *def.Entity, entities Entities, allowed func(name string) bool) error {
	c := &checker{entities: entities, allowed: allowed}
	if field, ok := entity.Properties[a.Unwind]; a.Unwind != "" && (!ok || !field.IsTable()) {
		c.fail(CodeUnknownField, "/unwind", "field", a.Unwind)
		return c.found
	}
	c.filter(a.Where, entity.Properties, entity, "/where")
	for i := range a.By {
		by := &a.By[i]
		at := "/by/" + pointer(by.Name)
		by.Type = c.grouped(by.Path, entity, a.Unwind, at)
		if by.Type != "" && !unitFits(by.Unit, by.Type) {
			c.fail(CodeOperatorType, at, "op", by.Unit, "type", string(by.Type))
		}
	}
	for i := range a.Measures {
		m := &a.Measures[i]
		at := "/measures/" + pointer(m.Name)
		c.filter(m.Where, entity.Properties, entity, at+"/where")
		if m.Agg == Count && len(m.Path) == 0 {
			m.Type = def.TypeInteger
			continue
		}
		m.Type = c.grouped(m.Path, entity, a.Unwind, at)
		if m.Type != "" && !aggregateFits(m.Agg, m.Type) {
			c.fail(CodeOperatorType, at, "op", m.Agg, "type", string(m.Type))
		}
	}
	if len(c.found) == 0 {
		return nil
	}
	return c.found
}

// grouped finds the type of a key's or measure's path; "" after a failure.
func (c *checker) grouped(path []string, entity *def.Entity, unwind, at string) def.FieldType {
	if len(path) > 0 {
		target, problem := followPath(path, entity.Properties, entity, nil)
		inRow := len(path) == 2 && path[0] == unwind
		if problem == nil && target.refs == 0 && target.rows == inRow {
			switch classOf(target.field.XType) {
			case classList, classTable, classNone:
			default:
				return target.field.XType
			}
		}
	}
	c.fail(CodeUnknownField, at, "field", strings.Join(path, "."))
	return ""
}

func unitFits(unit string, t def.FieldType) bool {
	switch unit {
	case "":
		return true
	case Day:
		return t == def.TypeDate || t == def.TypeDateTime
	case Month, Year:
		return t == def.TypeDate || t == def.TypeDateTime || t == def.TypeMonth
	}
	return false
}

func aggregateFits(aggregate string, t def.FieldType) bool {
	switch aggregate {
	case CountDistinct:
		return true
	case Sum, Avg:
		return classOf(t) == classInteger || classOf(t) == classDecimal
	case Min, Max:
		return classOf(t) != classBoolean && classOf(t) != classID
	}
	return false
}

// KeyType is the type of the values of a grouping key: a month for the months of dates, an integer for years.
func (b By) KeyType() def.FieldType {
	switch b.Unit {
	case Day:
		return def.TypeDate
	case Month:
		return def.TypeMonth
	case Year:
		return def.TypeInteger
	}
	return b.Type
}

// String describes the key for logs and tests.
func (b By) String() string { return fmt.Sprint(strings.Join(b.Path, "."), "/", b.Unit) }

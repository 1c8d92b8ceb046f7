package expr

import (
	"slices"
	"sync"
)

// functionsByName is the table of functions for the compiler.
var functionsByName = sync.OnceValue(func() map[string]*function {
	table := map[string]*function{}
	for _, group := range groups() {
		for _, fn := range group {
			table[fn.Name] = fn
		}
	}
	return table
})

// groups are the functions by group, in the order of the reference.
func groups() [][]*function {
	return [][]*function{
		logicFunctions(), numberFunctions(), listFunctions(), textFunctions(), dateFunctions(), chineseFunctions(), contextFunctions(),
	}
}

func functionTable() []Function {
	var table []Function
	for _, group := range groups() {
		for _, fn := range group {
			table = append(table, fn.Function)
		}
	}
	return table
}

// laterFunctions will exist; until then nothing else may take their names.
var laterFunctions = []string{
	"find", "last", "none", "trim", "split", "pad_left", "pow", "clamp", "pinyin_initials", "phone_ok",
}

// otherReserved are words of the language, its variables and the system fields.
var otherReserved = []string{
	"and", "or", "not", "in", "let", "if", "else", "matches", "contains", "true", "false", "nil",
	"record", "row", "actor", "sets", "param", "key",
	"id", "rev", "state", "entity", "created_by", "created_at", "updated_by", "updated_at",
}

var reservedNames = sync.OnceValue(func() []string {
	names := slices.Concat(otherReserved, laterFunctions)
	for _, fn := range functionTable() {
		names = append(names, fn.Name)
	}
	slices.Sort(names)
	return names
})

func isReserved(name string) bool {
	_, found := slices.BinarySearch(reservedNames(), name)
	return found
}

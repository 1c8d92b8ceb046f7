package form

import "formwork/engine/def"

// Wire is the wire form of a runtime value of expressions for a field that is to hold it; nil when it is missing. Numbers
// are exact texts, whole ones of integer fields int64; references are ids.
func Wire(field *def.Field, value any) any { return wireOf(field, value) }

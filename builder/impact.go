package builder

import (
	"formwork/engine/def"
)

// impact compares a catalog with the one in force: what stored records would not survive is an error, what they lose
// sight of a warning. See approvalImpact for what depends on which records there are.
func impact(active, next *def.Catalog) []def.Problem {
	var problems []def.Problem
	for _, name := range sortedKeys(active.Entities) {
		before, after := active.Entities[name], next.Entities[name]
		if after == nil {
			problems = append(problems, def.Problem{Ref: ref(def.KindEntity, name), Code: "entity_removed", Level: def.LevelWarning})
			continue
		}
		for _, field := range before.AllFields() {
			problems = append(problems, fieldImpact(next, after, field)...)
		}
	}
	return problems
}

func fieldImpact(next *def.Catalog, after *def.Entity, before *def.Field) []def.Problem {
	field, ok := after.Field(before.Path)
	problem := def.Problem{Ref: ref(def.KindEntity, after.Name), Level: def.LevelError, Params: map[string]any{"field": before.Path}}
	switch {
	case !ok:
		problem.Path, problem.Code, problem.Level = "/properties", "field_removed", def.LevelWarning
	case field.XType != before.XType:
		problem.Code = "type_changed"
		problem.Params["from"], problem.Params["to"] = string(before.XType), string(field.XType)
	case field.Target() != before.Target():
		problem.Code = "target_changed"
		problem.Params["from"], problem.Params["to"] = before.Target(), field.Target()
	case field.IsDecimal() && field.EffectiveScale() < before.EffectiveScale():
		problem.Code = "scale_reduced"
		problem.Params["from"], problem.Params["to"] = before.EffectiveScale(), field.EffectiveScale()
	case after.Name == def.EntityUser && before.Path == "roles":
		return nil // its options are the roles of the catalog; who held a removed one loses it
	default:
		return optionImpact(problem, before, field)
	}
	if ok {
		problem.Path = def.PointerOf(field)
		problem.Ref = next.Origin(after.Name, problem.Path)
	}
	return []def.Problem{problem}
}

// optionImpact warns of options that are gone: records may have them. They should be disabled instead.
func optionImpact(problem def.Problem, before, field *def.Field) []def.Problem {
	var problems []def.Problem
	for _, option := range before.Opts {
		if _, still := field.Option(option.Const); still {
			continue
		}
		gone := problem
		gone.Path, gone.Code, gone.Level = def.PointerOf(field), "option_removed", def.LevelWarning
		gone.Params = map[string]any{"field": field.Path, "option": option.Const}
		problems = append(problems, gone)
	}
	return problems
}

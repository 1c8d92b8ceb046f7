package form

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
)

func joinSteps(steps []string) string { return strings.Join(steps, ".") }

func compareText(a, b string) int { return strings.Compare(a, b) }

// askRecord asks for a record's fields; all that the form reads of the entity at once.
func (s *Session) askRecord(entity, id string) {
	key := entity + "/" + id
	if s.asks[key] == nil {
		s.asks[key] = &Ask{Key: key, Entity: entity, ID: id, Fields: s.form.wanted[entity]}
	}
	s.miss(key)
}

// askLookup gives the answer to a lookup, or asks for it. Rows with equal arguments share one ask.
func (s *Session) askLookup(from *source, args map[string]any) (found any, known bool) {
	key := lookupKey(from, args)
	if found, known = s.related.Lookups[key]; known {
		return found, true
	}
	ask := s.asks[key]
	if ask == nil {
		ask = &Ask{Key: key, Entity: from.Entity, Source: from.key, Args: args}
	}
	if s.known != nil {
		if found, known = s.known.Lookup(ask); known {
			return found, true
		}
	}
	s.asks[key] = ask
	s.miss(key)
	return nil, false
}

// lookupKey is the key of a lookup's ask: source and arguments in a fixed order.
func lookupKey(from *source, args map[string]any) string {
	key := make([]byte, 0, 96)
	key = append(append(key, from.key...), '?')
	for i, v := range from.vars {
		if i > 0 {
			key = append(key, '&')
		}
		key = append(append(key, v.name...), '=')
		switch value := args[v.name].(type) {
		case string:
			key = strconv.AppendQuote(key, value)
		case int64:
			key = strconv.AppendInt(key, value, 10)
		default:
			key = fmt.Append(key, value)
		}
	}
	return string(key)
}

// miss notes that the running evaluation lacks an answer.
func (s *Session) miss(key string) {
	s.hit.pending = true
	if !slices.Contains(s.hit.keys, key) {
		s.hit.keys = append(s.hit.keys, key)
	}
}

// wait remembers what a unit on a line lacked, so that the answer runs it again.
func (s *Session) wait(at site) {
	if len(s.waits) == 0 && len(s.hit.keys) == 0 {
		return
	}
	before := s.waits[at]
	if len(before) == 0 && len(s.hit.keys) == 0 {
		return
	}
	for _, key := range before {
		s.waiting[key] = slices.DeleteFunc(s.waiting[key], func(other site) bool { return other == at })
		if len(s.waiting[key]) == 0 {
			delete(s.waiting, key)
		}
	}
	delete(s.waits, at)
	if len(s.hit.keys) == 0 {
		return
	}
	s.waits[at] = slices.Clone(s.hit.keys)
	for _, key := range s.hit.keys {
		s.waiting[key] = append(s.waiting[key], at)
	}
}

// Asks lists what the record waits for, sorted by key. While there are some, Problems and Values are not final.
func (s *Session) Asks() []Ask {
	var asks []Ask
	for _, key := range slices.Sorted(maps.Keys(s.waiting)) {
		asks = append(asks, *s.asks[key])
	}
	return asks
}

// newAsks lists what is waited for and was not handed out before.
func (s *Session) newAsks() []Ask {
	return slices.DeleteFunc(s.Asks(), func(a Ask) bool {
		known := s.shown[a.Key]
		s.shown[a.Key] = true
		return known
	})
}

// arguments gives the wire values of a filter's variables on a line; complete is false if one is missing.
func (s *Session) arguments(vars []variable, l *line) (args map[string]any, complete bool) {
	if len(vars) == 0 {
		return nil, true
	}
	args = make(map[string]any, len(vars))
	for _, v := range vars {
		start := s.header
		if v.own {
			start = l
		}
		var value any = expr.NewRef("", start)
		for _, step := range v.steps {
			value = member(value, step)
		}
		if wire := wireOf(v.end, value); wire != nil {
			args[v.name] = wire
		}
	}
	return args, len(args) == len(vars)
}

func member(value any, name string) any {
	ref, ok := value.(expr.Ref)
	if !ok {
		return nil
	}
	if id, _ := expr.RefID(ref); name == def.FieldID && id != "" {
		return id
	}
	if object := expr.RefObject(ref); object != nil {
		return object.Get(name)
	}
	return nil
}

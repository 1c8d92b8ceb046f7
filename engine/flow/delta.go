package flow

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"
)

// difference gives what changed from one state to the next.
func difference(before, after *State) Delta {
	d := Delta{}
	if head := headOf(after); !sameHead(headOf(before), head) {
		d.Head = &head
	}
	d.Active = changedEntries(before.Active, after.Active)
	d.Blocks = changedEntries(before.Blocks, after.Blocks)
	d.Set = changedEntries(before.Set, after.Set)
	d.Tasks = changedTasks(before.Tasks, after.Tasks)
	d.Rounds = changedValues(before.Rounds, after.Rounds)
	d.Choices = changedLists(before.Choices, after.Choices)
	if !grown(before.Decisions, after.Decisions) || !grown(before.CC, after.CC) {
		d.Renamed = &Renamed{Decisions: slices.Clone(after.Decisions), CC: slices.Clone(after.CC)}
	}
	d.Decisions = slices.Clip(after.Decisions[len(before.Decisions):])
	if !slices.Equal(before.Approvers, after.Approvers) {
		all := append([]Approval{}, after.Approvers...) // not nil: all gone is a change too
		d.Approvers = &all
	}
	d.CC = slices.Clip(after.CC[len(before.CC):])
	if !reflect.DeepEqual(before.Incident, after.Incident) {
		all := append([]Stuck{}, after.Incident...)
		d.Incident = &all
	}
	if before.Resume != after.Resume {
		d.Resume, d.NoResume = after.Resume, after.Resume == nil
	}
	d.Reminded = changedTimes(before.Reminded, after.Reminded)
	if n := len(after.Keys); n > 0 && (len(before.Keys) == 0 || before.Keys[len(before.Keys)-1] != after.Keys[n-1]) {
		d.Key = &after.Keys[n-1]
	}
	d.Outbox = addedEffects(before.Outbox, after.Outbox)
	d.Gone = goneEffects(before.Outbox, after.Outbox)
	if !slices.Equal(before.Posted, after.Posted) {
		all := append([]Posted{}, after.Posted...)
		d.Posted = &all
	}
	return d
}

// grown tells whether a list only had something added at its end.
func grown[E comparable](before, after []E) bool {
	return slices.Equal(before, after[:len(before)])
}

func headOf(s *State) Head {
	return Head{
		Name: s.Name, Catalog: s.Catalog, Status: s.Status, Initiator: s.Initiator, StartedAt: s.StartedAt,
		Serial: s.Serial, Last: s.Last, Acted: s.Acted, Picks: s.Picks, Settings: s.Settings, Parent: s.Parent,
		DataHash: s.DataHash, NextDue: s.NextDue, Depth: s.Depth, CallRound: s.CallRound,
	}
}

// sameHead compares the members that change most often first.
func sameHead(a, b Head) bool {
	return a.Serial == b.Serial && a.Status == b.Status && a.Last == b.Last && a.DataHash == b.DataHash &&
		a.NextDue.Equal(b.NextDue) && reflect.DeepEqual(a, b)
}

// changedEntries gives the entries that are new or other, and nil for those that are gone.
func changedEntries[V any](before, after map[string]V) map[string]*V {
	var changed map[string]*V
	set := func(name string, v *V) {
		if changed == nil {
			changed = map[string]*V{}
		}
		changed[name] = v
	}
	for name, v := range after {
		if old, ok := before[name]; !ok || !reflect.DeepEqual(old, v) {
			set(name, &v)
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			set(name, nil)
		}
	}
	return changed
}

// changedValues gives numbers that are new or other, and 0 for those that are gone.
func changedValues(before, after map[string]int) map[string]int {
	changed := map[string]int{}
	for name := range before {
		if _, ok := after[name]; !ok {
			changed[name] = 0
		}
	}
	for name, v := range after {
		if old, ok := before[name]; !ok || old != v {
			changed[name] = v
		}
	}
	return changed
}

func changedTimes(before, after map[string]time.Time) map[string]time.Time {
	changed := map[string]time.Time{}
	for name, v := range after {
		if old, ok := before[name]; !ok || !old.Equal(v) {
			changed[name] = v
		}
	}
	return changed
}

func changedLists(before, after map[string][]string) map[string][]string {
	changed := map[string][]string{}
	for name, v := range after {
		if old, ok := before[name]; !ok || !slices.Equal(old, v) {
			changed[name] = v
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			changed[name] = nil
		}
	}
	return changed
}

// changedTasks gives new and changed tasks; tasks never vanish and keep their place.
func changedTasks(before, after []Task) []Task {
	n := len(after) - len(before)
	for i := range before {
		if !sameTask(&before[i], &after[i]) {
			n++
		}
	}
	changed := make([]Task, 0, n)
	for i := range after {
		if i >= len(before) || !sameTask(&before[i], &after[i]) {
			changed = append(changed, after[i])
		}
	}
	return changed
}

func sameTask(a, b *Task) bool {
	return a.ID == b.ID && a.Node == b.Node && a.Status == b.Status && a.Order == b.Order && a.User == b.User &&
		a.Owner == b.Owner && a.By == b.By && len(a.Past) == len(b.Past) && a.Auto == b.Auto && a.Sign == b.Sign &&
		a.DataHash == b.DataHash && a.ArrivedAt.Equal(b.ArrivedAt) && a.DoneAt.Equal(b.DoneAt)
}

// addedEffects gives those that are new, and those that were tried since.
func addedEffects(before, after []Effect) []Effect {
	known := make(map[int]*Effect, len(before))
	for i := range before {
		known[before[i].N] = &before[i]
	}
	var added []Effect
	for i := range after {
		old, ok := known[after[i].N]
		if !ok || old.Node != after[i].Node || old.Attempts != after[i].Attempts || old.Dead != after[i].Dead || !old.Next.Equal(after[i].Next) {
			added = append(added, after[i])
		}
	}
	return added
}

// goneEffects gives the numbers of those that were delivered.
func goneEffects(before, after []Effect) []int {
	var gone []int
	for _, e := range before {
		if !slices.ContainsFunc(after, func(o Effect) bool { return o.N == e.N }) {
			gone = append(gone, e.N)
		}
	}
	return gone
}

// foldOutbox brings the outbox and what was posted to what they were after a command.
func (s *State) foldOutbox(d *Delta) {
	for _, e := range d.Outbox {
		if i := s.effect(e.N); i >= 0 {
			s.Outbox = slices.Clone(s.Outbox)
			s.Outbox[i] = e
			continue
		}
		s.Outbox = append(s.Outbox, e)
	}
	if len(d.Gone) > 0 {
		s.Outbox = slices.DeleteFunc(slices.Clone(s.Outbox), func(e Effect) bool { return slices.Contains(d.Gone, e.N) })
	}
	if d.Posted != nil {
		s.Posted = *d.Posted
	}
}

// Fold gives the state that follows another by a command's event. The events of a run, in order, give its state from
// the zero State, with the effects that are still to be delivered.
func Fold(st State, data json.RawMessage) (State, error) {
	var fact Fact
	if err := json.Unmarshal(data, &fact); err != nil {
		return State{}, fmt.Errorf("fold flow event: %w", err)
	}
	return fact.fold(st), nil
}

func (f *Fact) fold(old State) State {
	st, d := *old.clone(), &f.Delta
	if d.Fresh {
		st = *(&State{Format: format, Keys: old.Keys, Outbox: old.Outbox, Posted: old.Posted}).clone()
	}
	if h := d.Head; h != nil {
		st.Name, st.Catalog, st.Status, st.Initiator, st.StartedAt = h.Name, h.Catalog, h.Status, h.Initiator, h.StartedAt
		st.Serial, st.Last, st.Acted, st.Picks, st.Settings = h.Serial, h.Last, h.Acted, h.Picks, h.Settings
		st.Parent, st.DataHash, st.NextDue, st.Depth = h.Parent, h.DataHash, h.NextDue, h.Depth
		st.CallRound = h.CallRound
	}
	st.Rev = f.Rev
	patchEntries(st.Active, d.Active)
	patchEntries(st.Blocks, d.Blocks)
	patchEntries(st.Set, d.Set)
	maps.Copy(st.Rounds, d.Rounds)
	maps.DeleteFunc(st.Rounds, func(_ string, n int) bool { return n == 0 })
	maps.Copy(st.Choices, d.Choices)
	maps.DeleteFunc(st.Choices, func(_ string, v []string) bool { return v == nil })
	st.foldTasks(d.Tasks)
	st.Decisions = append(st.Decisions, d.Decisions...)
	st.CC = append(st.CC, d.CC...)
	if d.Renamed != nil {
		st.Decisions, st.CC = d.Renamed.Decisions, d.Renamed.CC
	}
	st.foldOutbox(d)
	if d.Approvers != nil {
		st.Approvers = *d.Approvers
	}
	if d.Incident != nil {
		st.Incident = *d.Incident
	}
	if d.Resume != nil || d.NoResume {
		st.Resume = d.Resume
	}
	if len(d.Reminded) > 0 && st.Reminded == nil {
		st.Reminded = map[string]time.Time{}
	}
	maps.Copy(st.Reminded, d.Reminded)
	if d.Key != nil {
		st.Keys = append(slices.Clip(st.Keys), *d.Key)
		st.Keys = st.Keys[max(0, len(st.Keys)-keptKeys):]
	}
	return st
}

func patchEntries[V any](entries map[string]V, changed map[string]*V) {
	for name, v := range changed {
		if v == nil {
			delete(entries, name)
			continue
		}
		entries[name] = *v
	}
}

func (s *State) foldTasks(changed []Task) {
	for _, t := range changed {
		if known := s.task(t.ID); known != nil {
			*known = t
			continue
		}
		s.Tasks = append(s.Tasks, t)
	}
}

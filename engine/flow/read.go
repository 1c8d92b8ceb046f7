package flow

import (
	"context"
	"maps"
	"slices"
	"strings"

	"formwork/engine/access"
	"formwork/engine/record"
)

// Record gives a record to whoever may read it by grant or takes part in its run, with what he can do with it. Fields
// the node he stands at hides are left out.
func (s *Service) Record(ctx context.Context, actor access.Actor, entity, id string) (record.Record, error) {
	full, err := s.config.Records.Load(ctx, actor.Tenant, entity, id)
	if err != nil {
		return record.Record{}, err
	}
	st, err := decodeState(full.Record.Flow)
	if err != nil {
		return record.Record{}, err
	}
	return s.showing(ctx, actor, full, &st)
}

// showing shows a loaded record with the run on it.
func (s *Service) showing(ctx context.Context, actor access.Actor, full *record.Full, st *State) (record.Record, error) {
	if st.Status == "" {
		return s.config.Records.Show(ctx, actor, full)
	}
	plan, err := s.pinnedPlan(ctx, actor.Tenant, st)
	if err != nil {
		return record.Record{}, err
	}
	full.Actor = actor
	dir, err := s.newDirectory(ctx, actor.Tenant, full)
	if err != nil {
		return record.Record{}, err
	}
	dir.flow = st.Name
	show := s.config.Records.Show
	switch now := s.config.Clock(); {
	case plan.Invites(st, dir, actor.ID, now):
		show = s.config.Records.ShowInvited
	case plan.MayView(st, dir, actor.ID, now):
		show = s.config.Records.ShowParticipant
	}
	rec, err := show(ctx, actor, full)
	if err != nil {
		return record.Record{}, err
	}
	if plan.hides() {
		hide(&rec, plan.Hidden(st, dir, actor.ID, s.config.Clock()))
	}
	rec.Can = append(rec.Can, plan.runVerbs(st, dir, actor.ID)...)
	return rec, dir.err
}

// hide takes what a node hides out of a record: values, marks of masked ones, what a list shows behind hidden references, and
// display texts nothing refers to any more.
func hide(rec *record.Record, hidden func(path string) bool) {
	rec.Values = withoutHidden(rec.Values, hidden)
	rec.Masked = slices.DeleteFunc(rec.Masked, hidden)
	maps.DeleteFunc(rec.Related, func(path string, _ any) bool {
		first, _, _ := strings.Cut(path, ".")
		return hidden(first)
	})
	used := map[string]bool{rec.CreatedBy: true, rec.UpdatedBy: true}
	collectTexts(rec.Values, used)
	collectTexts(rec.Related, used)
	for key := range rec.Refs {
		if _, id, ok := strings.Cut(key, "/"); ok && !used[id] {
			delete(rec.Refs, key)
		}
	}
}

// collectTexts notes every text in some values.
func collectTexts(value any, used map[string]bool) {
	switch v := value.(type) {
	case string:
		used[v] = true
	case []any:
		for _, item := range v {
			collectTexts(item, used)
		}
	case map[string]any:
		for _, item := range v {
			collectTexts(item, used)
		}
	}
}

// withoutHidden leaves out hidden fields and columns.
func withoutHidden(values map[string]any, hidden func(path string) bool) map[string]any {
	shown := make(map[string]any, len(values))
	for field, value := range values {
		if hidden(field) {
			continue
		}
		shown[field] = value
		list, ok := value.([]any)
		if !ok {
			continue
		}
		rows := make([]any, len(list))
		for i, item := range list {
			rows[i] = item
			if row, ok := item.(map[string]any); ok {
				rows[i] = withoutColumns(field, row, hidden)
			}
		}
		shown[field] = rows
	}
	return shown
}

func withoutColumns(table string, row map[string]any, hidden func(path string) bool) map[string]any {
	shown := make(map[string]any, len(row))
	for column, value := range row {
		if !hidden(table + "." + column) {
			shown[column] = value
		}
	}
	return shown
}

// runVerbs lists what somebody can do to a run as its initiator or admin, beside what grants give.
func (p *Plan) runVerbs(st *State, org Org, user string) []string {
	var verbs []string
	initiator := user == st.Initiator.ID
	admin := p.Admin(org, user)
	live := st.Status == Running || st.Status == Returned
	if initiator {
		verbs = p.initiatorVerbs(st)
	}
	if (initiator || admin) && p.waitsAt(st) != nil {
		verbs = append(verbs, string(Return))
	}
	if live && (initiator || admin) {
		verbs = append(verbs, string(Cancel), string(Remind), string(CarbonCopy))
	}
	if p.mayRetrieve(st, user) {
		verbs = append(verbs, string(Retrieve))
	}
	if admin {
		verbs = append(verbs, adminVerbs(st)...)
	}
	return append(verbs, string(Comment))
}

func (p *Plan) initiatorVerbs(st *State) []string {
	var verbs []string
	withdraw := first(p.Flow.Settings.Withdraw, "before_first")
	if st.Status == Returned || st.Status == Draft {
		verbs = append(verbs, string(Resubmit))
	}
	live := st.Status == Running || st.Status == Returned
	if live && (withdraw == "running" || withdraw == "before_first" && !st.Acted) {
		verbs = append(verbs, string(Withdraw))
	}
	return verbs
}

func adminVerbs(st *State) []string {
	var verbs []string
	if st.Status == Running || st.Status == Returned {
		verbs = append(verbs, string(Jump), string(Reassign))
	}
	if !st.Status.Ended() {
		verbs = append(verbs, string(Terminate))
	}
	if st.failing() {
		verbs = append(verbs, string(RetryEffect))
	}
	if st.Status == Suspended {
		verbs = append(verbs, string(Retry))
	}
	return verbs
}

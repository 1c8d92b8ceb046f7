package flow

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"formwork/engine/access"
	"formwork/engine/event"
	"formwork/engine/record"
)

// shown gives the values of a stored record as the actor sees them at the node he stands at.
func (s *Service) shown(ctx context.Context, actor access.Actor, rec record.Record) (map[string]any, error) {
	shown, err := s.Record(ctx, actor, rec.Entity, rec.ID)
	return shown.Values, err
}

// seenOf is the token for values that were shown: the revision, to tell later what changed, and their hash. If the given
// token is about equal values it is given back: other fields may have changed meanwhile.
func seenOf(values map[string]any, rev int64, given string) (string, error) {
	hash, err := Hash(values)
	if err != nil {
		return "", err
	}
	hash = hash[:32]
	if _, before, ok := strings.Cut(given, "-"); ok && before == hash {
		return given, nil
	}
	return fmt.Sprintf("%d-%s", rev, hash), nil
}

// explain adds to a refusal for changed values which ones have changed since the actor saw them.
func (s *Service) explain(ctx context.Context, actor access.Actor, at target, act Act, err error) error {
	var refused *Refused
	if !errors.As(err, &refused) || refused.Code != CodeChangedSinceSeen {
		return err
	}
	rev, _, _ := strings.Cut(act.Seen, "-")
	since, parseErr := strconv.ParseInt(rev, 10, 64)
	if parseErr != nil {
		return err
	}
	line, lineErr := s.changesSince(ctx, actor, at, since)
	if lineErr != nil {
		return errors.Join(err, lineErr)
	}
	return &Refused{Code: refused.Code, Params: map[string]any{"changes": line}}
}

// changesSince gives the changes after a revision, as the actor may see them.
func (s *Service) changesSince(ctx context.Context, actor access.Actor, at target, rev int64) ([]EntryChange, error) {
	full, err := s.config.Records.Load(ctx, actor.Tenant, at.entity, at.id)
	if err != nil {
		return nil, err
	}
	full.Actor = actor
	b := historian{service: s, ctx: ctx, actor: actor, full: full}
	if b.state, err = decodeState(full.Record.Flow); err != nil {
		return nil, err
	}
	if b.plan, err = s.pinnedPlan(ctx, actor.Tenant, &b.state); err != nil {
		return nil, err
	}
	events, err := s.eventsOf(ctx, actor.Tenant, at.entity, at.id)
	if err != nil {
		return nil, err
	}
	changed := []EntryChange{}
	for _, e := range events {
		if e.Rev <= rev || e.Type != event.TypeUpdated {
			continue
		}
		written, err := event.Decode(e.Data)
		if err != nil {
			return nil, err
		}
		of, err := b.changes(written.Changes)
		if err != nil {
			return nil, err
		}
		changed = append(changed, of...)
	}
	return changed, nil
}

// TaskAbout is what a task is about: a record, and the hash of what the reader sees of it now.
type TaskAbout struct {
	Entity, Record, Seen string
}

// About tells what a task is about to whoever may see its record, also when the task is closed; else it fails with
// record.ErrNotFound.
func (s *Service) About(ctx context.Context, actor access.Actor, task string) (TaskAbout, error) {
	at, ok := splitTaskID(task)
	if !ok {
		return TaskAbout{}, record.ErrNotFound
	}
	rec, err := s.Record(ctx, actor, at.entity, at.id)
	if err != nil {
		return TaskAbout{}, err
	}
	seen, err := seenOf(rec.Values, rec.Rev, "")
	return TaskAbout{Entity: at.entity, Record: at.id, Seen: seen}, err
}

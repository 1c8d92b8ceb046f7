package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/store"
)

// Digests: how soon mail goes out to a person.
const (
	DigestNow    = "now"
	DigestHourly = "hourly"
	DigestDaily  = "daily"
)

// Setting is how one person wants to be told by mail. Times are HH:MM in the company's time zone.
type Setting struct {
	Email     bool              `json:"email"`
	Off       []flow.NoticeKind `json:"off"`                                       // not about these
	Digest    string            `json:"digest" enum:"now,hourly,daily"`            // how soon
	At        string            `json:"at,omitempty"`                              // of a daily digest
	QuietFrom string            `json:"quietFrom,omitempty"`                       // mail waits from here …
	QuietTo   string            `json:"quietTo,omitempty"`                         // … until here; past midnight if it is earlier
	Address   string            `json:"address,omitempty" description:"read only"` // as the company has it; "" = no mail reaches him
}

// usual is the setting of somebody who has not chosen.
func usual() Setting {
	return Setting{Email: true, Off: []flow.NoticeKind{}, Digest: DigestNow, At: "08:00"}
}

const settingCollection = "notify_setting"

var settingFields = []store.Field{{Path: "setting", Type: def.TypeLongText}}

// SettingOf reads how the actor wants to be told.
func (s *Service) SettingOf(ctx context.Context, actor access.Actor) (Setting, error) {
	setting, _, err := s.setting(ctx, actor.Tenant, actor.ID)
	if err != nil {
		return setting, err
	}
	setting.Address, err = s.address(ctx, actor.Tenant, actor.ID)
	return setting, err
}

func (s *Service) setting(ctx context.Context, tenant, user string) (Setting, *store.Doc, error) {
	setting := usual()
	st, err := s.open(ctx, tenant)
	if err != nil {
		return setting, nil, err
	}
	docs, err := st.Get(ctx, settingCollection, user)
	if err != nil {
		return setting, nil, fmt.Errorf("setting of %s: %w", user, err)
	}
	if len(docs) == 0 {
		return setting, nil, nil
	}
	text, _ := docs[0].Values["setting"].(string)
	if err := json.Unmarshal([]byte(text), &setting); err != nil {
		return setting, nil, fmt.Errorf("setting of %s: %w", user, err)
	}
	return setting, &docs[0], nil
}

// SaveSetting changes how the actor wants to be told. The last one to save wins: it is his own.
func (s *Service) SaveSetting(ctx context.Context, actor access.Actor, in Setting) (Setting, error) {
	if problems := in.problems(); len(problems) > 0 {
		return Setting{}, &record.InvalidError{Problems: problems}
	}
	in.Address = ""
	for _, clock := range []*string{&in.At, &in.QuietFrom, &in.QuietTo} { // 9:05 is 09:05: they are compared as texts
		if at, err := time.Parse("15:04", *clock); err == nil {
			*clock = at.Format("15:04")
		}
	}
	if in.Off == nil {
		in.Off = []flow.NoticeKind{}
	}
	text, err := json.Marshal(in)
	if err != nil {
		return Setting{}, err
	}
	for range maxTries {
		_, doc, err := s.setting(ctx, actor.Tenant, actor.ID)
		if err != nil {
			return Setting{}, err
		}
		now := s.config.Clock()
		if doc == nil {
			doc = &store.Doc{ID: actor.ID, CreatedBy: actor.ID, CreatedAt: now}
		}
		rev := doc.Rev
		doc.Rev, doc.UpdatedBy, doc.UpdatedAt = rev+1, actor.ID, now
		doc.Values = map[string]any{"setting": string(text)}
		err = s.config.Records.Project(ctx, actor.Tenant, store.Write{Collection: settingCollection, Doc: *doc, IfRev: rev})[0]
		if errors.Is(err, store.ErrConflict) {
			continue
		}
		if err != nil {
			return Setting{}, err
		}
		return s.SettingOf(ctx, actor)
	}
	return Setting{}, store.ErrConflict
}

// maxTries is how often a document is written again that others write at the same time.
const maxTries = 10

func (in *Setting) problems() []form.Problem {
	var found []form.Problem
	add := func(field, code string) { found = append(found, form.Problem{Field: field, Code: code}) }
	if !slices.Contains([]string{DigestNow, DigestHourly, DigestDaily}, in.Digest) {
		add("digest", "option")
	}
	for _, kind := range in.Off {
		if !slices.Contains(flow.NoticeKinds(), kind) {
			add("off", "option")
		}
	}
	for field, clock := range map[string]string{"at": in.At, "quietFrom": in.QuietFrom, "quietTo": in.QuietTo} {
		if _, err := time.Parse("15:04", clock); clock != "" && err != nil {
			add(field, "time")
		}
	}
	if in.Digest == DigestDaily && in.At == "" {
		add("at", "required")
	}
	if (in.QuietFrom == "") != (in.QuietTo == "") {
		add("quietTo", "required")
	}
	return found
}

// wants tells whether a person wants mail about something.
func (in *Setting) wants(kind flow.NoticeKind) bool {
	return in.Email && !slices.Contains(in.Off, kind)
}

// sendAt is when mail that is made now goes out, and whether it goes with others. now is in the company's zone.
func (in *Setting) sendAt(now time.Time) (at time.Time, held bool) {
	at = now
	switch in.Digest {
	case DigestHourly:
		at, held = now.Truncate(time.Hour).Add(time.Hour), true
	case DigestDaily:
		at, held = nextClock(now, in.At), true
	}
	if in.QuietFrom == "" || in.QuietFrom == in.QuietTo {
		return at, held
	}
	clock := at.Format("15:04")
	quiet := clock >= in.QuietFrom && clock < in.QuietTo
	if in.QuietFrom > in.QuietTo { // past midnight
		quiet = clock >= in.QuietFrom || clock < in.QuietTo
	}
	if quiet {
		return nextClock(at, in.QuietTo), true
	}
	return at, held
}

// nextClock is the next time after t that clocks show HH:MM, in the zone of t.
func nextClock(t time.Time, clock string) time.Time {
	c, err := time.Parse("15:04", clock)
	if err != nil {
		return t
	}
	at := time.Date(t.Year(), t.Month(), t.Day(), c.Hour(), c.Minute(), 0, 0, t.Location())
	if !at.After(t) {
		at = time.Date(t.Year(), t.Month(), t.Day()+1, c.Hour(), c.Minute(), 0, 0, t.Location())
	}
	return at
}

package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// Limits of a handover.
const (
	maxHeld       = 200  // tasks and records of one field that are listed
	maxHandedOver = 1000 // tasks and records of one field that are handed over at once
)

// Holdings is what a member holds that somebody else must take over when he leaves.
type Holdings struct {
	User       flow.Named      `json:"user"`
	Disabled   bool            `json:"disabled"`
	Tasks      []flow.TaskItem `json:"tasks"` // open ones, the first of them
	TaskCount  int             `json:"taskCount"`
	Roles      []string        `json:"roles"`
	References []HeldField     `json:"references"`
	// Proxies are those he gave or was given that have not ended: nobody can act by them once he is gone.
	Proxies []flow.StoredProxy `json:"proxies"`
	Flows   []flow.Named       `json:"flows"` // definitions that name him, as an approver or otherwise: who edits flows changes them
}

// HeldField is a field of master data that names him: manager of a project, leader of a member, head of a department.
type HeldField struct {
	Path        string       `json:"path"` // "project.manager", "project.members.user"
	EntityTitle string       `json:"entityTitle"`
	FieldTitle  string       `json:"fieldTitle"`
	Count       int          `json:"count"`
	Records     []flow.Named `json:"records"` // the first of them
}

// Handover says to whom something goes, and what.
type Handover struct {
	To         string
	Tasks      bool
	Roles      []string
	References []string // paths of HeldField
	Proxies    bool     // end those he gave and was given
	Comment    string
}

// HandedOver is one thing of a handover: done, or not for a reason (Err). Each record changes by itself, as a whole.
type HandedOver struct {
	What   string // task, role, reference, proxy
	Entity string
	Record string // id; of a proxy too
	Name   string // of a role; path of a reference
	Err    error
}

// Holdings lists what a member holds. The actor must be an administrator.
func (e *Engine) Holdings(ctx context.Context, actor access.Actor, user string) (Holdings, error) {
	db, err := e.Tenants.Store(ctx, actor.Tenant)
	if err != nil {
		return Holdings{}, err
	}
	member, err := memberDoc(ctx, db, user)
	if err != nil {
		return Holdings{}, err
	}
	h := Holdings{User: flow.Named{ID: user, Name: text(member.Values, "name")}, Roles: texts(member.Values["roles"])}
	h.Disabled, _ = member.Values["disabled"].(bool)
	if h.Tasks, h.TaskCount, err = e.Flows.OpenTasksOf(ctx, actor, user, maxHeld); err != nil {
		return Holdings{}, err
	}
	if h.References, err = e.heldFields(ctx, actor, db, user); err != nil {
		return Holdings{}, err
	}
	if h.Proxies, err = e.proxiesOf(ctx, actor.Tenant, user); err != nil {
		return h, err
	}
	h.Flows, err = e.flowsNaming(ctx, actor, user)
	return h, err
}

// proxiesOf lists the proxies a member gave or was given that have not ended.
func (e *Engine) proxiesOf(ctx context.Context, tenant, user string) ([]flow.StoredProxy, error) {
	all, err := e.Flows.Proxies(ctx, access.Actor{Tenant: tenant, ID: user})
	now := e.Clock()
	return slices.DeleteFunc(all, func(p flow.StoredProxy) bool { return !p.End.After(now) }), err
}

// flowsNaming lists the flows of the catalog whose definition names a member: among the people of a node, as an
// administrator or a stand-in, in a vote, a deadline, a message or a scenario. Ids are in no other text.
func (e *Engine) flowsNaming(ctx context.Context, actor access.Actor, user string) ([]flow.Named, error) {
	cat, err := e.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	named := []flow.Named{}
	for _, name := range slices.Sorted(maps.Keys(cat.Flows)) {
		raw, err := json.Marshal(cat.Flows[name])
		if err != nil {
			return nil, fmt.Errorf("flow %s: %w", name, err)
		}
		if bytes.Contains(raw, []byte(user)) {
			named = append(named, flow.Named{ID: name, Name: cat.Flows[name].Label(actor.Lang)})
		}
	}
	return named, nil
}

func memberDoc(ctx context.Context, db store.Store, user string) (*store.Doc, error) {
	docs, err := db.Get(ctx, def.EntityUser, user)
	if err != nil {
		return nil, fmt.Errorf("member %s: %w", user, err)
	}
	if len(docs) == 0 || docs[0].Deleted {
		return nil, record.ErrNotFound
	}
	return &docs[0], nil
}

// heldFields counts the master data that name a member, field by field. Documents with an approval keep whom they name:
// they say how it was.
func (e *Engine) heldFields(ctx context.Context, actor access.Actor, db store.Store, user string) ([]HeldField, error) {
	cat, err := e.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	held := []HeldField{}
	for _, name := range slices.Sorted(maps.Keys(cat.Entities)) {
		entity := cat.Entities[name]
		if def.IsEngines(name) || entity.Approval {
			continue
		}
		for _, field := range entity.AllFields() {
			if field.Target() != def.EntityUser || field.Compute != "" || len(field.Lookup) > 0 {
				continue
			}
			h, err := heldField(ctx, db, entity, field, user)
			if err != nil {
				return nil, err
			}
			if h.Count > 0 {
				h.EntityTitle, h.FieldTitle = entity.Label(actor.Lang), heldTitle(field, actor.Lang)
				held = append(held, h)
			}
		}
	}
	return held, nil
}

// heldTitle names a place for people: a column that is the only one for people of its sub-table is what the table is for.
func heldTitle(field *def.Field, lang string) string {
	if field.Parent == nil {
		return field.Label(lang)
	}
	for _, other := range field.Parent.Columns() {
		if other.Name != field.Name && other.Target() == def.EntityUser {
			return field.Parent.Label(lang) + " · " + field.Label(lang)
		}
	}
	return field.Parent.Label(lang)
}

func heldField(ctx context.Context, db store.Store, entity *def.Entity, field *def.Field, user string) (HeldField, error) {
	h := HeldField{Path: entity.Name + "." + field.Path, Records: []flow.Named{}}
	where := names(field, user)
	var err error
	if h.Count, _, err = db.Count(ctx, query.Query{Collection: entity.Name, Where: where}, maxHandedOver); err != nil || h.Count == 0 {
		return h, err
	}
	page, err := db.Find(ctx, query.Query{Collection: entity.Name, Where: where, Limit: maxHeld})
	for _, doc := range page.Docs {
		h.Records = append(h.Records, flow.Named{ID: doc.ID, Name: text(doc.Values, entity.DisplayField())})
	}
	return h, err
}

// names is the condition that a field names a user: itself, in its list, or in some row.
func names(field *def.Field, user string) *query.Filter {
	c := &query.Cond{Path: []string{field.Name}, Op: query.Eq, Value: user, Type: field.XType, List: field.IsList()}
	if c.List {
		c.Op = query.Contains
	}
	if field.Parent != nil {
		c.Path, c.Rows = []string{field.Parent.Name, field.Name}, true
	}
	return &query.Filter{Cond: c}
}

// HandOver gives what a member holds to another one, as far as it is asked for, and tells what became of each thing. The
// actor must be an administrator of the company; what he does to records is his edit of them.
func (e *Engine) HandOver(ctx context.Context, actor access.Actor, from string, in Handover) ([]HandedOver, error) {
	db, err := e.Tenants.Store(ctx, actor.Tenant)
	if err != nil {
		return nil, err
	}
	if _, err := memberDoc(ctx, db, from); err != nil {
		return nil, err
	}
	to, err := memberDoc(ctx, db, in.To)
	switch {
	case errors.Is(err, record.ErrNotFound), err == nil && to.Values["disabled"] == true:
		return nil, &flow.Refused{Code: flow.CodeUserDisabled}
	case err != nil:
		return nil, err
	case in.To == from:
		return nil, &flow.Refused{Code: flow.CodeSelfTarget}
	}
	var all []HandedOver
	if in.Tasks {
		given, err := e.Flows.GiveTasks(ctx, actor, flow.Giving{From: from, To: in.To, Comment: in.Comment, Limit: maxHandedOver})
		if err != nil {
			return all, err
		}
		for _, g := range given {
			all = append(all, HandedOver{What: "task", Entity: g.Entity, Record: g.Record, Err: g.Err})
		}
	}
	if in.Proxies {
		ended, err := e.endProxies(ctx, actor, from)
		if err != nil {
			return all, err
		}
		all = append(all, ended...)
	}
	for _, role := range in.Roles {
		all = append(all, HandedOver{What: "role", Name: role, Err: e.giveRole(ctx, actor, from, in.To, role)})
	}
	for _, path := range in.References {
		given, err := e.giveReferences(ctx, actor, path, from, in.To)
		if err != nil {
			return all, err
		}
		all = append(all, given...)
	}
	return all, nil
}

// endProxies ends the proxies a member gave or was given, each by itself.
func (e *Engine) endProxies(ctx context.Context, actor access.Actor, user string) ([]HandedOver, error) {
	proxies, err := e.proxiesOf(ctx, actor.Tenant, user)
	if err != nil {
		return nil, err
	}
	ended := make([]HandedOver, len(proxies))
	for i := range proxies {
		ended[i] = HandedOver{What: "proxy", Record: proxies[i].ID, Err: e.Flows.EndProxy(ctx, actor, proxies[i].ID)}
	}
	return ended, nil
}

// giveRole gives a role to one member, then takes it from another: for a moment both have it, never nobody.
func (e *Engine) giveRole(ctx context.Context, actor access.Actor, from, to, role string) error {
	db, err := e.Tenants.Store(ctx, actor.Tenant)
	if err != nil {
		return err
	}
	change := func(user string, roles func([]string) []string) error {
		doc, err := memberDoc(ctx, db, user)
		if err != nil {
			return err
		}
		before := texts(doc.Values["roles"])
		after := roles(slices.Clone(before))
		if slices.Equal(before, after) {
			return nil
		}
		list := make([]any, len(after))
		for i, name := range after {
			list[i] = name
		}
		values := form.Values{"roles": list}
		if len(list) == 0 {
			values["roles"] = nil
		}
		_, err = e.Identity.ChangeMember(ctx, actor, user, record.PatchInput{IfRev: doc.Rev, Values: values})
		return err
	}
	doc, err := memberDoc(ctx, db, from)
	if err != nil {
		return err
	}
	if !slices.Contains(texts(doc.Values["roles"]), role) {
		return record.ErrNotFound
	}
	err = change(to, func(roles []string) []string {
		if slices.Contains(roles, role) {
			return roles
		}
		return append(roles, role)
	})
	if err != nil {
		return err
	}
	return change(from, func(roles []string) []string {
		return slices.DeleteFunc(roles, func(name string) bool { return name == role })
	})
}

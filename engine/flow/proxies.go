package flow

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/query"
	"formwork/engine/record"
	"formwork/engine/store"
)

// CodeProxyWindow refuses a proxy that ends before it begins, or has ended already.
const CodeProxyWindow = "proxy_window"

// maxProxies is how many proxies of one person are looked at.
const maxProxies = 200

// StoredProxy is a proxy as people read it.
type StoredProxy struct {
	ID        string    `json:"id"`
	Rev       int64     `json:"rev"`
	Principal Named     `json:"principal"`
	To        Named     `json:"to"`
	Flows     []string  `json:"flows"` // empty = every flow
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"` // it acts until before
	Reason    string    `json:"reason,omitempty"`
	Active    bool      `json:"active"` // now
}

// ProxyInput is a proxy to be made or what it is changed to.
type ProxyInput struct {
	Proxy
	Reason string
	IfRev  int64 // of a change: the revision that was seen
}

// Proxies lists the proxies the actor gave or was given, those that begin last first.
func (s *Service) Proxies(ctx context.Context, actor access.Actor) ([]StoredProxy, error) {
	return s.storedProxies(ctx, actor.Tenant, &query.Filter{Or: []*query.Filter{
		taskField("principal", def.TypeUser, actor.ID), taskField("to", def.TypeUser, actor.ID),
	}})
}

// AllProxies lists those of everybody, for administrators; others get their own.
func (s *Service) AllProxies(ctx context.Context, actor access.Actor) ([]StoredProxy, error) {
	if !actor.Admin {
		return s.Proxies(ctx, actor)
	}
	return s.storedProxies(ctx, actor.Tenant, nil)
}

func (s *Service) storedProxies(ctx context.Context, tenant string, where *query.Filter) ([]StoredProxy, error) {
	docs, err := s.proxyDocs(ctx, tenant, where)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, doc := range docs {
		ids = append(ids, textOf(doc.Values, "principal"), textOf(doc.Values, "to"))
	}
	names, err := s.names(ctx, tenant, ids)
	if err != nil {
		return nil, err
	}
	now := s.config.Clock()
	list := make([]StoredProxy, len(docs))
	for i, doc := range docs {
		p := proxyOf(doc)
		list[i] = StoredProxy{
			ID: doc.ID, Rev: doc.Rev, Principal: Named{p.Principal, names[p.Principal]}, To: Named{p.To, names[p.To]},
			Flows: append([]string{}, p.Flows...), Start: p.Start, End: p.End, Reason: textOf(doc.Values, "reason"),
			Active: !now.Before(p.Start) && now.Before(p.End),
		}
	}
	return list, nil
}

func (s *Service) proxyDocs(ctx context.Context, tenant string, where *query.Filter) ([]store.Doc, error) {
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return nil, err
	}
	page, err := st.Find(ctx, query.Query{
		Collection: def.EntityProxy, Where: where, Limit: maxProxies,
		Sort: []query.Sort{{Field: "start", Desc: true, Type: def.TypeDateTime}},
	})
	if err != nil {
		return nil, fmt.Errorf("proxies: %w", err)
	}
	return page.Docs, nil
}

func proxyOf(doc store.Doc) Proxy {
	p := Proxy{Principal: textOf(doc.Values, "principal"), To: textOf(doc.Values, "to")}
	p.Flows = strings.Fields(textOf(doc.Values, "flows"))
	if at := timeOf(doc.Values, "start"); at != nil {
		p.Start = *at
	}
	if at := timeOf(doc.Values, "end"); at != nil {
		p.End = *at
	}
	return p
}

// AddProxy lets somebody act for the principal: the actor himself, or anybody if the actor is an administrator. It
// fails with record.ErrForbidden or *Refused.
func (s *Service) AddProxy(ctx context.Context, actor access.Actor, in ProxyInput) (StoredProxy, error) {
	if err := s.checkProxy(ctx, actor, &in, ""); err != nil {
		return StoredProxy{}, err
	}
	created, err := s.config.Records.Create(ctx, writerFor(actor), def.EntityProxy, record.CreateInput{Values: in.values()})
	if err != nil {
		return StoredProxy{}, err
	}
	return s.keepProxy(ctx, actor, in, created.Record.ID)
}

// keepProxy shows a proxy that was just written. If another one that overlaps was written at the same moment, none of
// the two may stay.
func (s *Service) keepProxy(ctx context.Context, actor access.Actor, in ProxyInput, id string) (StoredProxy, error) {
	if err := s.overlaps(ctx, actor.Tenant, in.Proxy, id); err != nil {
		return StoredProxy{}, errors.Join(err, s.config.Records.Delete(ctx, writerFor(actor), def.EntityProxy, id, 0))
	}
	list, err := s.storedProxies(ctx, actor.Tenant, taskField(def.FieldID, def.TypeText, id))
	if err != nil {
		return StoredProxy{}, err
	}
	if len(list) == 0 {
		return StoredProxy{}, record.ErrNotFound
	}
	return list[0], nil
}

// ChangeProxy replaces what a proxy says; its principal stays.
func (s *Service) ChangeProxy(ctx context.Context, actor access.Actor, id string, in ProxyInput) (StoredProxy, error) {
	stored, err := s.ownProxy(ctx, actor, id)
	if err != nil {
		return StoredProxy{}, err
	}
	in.Principal = stored.Principal
	if err := s.checkProxy(ctx, actor, &in, id); err != nil {
		return StoredProxy{}, err
	}
	values := in.values()
	for _, field := range []string{"flows", "reason"} {
		if _, ok := values[field]; !ok {
			values[field] = nil
		}
	}
	if _, err := s.config.Records.Patch(ctx, writerFor(actor), def.EntityProxy, id, record.PatchInput{IfRev: in.IfRev, Values: values}); err != nil {
		return StoredProxy{}, err
	}
	return s.keepProxy(ctx, actor, in, id)
}

// EndProxy takes a proxy back: at once, for tasks that are open too.
func (s *Service) EndProxy(ctx context.Context, actor access.Actor, id string) error {
	if _, err := s.ownProxy(ctx, actor, id); err != nil {
		return err
	}
	return s.config.Records.Delete(ctx, writerFor(actor), def.EntityProxy, id, 0)
}

// ownProxy finds a proxy the actor may change: he gave it, or he is an administrator.
func (s *Service) ownProxy(ctx context.Context, actor access.Actor, id string) (Proxy, error) {
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return Proxy{}, err
	}
	docs, err := st.Get(ctx, def.EntityProxy, id)
	if err != nil {
		return Proxy{}, fmt.Errorf("proxy %s: %w", id, err)
	}
	if len(docs) == 0 || docs[0].Deleted {
		return Proxy{}, record.ErrNotFound
	}
	p := proxyOf(docs[0])
	if p.Principal != actor.ID && !actor.Admin {
		return Proxy{}, record.ErrNotFound
	}
	return p, nil
}

// checkProxy refuses a proxy that must not be; except is the one it takes the place of.
func (s *Service) checkProxy(ctx context.Context, actor access.Actor, in *ProxyInput, except string) error {
	in.Principal = first(in.Principal, actor.ID)
	in.Start, in.End = in.Start.UTC().Truncate(time.Millisecond), in.End.UTC().Truncate(time.Millisecond)
	switch {
	case in.Principal != actor.ID && !actor.Admin:
		return fmt.Errorf("proxy for %s: %w", in.Principal, record.ErrForbidden)
	case !in.Start.Before(in.End), !in.End.After(s.config.Clock()):
		return refuse(CodeProxyWindow)
	}
	st, err := s.config.Stores(ctx, actor.Tenant)
	if err != nil {
		return err
	}
	dir := &directory{ctx: ctx, store: st, docs: map[string]map[string]*store.Doc{}}
	var absent absentees
	for _, user := range []string{in.Principal, in.To} {
		absent.note(dir.Person(user))
	}
	if err := errors.Join(dir.err, absent.refusal()); err != nil {
		return err
	}
	cat, err := s.config.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return err
	}
	for _, name := range in.Flows {
		if cat.Flows[name] == nil {
			return refuseWith(CodeBadTarget, "flow", name)
		}
	}
	return s.overlaps(ctx, actor.Tenant, in.Proxy, except)
}

func (s *Service) overlaps(ctx context.Context, tenant string, p Proxy, except string) error {
	docs, err := s.proxyDocs(ctx, tenant, query.AllOf(
		taskField("principal", def.TypeUser, p.Principal), after("end", p.Start),
	))
	if err != nil {
		return err
	}
	var others []Proxy
	for _, doc := range docs {
		if doc.ID != except {
			others = append(others, proxyOf(doc))
		}
	}
	return CheckProxy(others, p)
}

// after is the condition that an instant lies after another one.
func after(field string, at time.Time) *query.Filter {
	return &query.Filter{Cond: &query.Cond{Path: []string{field}, Op: query.Gt, Value: wireTime(at), Type: def.TypeDateTime}}
}

func (in *ProxyInput) values() form.Values {
	values := form.Values{
		"principal": in.Principal, "to": in.To, "start": wireTime(in.Start), "end": wireTime(in.End),
	}
	if len(in.Flows) > 0 {
		values["flows"] = strings.Join(in.Flows, " ")
	}
	if in.Reason != "" {
		values["reason"] = in.Reason
	}
	return values
}

// writerFor writes what only the engine writes in the name of somebody: after this package has checked that he may.
func writerFor(actor access.Actor) access.Actor {
	return access.Actor{Tenant: actor.Tenant, ID: actor.ID, Name: actor.Name, System: true}
}

// proxiesTo reads the proxies somebody may act by at an instant.
func proxiesTo(ctx context.Context, st store.Store, user string, at time.Time) ([]Proxy, error) {
	page, err := st.Find(ctx, query.Query{
		Collection: def.EntityProxy, Limit: maxProxies,
		Where: query.AllOf(taskField("to", def.TypeUser, user), after("end", at)),
	})
	if err != nil {
		return nil, fmt.Errorf("proxies to %s: %w", user, err)
	}
	var active []Proxy
	for _, doc := range page.Docs {
		if p := proxyOf(doc); !at.Before(p.Start) && at.Before(p.End) {
			active = append(active, p)
		}
	}
	return active, nil
}

// proxied matches the open tasks somebody may do for others now; nil if there are none.
func proxied(proxies []Proxy, self string) *query.Filter {
	either := &query.Filter{Or: []*query.Filter{}}
	for _, p := range proxies {
		if p.Principal == self {
			continue
		}
		part := []*query.Filter{taskField("user", def.TypeUser, p.Principal)}
		if len(p.Flows) > 0 {
			flows := make([]any, len(p.Flows))
			for i, name := range p.Flows {
				flows[i] = name
			}
			part = append(part, &query.Filter{Cond: &query.Cond{
				Path: []string{"flow"}, Op: query.In, Value: flows, Type: def.TypeText,
			}})
		}
		either.Or = append(either.Or, query.AllOf(part...))
	}
	if len(either.Or) == 0 {
		return nil
	}
	return query.AllOf(taskField("tab", def.TypeSelect, TabOpen), either)
}

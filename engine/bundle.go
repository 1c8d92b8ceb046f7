package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/printing"
	"formwork/engine/record"
)

// Bundle is all a browser needs to list and edit the records of one entity, reduced to what the reader may see.
type Bundle struct {
	Version string               `json:"version"` // of the catalog
	Entity  *def.Entity          `json:"entity"`
	Forms   map[string]*def.Form `json:"forms"`
	Views   map[string]*def.View `json:"views"`
	Prints  []printing.Info      `json:"prints"` // those he may use
	Begins  []Begin              `json:"begins"` // buttons that begin records of other entities from one of this
	Form    string               `json:"form"`   // the form to use
	Rights  record.Rights        `json:"rights"`
	Slice   json.RawMessage      `json:"slice"`  // for the form engine in the browser, opaque to everybody else
	Titles  map[string]string    `json:"titles"` // of the entities that references lead to
	Now     time.Time            `json:"now"`
	Zone    string               `json:"zone"`   // IANA name
	Offset  string               `json:"offset"` // of the zone now, "+08:00"
	// Calendar are the days on which the company works otherwise than Monday to Friday: date → it works.
	Calendar map[string]bool `json:"calendar,omitempty"`
}

// Begin is a button on the records of a bundle's entity; see def.Begin.
type Begin struct {
	Form   string            `json:"form"`
	Entity string            `json:"entity"` // of the form
	Name   string            `json:"name"`
	Title  string            `json:"title"` // in the reader's language
	Map    map[string]string `json:"map"`
}

// BundleInput says for which occasion a bundle is made.
type BundleInput struct {
	Device string // desk or phone
	Form   string // "" = the entity's form for the device
	Task   string // id of an entry of the reader's task list: its node's field rights apply
}

// Bundle gives the reader's bundle of an entity; record.ErrNotFound if there is no such entity or nothing in it for him.
func (e *Engine) Bundle(ctx context.Context, actor access.Actor, entity string, in BundleInput) (Bundle, error) {
	catalog, err := e.Catalogs.Active(ctx, actor.Tenant)
	if err != nil {
		return Bundle{}, err
	}
	node := map[string]string(nil)
	rightsOf, printsOf := e.Records.Rights, e.Prints.Of
	if in.Task != "" {
		if catalog, node, err = e.Flows.TaskLayout(ctx, actor, entity, in.Task); err != nil {
			return Bundle{}, err
		}
		rightsOf, printsOf = e.Records.InvitedRights, e.Prints.OfParticipant
	}
	ent, ok := catalog.Entity(entity)
	if !ok {
		return Bundle{}, record.ErrNotFound
	}
	rights, err := rightsOf(ctx, actor, entity)
	if err != nil {
		return Bundle{}, err
	}
	if len(rights.Actions) == 0 && in.Task == "" {
		return Bundle{}, record.ErrNotFound
	}
	prints, err := printsOf(ctx, actor, entity)
	if err != nil {
		return Bundle{}, err
	}
	return e.bundle(ctx, actor, bundleParts{catalog: catalog, entity: ent, rights: rights, node: node, prints: prints, in: in})
}

type bundleParts struct {
	catalog *def.Catalog
	entity  *def.Entity
	rights  record.Rights
	node    map[string]string
	prints  []printing.Info
	in      BundleInput
}

func (e *Engine) bundle(ctx context.Context, actor access.Actor, p bundleParts) (Bundle, error) {
	zone, err := e.Tenants.Zone(ctx, actor.Tenant)
	if err != nil {
		return Bundle{}, err
	}
	readable := func(path string) bool {
		right := p.rights.Fields[path]
		return p.node[path] != "-" && (right == def.FieldRead || right == def.FieldWrite || p.node[path] == "w")
	}
	shown := func(path string) bool {
		return readable(path) || p.rights.Fields[path] == def.FieldMasked && p.node[path] != "-"
	}
	layout := form.Layout{Form: p.form(), Rights: p.node}
	reader := &sliceReader{engine: e, actor: actor, own: p.entity.Name, readable: readable, others: map[string]record.Rights{}}
	slice, err := form.Slice(p.catalog, p.entity.Name, layout, func(entity, path string) bool { return reader.may(ctx, entity, path) })
	if err == nil {
		err = reader.err
	}
	if err != nil {
		return Bundle{}, fmt.Errorf("slice %s: %w", p.entity.Name, err)
	}
	calendar, err := e.calendars.exceptions(ctx, actor.Tenant)
	if err != nil {
		return Bundle{}, err
	}
	now := e.Clock()
	b := Bundle{
		Version: p.catalog.Version, Entity: p.entity.Resolved(shown), Rights: p.rights, Slice: slice,
		Forms: map[string]*def.Form{}, Views: map[string]*def.View{}, Titles: map[string]string{}, Form: layout.Form.Name,
		Prints: p.prints, Now: now, Zone: zone.String(), Offset: now.In(zone).Format("-07:00"), Calendar: calendar,
	}
	if b.Begins, err = e.begins(ctx, actor, p); err != nil {
		return Bundle{}, err
	}
	for _, f := range p.catalog.FormsOf(p.entity.Name) {
		b.Forms[f.Name] = f
	}
	b.Forms[layout.Form.Name] = layout.Form
	for _, v := range p.catalog.ViewsOf(p.entity.Name) {
		if offered(v.Roles, actor, p.catalog) {
			b.Views[v.Name] = v
		}
	}
	for _, f := range p.entity.AllFields() {
		if target, ok := p.catalog.Entity(f.Target()); ok {
			b.Titles[target.Name] = target.Label(actor.Lang)
		}
	}
	return b, nil
}

// begins lists the buttons on records of the entity whose forms the reader may begin.
func (e *Engine) begins(ctx context.Context, actor access.Actor, p bundleParts) ([]Begin, error) {
	begins := []Begin{}
	for _, name := range slices.Sorted(maps.Keys(p.catalog.Forms)) {
		f := p.catalog.Forms[name]
		for _, s := range f.Begins {
			if s.Entity != p.entity.Name || !offered(f.Roles, actor, p.catalog) {
				continue
			}
			rights, err := e.Records.Rights(ctx, actor, f.Entity)
			if err != nil {
				return nil, err
			}
			if slices.Contains(rights.Actions, string(access.Create)) {
				begins = append(begins, Begin{Form: name, Entity: f.Entity, Name: s.Name, Title: s.Label(actor.Lang), Map: s.Map})
			}
		}
	}
	return begins, nil
}

// sliceReader tells the form engine's slice what the reader may read, in this entity and in those it refers to.
type sliceReader struct {
	engine   *Engine
	actor    access.Actor
	own      string
	readable func(path string) bool
	others   map[string]record.Rights
	err      error // of the first question that could not be answered
}

func (r *sliceReader) may(ctx context.Context, entity, path string) bool {
	if entity == r.own {
		return r.readable(path)
	}
	rights, known := r.others[entity]
	if !known {
		var err error
		if rights, err = r.engine.Records.Rights(ctx, r.actor, entity); err != nil && r.err == nil {
			r.err = err
		}
		r.others[entity] = rights
	}
	right := rights.Fields[path]
	return right == def.FieldRead || right == def.FieldWrite
}

// form picks the form asked for, else the entity's form for the device.
func (p *bundleParts) form() *def.Form {
	if f, ok := p.catalog.Forms[p.in.Form]; ok && f.Entity == p.entity.Name {
		return f
	}
	if f, ok := p.catalog.FormFor(p.entity.Name, p.in.Device); ok {
		return f
	}
	return def.GenerateForm(p.entity)
}

// offered tells whether a view is offered to an actor; rights come from grants only.
func offered(roles []string, actor access.Actor, catalog *def.Catalog) bool {
	return len(roles) == 0 || actor.Admin || slices.ContainsFunc(catalog.RolesWith(actor.Roles), func(r *def.Role) bool {
		return slices.Contains(roles, r.Name)
	})
}

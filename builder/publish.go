package builder

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/tenant"
)

// PublishInput says what a publish is for, and which warnings the publisher has seen.
type PublishInput struct {
	Note   string
	Accept []string // codes of warnings that are accepted
}

// Publish makes the draft the catalog in force and empties it. It fails with *ProblemsError if a check found errors, or
// warnings that are not accepted; with ErrNothing if the draft changes nothing; with tenant.ErrPublished if somebody else
// published meanwhile. Then nothing has changed. *PreparingError asks to be called again.
func (b *Builder) Publish(ctx context.Context, actor access.Actor, in PublishInput) (tenant.Published, error) {
	current, active, err := b.inForce(ctx, actor.Tenant)
	if err != nil {
		return tenant.Published{}, err
	}
	draft, err := b.apply(ctx, actor.Tenant, active)
	if err != nil {
		return tenant.Published{}, err
	}
	if len(draft.docs) == 0 {
		return tenant.Published{}, ErrNothing
	}
	catalog, problems, err := b.examine(ctx, actor.Tenant, draft, active)
	if err != nil {
		return tenant.Published{}, err
	}
	if err := unaccepted(problems, in.Accept); err != nil {
		return tenant.Published{}, err
	}
	next := tenant.Published{Note: in.Note, Templates: current.Templates}
	published, err := b.activate(ctx, actor, change{current, active, catalog}, next)
	if err != nil {
		return tenant.Published{}, err
	}
	return published, b.removeDocs(ctx, actor.Tenant, draft.docs)
}

// PublishAgain puts an older version in force again: a rollback. It is checked against what is in force now, as stored
// records may rest on it. The draft stays.
func (b *Builder) PublishAgain(ctx context.Context, actor access.Actor, number int64, in PublishInput) (tenant.Published, error) {
	current, active, err := b.inForce(ctx, actor.Tenant)
	if err != nil {
		return tenant.Published{}, err
	}
	history, err := b.config.Catalogs.History(ctx, actor.Tenant)
	if err != nil {
		return tenant.Published{}, err
	}
	i := slices.IndexFunc(history, func(p tenant.Published) bool { return p.Number == number })
	if i < 0 {
		return tenant.Published{}, fmt.Errorf("%w: %d", ErrUnknownVersion, number)
	}
	definitions, err := b.config.Catalogs.Definitions(ctx, actor.Tenant, history[i].Version)
	if err != nil {
		return tenant.Published{}, err
	}
	catalog, problems, err := b.examine(ctx, actor.Tenant, drafted{definitions: definitions}, active)
	if err != nil {
		return tenant.Published{}, err
	}
	if err := unaccepted(problems, in.Accept); err != nil {
		return tenant.Published{}, err
	}
	next := tenant.Published{Note: in.Note, Again: number, Templates: history[i].Templates}
	return b.activate(ctx, actor, change{current, active, catalog}, next)
}

// History lists what was published, newest first.
func (b *Builder) History(ctx context.Context, tenantName string) ([]tenant.Published, error) {
	return b.config.Catalogs.History(ctx, tenantName)
}

// inForce reads the pointer and the catalog it names.
func (b *Builder) inForce(ctx context.Context, tenantName string) (tenant.Published, *def.Catalog, error) {
	current, err := b.config.Catalogs.Current(ctx, tenantName)
	if err != nil {
		return tenant.Published{}, nil, err
	}
	if current.Number == 0 {
		catalog, err := b.config.Catalogs.Active(ctx, tenantName)
		return current, catalog, err
	}
	catalog, err := b.config.Catalogs.Version(ctx, tenantName, current.Version)
	return current, catalog, err
}

// change is what a publish goes from and to.
type change struct {
	current      tenant.Published // the entry of active
	active, next *def.Catalog
}

// activate prepares the records for a catalog, stores it and moves the pointer to it.
func (b *Builder) activate(ctx context.Context, actor access.Actor, c change, next tenant.Published) (tenant.Published, error) {
	if err := b.prepare(ctx, actor, c); err != nil {
		return tenant.Published{}, err
	}
	if err := b.config.Catalogs.Save(ctx, actor.Tenant, c.next); err != nil {
		return tenant.Published{}, err
	}
	next.Number, next.Version = c.current.Number+1, c.next.Version
	next.By, next.At = by(actor), b.config.Clock().UTC().Truncate(time.Millisecond)
	return next, b.config.Catalogs.Activate(ctx, actor.Tenant, c.next, next)
}

// by names who publishes.
func by(actor access.Actor) string {
	if actor.System || actor.ID == "" {
		return "system"
	}
	return actor.ID
}

// unaccepted gives the problems that stand against publishing as an error: errors, and warnings nobody ticked.
func unaccepted(problems []def.Problem, accept []string) error {
	open := slices.DeleteFunc(slices.Clone(problems), func(p def.Problem) bool {
		return !isError(p) && slices.Contains(accept, p.Code)
	})
	if len(open) == 0 {
		return nil
	}
	return &ProblemsError{sorted(open)}
}

// Info is one published definition as lists show it.
type Info struct {
	Kind     def.Kind `json:"kind"`
	Name     string   `json:"name"` // of the reference; "<entity>@<template>" for an extension
	Title    string   `json:"title"`
	I18n     def.I18n `json:"x-i18n,omitempty"` //nolint:tagliatelle // as in definitions
	Hash     string   `json:"hash"`
	Template string   `json:"template,omitempty"` // it came with
	Changed  bool     `json:"changed"`            // it differs from the template's, or is the company's own
	Drafted  bool     `json:"drafted"`            // the draft changes or removes it
}

// Definitions lists what is published, and which of it is the company's overlay: changed or own.
func (b *Builder) Definitions(ctx context.Context, tenantName string) ([]Info, error) {
	current, active, err := b.inForce(ctx, tenantName)
	if err != nil {
		return nil, err
	}
	shipped, err := b.shipped(ctx, tenantName, current)
	if err != nil {
		return nil, err
	}
	draft, err := b.Draft(ctx, tenantName)
	if err != nil {
		return nil, err
	}
	infos := make([]Info, 0, len(active.Definitions))
	for _, ref := range active.Definitions.Refs() {
		head := active.Definitions[ref].Common()
		_, drafted := draft.Changes[ref.String()]
		info := Info{
			Kind: ref.Kind, Name: ref.Name, Title: head.Title, I18n: head.I18n, Hash: active.Manifest[ref.String()],
			Template: shipped[ref.String()].template, Drafted: drafted,
		}
		info.Changed = info.Hash != shipped[ref.String()].hash
		infos = append(infos, info)
	}
	return infos, nil
}

// Definition gives a published definition in canonical form.
func (b *Builder) Definition(ctx context.Context, tenantName string, ref def.Ref) ([]byte, error) {
	_, active, err := b.inForce(ctx, tenantName)
	if err != nil {
		return nil, err
	}
	definition, ok := active.Definitions[ref]
	if !ok {
		return nil, ErrUnknownDefinition
	}
	return def.Encode(definition)
}

// shippedAs is a definition as its template shipped it.
type shippedAs struct{ template, hash string }

// shipped reads the bases of the installed templates.
func (b *Builder) shipped(ctx context.Context, tenantName string, current tenant.Published) (map[string]shippedAs, error) {
	all := map[string]shippedAs{}
	for _, name := range slices.Sorted(maps.Keys(current.Templates)) {
		base, err := b.config.Catalogs.Definitions(ctx, tenantName, current.Templates[name].Base)
		if err != nil {
			return nil, err
		}
		manifest, err := base.Manifest()
		if err != nil {
			return nil, err
		}
		for ref, hash := range manifest {
			all[ref] = shippedAs{name, hash}
		}
	}
	return all, nil
}

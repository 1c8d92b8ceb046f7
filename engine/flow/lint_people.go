package flow

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/store"
)

// maxDryPeople is how many people the dry run takes as initiators; a company with more is sampled by name.
const maxDryPeople = 2000

// maxListed is how many of them a finding lists.
const maxListed = 20

// LintPeople finds what is wrong with a flow in this company: names of people and departments that do not exist, nodes
// that find nobody for some who may submit, and nodes where somebody could be the only one to approve his own. It is a
// dry run over everybody. Entries that look into the record decide nothing here.
func (s *Service) LintPeople(ctx context.Context, tenant string, cat *def.Catalog, f *def.Flow) ([]def.Problem, error) {
	l := linter{cat: cat, flow: f, entity: cat.Entities[f.Entity], plan: compilePlan(cat, f), paths: map[*node]string{}}
	l.place(l.plan.root, "/nodes")
	if l.entity == nil || !l.submitted() {
		return nil, nil
	}
	p := &peopleLinter{linter: &l, service: s, ctx: ctx, tenant: tenant, members: map[string][]access.Actor{}}
	if err := p.prepare(); err != nil {
		return nil, err
	}
	if err := p.settings(); err != nil {
		return nil, err
	}
	for _, n := range l.plan.order {
		if err := p.names(n); err != nil {
			return nil, err
		}
		if n.human() {
			if err := p.node(n); err != nil {
				return nil, err
			}
		}
	}
	return l.withFixes(l.problems), nil
}

// peopleLinter looks at one flow with the people of one company.
type peopleLinter struct {
	*linter
	service    *Service
	ctx        context.Context //nolint:containedctx // it lives as long as one call
	tenant     string
	submitters []access.Actor
	active     map[string]access.Actor
	members    map[string][]access.Actor // of roles
	dir        *directory
}

func (p *peopleLinter) prepare() error {
	people, _, err := p.service.config.Access.People(p.ctx, p.tenant, maxDryPeople)
	if err != nil {
		return err
	}
	p.active = map[string]access.Actor{}
	for _, person := range people {
		p.active[person.ID] = person
		rights, err := p.service.config.Access.Rights(p.ctx, person, p.flow.Entity, access.Submit)
		if err != nil {
			return fmt.Errorf("who may submit %s: %w", p.flow.Entity, err)
		}
		if rights.All || len(rights.Grants) > 0 {
			p.submitters = append(p.submitters, person)
		}
	}
	st, err := p.service.config.Stores(p.ctx, p.tenant)
	p.dir = &directory{ctx: p.ctx, store: st, docs: map[string]map[string]*store.Doc{}, holders: map[string][]string{}}
	p.dir.read(def.EntityUser, slices.Collect(maps.Keys(p.active))...)
	return err
}

// names finds people and departments a node names that are not there.
func (p *peopleLinter) names(n *node) error {
	for i, entry := range n.Who {
		p.person(p.paths[n]+"/who/"+strconv.Itoa(i), n, entry)
	}
	p.person(p.paths[n]+"/onEmpty", n, n.OnEmpty)
	for i, t := range n.timeouts {
		p.person(p.paths[n]+"/timeout/"+strconv.Itoa(i)+"/do", n, t.to)
	}
	for user := range n.Weights {
		p.person(p.paths[n]+"/weights/"+user, n, "user:"+user)
	}
	return p.dir.err
}

// person reports a user or department that is not there.
func (p *peopleLinter) person(at string, n *node, entry string) {
	kind, arg, _ := cutWho(entry)
	if kind == "chain" {
		kind, arg, _ = cutWho(arg)
	}
	known := true
	switch kind {
	case "user":
		_, known = p.dir.Person(arg)
	case "head":
		known = arg == "initiator" || p.dir.doc(def.EntityDepartment, arg) != nil
	}
	if known {
		return
	}
	params := map[string]any{"name": arg}
	if n != nil {
		params["node"] = n.Name
	}
	p.report(at, levelError, lintUnknownName, params)
}

// settings finds people the settings of the flow name that are not there.
func (p *peopleLinter) settings() error {
	p.person("/settings/onEmpty", nil, p.flow.Settings.OnEmpty)
	for i, entry := range p.flow.Settings.Admins {
		p.person("/settings/admins/"+strconv.Itoa(i), nil, entry)
	}
	return p.dir.err
}

// node asks for everybody who may submit whom a node would find.
func (p *peopleLinter) node(n *node) error {
	var nobody, alone []string
	for _, person := range p.submitters {
		found, certain, err := p.find(n, person)
		if err != nil {
			return err
		}
		switch {
		case !certain:
		case len(found) == 0:
			nobody = append(nobody, person.Name)
		case len(found) == 1 && found[0] == person.ID && n.onSelf == "self" && n.Type == def.NodeApprove:
			alone = append(alone, person.Name)
		case len(found) > maxApprovers:
			p.report(p.paths[n]+"/who", levelError, lintSize, map[string]any{"node": n.Name, "max": maxApprovers})
			return nil
		}
	}
	p.listed(n, lintNoApprover, nobody)
	p.listed(n, lintSelfApproval, alone)
	return nil
}

func (p *peopleLinter) listed(n *node, code string, names []string) {
	if len(names) == 0 {
		return
	}
	p.report(p.paths[n]+"/who", levelWarning, code, map[string]any{
		"node": n.Name, "count": len(names), "people": names[:min(len(names), maxListed)],
	})
}

// find gives the ids of those a node would ask, as far as the initiator decides it; certain is false if the record does.
func (p *peopleLinter) find(n *node, initiator access.Actor) (ids []string, certain bool, err error) {
	st := &State{}
	st.Initiator, _ = p.dir.Person(initiator.ID)
	r := &run{plan: p.plan, st: st, world: &World{Org: p.dir}}
	seen := map[string]bool{}
	certain = true
	for _, entry := range n.Who {
		kind, arg, _ := cutWho(entry)
		switch kind {
		case "role":
			members, err := p.role(arg)
			if err != nil {
				return nil, false, err
			}
			for _, m := range members {
				seen[m.ID] = true
			}
		case "field", "same", "pick":
			certain = false
		case "chain":
			leaders, err := p.chain(r, arg)
			if err != nil {
				return nil, false, err
			}
			for _, leader := range leaders {
				seen[leader.ID] = true
			}
		default:
			for _, person := range r.resolveOne(n, entry) {
				seen[person.ID] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen)), certain, p.dir.err
}

// chain gives the leaders of a chain; one that ends at a role, by whoever holds it at all.
func (p *peopleLinter) chain(r *run, end string) ([]Person, error) {
	role, ends := strings.CutPrefix(end, "role:")
	if !ends {
		return r.chainTo(end), nil
	}
	members, err := p.role(role)
	if err != nil {
		return nil, err
	}
	return r.chainUntil(func(id string) bool {
		return slices.ContainsFunc(members, func(m access.Actor) bool { return m.ID == id })
	}), nil
}

func (p *peopleLinter) role(name string) ([]access.Actor, error) {
	if members, known := p.members[name]; known {
		return members, nil
	}
	members, err := p.service.config.Access.Members(p.ctx, p.tenant, name)
	p.members[name] = members
	return members, err
}

package flow

import (
	"context"
	"slices"
	"strconv"

	"formwork/engine/access"
	"formwork/engine/def"
)

// lintReceiver says that somebody who is told of a record may not read it: he would be sent nothing.
const lintReceiver = "receiver_cannot_read"

// lintOutward looks at what the actions of a flow send: whether the company has set up the webhooks they name, and whether
// those they notify exist and may read what they are told of.
func (p *peopleLinter) lintOutward() error {
	for _, n := range p.plan.order {
		if n.Type != def.NodeAction || n.action == nil || n.action.err != nil {
			continue
		}
		var err error
		switch n.action.do {
		case actWebhook:
			err = p.webhook(n)
		case actNotify:
			err = p.receivers(n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// webhook warns of a call that would fail as things are set up now.
func (p *peopleLinter) webhook(n *node) error {
	out, name := p.service.config.Outward, n.action.def.Webhook
	code := failNoOutward
	if out != nil {
		var err error
		if code, err = out.Ready(p.ctx, p.tenant, name); err != nil {
			return err
		}
	}
	if code != "" {
		p.report(p.paths[n]+"/do/webhook", levelWarning, code, map[string]any{"node": n.Name, "name": name})
	}
	return nil
}

// receivers looks at those a notification names.
func (p *peopleLinter) receivers(n *node) error {
	for i, entry := range n.action.def.Notify.Who {
		at := p.paths[n] + "/do/notify/who/" + strconv.Itoa(i)
		kind, arg, _ := cutWho(entry)
		var told []access.Actor
		switch kind {
		case "user":
			if _, known := p.dir.Person(arg); !known {
				p.report(at, levelError, lintUnknownName, map[string]any{"node": n.Name, "name": arg})
			}
			if person, ok := p.active[arg]; ok {
				told = []access.Actor{person}
			}
		case "head":
			if arg != "initiator" && p.dir.doc(def.EntityDepartment, arg) == nil {
				p.report(at, levelError, lintUnknownName, map[string]any{"node": n.Name, "name": arg})
			}
		case "role":
			var err error
			if told, err = p.role(arg); err != nil {
				return err
			}
		}
		if err := p.blind(n, at, told); err != nil {
			return err
		}
	}
	return p.dir.err
}

// blind warns of people who may not read any record of the flow's entity.
func (p *peopleLinter) blind(n *node, at string, told []access.Actor) error {
	if p.entity == nil {
		return nil
	}
	var names []string
	for _, person := range told {
		rights, err := p.service.config.Access.Rights(p.ctx, person, p.flow.Entity, access.Read)
		if err != nil {
			return err
		}
		if !rights.All && len(rights.Grants) == 0 {
			names = append(names, person.Name)
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		p.report(at, levelWarning, lintReceiver, map[string]any{
			"node": n.Name, "count": len(names), "people": names[:min(len(names), maxListed)],
		})
	}
	return nil
}

// LintOutward finds what would keep the actions of a flow from reaching the world outside, as this company is set up.
func (s *Service) LintOutward(ctx context.Context, tenant string, cat *def.Catalog, f *def.Flow) ([]def.Problem, error) {
	l := linter{cat: cat, flow: f, entity: cat.Entities[f.Entity], plan: compilePlan(cat, f), paths: map[*node]string{}}
	l.place(l.plan.root, "/nodes")
	if !slices.ContainsFunc(l.plan.order, func(n *node) bool { return n.Type == def.NodeAction }) {
		return nil, nil
	}
	p := &peopleLinter{linter: &l, service: s, ctx: ctx, tenant: tenant, members: map[string][]access.Actor{}}
	if err := p.prepare(); err != nil {
		return nil, err
	}
	err := p.lintOutward()
	return l.withFixes(l.problems), err
}

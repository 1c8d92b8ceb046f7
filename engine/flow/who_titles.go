package flow

import (
	"context"
	"fmt"
	"strings"

	"formwork/engine/def"
)

// WhoTitles names what the entries of a flow name, by entry, in a language: the title of a role or field, the name of a
// person or department. Entries are those of nodes, notifications, deadlines, stand-ins and administrators; the fields that
// nodes have rights on are among them, as field:<path>. What has no name is left out or empty.
func (s *Service) WhoTitles(ctx context.Context, tenant string, cat *def.Catalog, f *def.Flow, lang string) (map[string]string, error) {
	plan := compilePlan(cat, f)
	titles := map[string]string{}
	var people, departments []string
	for _, who := range plan.entries() {
		titles[who] = plan.whoTitle(cat, who, lang)
		switch kind, arg, _ := cutWho(who); kind {
		case "user":
			people = append(people, arg)
		case "head":
			departments = append(departments, arg)
		}
	}
	names, err := s.names(ctx, tenant, people)
	if err != nil {
		return nil, err
	}
	for id, name := range names {
		titles["user:"+id] = name
	}
	return titles, s.departmentTitles(ctx, tenant, departments, titles)
}

// departmentTitles adds the names of departments as the entries of their heads.
func (s *Service) departmentTitles(ctx context.Context, tenant string, ids []string, titles map[string]string) error {
	if len(ids) == 0 {
		return nil
	}
	st, err := s.config.Stores(ctx, tenant)
	if err != nil {
		return err
	}
	docs, err := st.Get(ctx, def.EntityDepartment, ids...)
	if err != nil {
		return fmt.Errorf("names of departments: %w", err)
	}
	for _, doc := range docs {
		titles["head:"+doc.ID] = textOf(doc.Values, "name")
	}
	return nil
}

// entries lists everything in a flow that names people, and the fields its nodes have rights on.
func (p *Plan) entries() []string {
	entries := append([]string{p.Flow.Settings.OnEmpty}, p.Flow.Settings.Admins...)
	for _, n := range p.order {
		entries = append(append(entries, n.Who...), n.OnEmpty)
		if a := n.action; a != nil && a.def != nil && a.def.Notify != nil {
			entries = append(entries, a.def.Notify.Who...)
		}
		for _, timeout := range n.Timeout {
			to, _ := strings.CutPrefix(timeout.Do, "transfer:")
			entries = append(entries, to)
		}
		for path := range n.Fields {
			entries = append(entries, "field:"+path)
		}
	}
	named := entries[:0]
	for _, entry := range entries {
		if strings.Contains(entry, ":") { // initiator, admin and the like are words of the reader's language
			named = append(named, entry)
		}
	}
	return named
}

package access

import (
	"context"

	"formwork/engine/def"
)

// Participant gives what somebody may see of a record he takes part in, as an approver or in copy, without any grant on
// its entity: what every grant to read it shows, whatever its rows. So a flow opens nothing that is hidden from somebody
// who may read the entity, and whoever loses a grant sees no more than before. Of an entity nobody has a grant on, all is
// read but personal data, which is masked.
func (s *Service) Participant(ctx context.Context, tenant, entity string) (Right, error) {
	p, err := s.policy(ctx, tenant)
	if err != nil {
		return Right{}, err
	}
	definition := p.catalog.Entities[entity]
	if definition == nil {
		return Right{}, nil
	}
	fields := map[string]def.FieldRight{}
	for path, right := range complete(definition, &def.Grant{Entity: entity, Actions: []string{string(Read)}}) {
		fields[path] = right
	}
	for _, role := range p.roles {
		for _, g := range role.grants {
			if g.entity != entity || !g.actions[Read] {
				continue
			}
			for path := range fields {
				if right := g.fields[path]; rank(right) < rank(fields[path]) {
					fields[path] = right
				}
			}
		}
	}
	return Right{Fields: fields}, nil
}

package record

import (
	"context"

	"formwork/engine/access"
	"formwork/engine/form"
)

// asked is the part of the patch somebody must have the right to write.
func (c *Change) asked() form.Values {
	if c.Own == nil {
		return c.Patch
	}
	asked := form.Values{}
	for path, value := range c.Patch {
		if !c.Own(path) {
			asked[path] = value
		}
	}
	return asked
}

// LoadAs gives a stored record with nothing hidden to deciding code that asks what an actor may do with it (Full.May,
// Full.HasRole). Whether he may see it at all is for the caller to find out before.
func (s *Service) LoadAs(ctx context.Context, actor access.Actor, entity, id string) (*Full, error) {
	r, doc, err := s.find(ctx, actor, entity, id)
	if err != nil {
		return nil, err
	}
	return r.full(ctx, doc)
}

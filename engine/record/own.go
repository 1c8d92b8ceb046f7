package record

import "formwork/engine/form"

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

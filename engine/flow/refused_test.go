package flow

import (
	"testing"

	"formwork/engine/def"
)

// TestWhereARefusedWaitGoesOn: a length of time that is over does not begin anew; a date or condition is looked at again.
func TestWhereARefusedWaitGoesOn(t *testing.T) {
	length := &node{Node: &def.Node{Type: def.NodeWait, For: "P3D"}, index: 2}
	date := &node{Node: &def.Node{Type: def.NodeWait, Until: "publicity_to"}, index: 2, until: &condition{}}
	for name, one := range map[string]struct {
		node *node
		code string
		want int
	}{
		"a length that was refused when it was over": {length, IncidentRefused, 3},
		"a length that something else stopped":       {length, IncidentStepLimit, 2},
		"a date":                                     {date, IncidentRefused, 2},
	} {
		if got := one.node.goesOnAt(Stuck{Code: one.code, Node: "show"}); got != one.want {
			t.Errorf("%s goes on at %d, want %d", name, got, one.want)
		}
	}
}

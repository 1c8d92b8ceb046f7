package flow

import "testing"

// TestPostingsKeepTheirRecords: what a node makes of a row is the record it made before, also when a migration has given the
// node another name; a node that took over the name of another makes records of its own.
func TestPostingsKeepTheirRecords(t *testing.T) {
	d := &delivery{run: dueRun{tenant: "t", at: target{entity: "sheet", id: "s1"}}, state: &State{Name: "post"}}
	cost := d.postingID(Posted{Node: "cost", Row: "r1", Entity: "entry"})
	wage := d.postingID(Posted{Node: "wage", Row: "r1", Entity: "entry"})
	if cost == wage {
		t.Fatal("two nodes make one record")
	}
	d.state.Posted = []Posted{{Node: "cost", Row: "r1", Entity: "entry", ID: cost}}
	renaming{"cost": "wage", "wage": "cost"}.renameHistory(d.state)
	if got := d.postingID(Posted{Node: "wage", Row: "r1", Entity: "entry"}); got != cost {
		t.Errorf("renamed, it makes %s beside %s", got, cost)
	}
	other := d.postingID(Posted{Node: "cost", Row: "r1", Entity: "entry"})
	if other == cost || other == wage {
		t.Errorf("the node with its old name writes over %s", other)
	}
	if again := d.postingID(Posted{Node: "cost", Row: "r1", Entity: "entry"}); again != other {
		t.Errorf("asked again: %s, then %s", other, again)
	}
}

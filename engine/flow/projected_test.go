package flow

import (
	"testing"

	"formwork/engine/record"
	"formwork/engine/store"
)

// The follower of the log leaves out what is known to be done, and nothing else: what was noted of another company, record
// or revision says nothing.
func TestFollowerLeavesOutWhatIsDone(t *testing.T) {
	var p projected
	sheet := store.Event{Entity: "sheet", Record: "s1", Rev: 3}
	if p.covers("yuhua", sheet) {
		t.Error("a process that just started has done it already")
	}
	p.note("yuhua", &record.Record{Entity: "sheet", ID: "s1", Rev: 3}, nil)
	p.note("yuhua", &record.Record{Entity: "sheet", ID: "s1", Rev: 2}, nil) // by a slower request
	tests := []struct {
		name, tenant string
		event        store.Event
		want         bool
	}{
		{"the revision that was noted", "yuhua", sheet, true},
		{"an older one", "yuhua", store.Event{Entity: "sheet", Record: "s1", Rev: 2}, true},
		{"a newer one", "yuhua", store.Event{Entity: "sheet", Record: "s1", Rev: 4}, false},
		{"another record", "yuhua", store.Event{Entity: "sheet", Record: "s2", Rev: 3}, false},
		{"another entity", "yuhua", store.Event{Entity: "order", Record: "s1", Rev: 3}, false},
		{"another company", "other", sheet, false},
	}
	for _, tt := range tests {
		if got := p.covers(tt.tenant, tt.event); got != tt.want {
			t.Errorf("%s: covered %v, want %v", tt.name, got, tt.want)
		}
	}
	for i := range maxProjected {
		p.note("yuhua", &record.Record{Entity: "sheet", ID: string(rune(i)), Rev: 1}, nil)
	}
	if len(p.runs) > maxProjected {
		t.Errorf("%d notes are kept", len(p.runs))
	}
}

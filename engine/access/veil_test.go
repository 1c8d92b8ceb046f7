package access_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"formwork/engine/access"
	"formwork/engine/query"
)

// TestVeilNarrows: a query is kept from the records in which a run hides what it uses, whatever grants say; a field by
// itself, a column by its table too. The engine sees everything; nobody else does, administrators included.
func TestVeilNarrows(t *testing.T) {
	c := newCompany(t).furnish()
	veil := access.Veil{"o1": {"amount"}, "o2": {"lines"}, "o3": {"lines.price", "note"}}
	rights := func(who access.Actor) access.Rights {
		t.Helper()
		found, err := c.veiled(veil, nil).Rights(t.Context(), who, "order", access.Read)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	auditor, head := actor("u8", "department"), access.Actor{Tenant: tenantName, ID: "u7", Admin: true}
	auditor.DepartmentTree = []string{"d1", "d11"}
	for _, tt := range []struct {
		name      string
		who       access.Actor
		paths     []string
		left, why []string
	}{
		{"a field", auditor, []string{"amount"}, []string{"o1"}, []string{"amount"}},
		{"a column of a hidden table", auditor, []string{"lines.item"}, []string{"o2"}, []string{"lines.item"}},
		{"a column", auditor, []string{"lines.price"}, []string{"o2", "o3"}, []string{"lines.price"}},
		{"several", auditor, []string{"amount", "note", "project"}, []string{"o1", "o3"}, []string{"amount", "note"}},
		{"what nobody hides", auditor, []string{"project"}, nil, nil},
		{"nothing", auditor, nil, nil, nil},
		{"an administrator", head, []string{"amount"}, []string{"o1"}, []string{"amount"}},
		{"the engine", access.Actor{Tenant: tenantName, System: true}, []string{"amount"}, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			extra, narrowed, err := rights(tt.who).Narrow(tt.paths)
			if err != nil {
				t.Fatal(err)
			}
			var left []string
			for _, id := range []string{"o1", "o2", "o3", "o4"} {
				if !query.Match(extra, query.Values{"id": id}) {
					left = append(left, id)
				}
			}
			if !slices.Equal(left, tt.left) || !slices.Equal(narrowed, tt.why) {
				t.Errorf("left out %v because of %v, want %v, %v", left, narrowed, tt.left, tt.why)
			}
		})
	}
}

// veiled is the company's access with a veil over its orders.
func (c *company) veiled(veil access.Veil, err error) *access.Service {
	return access.New(access.Config{
		Catalog: c.config.Catalog, Stores: c.config.Stores, Clock: c.config.Clock, Zone: c.config.Zone,
		Veil: func(context.Context, access.Actor, string) (access.Veil, error) { return veil, err },
	})
}

// TestVeilRefuses: too many records to leave out, or nobody who knows which, is a refusal and not an answer.
func TestVeilRefuses(t *testing.T) {
	c := newCompany(t).furnish()
	many := access.Veil{}
	for i := range 5001 {
		many[fmt.Sprintf("o%d", i)] = []string{"amount"}
	}
	who := actor("u8", "department")
	who.DepartmentTree = []string{"d1"}
	rights, err := c.veiled(many, nil).Rights(t.Context(), who, "order", access.Read)
	if err != nil {
		t.Fatal(err)
	}
	var denied *access.FieldError
	if _, _, err := rights.Narrow([]string{"amount", "note"}); !errors.As(err, &denied) || !slices.Equal(denied.Fields, []string{"amount"}) {
		t.Errorf("too many: %v", err)
	}
	if extra, _, err := rights.Narrow([]string{"note"}); err != nil || extra != nil {
		t.Errorf("another field: %v, %v", extra, err)
	}
	away := errors.New("away")
	if rights, err = c.veiled(nil, away).Rights(t.Context(), who, "order", access.Read); err != nil {
		t.Fatal(err)
	}
	if _, _, err := rights.Narrow([]string{"note"}); !errors.Is(err, away) {
		t.Errorf("nobody knows: %v", err)
	}
}

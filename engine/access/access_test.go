package access_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
	"formwork/engine/store/sqlite"
)

const tenantName = "yuhua"

// The definitions of the tests: projects with members, orders of projects, and roles over them.
var definitions = map[string]string{
	"entities/project": `{"name": "project", "title": "P", "type": "object", "x-display": "name", "properties": {
		"name": {"type": "string", "x-type": "text", "title": "N"},
		"manager": {"type": "string", "x-type": "user", "title": "M"},
		"department": {"type": "string", "x-type": "department", "title": "D"},
		"members": {"type": "array", "x-type": "table", "title": "Ms", "items": {"type": "object", "properties": {
			"user": {"type": "string", "x-type": "user", "title": "U"}, "until": {"type": "string", "format": "date", "x-type": "date", "title": "T"}}}}}}`,
	"entities/order": `{"name": "order", "title": "O", "type": "object", "properties": {
		"project": {"type": "string", "x-type": "reference", "x-entity": "project", "title": "P"},
		"amount": {"type": "string", "x-type": "money", "title": "A"},
		"buyer_id": {"type": "string", "x-type": "text", "title": "B", "x-personal": "id", "x-mask": {"keep": [2, 2]}},
		"born": {"type": "string", "format": "date", "x-type": "date", "title": "D", "x-personal": "id"},
		"note": {"type": "string", "x-type": "text", "title": "N"},
		"lines": {"type": "array", "x-type": "table", "title": "L", "items": {"type": "object", "properties": {
			"item": {"type": "string", "x-type": "text", "title": "I"},
			"price": {"type": "string", "x-type": "money", "title": "P"}}}}}}`,
	"roles/member": `{"name": "member", "title": "R",
		"sets": {"mine": {"entity": "project", "where": {"field": "members", "op": "any", "where": {"and": [
			{"field": "user", "op": "eq", "value": {"var": "actor.id"}},
			{"or": [{"field": "until", "op": "empty", "value": true}, {"field": "until", "op": "ge", "value": {"var": "today"}}]}]}}}},
		"grants": {"orders": {"entity": "order", "actions": ["read", "update"], "where": {"field": "project", "op": "in", "value": {"var": "sets.mine"}},
			"fields": {"amount": "hidden", "lines.price": "hidden"}}}}`,
	"roles/head": `{"name": "head", "title": "R", "inherits": ["member"], "grants": {
		"all": {"entity": "order", "actions": ["read"], "where": {"field": "project.manager", "op": "eq", "value": {"var": "actor.id"}}}}}`,
	"roles/department": `{"name": "department", "title": "R", "grants": {
		"orders": {"entity": "order", "actions": ["read", "act"], "where": {"field": "project.department", "op": "in", "value": {"var": "actor.department_tree"}}}}}`,
	"roles/auditor": `{"name": "auditor", "title": "R", "grants": {
		"orders": {"entity": "order", "actions": ["read", "export"], "fields": {"*": "hidden", "project": "read", "lines.item": "read", "buyer_id": "read"}}}}`,
	"roles/empty_list": `{"name": "empty_list", "title": "R", "grants": {"orders": {"entity": "order", "actions": ["read"], "where": {"or": []}}}}`,
	"roles/circle_a":   `{"name": "circle_a", "title": "R", "inherits": ["circle_b"], "grants": {}}`,
	"roles/circle_b":   `{"name": "circle_b", "title": "R", "inherits": ["circle_a"], "grants": {"orders": {"entity": "order", "actions": ["read"]}}}`,
}

// company is a tenant with two projects and an access service over a real store that counts its queries.
type company struct {
	testing.TB
	access  *access.Service
	config  access.Config // of access
	catalog *def.Catalog
	store   store.Store
	reads   atomic.Int64
	now     time.Time
}

// Find counts the queries.
func (c *company) Find(ctx context.Context, q query.Query) (store.Page, error) {
	c.reads.Add(1)
	return c.store.Find(ctx, q)
}

type counted struct {
	store.Store
	company *company
}

// Find counts the queries.
func (s counted) Find(ctx context.Context, q query.Query) (store.Page, error) {
	return s.company.Find(ctx, q)
}

func newCompany(tb testing.TB) *company {
	tb.Helper()
	c := &company{TB: tb, now: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)}
	defs := def.Definitions{}
	for name, text := range definitions {
		ref, ok := def.ParseRef(name)
		canonical, problems := def.Canonical([]byte(text))
		if !ok || len(problems) > 0 {
			tb.Fatal(name, problems)
		}
		definition, err := def.Parse(ref.Kind, canonical)
		if err != nil {
			tb.Fatal(err)
		}
		defs[ref] = definition
	}
	catalog, problems := def.Compile(defs, "")
	if len(problems) > 0 {
		tb.Fatal(problems)
	}
	c.catalog = catalog
	backend, err := sqlite.New(sqlite.Options{Dir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := backend.Close(); err != nil {
			tb.Error(err)
		}
	})
	if c.store, err = backend.Open(tb.Context(), tenantName); err != nil {
		tb.Fatal(err)
	}
	var collections []store.Collection
	for name := range catalog.Entities {
		collections = append(collections, store.CollectionOf(catalog, name))
	}
	if err := c.store.Ensure(tb.Context(), collections...); err != nil {
		tb.Fatal(err)
	}
	c.config = access.Config{
		Catalog: func(context.Context, string) (*def.Catalog, error) { return c.catalog, nil },
		Stores:  func(context.Context, string) (store.Store, error) { return counted{c.store, c}, nil },
		Clock:   func() time.Time { return c.now },
		Zone:    func(context.Context, string) (*time.Location, error) { return time.FixedZone("CST", 8*3600), nil },
	}
	c.access = access.New(c.config)
	return c
}

// put stores a document and tells the access service, as a record write does.
func (c *company) put(entity, id string, rev int64, values map[string]any) {
	c.Helper()
	doc := store.Doc{ID: id, Rev: rev, Values: values, CreatedBy: "u0", CreatedAt: c.now, UpdatedAt: c.now}
	errs := c.store.Put(context.Background(), store.Write{Collection: entity, Doc: doc, IfRev: rev - 1})
	if err := errors.Join(errs...); err != nil {
		c.Fatalf("put %s/%s: %v", entity, id, err)
	}
	c.access.Changed(tenantName, entity)
}

func member(user, until string) map[string]any {
	row := map[string]any{"_id": "r" + user, "user": user}
	if until != "" {
		row["until"] = until
	}
	return row
}

// furnish gives projects p1 (members u1, u2 until 1 June, manager u3, department d11 below d1) and p2 (member u4).
func (c *company) furnish() *company {
	c.put("department", "d1", 1, map[string]any{"name": "D1"})
	c.put("department", "d11", 1, map[string]any{"name": "D11", "parent": "d1"})
	c.put("department", "d2", 1, map[string]any{"name": "D2"})
	c.put("project", "p1", 1, map[string]any{"name": "P1", "manager": "u3", "department": "d11", "members": []any{member("u1", ""), member("u2", "2026-06-01")}})
	c.put("project", "p2", 1, map[string]any{"name": "P2", "department": "d2", "members": []any{member("u4", "")}})
	return c
}

func order(project string) query.Values {
	return query.Values{"project": project, "amount": "5.00", "lines": []any{map[string]any{"_id": "r1", "item": "nails", "price": "1.00"}}}
}

func actor(id string, roles ...string) access.Actor {
	return access.Actor{Tenant: tenantName, ID: id, Roles: roles}
}

func (c *company) rights(who access.Actor, action access.Action) access.Rights {
	c.Helper()
	rights, err := c.access.Rights(context.Background(), who, "order", action)
	if err != nil {
		c.Fatal(err)
	}
	return rights
}

func TestRowFilters(t *testing.T) {
	c := newCompany(t).furnish()
	inDepartment := func(tree ...string) access.Actor {
		a := actor("u9", "department")
		a.DepartmentTree = tree
		return a
	}
	tests := []struct {
		name   string
		actor  access.Actor
		action access.Action
		p1, p2 bool
	}{
		{"member of p1", actor("u1", "member"), access.Read, true, false},
		{"member to the end of today", actor("u2", "member"), access.Read, true, false},
		{"member of p2", actor("u4", "member"), access.Read, false, true},
		{"member of nothing", actor("u5", "member"), access.Read, false, false},
		{"without a role", actor("u1"), access.Read, false, false},
		{"a role that is gone from the catalog", actor("u1", "ghost"), access.Read, false, false},
		{"an action not granted", actor("u1", "member"), access.Delete, false, false},
		{"an empty or allows nothing", actor("u1", "empty_list"), access.Read, false, false},
		{"manager, by a path", actor("u3", "head"), access.Read, true, false},
		{"inherited grants", actor("u4", "head"), access.Read, false, true},
		{"roles that inherit in a circle", actor("u5", "circle_a"), access.Read, true, true},
		{"department tree", inDepartment("d1", "d11"), access.Read, true, false},
		{"no department", inDepartment(), access.Read, false, false},
		{"auditor, all rows", actor("u8", "auditor"), access.Read, true, true},
		{"tenant administrator", access.Actor{Tenant: tenantName, ID: "u7", Admin: true}, access.Delete, true, true},
		{"the engine", access.Actor{Tenant: tenantName, System: true}, access.Void, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rights := c.rights(tt.actor, tt.action)
			for project, want := range map[string]bool{"p1": tt.p1, "p2": tt.p2} {
				if got := rights.Admits(order(project)); got != want {
					t.Errorf("order of %s: %v, want %v", project, got, want)
				}
				if got := query.Match(access.Filter(rights), order(project)); got != want {
					t.Errorf("filter on order of %s: %v, want %v", project, got, want)
				}
			}
		})
	}
}

// A set is resolved once and again when one of its records changed: a membership that ended counts at once.
func TestSetsFollowChanges(t *testing.T) {
	c := newCompany(t).furnish()
	who := actor("u1", "member")
	for range 3 {
		if !c.rights(who, access.Read).Admits(order("p1")) {
			t.Fatal("the member is not admitted")
		}
	}
	if n := c.reads.Load(); n != 1 {
		t.Errorf("%d queries for three requests, want 1", n)
	}
	c.put("project", "p1", 2, map[string]any{"name": "P1", "members": []any{}})
	if c.rights(who, access.Read).Admits(order("p1")) {
		t.Error("a former member is still admitted")
	}
	c.put("project", "p1", 3, map[string]any{"name": "P1", "members": []any{member("u2", "2026-06-01")}})
	ending := actor("u2", "member")
	if !c.rights(ending, access.Read).Admits(order("p1")) {
		t.Error("the last day does not count")
	}
	c.now = c.now.Add(8 * time.Hour) // midnight in the company's zone
	if c.rights(ending, access.Read).Admits(order("p1")) {
		t.Error("a membership outlived its last day")
	}
	// Another process' write comes as an event.
	if c.rights(who, access.Read).Admits(order("p3")) {
		t.Fatal("admitted before the project exists")
	}
	doc := store.Doc{ID: "p3", Rev: 1, Values: map[string]any{"name": "P3", "members": []any{member("u1", "")}}, CreatedAt: c.now, UpdatedAt: c.now}
	if err := errors.Join(c.store.Put(t.Context(), store.Write{Collection: "project", Doc: doc})...); err != nil {
		t.Fatal(err)
	}
	if c.rights(who, access.Read).Admits(order("p3")) {
		t.Error("the set was not kept")
	}
	c.access.Observe(tenantName, []store.Event{{Entity: "project", Record: "p3"}})
	if !c.rights(who, access.Read).Admits(order("p3")) {
		t.Error("the event did not renew the set")
	}
}

func TestSetsAreBounded(t *testing.T) {
	c := newCompany(t)
	var writes []store.Write
	for i := range query.MaxValues + 1 {
		doc := store.Doc{ID: fmt.Sprintf("p%d", i), Rev: 1, Values: map[string]any{"name": "x", "members": []any{member("u1", "")}}, CreatedAt: c.now, UpdatedAt: c.now}
		writes = append(writes, store.Write{Collection: "project", Doc: doc})
	}
	if err := errors.Join(c.store.Put(t.Context(), writes...)...); err != nil {
		t.Fatal(err)
	}
	_, err := c.access.Rights(t.Context(), actor("u1", "member"), "order", access.Read)
	var found *query.Error
	if !errors.As(err, &found) || found.Code != query.CodeTooManyValues {
		t.Errorf("a set of 2,001 records: %v", err)
	}
}

// Grants add up per row: u3 manages p1 and is a member nowhere; u1 is a member who also heads nothing.
func TestFieldRightsAddUpPerRow(t *testing.T) {
	c := newCompany(t).furnish()
	c.put("project", "p2", 2, map[string]any{"name": "P2", "members": []any{member("u3", "")}})
	rights := c.rights(actor("u3", "head"), access.Read)
	managed, joined := rights.On(order("p1")), rights.On(order("p2"))
	if !managed.Shows("amount") || !managed.Shows("lines.price") {
		t.Error("the manager does not see the amount of his project")
	}
	if joined.Shows("amount") || joined.Shows("lines.price") || !joined.Shows("lines.item") {
		t.Error("a plain member sees the amount")
	}
	if rights.On(order("p9")).Admitted() {
		t.Error("a row without a grant is admitted")
	}
	if joined.Right("buyer_id") != def.FieldMasked || joined.Right("born") != def.FieldMasked {
		t.Error("personal data are not masked by default")
	}
	if updates := c.rights(actor("u3", "head"), access.Update).On(order("p2")); !updates.Writes("note") || updates.Writes("amount") || updates.Writes("buyer_id") {
		t.Error("update rights are wrong")
	}
	if managed.Writes("note") || !managed.Shows("created_at") {
		t.Error("a grant without update writes, or hides system fields")
	}
}

func TestHiddenByDefault(t *testing.T) {
	c := newCompany(t).furnish()
	fields := c.rights(actor("u8", "auditor"), access.Read).On(order("p1"))
	values := map[string]any{
		"project": "p1", "amount": "5.00", "note": "n", "buyer_id": "320106", "born": "1980-01-01", "gone": "left over",
		"lines": []any{map[string]any{"_id": "r1", "item": "nails", "price": "1.00"}},
	}
	before, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	shown, masked := fields.Mask(c.catalog.Entities["order"], values)
	want := `{"buyer_id":"320106","lines":[{"_id":"r1","item":"nails"}],"project":"p1"}`
	if got, _ := json.Marshal(shown); string(got) != want || len(masked) != 0 {
		t.Errorf("shown %s masked %v, want %s", got, masked, want)
	}
	fields = c.rights(actor("u1", "member"), access.Read).On(order("p1"))
	shown, masked = fields.Mask(c.catalog.Entities["order"], values)
	want = `{"buyer_id":"32**06","lines":[{"_id":"r1","item":"nails"}],"note":"n","project":"p1"}`
	if got, _ := json.Marshal(shown); string(got) != want || !slices.Equal(masked, []string{"born", "buyer_id"}) {
		t.Errorf("shown %s masked %v, want %s", got, masked, want)
	}
	if after, _ := json.Marshal(values); string(after) != string(before) {
		t.Error("masking changed the stored values")
	}
}

func TestMaskText(t *testing.T) {
	tests := []struct {
		text string
		keep [2]int
		want string
	}{
		{"320106198001010118", [2]int{4, 4}, "3201**********0118"},
		{"13900000001", [2]int{3, 4}, "139****0001"},
		{"欧阳娜娜", [2]int{1, 0}, "欧***"},
		{"12345678", [2]int{4, 4}, "********"},
		{"123456789", [2]int{4, 4}, "*********"},
		{"ab", [2]int{1, 0}, "**"},
		{"x", [2]int{0, 0}, "*"},
		{"", [2]int{2, 2}, ""},
		{"secret", [2]int{-1, 99}, "******"},
	}
	for _, tt := range tests {
		if got := access.MaskText(tt.text, &def.Mask{Keep: tt.keep}); got != tt.want {
			t.Errorf("mask %q keep %v = %q, want %q", tt.text, tt.keep, got, tt.want)
		}
	}
	if got := access.MaskText("secret", nil); got != "******" {
		t.Errorf("without a mask: %q", got)
	}
}

func TestNarrow(t *testing.T) {
	c := newCompany(t).furnish()
	c.put("project", "p2", 2, map[string]any{"name": "P2", "members": []any{member("u3", "")}})
	head := c.rights(actor("u3", "head"), access.Read)
	tests := []struct {
		name     string
		rights   access.Rights
		paths    []string
		narrowed []string
		denied   string
		p1, p2   bool // rows that are left
	}{
		{"readable everywhere", head, []string{"note", "id", "created_at"}, nil, "", true, true},
		{"readable as manager only", head, []string{"amount"}, []string{"amount"}, "", true, false},
		{"two of them", head, []string{"lines.price", "amount", "note"}, []string{"amount", "lines.price"}, "", true, false},
		{"masked is not readable", head, []string{"buyer_id"}, nil, "buyer_id", false, false},
		{"hidden everywhere", c.rights(actor("u1", "member"), access.Read), []string{"amount"}, nil, "amount", false, false},
		{"a field nobody knows", head, []string{"secret"}, nil, "secret", false, false},
		{"the recycle bin", head, []string{"deleted"}, nil, "deleted", false, false},
		{"without grants", access.Rights{}, []string{"note"}, nil, "note", false, false},
		{"everything", access.Rights{All: true}, []string{"amount", "deleted"}, nil, "", true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			extra, narrowed, err := tt.rights.Narrow(tt.paths)
			var denied *access.FieldError
			if errors.As(err, &denied) != (tt.denied != "") || (denied != nil && !slices.Contains(denied.Fields, tt.denied)) {
				t.Fatalf("got %v, want %q denied", err, tt.denied)
			}
			if err != nil {
				return
			}
			if !slices.Equal(narrowed, tt.narrowed) {
				t.Errorf("narrowed %v, want %v", narrowed, tt.narrowed)
			}
			for project, want := range map[string]bool{"p1": tt.p1, "p2": tt.p2} {
				if got := query.Match(extra, order(project)); got != want {
					t.Errorf("%s left: %v, want %v", project, got, want)
				}
			}
		})
	}
}

func TestPathsOfAFilter(t *testing.T) {
	c := newCompany(t)
	f, err := access.ParseFilter(json.RawMessage(`{"and": [
		{"not": {"field": "amount", "op": "gt", "value": "1"}}, {"field": "project.department.name", "op": "eq", "value": "x"},
		{"field": "lines.item", "op": "eq", "value": "x"}, {"field": "lines", "op": "any", "where": {"field": "price", "op": "gt", "value": "1"}}]}`), c.catalog, "order")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(access.Paths(f), " "); got != "amount lines lines.item lines.price project" {
		t.Errorf("paths = %s", got)
	}
}

// The approvers of role:x are its active holders whose row filter admits the record.
func TestHolders(t *testing.T) {
	c := newCompany(t).furnish()
	user := func(id, name string, more map[string]any) {
		values := map[string]any{"name": name}
		for key, value := range more {
			values[key] = value
		}
		c.put("user", id, 1, values)
	}
	user("u1", "B", map[string]any{"roles": []any{"member"}})
	user("u2", "A", map[string]any{"roles": []any{"auditor", "member"}})
	user("u3", "C", map[string]any{"roles": []any{"head"}})
	user("u4", "D", map[string]any{"roles": []any{"member"}})
	user("u5", "E", map[string]any{"roles": []any{"department"}, "department": "d1"})
	user("u6", "F", map[string]any{"roles": []any{"department"}, "departments": []any{"d2"}})
	user("u7", "G", map[string]any{"roles": []any{"auditor"}, "disabled": true})
	tests := []struct {
		role, project, want string
	}{
		{"member", "p1", "u2 u1"}, // by name; u3 inherits the role, but is a member of nothing
		{"member", "p2", "u4"},
		{"head", "p1", "u3"},
		{"department", "p1", "u5"},
		{"department", "p2", "u6"},
		{"auditor", "p1", "u2"}, // a disabled holder is none
		{"ghost", "p1", ""},
	}
	for _, tt := range tests {
		got, err := c.access.Holders(t.Context(), tenantName, tt.role, "order", order(tt.project))
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("holders of %s for %s: %v %v, want %s", tt.role, tt.project, got, err, tt.want)
		}
	}
}

func TestHasRole(t *testing.T) {
	c := newCompany(t).furnish()
	tests := []struct {
		actor   access.Actor
		role    string
		project string
		want    bool
	}{
		{actor("u1", "member"), "member", "p1", true},
		{actor("u1", "member"), "member", "p2", false},
		{actor("u3", "head"), "head", "p1", true},
		{actor("u1", "member"), "head", "p1", false},
		{actor("u1", "member"), "ghost", "p1", false},
		{access.Actor{Tenant: tenantName, System: true}, "member", "p1", false},
	}
	for _, tt := range tests {
		got, err := c.access.HasRole(t.Context(), tt.actor, tt.role, "order", order(tt.project))
		if err != nil || got != tt.want {
			t.Errorf("%s has %s for %s: %v %v, want %v", tt.actor.ID, tt.role, tt.project, got, err, tt.want)
		}
	}
}

func BenchmarkRights(b *testing.B) {
	c := newCompany(b).furnish()
	who := actor("u1", "member", "head")
	for b.Loop() { // as for a request: sets are resolved already
		rights, err := c.access.Rights(b.Context(), who, "order", access.Read)
		if err != nil || !rights.On(order("p1")).Admitted() {
			b.Fatal(err)
		}
	}
}

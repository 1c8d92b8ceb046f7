package builder

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/file"
	"formwork/engine/flow"
	"formwork/engine/identity"
	"formwork/engine/record"
	"formwork/engine/store/sqlite"
	"formwork/engine/tenant"
	"formwork/templates"
)

// world is a builder on the real engine packages over an embedded store, with one empty tenant "acme".
type world struct {
	*Builder
	ctx     context.Context
	now     time.Time
	tenants *tenant.Registry
	records *record.Service
	flows   *flow.Service
	files   *file.Service
	admin   access.Actor
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	backend, err := sqlite.New(sqlite.Options{Dir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = backend.Close() })
	w := &world{
		ctx: context.Background(), now: time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC),
		admin: access.Actor{Tenant: "acme", ID: "u1", Admin: true},
	}
	clock := func() time.Time { return w.now }
	var ids atomic.Int64
	newID := func() string { return fmt.Sprintf("01J%023d", ids.Add(1)) }
	if w.tenants, err = tenant.NewRegistry(w.ctx, backend, clock); err != nil {
		tb.Fatal(err)
	}
	if err := w.tenants.Create(w.ctx, tenant.Tenant{Name: "acme", Title: "Acme", Lang: "zh-CN", Zone: "Asia/Shanghai"}); err != nil {
		tb.Fatal(err)
	}
	catalogs := tenant.NewCatalogs(w.tenants)
	rights := access.New(access.Config{Catalog: catalogs.Active, Stores: w.tenants.Store, Clock: clock, Zone: w.tenants.Zone})
	w.records, err = record.New(record.Config{
		Catalogs: catalogs, Stores: w.tenants.Store, Access: rights, Clock: clock, NewID: newID, Zone: w.tenants.Zone,
		Instance: flow.Instance,
	})
	if err != nil {
		tb.Fatal(err)
	}
	w.flows = flow.New(flow.Config{
		Catalogs: catalogs, Stores: w.tenants.Store, Records: w.records, Access: rights, Clock: clock, Zone: w.tenants.Zone,
	})
	blobs, err := file.OpenFolder(tb.TempDir(), w.now)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = blobs.Close() })
	random := func(n int) ([]byte, error) { b := make([]byte, n); _, err := rand.Read(b); return b, err }
	w.files = file.New(file.Config{
		Blobs: blobs, Records: w.records, Catalogs: catalogs, Stores: w.tenants.Store, Clock: clock, NewID: newID, Random: random,
	})
	people, err := identity.New(w.ctx, identity.Config{
		Tenants: w.tenants, Records: w.records, Clock: clock, NewID: newID, Idle: time.Hour, Limit: time.Hour,
		Random: random,
		Params: identity.PasswordParams{MemoryKiB: 64, Iterations: 1},
	})
	if err != nil {
		tb.Fatal(err)
	}
	w.Builder, err = New(Config{
		Tenants: w.tenants, Catalogs: catalogs, Identity: people, Records: w.records, Templates: templates.Files, Lint: flow.Lint,
		Clock: clock, NewID: newID,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// installed is a world with the template labor.
func installed(tb testing.TB) *world {
	tb.Helper()
	w := newWorld(tb)
	if _, err := w.Install(w.ctx, w.admin, "labor"); err != nil {
		tb.Fatal(err)
	}
	return w
}

// photos uploads a picture for a record of the actor.
func (w *world) photos(tb testing.TB, actor access.Actor) []any {
	tb.Helper()
	var drawn bytes.Buffer
	if err := png.Encode(&drawn, image.NewGray(image.Rect(0, 0, 4, 3))); err != nil {
		tb.Fatal(err)
	}
	added, err := w.files.Add(w.ctx, actor, file.Upload{Name: "site.png", Use: file.Image, Body: &drawn})
	if err != nil {
		tb.Fatal(err)
	}
	return []any{added.ID}
}

// signature uploads what the actor drew.
func (w *world) signature(tb testing.TB, actor access.Actor) string {
	tb.Helper()
	var drawn bytes.Buffer
	if err := png.Encode(&drawn, image.NewGray(image.Rect(0, 0, 8, 4))); err != nil {
		tb.Fatal(err)
	}
	added, err := w.files.Add(w.ctx, actor, file.Upload{Name: "sign.png", Use: file.Signature, Body: &drawn})
	if err != nil {
		tb.Fatal(err)
	}
	return added.ID
}

// edit puts a published definition, changed in one place of its text, into the draft.
func (w *world) edit(tb testing.TB, ref, from, to string) {
	tb.Helper()
	r, _ := def.ParseRef(ref)
	raw, err := w.Definition(w.ctx, "acme", r)
	if err != nil {
		tb.Fatal(err)
	}
	text := strings.Replace(string(raw), from, to, 1)
	if text == string(raw) {
		tb.Fatalf("%s has no %s", ref, from)
	}
	if err := w.Put(w.ctx, w.admin, r, []byte(text)); err != nil {
		tb.Fatal(err)
	}
}

func (w *world) active(tb testing.TB) *def.Catalog {
	tb.Helper()
	catalog, err := w.config.Catalogs.Active(w.ctx, "acme")
	if err != nil {
		tb.Fatal(err)
	}
	return catalog
}

func codesOf(err error) []string {
	var refused *ProblemsError
	if !errors.As(err, &refused) {
		return nil
	}
	codes := map[string]bool{}
	for _, p := range refused.Problems {
		codes[p.Code] = true
	}
	return slices.Sorted(maps.Keys(codes))
}

func TestAnEmptyTenantHasTheSystemEntities(t *testing.T) {
	w := newWorld(t)
	catalog := w.active(t)
	if got := slices.Sorted(maps.Keys(catalog.Entities)); !slices.Equal(got, []string{"department", "file", "flow_run", "printing", "proxy", "task", "user"}) {
		t.Errorf("entities %v", got)
	}
	history, err := w.History(w.ctx, "acme")
	if err != nil || len(history) != 0 {
		t.Errorf("history %v, %v", history, err)
	}
}

func TestInstallBringsWhatATemplateNeeds(t *testing.T) {
	w := installed(t)
	catalog := w.active(t)
	if _, ok := catalog.Field("day_labor_sheet", "project.labor_policy.std_hours"); !ok {
		t.Error("labor does not extend project")
	}
	current, err := w.config.Catalogs.Current(w.ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	if current.Number != 1 || current.Templates["base"].Version == "" || current.Templates["labor"].Version == "" {
		t.Errorf("published %+v", current)
	}
	if _, err := w.Install(w.ctx, w.admin, "labor"); !errors.Is(err, ErrInstalled) {
		t.Errorf("installed twice: %v", err)
	}
	if _, err := w.Install(w.ctx, w.admin, "nothing"); !errors.Is(err, ErrUnknownTemplate) {
		t.Errorf("installed nothing: %v", err)
	}
	infos, err := w.Definitions(w.ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	for _, info := range infos {
		if info.Changed || info.Template == "" {
			t.Errorf("%s/%s: template %q, changed %v", info.Kind, info.Name, info.Template, info.Changed)
		}
	}
}

func TestInstallRefusesATakenName(t *testing.T) {
	w := newWorld(t)
	own := `{"name":"worker","title":"员工","type":"object","properties":{"name":{"type":"string","x-type":"text"}}}`
	if err := w.Put(w.ctx, w.admin, def.Ref{Kind: def.KindEntity, Name: "worker"}, []byte(own)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Publish(w.ctx, w.admin, PublishInput{}); err != nil {
		t.Fatal(err)
	}
	_, err := w.Install(w.ctx, w.admin, "labor")
	if got := codesOf(err); !slices.Equal(got, []string{"name_taken"}) {
		t.Errorf("got %v", err)
	}
}

func TestADraftIsPublishedAndPublishedAgain(t *testing.T) {
	w := installed(t)
	w.edit(t, "views/workers", `"工人列表"`, `"花名册"`)
	if title := w.active(t).Views["workers"].Title; title != "工人列表" {
		t.Errorf("the draft is live: %s", title)
	}
	draft, err := w.Draft(w.ctx, "acme")
	if err != nil || len(draft.Changes) != 1 || draft.Changes["views/workers"].By != "u1" {
		t.Fatalf("draft %+v, %v", draft, err)
	}
	problems, err := w.Check(w.ctx, "acme")
	if err != nil || len(problems) > 0 {
		t.Fatalf("check %v, %v", problems, err)
	}
	published, err := w.Publish(w.ctx, w.admin, PublishInput{Note: "rename"})
	if err != nil || published.Number != 2 || published.By != "u1" {
		t.Fatalf("published %+v, %v", published, err)
	}
	if title := w.active(t).Views["workers"].Title; title != "花名册" {
		t.Errorf("not live: %s", title)
	}
	if _, err := w.Publish(w.ctx, w.admin, PublishInput{}); !errors.Is(err, ErrNothing) {
		t.Errorf("published an empty draft: %v", err)
	}
	again, err := w.PublishAgain(w.ctx, w.admin, 1, PublishInput{Note: "back"})
	if err != nil || again.Number != 3 || again.Again != 1 {
		t.Fatalf("again %+v, %v", again, err)
	}
	if title := w.active(t).Views["workers"].Title; title != "工人列表" {
		t.Errorf("not back: %s", title)
	}
	history, err := w.History(w.ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, entry := range history {
		notes = append(notes, fmt.Sprint(entry.Number, " ", entry.Note))
	}
	if !slices.Equal(notes, []string{"3 back", "2 rename", "1 labor"}) {
		t.Errorf("history %v", notes)
	}
	older, err := w.config.Catalogs.Version(w.ctx, "acme", published.Version)
	if err != nil || older.Views["workers"].Title != "花名册" {
		t.Errorf("older version %v", err)
	}
}

func TestTheOverlayIsWhatTheCompanyChanged(t *testing.T) {
	w := installed(t)
	w.edit(t, "views/workers", `"工人列表"`, `"花名册"`)
	own := `{"name":"tool","title":"工具","type":"object","properties":{"name":{"type":"string","x-type":"text"}}}`
	if err := w.Put(w.ctx, w.admin, def.Ref{Kind: def.KindEntity, Name: "tool"}, []byte(own)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Publish(w.ctx, w.admin, PublishInput{}); err != nil {
		t.Fatal(err)
	}
	infos, err := w.Definitions(w.ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	var changed []string
	for _, info := range infos {
		if info.Changed {
			changed = append(changed, fmt.Sprintf("%s/%s of %q", info.Kind, info.Name, info.Template))
		}
	}
	if want := []string{`entities/tool of ""`, `views/workers of "labor"`}; !slices.Equal(changed, want) {
		t.Errorf("overlay %v, want %v", changed, want)
	}
}

func TestPublishRefuses(t *testing.T) {
	tests := []struct {
		name          string
		ref, from, to string
		accept        []string
		codes         []string // nil = published
	}{
		{"a formula with an unknown name", "entities/day_labor_sheet", `"len(lines)"`, `"len(rows)"`, nil, []string{"unknown_name"}},
		{"a filter over an unknown field", "views/day_labor_sheets", `"field":"state","op":"in"`, `"field":"status","op":"in"`, nil, []string{"unknown_field"}},
		{"a filter with an unknown variable", "entities/day_labor_sheet", `"record.project"`, `"record.site"`, nil, []string{"unknown_variable"}},
		{"a set that is not there", "roles/site_clerk", `"sets.my_projects"`, `"sets.my_sites"`, nil, []string{"unknown_variable"}},
		{"a flow with an unknown role", "flows/day_labor_sheet", `"role:labor_admin"`, `"role:boss"`, nil, []string{"unknown_name"}},
		{"another type of a field", "entities/worker", `"x-type":"phone"`, `"x-type":"text"`, nil, []string{"type_changed"}},
		{"fewer places", "entities/day_labor_sheet", `"round(ot_hours / ot_base, 4)","x-fixed":true,"x-i18n":{"en":{"title":"Overtime gong"}},"x-scale":4`, `"round(ot_hours / ot_base, 2)","x-fixed":true,"x-i18n":{"en":{"title":"Overtime gong"}},"x-scale":2`, nil, []string{"scale_reduced"}},
		{"an option that is gone", "entities/day_labor_sheet", `{"const":"visa","title":"签证","x-i18n":{"en":{"title":"Site instruction"}}},`, ``, nil, []string{"option_removed"}},
		{"an option that is gone, accepted", "entities/day_labor_sheet", `{"const":"visa","title":"签证","x-i18n":{"en":{"title":"Site instruction"}}},`, ``, []string{"option_removed"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := installed(t)
			w.edit(t, tt.ref, tt.from, tt.to)
			_, err := w.Publish(w.ctx, w.admin, PublishInput{Accept: tt.accept})
			if got := codesOf(err); !slices.Equal(got, tt.codes) || (tt.codes == nil) != (err == nil) {
				t.Fatalf("got %v, want %v", err, tt.codes)
			}
			if tt.codes == nil {
				return
			}
			current, err := w.config.Catalogs.Current(w.ctx, "acme")
			if err != nil || current.Number != 1 {
				t.Errorf("something was published: %+v, %v", current, err)
			}
			draft, err := w.Draft(w.ctx, "acme")
			if err != nil || len(draft.Changes) != 1 {
				t.Errorf("the draft is gone: %+v, %v", draft, err)
			}
		})
	}
}

func TestPutRefusesWhatDoesNotDecode(t *testing.T) {
	w := newWorld(t)
	ref := def.Ref{Kind: def.KindEntity, Name: "tool"}
	err := w.Put(w.ctx, w.admin, ref, []byte(`{"name":"tool","title":"工具","type":"object","properties":{},"colour":1}`))
	if got := codesOf(err); !slices.Equal(got, []string{"unknown_key"}) {
		t.Errorf("got %v", err)
	}
	err = w.Put(w.ctx, w.admin, ref, []byte(`{"name":"hammer","title":"锤子","type":"object","properties":{}}`))
	if got := codesOf(err); !slices.Equal(got, []string{"name_mismatch"}) {
		t.Errorf("got %v", err)
	}
}

func TestAChangeOverAnOlderTextIsOutdated(t *testing.T) {
	w := installed(t)
	w.edit(t, "views/workers", `"工人列表"`, `"花名册"`)
	if _, err := w.Publish(w.ctx, w.admin, PublishInput{}); err != nil {
		t.Fatal(err)
	}
	w.edit(t, "views/workers", `"花名册"`, `"工人名册"`)
	if _, err := w.PublishAgain(w.ctx, w.admin, 1, PublishInput{}); err != nil {
		t.Fatal(err)
	}
	_, err := w.Publish(w.ctx, w.admin, PublishInput{})
	if got := codesOf(err); !slices.Equal(got, []string{"outdated"}) {
		t.Errorf("got %v", err)
	}
}

func TestRemoveAndRevert(t *testing.T) {
	w := installed(t)
	view := def.Ref{Kind: def.KindView, Name: "labor_policies"}
	if err := w.Remove(w.ctx, w.admin, view); err != nil {
		t.Fatal(err)
	}
	_, err := w.Publish(w.ctx, w.admin, PublishInput{})
	if got := codesOf(err); !slices.Equal(got, []string{"unknown_view"}) {
		t.Errorf("removed a view the menu opens: %v", err)
	}
	if err := w.Revert(w.ctx, "acme", view); err != nil {
		t.Fatal(err)
	}
	if err := w.Revert(w.ctx, "acme", view); !errors.Is(err, ErrUnknownDefinition) {
		t.Errorf("reverted twice: %v", err)
	}
	if _, err := w.Publish(w.ctx, w.admin, PublishInput{}); !errors.Is(err, ErrNothing) {
		t.Errorf("got %v", err)
	}
}

func TestDiscardEmptiesTheDraft(t *testing.T) {
	w := installed(t)
	w.edit(t, "views/workers", `"工人列表"`, `"花名册"`)
	w.edit(t, "views/labor_teams", `"班组列表"`, `"班组名册"`)
	if err := w.Discard(w.ctx, "acme"); err != nil {
		t.Fatal(err)
	}
	if draft, err := w.Draft(w.ctx, "acme"); err != nil || len(draft.Changes) > 0 {
		t.Errorf("draft %+v, %v", draft, err)
	}
}

func TestTemplatesTellWhatIsInstalled(t *testing.T) {
	w := newWorld(t)
	if _, err := w.Install(w.ctx, w.admin, "base"); err != nil {
		t.Fatal(err)
	}
	list, err := w.Templates(w.ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, info := range list {
		got[info.Name] = info.Installed
	}
	if want := map[string]string{"base": "0.6.0", "labor": ""}; !maps.Equal(got, want) {
		t.Errorf("installed %v, want %v", got, want)
	}
}

func TestAnotherProcessSeesAPublish(t *testing.T) {
	w := installed(t)
	other := tenant.NewCatalogs(w.tenants)
	before, err := other.Active(w.ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	w.edit(t, "views/workers", `"工人列表"`, `"花名册"`)
	if _, err := w.Publish(w.ctx, w.admin, PublishInput{}); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(5 * time.Second)
	after, err := other.Active(w.ctx, "acme")
	if err != nil {
		t.Fatal(err)
	}
	if before.Views["workers"].Title != "工人列表" || after.Views["workers"].Title != "花名册" {
		t.Errorf("before %s, after %s", before.Views["workers"].Title, after.Views["workers"].Title)
	}
}

func TestTwoPublishAtOnceOneWins(t *testing.T) {
	w := installed(t)
	catalog := w.active(t)
	next := tenant.Published{Number: 2, Version: catalog.Version, By: "u1", At: w.now}
	if err := w.config.Catalogs.Activate(w.ctx, "acme", catalog, next); err != nil {
		t.Fatal(err)
	}
	if err := w.config.Catalogs.Activate(w.ctx, "acme", catalog, next); !errors.Is(err, tenant.ErrPublished) {
		t.Errorf("both won: %v", err)
	}
}

func TestSampleFillsATenant(t *testing.T) {
	w := installed(t)
	people, err := w.Sample(w.ctx, access.Actor{Tenant: "acme", System: true}, "labor", "demo_")
	if err != nil {
		t.Fatal(err)
	}
	var logins []string
	for _, p := range people {
		if p.Password == "" || p.User == "" {
			t.Errorf("%+v", p)
		}
		logins = append(logins, p.Login)
	}
	if want := []string{
		"demo_clerk", "demo_labor", "demo_manager", "demo_foreman", "demo_cost", "demo_cashier", "demo_finance", "demo_director", "demo_auditor", "demo_planner", "demo_steward",
	}; !slices.Equal(logins, want) {
		t.Errorf("people %v, want %v", logins, want)
	}
	system := access.Actor{Tenant: "acme", System: true}
	for entity, want := range map[string]int{"project": 3, "labor_policy": 2, "labor_team": 4, "worker": 14, "worker_rate": 12, "expense_contract": 4} {
		list, err := w.records.List(w.ctx, system, entity, record.ListInput{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Records) != want {
			t.Errorf("%d of %s, want %d", len(list.Records), entity, want)
		}
		for _, rec := range list.Records {
			if entity == "project" && rec.Values["labor_policy"] == nil {
				t.Errorf("project %v has no policy", rec.Values["code"])
			}
		}
	}
}

// manyEntities puts n entities into the draft, each with a form's worth of fields, a sub-table and rules.
func (w *world) manyEntities(tb testing.TB, n int) {
	tb.Helper()
	for i := range n {
		name := fmt.Sprintf("entity_%03d", i)
		fields := map[string]any{
			"total": map[string]any{"type": "string", "x-type": "money", "x-compute": "sum(lines, .amount)"},
			"lines": map[string]any{"type": "array", "x-type": "table", "items": map[string]any{"type": "object", "properties": map[string]any{
				"qty":    map[string]any{"type": "string", "x-type": "decimal"},
				"price":  map[string]any{"type": "string", "x-type": "money"},
				"amount": map[string]any{"type": "string", "x-type": "money", "x-compute": "round(qty * price, 2)"},
			}}},
			"project": map[string]any{"type": "string", "x-type": "reference", "x-entity": "project", "x-filter": map[string]any{"field": "status", "op": "eq", "value": "in_progress"}},
		}
		for j := range 25 {
			fields[fmt.Sprintf("text_%d", j)] = map[string]any{"type": "string", "x-type": "text", "title": "文本"}
		}
		raw, err := json.Marshal(map[string]any{
			"name": name, "title": name, "type": "object", "properties": fields,
			"x-rules": map[string]any{"positive": map[string]any{"must": "total >= 0 or text_1 == nil", "field": "total"}},
		})
		if err != nil {
			tb.Fatal(err)
		}
		if err := w.Put(w.ctx, w.admin, def.Ref{Kind: def.KindEntity, Name: name}, raw); err != nil {
			tb.Fatal(err)
		}
	}
}

// The target of architecture.md §14: a catalog of 100 entities in 2 s.
func BenchmarkPublish100(b *testing.B) {
	w := installed(b)
	w.manyEntities(b, 100)
	if _, err := w.Publish(w.ctx, w.admin, PublishInput{}); err != nil {
		b.Fatal(err)
	}
	title := 0
	for b.Loop() {
		b.StopTimer()
		from := fmt.Sprintf(`"title":"entity_000%s"`, strings.Repeat("x", title))
		title++
		w.edit(b, "entities/entity_000", from, fmt.Sprintf(`"title":"entity_000%s"`, strings.Repeat("x", title)))
		b.StartTimer()
		if _, err := w.Publish(w.ctx, w.admin, PublishInput{}); err != nil {
			b.Fatal(err)
		}
	}
}

package api_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"formwork/engine/flow"
	"formwork/engine/query"
	"formwork/engine/store"
)

// forge writes a stored sheet behind the engine's back, as somebody with the database could.
func (w *world) forge(id string, change func(doc *store.Doc)) {
	w.t.Helper()
	db, err := w.engine.Tenants.Store(w.t.Context(), "demo")
	w.must(err)
	docs, err := db.Get(w.t.Context(), "day_labor_sheet", id)
	w.must(err)
	doc := docs[0]
	change(&doc)
	doc.Rev++
	w.must(db.Put(w.t.Context(), store.Write{Collection: "day_labor_sheet", Doc: doc, IfRev: doc.Rev - 1})[0])
}

// mismatches asks what of a record is not what its history says.
func (c *client) mismatches(id string) string {
	c.w.t.Helper()
	r := c.do("GET", sheets+"/"+id+"/proof", nil).want(http.StatusOK, "")
	var p flow.Proof
	c.w.must(json.Unmarshal(r.body, &p))
	if p.Events == 0 || len(p.Head) != 64 {
		c.w.t.Errorf("proof %s", r.body)
	}
	text := ""
	for _, m := range p.Mismatches {
		text += m.Code
		if m.Field != "" {
			text += ":" + m.Field
		}
		text += " "
	}
	return text
}

func TestARecordIsWhatItsHistorySays(t *testing.T) {
	for name, forged := range map[string]struct {
		change func(w *world, id string)
		labor  string // what whoever sees the pay is told
		clerk  string // and the clerk, who does not
	}{
		"untouched": {func(*world, string) {}, "", ""},
		"more pay": {func(w *world, id string) {
			w.forge(id, func(doc *store.Doc) { doc.Values["total_amount"] = "99601.25" })
		}, "value:total_amount ", "value "},
		"other hours in a row": {func(w *world, id string) {
			w.forge(id, func(doc *store.Doc) {
				rows := doc.Values["lines"].([]any)              //nolint:errcheck // a sheet has rows
				rows[0].(map[string]any)["normal_hours"] = "7.5" //nolint:errcheck // which are objects
			})
		}, "value:lines[ROW].normal_hours ", "value:lines[ROW].normal_hours "},
		"another state": {func(w *world, id string) {
			w.forge(id, func(doc *store.Doc) { doc.State = "rejected" })
		}, "state ", "state "},
		"somebody else's approval": {func(w *world, id string) {
			w.forge(id, func(doc *store.Doc) {
				var st flow.State
				w.must(json.Unmarshal(doc.Flow, &st))
				st.Tasks[0].User.ID = w.people["admin"].User
				raw, err := json.Marshal(st)
				w.must(err)
				doc.Flow = raw
			})
		}, "run ", "run "},
		"a cut off history": {func(w *world, id string) {
			w.forge(id, func(doc *store.Doc) { doc.Chain = "0000000000000000000000000000000000000000000000000000000000000000" })
		}, "end ", "end "},
		"another drawing": {func(w *world, _ string) { w.redraw() }, "signature ", "signature "},
	} {
		t.Run(name, func(t *testing.T) {
			onStores(t, func(w *world) {
				id := w.approvedSheet("2026-06-02")
				row := w.signIn("labor").do("GET", sheets+"/"+id, nil).text("values.lines.0._id")
				forged.change(w, id)
				for who, want := range map[string]string{"labor": forged.labor, "clerk": forged.clerk} {
					if got, want := w.signIn(who).mismatches(id), strings.ReplaceAll(want, "ROW", row); got != want {
						w.t.Errorf("%s is told %q, want %q", who, got, want)
					}
				}
				w.signIn("clerk").do("GET", sheets+"/01ARZ3NDEKTSV4RRFFQ69G5FAV/proof", nil).want(http.StatusNotFound, "not_found")
			})
		})
	}
}

// redraw puts other bytes in the place of every signature.
func (w *world) redraw() {
	w.t.Helper()
	db, err := w.engine.Tenants.Store(w.t.Context(), "demo")
	w.must(err)
	page, err := db.Find(w.t.Context(), query.Query{Collection: "file", Limit: 100})
	w.must(err)
	for _, doc := range page.Docs {
		if doc.Values["use"] != "signature" {
			continue
		}
		blob, _ := doc.Values["blob"].(string)
		w.must(filepath.WalkDir(w.blobs, func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() || entry.Name() != blob {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			raw[len(raw)-1] ^= 1
			return os.WriteFile(path, raw, 0o600)
		}))
	}
}

// TestRunsAreWhatTheirHistoriesSay: runs of automations, which are records of their own, too.
func TestRunsAreWhatTheirHistoriesSay(t *testing.T) {
	onStores(t, func(w *world) {
		admin, clerk := w.signIn("admin"), w.signIn("clerk")
		admin.publish([2]string{"flows/noted", `{"name": "noted", "title": "记", "entity": "day_labor_sheet", "start": {"on": ["created"]}, "nodes": [{"name": "say", "type": "action", "do": {"notify": {"who": ["role:labor_admin"], "title": "no"}}}, {"name": "w", "type": "wait", "for": "P3D"}]}`})
		clerk.submitted("2026-06-01")
		seen := 0
		w.until("a run", func() bool {
			seen = 0
			w.must(w.engine.ProveAll(t.Context(), "demo", func(entity, id string, p flow.Proof) {
				if entity == "flow_run" {
					seen++
				}
				if len(p.Mismatches) > 0 {
					w.t.Errorf("%s/%s: %+v", entity, id, p.Mismatches)
				}
			}))
			return seen > 0
		})
	})
}

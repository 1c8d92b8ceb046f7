package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"formwork/engine/query"
	"formwork/engine/store"
)

// The data with a million sheets are made once per run, or kept between runs:
//
//	go test -tags no_ui ./cmd/formwork -run - -bench Million -million /tmp/million
var (
	millionDir  = flag.String("million", "", "folder that keeps the data of the million-record benchmarks")
	millionSize = flag.Int("million-size", 1_000_000, "sheets of the million-record benchmarks")
)

const (
	millionProjects = 50
	millionTeams    = 8  // per project
	codeLength      = 10 // of projects and teams
)

// BenchmarkMillionList is what a manager waits for who opens the list of sheets with two filters: 20 of a million in the
// order of the view, with columns behind references, display texts, totals and the capped count.
func BenchmarkMillionList(b *testing.B) {
	data := *millionDir
	if data == "" {
		data = dataIn(b.TempDir())
	}
	if _, err := os.Stat(demoFile(data)); err != nil {
		makeMillion(b, data)
	}
	s := serveProcess(b, "formwork", []string{"serve", "--demo", "--data", data}, profiled()...)
	b.Cleanup(s.stop)
	manager := s.signIn(data, "manager")
	filters := map[string]string{
		"project-state":  `{"and":[{"field":"project","op":"eq","value":"%s"},{"field":"state","op":"eq","value":"approved"}]}`,
		"project-days":   `{"and":[{"field":"project","op":"eq","value":"%s"},{"field":"work_date","op":"between","value":["2024-01-01","2024-06-30"]}]}`,
		"project-reason": `{"and":[{"field":"project","op":"eq","value":"%s"},{"field":"reason_type","op":"eq","value":"rework"}]}`,
	}
	projects := slices.DeleteFunc(manager.everything("/entities/project/records?limit=100", "records"), func(rec object) bool {
		values, _ := rec["values"].(object)
		code, _ := values["code"].(string)
		return len(code) != codeLength // the demo's own
	})
	for _, name := range []string{"project-state", "project-days", "project-reason"} {
		b.Run(name, func(b *testing.B) {
			const requests = 100
			var times []time.Duration
			before := processorTime(s)
			for i := range requests {
				filter := fmt.Sprintf(filters[name], projects[i%len(projects)]["id"])
				begin := time.Now()
				page := manager.must("GET", sheets+"?view=day_labor_sheets&count=true&limit=20&filter="+url.QueryEscape(filter), nil)
				times = append(times, time.Since(begin))
				if n := len(page.list("records")); n != 20 {
					b.Fatalf("%d sheets on the page", n)
				}
			}
			slices.Sort(times)
			b.ReportMetric(0, "ns/op") // an iteration is a whole series
			b.ReportMetric(milliseconds(times[requests/2]), "p50-ms")
			b.ReportMetric(milliseconds(times[requests*95/100]), "p95-ms")
			b.ReportMetric(milliseconds((processorTime(s)-before)/requests), "cpu-ms")
		})
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// makeMillion fills the demo company with approved and running sheets of three years, past the rules: it is about
// reading.
func makeMillion(b *testing.B, data string) {
	b.Helper()
	s := serveProcess(b, "formwork", []string{"serve", "--demo", "--data", data})
	s.stop()
	f, err := (&place{data: data}).open(b.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := f.close(); err != nil {
			b.Error(err)
		}
	}()
	db, err := f.engine.Tenants.Store(b.Context(), demoTenant)
	if err != nil {
		b.Fatal(err)
	}
	projects := multiply(b, db, "project", millionProjects, nil)
	var teams [][]string
	for _, project := range projects {
		teams = append(teams, multiply(b, db, "labor_team", millionTeams, map[string]any{"project": project}))
	}
	begin := time.Now()
	for at := 0; at < *millionSize; at += 1000 {
		var batch []store.Write
		for i := at; i < min(at+1000, *millionSize); i++ {
			project := mix(i) % millionProjects
			batch = append(batch, millionSheet(i, projects[project], teams[project][mix(i)>>16%millionTeams]))
		}
		if err := errors.Join(db.Put(b.Context(), batch...)...); err != nil {
			b.Fatal(err)
		}
	}
	b.Logf("%d sheets made in %s", *millionSize, time.Since(begin).Round(time.Second))
}

// mix spreads numbers.
func mix(i int) int {
	x := uint64(i+1) * 0x9e3779b97f4a7c15
	return int((x ^ x>>29) >> 1)
}

// multiply makes copies of the first record of an entity, under names of their own.
func multiply(b *testing.B, db store.Store, entity string, n int, values map[string]any) []string {
	b.Helper()
	page, err := db.Find(b.Context(), query.Query{Collection: entity, Limit: 1})
	if err != nil || len(page.Docs) == 0 {
		b.Fatalf("no %s in the demo: %v", entity, err)
	}
	var writes []store.Write
	var ids []string
	for range n {
		doc := page.Docs[0]
		doc.ID, doc.Rev, doc.Keys, doc.Chain, doc.Claim = ulid.Make().String(), 1, nil, "", ""
		doc.Values = map[string]any{}
		for name, value := range page.Docs[0].Values {
			doc.Values[name] = value
		}
		for name, value := range values {
			doc.Values[name] = value
		}
		doc.Values["code"] = doc.ID[len(doc.ID)-codeLength:]
		writes, ids = append(writes, store.Write{Collection: entity, Doc: doc}), append(ids, doc.ID)
	}
	if err := errors.Join(db.Put(b.Context(), writes...)...); err != nil {
		b.Fatal(err)
	}
	return ids
}

func millionSheet(i int, project, team string) store.Write {
	m := mix(i)
	day := time.Date(2023, 6, 1, 4, 0, 0, 0, time.UTC).AddDate(0, 0, m>>24%1095)
	state := "approved"
	if m>>40%5 == 0 {
		state = "running"
	}
	return store.Write{Collection: "day_labor_sheet", Doc: store.Doc{
		ID: fmt.Sprintf("01J%023d", i), Rev: 1, State: state, CreatedBy: "load", CreatedAt: day, UpdatedBy: "load", UpdatedAt: day,
		Values: map[string]any{
			"no": "DG-" + strconv.Itoa(i), "project": project, "team": team, "work_date": day.Format(time.DateOnly),
			"reason_type": []string{"misc", "rework", "cleanup"}[m>>32%3], "work_content": "清理现场", "head_count": int64(4),
			"total_hours": "32.5", "total_gong": "4.0625",
		},
	}}
}

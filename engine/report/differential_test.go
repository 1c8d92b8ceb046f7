package report_test

import (
	"errors"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"formwork/engine/access"
	"formwork/engine/report"
	"formwork/engine/store"
)

// entry is a line of a sheet or piece as the naive evaluation sees it. Empty texts are missing.
type entry struct {
	state, project, team, date, reason, worker string
	temperature                                int
	hours, pay, note, amount                   string
}

// company is random data, in memory and in the store.
type company struct {
	projects map[string]string // of teams
	trades   map[string]string // of workers
	births   map[string]string
	managers map[string]string // of projects
	sheets   []entry
	pieces   []entry
}

func pick(r *rand.Rand, options ...string) string { return options[r.IntN(len(options))] }

// scatter fills a world with random records, many of them with missing values.
func scatter(w *world, r *rand.Rand, size int) *company {
	w.Helper()
	c := &company{projects: map[string]string{}, trades: map[string]string{}, births: map[string]string{}, managers: map[string]string{}}
	var writes []store.Write
	add := func(state, entity, id string, values map[string]any) {
		maps.DeleteFunc(values, func(_ string, v any) bool { return v == "" })
		writes = append(writes, w.write(state, entity, id, values))
	}
	for _, id := range []string{"p1", "p2", "p3"} {
		c.managers[id] = pick(r, "u_manager", "u_other")
		add("", "project", id, map[string]any{"code": id, "manager": c.managers[id]})
	}
	for _, id := range []string{"t1", "t2", "t3", "t4"} {
		c.projects[id] = pick(r, "p1", "p2", "p3", "")
		add("", "team", id, map[string]any{"code": id, "project": c.projects[id]})
	}
	workers := []string{""}
	for i := range 12 {
		id := fmt.Sprintf("w%02d", i)
		workers = append(workers, id)
		c.trades[id], c.births[id] = pick(r, "general", "skilled", ""), pick(r, "1980-01-01", "1980-12-31", "1991-06-15", "")
		add("", "worker", id, map[string]any{"code": id, "trade": c.trades[id], "birth": c.births[id]})
	}
	common := func() entry {
		return entry{
			state: pick(r, "approved", "approved", "approved", "running"), project: pick(r, "p1", "p2", "p3", ""),
			team: pick(r, "t1", "t2", "t3", "t4", ""), date: fmt.Sprintf("2026-%02d-%02d", 5+r.IntN(2), 1+r.IntN(28)),
		}
	}
	for i := range size {
		head := common()
		head.reason, head.temperature = pick(r, "misc", "rework"), 20+r.IntN(20)
		var rows []any
		for n := range r.IntN(5) {
			e := head
			e.worker, e.note = pick(r, workers...), pick(r, "", "甲", "乙", "a")
			e.hours, e.pay = decimal(r, 130, 1), decimal(r, 100_000, 2)
			c.sheets = append(c.sheets, e)
			row := map[string]any{"_id": fmt.Sprint("r", n), "worker": e.worker, "hours": shortest(e.hours), "pay": e.pay, "note": e.note}
			maps.DeleteFunc(row, func(_ string, v any) bool { return v == "" })
			rows = append(rows, row)
		}
		add(head.state, "sheet", fmt.Sprintf("s%05d", i), map[string]any{
			"project": head.project, "team": head.team, "work_date": head.date, "reason": head.reason, "temperature": int64(head.temperature), "lines": rows,
		})
	}
	for i := range size / 4 {
		head := common()
		var rows []any
		for n := range 1 + r.IntN(3) {
			e := head
			e.worker, e.amount = pick(r, workers...), decimal(r, 100_000, 2)
			c.pieces = append(c.pieces, e)
			row := map[string]any{"_id": fmt.Sprint("r", n), "worker": e.worker, "amount": e.amount}
			maps.DeleteFunc(row, func(_ string, v any) bool { return v == "" })
			rows = append(rows, row)
		}
		add(head.state, "piece", fmt.Sprintf("c%05d", i), map[string]any{"project": head.project, "team": head.team, "sheet_date": head.date, "lines": rows})
	}
	for batch := range slices.Chunk(writes, 500) {
		if err := errors.Join(w.store.Put(w.ctx, batch...)...); err != nil {
			w.Fatal(err)
		}
	}
	return c
}

// decimal is a random number with places, or missing.
func decimal(r *rand.Rand, below, places int) string {
	if r.IntN(8) == 0 {
		return ""
	}
	return rat(big.NewRat(int64(r.IntN(below)), int64(pow(10, places))), places)
}

func pow(base, n int) int {
	if n == 0 {
		return 1
	}
	return base * pow(base, n-1)
}

// rat writes an exact number with places, half up (none of them is negative).
func rat(x *big.Rat, places int) string { return x.FloatString(places) }

func shortest(text string) string {
	if !strings.Contains(text, ".") {
		return text
	}
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func number(text string) *big.Rat {
	x, ok := new(big.Rat).SetString(text)
	if !ok {
		return new(big.Rat)
	}
	return x
}

// grouped puts entries into groups by the text of their keys.
func grouped(entries []entry, key func(entry) []string) map[string][]entry {
	groups := map[string][]entry{}
	for _, e := range entries {
		text := strings.Join(key(e), " ")
		groups[text] = append(groups[text], e)
	}
	return groups
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func sum(entries []entry, of func(entry) string) *big.Rat {
	total := new(big.Rat)
	for _, e := range entries {
		total.Add(total, number(of(e)))
	}
	return total
}

func distinct(entries []entry, of func(entry) string) int {
	seen := map[string]bool{}
	for _, e := range entries {
		if of(e) != "" {
			seen[of(e)] = true
		}
	}
	return len(seen)
}

func where(entries []entry, keep func(entry) bool) []entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e entry) bool { return !keep(e) })
}

func approvedInJune(project string) func(entry) bool {
	return func(e entry) bool {
		return e.state == "approved" && strings.HasPrefix(e.date, "2026-06") && (project == "" || e.project == project)
	}
}

// naiveByTrade evaluates by_trade: born, site, trade, last_note, least, long, mean, most, pay, rework, rows, warm_days,
// workers.
func (c *company) naiveByTrade(sheets []entry) []string {
	var rows []string
	for key, group := range grouped(sheets, func(e entry) []string {
		born, _, _ := strings.Cut(c.births[e.worker], "-")
		return []string{orDash(born), orDash(c.projects[e.team]), orDash(c.trades[e.worker])}
	}) {
		var note, least, most string
		paid, long := 0, 0
		for _, e := range group {
			note = max(note, e.note)
			if e.hours != "" && (least == "" || number(e.hours).Cmp(number(least)) < 0) {
				least = e.hours
			}
			if e.hours != "" && (most == "" || number(e.hours).Cmp(number(most)) > 0) {
				most = e.hours
			}
			if e.pay != "" {
				paid++
			}
			if number(e.hours).Cmp(big.NewRat(8, 1)) > 0 {
				long++
			}
		}
		mean := "-"
		if paid > 0 {
			total := sum(group, func(e entry) string { return e.pay })
			mean = shortest(rat(total.Quo(total, big.NewRat(int64(paid), 1)), 4))
		}
		rework := where(group, func(e entry) bool { return e.reason == "rework" })
		warm := where(group, func(e entry) bool { return e.temperature >= 30 })
		rows = append(rows, fmt.Sprint(key, " ", orDash(note), " ", orDash(shortest(least)), " ", long, " ", mean, " ", orDash(shortest(most)), " ",
			rat(sum(group, func(e entry) string { return e.pay }), 2), " ", rat(sum(rework, func(e entry) string { return e.pay }), 2), " ", len(group), " ",
			distinct(warm, func(e entry) string { return e.date }), " ", distinct(group, func(e entry) string { return e.worker })))
	}
	return rows
}

// naiveByWorker evaluates by_worker without gong: worker, project, team, days, hours, day pay, piece pay, cost.
func naiveByWorker(sheets, pieces []entry) []string {
	key := func(e entry) []string { return []string{orDash(e.worker), orDash(e.project), orDash(e.team)} }
	day, made := grouped(sheets, key), grouped(pieces, key)
	keys := maps.Clone(day)
	maps.Copy(keys, made)
	var rows []string
	for k := range keys {
		pay, amount := sum(day[k], func(e entry) string { return e.pay }), sum(made[k], func(e entry) string { return e.amount })
		rows = append(rows, fmt.Sprint(k, " ", distinct(day[k], func(e entry) string { return e.date }), " ",
			shortest(rat(sum(day[k], func(e entry) string { return e.hours }), 1)), " ", rat(pay, 2), " ", rat(amount, 2), " ", rat(new(big.Rat).Add(pay, amount), 2)))
	}
	return rows
}

// TestAgainstANaiveEvaluation compares what the store, the regrouping and the join make with plain loops over exact
// fractions, for readers with and without row filters.
func TestAgainstANaiveEvaluation(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		r := rand.New(rand.NewPCG(20260630, 4))
		c := scatter(w, r, 400)
		for _, project := range []string{"", "p1", "p2"} {
			params := map[string]any{"to": "2026-06-30"}
			if project != "" {
				params["project"] = project
			}
			for _, reader := range []access.Actor{boss, manager} {
				visible := func(e entry) bool {
					return approvedInJune(project)(e) && (reader.ID == boss.ID || c.managers[e.project] == reader.ID)
				}
				sheets, pieces := where(c.sheets, visible), where(c.pieces, visible)
				t.Run(fmt.Sprint(reader.Name, " ", project), func(t *testing.T) {
					in := report.RunInput{Params: params}
					same(t, sortedLines(w.run(reader, "by_trade", in)), sorted(c.naiveByTrade(sheets)))
					byWorker := w.run(reader, "by_worker", in)
					byWorker.Columns = slices.DeleteFunc(byWorker.Columns, func(column report.Column) bool {
						return column.Name == "gong" || column.Name == "price"
					})
					same(t, sortedLines(byWorker), sorted(naiveByWorker(sheets, pieces)))
				})
			}
		}
	})
}

func sortedLines(result report.Result) []string { return sorted(lines(result)) }

func sorted(rows []string) []string { return slices.Sorted(slices.Values(rows)) }

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// An import under kills runs in a size for every build; the size it is meant for is
//
//	go test -tags no_ui ./cmd/formwork -run ImportSurvives -import-lines 50000 -import-kills 10 -timeout 60m
var (
	importLines = flag.Int("import-lines", 4_000, "lines of the workbook that is imported while the server is killed")
	importKills = flag.Int("import-kills", 2, "kills while its records are made, half as many while they are changed; one while that is taken back")
)

// importPatience is how long an import may show no progress: its job is taken over half a minute after the last sign of
// life, and what is taken back is not counted.
const importPatience = 6 * time.Minute

// TestImportSurvivesKills kills the server while a workbook makes records, and again while another changes them. The job
// goes on by itself, every line comes to pass once, and the report counts as if nothing had happened. What is taken back
// then, under kills as well, is gone.
func TestImportSurvivesKills(t *testing.T) {
	t.Parallel()
	onPlaces(t, func(t *testing.T, at *place) {
		t.Helper()
		t.Parallel()
		importSurvives(t, at)
	})
}

const priceEntity = `{"name": "price", "title": "price", "type": "object", "x-natural": "code", "x-display": "code",
	"required": ["code", "amount"], "properties": {
		"code": {"type": "string", "x-type": "text", "title": "code"},
		"no": {"type": "string", "x-type": "autonumber", "title": "no", "x-number": {"pattern": "P-{next:6}"}},
		"amount": {"type": "string", "x-type": "money", "title": "amount", "x-min": "0"}}}`

// badEvery is how many lines have one with an amount that is refused.
const badEvery = 97

func importSurvives(t *testing.T, at *place) {
	t.Helper()
	s := serveProcess(t, "formwork", append([]string{"serve", "--demo"}, at.arguments()...))
	u := &underKills{t: t, server: s, admin: s.signIn(at.data, "admin"), random: rand.New(rand.NewPCG(*crashSeed, 7))}
	u.admin.must("PUT", "/draft/entities/price", json.RawMessage(priceEntity))
	u.admin.must("POST", "/draft/publish", object{"note": "imports"})
	n := *importLines
	bad := (n + badEvery - 1) / badEvery
	good := n - bad

	made := u.importing("insert", prices(t, n, 1), *importKills)
	u.counts(made, object{"records": n, "created": good, "updated": 0, "same": 0, "bad": bad})
	first := u.stored(good, 1, 1)

	changed := u.importing("upsert", prices(t, n, 2), max(1, *importKills/2))
	u.counts(changed, object{"records": n, "created": 0, "updated": good, "same": 0, "bad": bad})
	second := u.stored(good, 2, 2)
	for code, id := range first {
		if second[code] != id {
			t.Errorf("%s was %s and is %q", code, id, second[code])
		}
	}

	u.takeBack(changed)
	u.stored(good, 1, 3)
	s.kill()
	if out := run(t, append([]string{"doctor"}, at.arguments()...)...); !strings.Contains(out, "all is well") {
		t.Errorf("doctor: %s", out)
	}
	verifyAll(t, at, "price")
}

// prices is a workbook of n prices, each the line's number times a factor; some are refused.
func prices(t *testing.T, n, factor int) []byte {
	t.Helper()
	book := excelize.NewFile()
	out, err := book.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	err = out.SetRow("A1", []any{"code", "amount"})
	for i := range n {
		amount := fmt.Sprintf("%d.50", i*factor)
		if i%badEvery == 0 {
			amount = "much"
		}
		err = errors.Join(err, out.SetRow(fmt.Sprint("A", i+2), []any{fmt.Sprintf("C%06d", i), amount}))
	}
	var raw bytes.Buffer
	if err = errors.Join(err, out.Flush(), book.Write(&raw), book.Close()); err != nil {
		t.Fatal(err)
	}
	return raw.Bytes()
}

// underKills imports while the server is killed.
type underKills struct {
	t      *testing.T
	server *server
	admin  *browser
	random *rand.Rand
}

const importRuns = "/entities/price/import-runs"

// importing imports a workbook, kills the server at random moments of it, and gives the run when it is over.
func (u *underKills) importing(mode string, book []byte, kills int) object {
	u.t.Helper()
	id := u.begin(mode, book)
	hit := 0
	for k := range kills {
		// Within the part of the lines that belongs to this kill, and never at the very end.
		part := *importLines * 8 / 10 / kills
		u.reaches(id, k*part+u.random.IntN(part))
		time.Sleep(time.Duration(u.random.IntN(40)) * time.Millisecond)
		if u.killed(id) {
			hit++
		}
	}
	u.t.Logf("%s: %d of %d kills came while the import was at work", mode, hit, kills)
	if hit == 0 {
		u.t.Errorf("%s: the import was over before every kill: it takes more lines", mode)
	}
	over := u.ends(id)
	if over["status"] != "done" {
		u.t.Fatalf("%s ends as %v", mode, over)
	}
	return over
}

// begin sends a workbook and gives the id of its run.
func (u *underKills) begin(mode string, book []byte) string {
	u.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "prices.xlsx")
	if err == nil {
		_, err = part.Write(book)
	}
	if err = errors.Join(err, form.WriteField("mode", mode), form.Close()); err != nil {
		u.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(u.t.Context(), http.MethodPost, u.server.address()+"/api/v1"+importRuns, &body)
	if err != nil {
		u.t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	a, err := u.admin.send(req)
	if err != nil || a.status != http.StatusAccepted {
		u.t.Fatalf("begin: %d %s %v", a.status, a.body, err)
	}
	return a.text("id")
}

// run is a run as it stands.
func (u *underKills) run(id string) object {
	u.t.Helper()
	a, err := u.admin.insist("GET", importRuns+"/"+id, nil, "")
	if err != nil || a.status != http.StatusOK {
		u.t.Fatalf("run: %d %s %v", a.status, a.body, err)
	}
	return a.object
}

func isUnderway(run object) bool {
	return run["status"] == "waiting" || run["status"] == "running" || run["status"] == "undoing"
}

// count is a number of a run.
func count(run object, name string) int {
	number, _ := run[name].(json.Number)
	n, _ := number.Int64() // an answer has no other numbers there
	return int(n)
}

// reaches waits until a run has looked at so many records.
func (u *underKills) reaches(id string, records int) {
	u.t.Helper()
	for start := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		run := u.run(id)
		if !isUnderway(run) || count(run, "records") >= records {
			return
		}
		if time.Since(start) > importPatience {
			u.t.Fatalf("the import stands still: %v %v at %v records", run["status"], run["phase"], run["records"])
		}
	}
}

// killed kills the server, starts it again, and tells whether the run was at work.
func (u *underKills) killed(id string) bool {
	u.t.Helper()
	u.server.kill()
	u.server.start()
	run := u.run(id)
	u.t.Logf("killed at %v records of a run that is %v", run["records"], run["status"])
	return isUnderway(run)
}

// ends waits for the end of a run.
func (u *underKills) ends(id string) object {
	u.t.Helper()
	for start, at := time.Now(), 0; ; time.Sleep(50 * time.Millisecond) {
		run := u.run(id)
		if !isUnderway(run) {
			return run
		}
		if records := count(run, "records"); records != at {
			start, at = time.Now(), records
		}
		if time.Since(start) > importPatience {
			u.t.Fatalf("the import stands still: %v %v at %v records", run["status"], run["phase"], run["records"])
		}
	}
}

// counts holds a run and its report to what became of the lines, and the report to every line that was refused, once.
func (u *underKills) counts(run, want object) {
	u.t.Helper()
	report, _ := run["report"].(object)
	for name, n := range want {
		if count(run, name) != n {
			u.t.Errorf("the run counts %v %s, want %v", run[name], name, n)
		}
		if name != "bad" && count(report, name) != n {
			u.t.Errorf("the report counts %v %s, want %v", report[name], name, n)
		}
	}
	rows := map[string]int{}
	for _, problem := range (answer{object: report}).list("problems") {
		rows[fmt.Sprint(problem["row"], " ", problem["column"])]++
	}
	for i := 0; i < *importLines && len(rows) < 1000; i += badEvery {
		if cell := fmt.Sprint(i+2, " B"); rows[cell] != 1 {
			u.t.Errorf("the report names %s %d times", cell, rows[cell])
		}
	}
}

// stored holds the prices to a factor and a revision, and gives their ids by code.
func (u *underKills) stored(want, factor, rev int) map[string]string {
	u.t.Helper()
	ids, numbers := map[string]string{}, map[any]bool{}
	for _, rec := range u.admin.everything("/entities/price/records?limit=1000", "records") {
		values, _ := rec["values"].(object)
		code, _ := values["code"].(string)
		if ids[code] != "" {
			u.t.Errorf("%s is there twice", code)
		}
		ids[code], _ = rec["id"].(string)
		numbers[values["no"]] = true
		var i int
		if _, err := fmt.Sscanf(code, "C%06d", &i); err != nil || values["amount"] != fmt.Sprintf("%d.50", i*factor) || count(rec, "rev") != rev {
			u.t.Errorf("%s is %v at revision %v, want %d times its number at %d; %v", code, values["amount"], rec["rev"], factor, rev, err)
		}
	}
	if len(ids) != want || len(numbers) != want {
		u.t.Errorf("%d prices with %d numbers, want %d", len(ids), len(numbers), want)
	}
	return ids
}

// takeBack undoes a run and kills the server in the middle.
func (u *underKills) takeBack(run object) {
	u.t.Helper()
	id, _ := run["id"].(string)
	if a, err := u.admin.insist("POST", importRuns+"/"+id+"/undo", nil, "undo"); err != nil || a.status >= 300 {
		u.t.Fatalf("undo: %d %s %v", a.status, a.body, err)
	}
	time.Sleep(time.Duration(100+u.random.IntN(200)) * time.Millisecond)
	u.killed(id)
	if over := u.ends(id); over["status"] != "undone" {
		u.t.Errorf("taken back: %v", over)
	}
}

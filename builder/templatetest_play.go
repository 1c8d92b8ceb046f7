package builder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/file"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/report"
)

// play is one test while it runs: the company, who and what is in it, and what was not met so far.
type play struct {
	*testBed
	ctx      context.Context //nolint:containedctx // a play is one call
	zone     *time.Location
	catalog  *def.Catalog
	system   access.Actor
	people   map[string]access.Actor
	records  map[string]played           // by the name the test gave
	filled   map[string][]map[string]any // rows of a button, by the name the test gave
	ids      map[string]string           // entity/natural key → id
	names    map[string]string           // id → natural key, name of a member, or name the test gave
	seen     int64                       // the last event automations have seen
	at       int
	step     *testStep
	broken   bool
	failures []TestFailure
}

// played is a record the test has a name for.
type played struct{ entity, id string }

func (p *play) fail(where, expected, got string) {
	p.failures = append(p.failures, TestFailure{Step: p.at, Note: p.step.Note, Where: where, Expected: expected, Got: got})
}

// fatal ends the test: what follows depends on what failed.
func (p *play) fatal(where, expected, got string) {
	p.fail(where, expected, got)
	p.broken = true
}

// actor is who does the step.
func (p *play) actor() (access.Actor, bool) {
	if p.step.As == "" {
		return p.system, true
	}
	actor, ok := p.people[p.step.As]
	if !ok {
		p.fatal("as", "somebody of the people", p.step.As)
	}
	return actor, ok
}

// take does a step and compares.
func (p *play) take() {
	p.clock(p.step.Now)
	actor, ok := p.actor()
	if !ok || p.broken || p.step.Do == "" {
		return
	}
	switch p.step.Do {
	case "dataset":
		p.dataset(actor)
	case "fill":
		p.fill(actor)
	default:
		p.write(actor)
	}
}

// write does something to a record, and looks at it as the actor sees it then.
func (p *play) write(actor access.Actor) {
	rec, err := p.act(actor)
	if p.broken {
		return
	}
	if failed := p.follow(); failed != nil {
		p.fatal("the flows", "effects delivered", failed.Error())
		return
	}
	if !p.outcome(err) {
		return
	}
	if err != nil {
		return // refused as expected
	}
	if rec == nil {
		return // gone, as expected
	}
	p.call(rec, p.step.Name)
	p.compareRecord(rec)
	p.compareTasks(rec)
}

// follow delivers the effects of flows and runs the automations that events set off, until nothing more comes of it.
func (p *play) follow() error {
	for {
		if err := p.flows.DeliverQueued(p.ctx); err != nil {
			return err
		}
		seen, err := p.flows.Automate(p.ctx, p.system.Tenant, p.seen)
		if err != nil || seen == p.seen {
			return err
		}
		p.seen = seen
	}
}

// outcome compares whether the step was refused, and why; it is false if that was not as expected.
func (p *play) outcome(err error) bool {
	code, problems := refusal(err)
	want := slices.Sorted(slices.Values(p.step.Problems))
	switch {
	case code == "" && err != nil:
		p.fatal("the service", "an answer", err.Error())
		return false
	case len(want) > 0 || len(problems) > 0:
		if slices.Equal(want, problems) {
			return true
		}
		p.fail("problems", listed(want), listed(problems))
	case code != p.step.Refused:
		p.fail("refused", orNothing(p.step.Refused), orNothing(code))
	default:
		return true
	}
	if err != nil && p.step.Name != "" {
		p.broken = true // the record other steps are about was not made
	}
	return false
}

func listed(texts []string) string {
	if len(texts) == 0 {
		return "none"
	}
	return strings.Join(texts, ", ")
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

// act does what a step says to a record. The record is nil when there is nothing to look at.
func (p *play) act(actor access.Actor) (*record.Record, error) {
	if p.step.Do == "create" || p.step.Do == "import" {
		return p.create(actor)
	}
	at, ok := p.recordOn()
	if !ok {
		p.fatal("on", "the name of a record", p.step.On)
		return nil, nil //nolint:nilnil // the test is broken
	}
	entity := p.catalog.Entities[at.entity]
	var (
		rec record.Record
		err error
	)
	switch p.step.Do {
	case "read":
		rec, err = p.flows.Record(p.ctx, actor, at.entity, at.id)
	case "patch":
		values := p.rowed(at, p.values(actor, entity.Properties, p.step.Values))
		rec, err = p.store.Patch(p.ctx, actor, at.entity, at.id, record.PatchInput{Values: values, Acknowledged: p.step.Reasons})
	case "void":
		rec, err = p.store.Void(p.ctx, actor, at.entity, at.id, record.VoidInput{Reason: p.step.Comment, Acknowledged: p.step.Reasons})
	case "delete":
		return nil, p.store.Delete(p.ctx, actor, at.entity, at.id, 0)
	default:
		rec, err = p.verb(actor, at, entity)
	}
	return &rec, err
}

// recordOn is the record a step is about: by the name the test gave, or by entity and natural key.
func (p *play) recordOn() (played, bool) {
	if at, ok := p.records[p.step.On]; ok {
		return at, true
	}
	entity, key, _ := strings.Cut(p.step.On, "/")
	id, ok := p.idOf(entity, key)
	return played{entity, id}, ok
}

// idOf finds a record by its natural key: one of the test's, or one that a flow has made.
func (p *play) idOf(entity, key string) (string, bool) {
	if id, ok := p.ids[entity+"/"+key]; ok {
		return id, true
	}
	e, ok := p.catalog.Entity(entity)
	if !ok || e.Natural == "" {
		return "", false
	}
	filter, err := json.Marshal(map[string]any{"field": e.Natural, "op": "eq", "value": key})
	if err != nil {
		return "", false
	}
	found, err := p.store.List(p.ctx, p.system, entity, record.ListInput{Filter: filter, Limit: 1})
	if err != nil || len(found.Records) == 0 {
		return "", false
	}
	p.call(&found.Records[0], "")
	return found.Records[0].ID, true
}

func (p *play) create(actor access.Actor) (*record.Record, error) {
	entity, ok := p.catalog.Entity(p.step.On)
	if !ok {
		p.fatal("on", "an entity", p.step.On)
		return nil, nil //nolint:nilnil // the test is broken
	}
	in := record.CreateInput{
		Values: p.values(actor, entity.Properties, p.step.Values), Acknowledged: p.step.Reasons, Imported: p.step.Do == "import",
	}
	if in.Imported && entity.Approval {
		in.State = "approved"
	}
	made := p.store.Create
	if p.step.Submit {
		made = p.flows.Create
	}
	created, err := made(p.ctx, actor, entity.Name, in)
	return &created.Record, err
}

// verb does a command of the flow: those of a task through the task the actor has for the record.
func (p *play) verb(actor access.Actor, at played, entity *def.Entity) (record.Record, error) {
	act := flow.Act{
		Verb: flow.Verb(p.step.Do), Comment: p.step.Comment, To: p.step.To, Acknowledged: p.step.Reasons,
		Values: p.rowed(at, p.values(actor, entity.Properties, p.step.Values)),
	}
	if person, ok := p.people[p.step.To]; ok {
		act.To = person.ID
	}
	if p.step.Do == "submit" {
		act.Verb = flow.Start
	}
	if p.step.Sign {
		act.Sign = p.upload(actor, file.Signature)
	}
	tasks := p.tasksOf(actor, at.id)
	if !slices.Contains(ofTasks, act.Verb) || act.Verb == flow.Return && len(tasks) == 0 { // what only waits is sent back without a task
		return p.flows.Act(p.ctx, actor, at.entity, at.id, act)
	}
	if len(tasks) == 0 {
		return record.Record{}, &flow.Refused{Code: flow.CodeNotAssignee}
	}
	act.Want.Record = true
	decided, err := p.flows.Decide(p.ctx, actor, tasks[0].ID, act)
	if err != nil {
		return record.Record{}, err
	}
	return *decided.Record, nil
}

// ofTasks are the verbs that need a task.
var ofTasks = []flow.Verb{flow.Approve, flow.Reject, flow.Return, flow.Transfer, flow.Delegate, flow.Resolve, flow.AddSign, flow.Save}

// tasksOf lists the open tasks a person has for a record.
func (p *play) tasksOf(person access.Actor, id string) []flow.TaskItem {
	var tasks []flow.TaskItem
	for _, tab := range []string{"open", "handle"} {
		page, err := p.flows.Tasks(p.ctx, person, flow.TaskQuery{Tab: tab, Limit: 100})
		if err != nil {
			p.fatal("tasks of "+person.Name, "a list", err.Error())
			return nil
		}
		for _, task := range page.Tasks {
			if task.Record == id {
				tasks = append(tasks, task)
			}
		}
	}
	return tasks
}

func (p *play) dataset(actor access.Actor) {
	dataset, ok := p.catalog.Datasets[p.step.On]
	if !ok {
		p.fatal("on", "a dataset", p.step.On)
		return
	}
	result, err := p.reports.Run(p.ctx, actor, dataset.Name, report.RunInput{Params: p.values(actor, dataset.Params, p.step.Params)})
	if !p.outcome(err) || err != nil {
		return
	}
	rows := make([]map[string]any, len(result.Rows))
	for i, row := range result.Rows {
		rows[i] = row
	}
	p.compareRows(rows)
	for name, want := range p.step.Totals {
		p.compareValue("totals."+name, want, result.Totals[name])
	}
}

// fill presses a button of a form.
func (p *play) fill(actor access.Actor) {
	name, button, _ := strings.Cut(p.step.On, ".")
	layout, ok := p.catalog.Forms[name]
	if !ok {
		p.fatal("on", "form.button", p.step.On)
		return
	}
	values := p.values(actor, p.catalog.Entities[layout.Entity].Properties, p.step.Values)
	filled, err := p.reports.Fill(p.ctx, actor, report.FillInput{Form: name, Fill: button, Values: values})
	if !p.outcome(err) || err != nil {
		return
	}
	p.compareRows(filled.Rows)
	p.filled[p.step.Name] = filled.Rows
}

// values turns the notation of tests into that of the wire: {"key": "P1"} names a record by its natural key or a member
// by his name, {"record": "sheet"} a record of the test, {"filled": "month"} the rows a button gave, {"photo": "site"} a
// picture that is uploaded. Numbers become whole numbers.
func (p *play) values(actor access.Actor, fields map[string]*def.Field, given map[string]any) form.Values {
	values := form.Values{}
	for name, value := range given {
		values[name] = p.value(actor, fields[name], value)
	}
	return values
}

func (p *play) value(actor access.Actor, field *def.Field, value any) any {
	switch v := value.(type) {
	case map[string]any:
		return p.named(actor, field, v)
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			if row, ok := item.(map[string]any); ok && field != nil && field.IsTable() {
				list[i] = p.values(actor, field.Items.Properties, row)
				continue
			}
			list[i] = p.value(actor, field, item)
		}
		return list
	}
	return wireValue(value)
}

// named resolves one of the objects values stand for.
func (p *play) named(actor access.Actor, field *def.Field, given map[string]any) any {
	for kind, item := range given {
		text, _ := item.(string)
		switch kind {
		case "key":
			if field != nil && field.Target() == def.EntityUser {
				return p.people[text].ID
			}
			if field != nil {
				if id, ok := p.idOf(field.Target(), text); ok {
					return id
				}
			}
		case "record":
			return p.records[text].id
		case "filled":
			rows := make([]any, len(p.filled[text]))
			for i, row := range p.filled[text] {
				rows[i] = row
			}
			return rows
		case "photo":
			return p.upload(actor, file.Image)
		}
	}
	return given
}

// upload brings a small picture.
func (p *play) upload(actor access.Actor, use file.Use) string {
	var drawn bytes.Buffer
	picture := image.NewGray(image.Rect(0, 0, 8, 6))
	picture.SetGray(int(p.made.Load()%8), 3, color.Gray{Y: 255})
	err := png.Encode(&drawn, picture)
	if err == nil {
		var added file.File
		if added, err = p.files.Add(p.ctx, actor, file.Upload{Name: "picture.png", Use: use, Body: &drawn}); err == nil {
			return added.ID
		}
	}
	p.fatal("upload", "taken", err.Error())
	return ""
}

// rowed puts the ids of rows where a patch names them by what stands in them: {"_row": "W01", …}.
func (p *play) rowed(at played, values form.Values) form.Values {
	for table, value := range values {
		list, _ := value.([]any)
		for _, item := range list {
			row, _ := item.(map[string]any)
			key, ok := row["_row"].(string)
			if !ok {
				continue
			}
			delete(row, "_row")
			stored, err := p.store.Get(p.ctx, p.system, at.entity, at.id)
			if err != nil {
				p.fatal(table, "the record", err.Error())
				return values
			}
			row["_id"], _ = p.valueAt(stored.Values, []string{table, key, "_id"}).(string)
		}
	}
	return values
}

// refusal is why a step was refused: a code, and of values the problems as "field code", warnings marked. No code: the
// error is none of the product's answers, or there was none.
func refusal(err error) (code string, problems []string) {
	var (
		invalid *record.InvalidError
		fields  *access.FieldError
		refused *flow.Refused
	)
	switch {
	case err == nil:
		return "", nil
	case errors.As(err, &invalid):
		for _, problem := range invalid.Problems {
			text := withoutRows(problem.Field) + " " + problem.Code
			if problem.Level == def.LevelWarning {
				text = "warning " + text
			}
			problems = append(problems, text)
		}
		slices.Sort(problems)
		return "invalid", slices.Compact(problems)
	case errors.As(err, &fields):
		return "field_denied", nil
	case errors.As(err, &refused):
		return refused.Code, nil
	}
	for code, known := range refusals {
		if errors.Is(err, known) {
			return code, nil
		}
	}
	return "", nil
}

var refusals = map[string]error{
	"forbidden": record.ErrForbidden, "not_found": record.ErrNotFound, "not_editable": record.ErrNotEditable, "master_in_use": record.ErrInUse,
}

// explainedBy is a refusal as a text.
func explainedBy(err error) string {
	code, problems := refusal(err)
	if code == "" {
		return err.Error()
	}
	return strings.TrimSpace(code + " " + strings.Join(problems, ", "))
}

// withoutRows is a problem's field without the ids of rows, which tests do not know: lines[01J…].worker is lines.worker.
func withoutRows(field string) string {
	before, rest, ok := strings.Cut(field, "[")
	if !ok {
		return field
	}
	_, after, _ := strings.Cut(rest, "]")
	return before + after
}

package flow

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
)

var (
	sequences = flag.Int("flow.sequences", 5000, "long random command sequences to play")
	shortOnes = flag.Int("flow.short", 100_000, "short random command sequences to play")
	seed      = flag.Int64("flow.seed", 1, "where the random sequences begin")
)

// TestRandomRuns plays random commands on random flows: whatever people do, the invariants hold, the events give the
// state again, and every run can still be brought to its end.
func TestRandomRuns(t *testing.T) {
	if testing.Short() {
		*sequences = min(*sequences, 500)
	}
	random := rand.New(rand.NewSource(*seed))
	accepted, ended := map[Verb]int{}, map[Status]int{}
	for i := range *sequences {
		dice := make(dice, 200)
		random.Read(dice)
		g := playRandom(t, dice, 25)
		if t.Failed() {
			t.Fatalf("sequence %d", i)
		}
		for verb, n := range g.accepted {
			accepted[verb] += n
		}
		ended[g.p.state.Status]++
	}
	for _, verb := range everyCommand {
		if accepted[verb] == 0 && *sequences >= 1000 {
			t.Errorf("no %s was ever accepted: the test plays too little", verb)
		}
	}
	t.Logf("accepted %v, ended %v", accepted, ended)
}

// FuzzCommands lets the fuzzer choose the flow and the commands.
func FuzzCommands(f *testing.F) {
	f.Add([]byte{3, 0, 1, 4, 2, 2, 9, 1, 7, 3, 3, 3, 1, 0, 5})
	f.Add([]byte("the quick brown fox jumps over the lazy dog, twice and again"))
	f.Fuzz(func(t *testing.T, data []byte) { playRandom(t, dice(data), 25) })
}

// TestShortRuns plays many short sequences on small flows, on all cores: what long ones come by seldom, such as the
// first commands after each kind of start.
func TestShortRuns(t *testing.T) {
	if testing.Short() || raced {
		*shortOnes = min(*shortOnes, 1000)
	}
	parts := runtime.GOMAXPROCS(0)
	var played atomic.Int64
	for part := range parts {
		t.Run(strconv.Itoa(part), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewSource(*seed + 1000*int64(part+1)))
			for range *shortOnes / parts {
				dice := make(dice, 60)
				random.Read(dice)
				playRandom(t, dice, 5)
				if t.Failed() {
					t.Fatalf("dice %x", []byte(dice))
				}
				played.Add(1)
			}
		})
	}
	t.Cleanup(func() { t.Logf("%d sequences", played.Load()) })
}

// dice are bytes that decide; when they are used up everything is 0.
type dice []byte

func (d *dice) roll(n int) int {
	if len(*d) == 0 || n < 2 {
		return 0
	}
	b := (*d)[0]
	*d = (*d)[1:]
	return int(b) % n
}

func pick[T any](d *dice, list ...T) T { return list[d.roll(len(list))] }

var people = []string{"u1", "m1", "m2", "ceo", "f1", "f2", "f3", "e1", "e2", "l1", "adm"}

var everyCommand = []Verb{
	Approve, Reject, Return, Resubmit, Withdraw, Cancel, Retrieve, Transfer, Delegate, Resolve, AddSign, RemoveSign,
	CarbonCopy, Remind, Comment, Save, Jump, Terminate, Retry, Migrate, Timer, ChildEnded, HandOver,
	Deliver, RetryEffect, Reverse, Recheck, Reassign, Reschedule,
}

// randomFlow grows a flow. Conditions read amount, which may be missing.
type randomFlow struct {
	dice  *dice
	count int
}

func (r *randomFlow) flow() *def.Flow {
	f := &def.Flow{Head: def.Head{Name: "random"}, Settings: def.FlowSettings{
		OnSelf: pick(r.dice, "self", "leader", "skip"), Dedupe: pick(r.dice, "none", "consecutive", "any"),
		OnEmpty: pick(r.dice, "admin", "pass", "reject", "error"), Withdraw: pick(r.dice, "running", "before_first"),
		Admins: []string{"user:adm"}, Comment: "none",
	}}
	f.Nodes = r.nodes(1)
	return f
}

func (r *randomFlow) nodes(depth int) []*def.Node {
	list := make([]*def.Node, 1+r.dice.roll(3))
	for i := range list {
		list[i] = r.node(depth)
	}
	return list
}

func (r *randomFlow) node(depth int) *def.Node {
	r.count++
	n := &def.Node{Name: "n" + strconv.Itoa(r.count), Allow: everyVerb, NestedSign: r.dice.roll(2) == 0}
	if r.dice.roll(5) == 0 {
		n.When = "amount > 5"
	}
	switch kind := r.dice.roll(12); {
	case kind >= 9:
		n.Type = pick(r.dice, def.NodeCC, def.NodeAction, def.NodeWait, def.NodeCall)
		n.Who, n.For, n.Flow = []string{"user:l1"}, "PT5H", "sub"
		r.byItself(n)
	case kind > 6 && depth < 4:
		n.Type, n.Mode = def.NodeBranch, pick(r.dice, "exclusive", "parallel", "inclusive")
		for i := range 2 + r.dice.roll(2) {
			b := &def.Branch{Name: n.Name + "b" + strconv.Itoa(i)}
			if n.Mode != "parallel" {
				b.When = fmt.Sprintf("amount > %d", 3*i)
				b.Else = i == 1 && r.dice.roll(4) > 0
			}
			if r.dice.roll(5) > 0 {
				b.Nodes = r.nodes(depth + 1)
			}
			n.Branches = append(n.Branches, b)
		}
	default:
		r.human(n)
	}
	return n
}

// byItself says what an action does and what a wait waits for.
func (r *randomFlow) byItself(n *def.Node) {
	switch n.Type {
	case def.NodeAction:
		n.Do = json.RawMessage(pick(r.dice,
			`{"create": {"entity": "posting", "values": {"amount": "amount ?? 0"}}}`, `{"set": {"noted": "'passed'"}}`,
			`{"webhook": "erp", "with": {"amount": "amount"}}`, `{"create": {"entity": "posting", "values": {"amount": "amount * nothing.at.all"}}}`))
	case def.NodeWait:
		if r.dice.roll(2) == 0 {
			n.For, n.Until = "", "amount > 7"
		}
	default:
	}
}

func (r *randomFlow) human(n *def.Node) {
	n.Type = pick(r.dice, def.NodeApprove, def.NodeApprove, def.NodeApprove, def.NodeHandle)
	n.Who = [][]string{
		{"user:m1"},
		{"role:finance"},
		{"user:u1", "user:m2"},
		{"chain:top"},
		{"field:boss"},
		{"role:board", "initiator"},
		{"pick:finance"},
	}[r.dice.roll(7)]
	n.Mode = pick(r.dice, "all", "any", "seq", "vote")
	n.Pass = &def.Pass{Percent: pick(r.dice, json.Number("50"), json.Number("66.67"), json.Number("100"))}
	n.WaitAll = r.dice.roll(4) == 0
	n.OnReject = pick(r.dice, "", "", "return:initiator", "return:prev")
	n.Resubmit = pick(r.dice, "restart", "resume")
	if n.Type == def.NodeApprove {
		n.Sign, n.Confirm = r.dice.roll(8) == 1, pick(r.dice, "", "", "", "password")
	}
	n.Fields = []map[string]string{nil, {"amount": "w"}}[r.dice.roll(2)]
	if r.dice.roll(3) == 0 {
		n.Timeout = []def.Timeout{{After: "PT2H", Do: "remind"}, {After: "PT9H", Do: pick(r.dice,
			"pass", "reject", "return:initiator", "transfer:admin", "transfer:leader")}}
	}
}

// game is a random run being played.
type game struct {
	t        *testing.T
	dice     *dice
	s        *stage
	p        *played
	folded   State
	rest     time.Weekday // nobody works on it; Saturday and Sunday neither
	signs    int
	commands int64 // events of commands since the start
	accepted map[Verb]int
	sparse   bool // the events are compared with the state now and then, and at the end: that is most of the work
	patience int  // commands to bring it to its end
}

func playRandom(t *testing.T, d dice, length int) *game {
	t.Helper()
	flow := &randomFlow{dice: &d}
	f := flow.flow()
	s := &stage{now: epoch, org: newCaseOrg(nil), plan: compilePlan(nil, f)}
	g := &game{t: t, dice: &d, s: s, p: &played{plan: s.plan, values: form.Values{}}, accepted: map[Verb]int{}, patience: 400}
	if length < 10 {
		g.sparse, g.patience = true, 60
	}
	data := form.Values{"boss": "m2"}
	if d.roll(4) > 0 {
		data["amount"] = json.Number(strconv.Itoa(d.roll(12)))
	}
	if d.roll(3) == 0 {
		s.org.proxies = []Proxy{
			{Principal: pick(&d, people...), To: pick(&d, people...), Start: epoch, End: epoch.Add(20 * time.Hour)},
			{Principal: pick(&d, people...), To: "u1", Start: epoch, End: epoch.Add(20 * time.Hour)},
		}
	}
	start := Command{Verb: Start, Actor: Person{ID: "u1"}, Data: data}
	if !g.try(start) { // somebody has to be chosen
		start.Picks = chosen
		g.try(start)
	}
	for range length {
		if g.p.state.Status.Ended() || t.Failed() {
			break
		}
		g.try(g.command())
		if d.roll(10) == 0 { // somebody leaves, but for the admin and whom people choose
			s.org.disabled[pick(&d, "u1", "m1", "m2", "ceo", "f1", "f3", "e1", "l1")] = true
		}
		if d.roll(4) == 0 {
			s.now = s.now.Add(time.Duration(d.roll(5)) * time.Hour)
		}
	}
	if !t.Failed() {
		g.bringToEnd()
	}
	return g
}

// chosen is whom people choose where they have to.
var chosen = map[string][]string{"": {"f2"}}

// command makes up something somebody may want to do, mostly sensible.
func (g *game) command() Command {
	d := g.dice
	st := &g.p.state
	c := Command{Verb: everyCommand[d.roll(len(everyCommand))], Comment: "because", Users: []string{pick(d, people...)}}
	if d.roll(2) == 0 {
		c.Verb = pick(d, Approve, Approve, Approve, Return, Reject)
	}
	if len(st.Outbox) > 0 && d.roll(4) == 0 {
		c.Verb = pick(d, Deliver, Deliver, RetryEffect, Reverse)
	}
	if len(st.Posted) > 0 && d.roll(3) == 0 {
		c.Verb = Reverse
	}
	if len(st.Active) > 0 && d.roll(8) == 0 {
		c.Verb = Recheck
	}
	if len(st.Posted) > 0 && d.roll(3) == 0 {
		c.Verb = Reverse
	}
	if slices.ContainsFunc(st.Tasks, func(t Task) bool { return t.live() && t.added() }) && d.roll(6) == 0 {
		c.Verb = RemoveSign
	}
	c.Actor = Person{ID: pick(d, people...)}
	if open := st.OpenTasks(); len(open) > 0 && d.roll(6) > 0 {
		t := open[d.roll(len(open))]
		c.Task, c.Actor = t.ID, t.User
	}
	c.To = pick(d, people...)
	c.Kind = pick(d, TaskBefore, TaskAfter, TaskParallel)
	g.prove(&c)
	c.Mode = pick(d, "all", "any", "seq")
	switch c.Verb {
	case Return, Jump:
		names := append([]string{"initiator", "prev"}, slices.Sorted(maps.Keys(g.p.plan.nodes))...)
		c.To = names[d.roll(len(names))]
	case Resubmit, Withdraw:
		c.Actor = st.Initiator
	case RemoveSign:
		for _, t := range st.Tasks {
			if t.live() && t.added() {
				c.To, c.Actor = t.User.ID, Person{ID: t.AddedBy}
			}
		}
	case Retrieve:
		for _, t := range st.Tasks {
			if t.Node == st.Last && t.Status == TaskApproved {
				c.Actor = t.User
			}
		}
	case Migrate:
		if c.Next = g.p.plan; d.roll(3) > 0 {
			c.Next, c.Map = g.nextVersion()
		}
	case Reassign:
		for _, t := range st.Tasks {
			if t.live() {
				c.Task = t.ID
			}
		}
	case HandOver:
		for _, t := range st.OpenTasks() {
			c.To = t.User.ID
		}
		if d.roll(2) == 0 {
			c.Users = nil
		}
	case Reschedule:
		c.Actor = Person{}
		g.rest = time.Weekday(d.roll(7))
	case Timer:
		c.Actor = Person{}
		if due, ok := g.p.plan.NextDue(st); ok {
			c.Node, c.Round, c.Index = due.Node, due.Round, due.Index
			g.s.now = latest(g.s.now, due.At)
		}
	case ChildEnded:
		c.Actor = Person{}
		for _, name := range slices.Sorted(maps.Keys(st.Active)) {
			active := st.Active[name]
			c.Node, c.Round, c.Ended = active.called(g.p.plan.nodes[name]).Node, active.Round, pick(d, Approved, Rejected)
		}
	case Deliver, Reverse, Recheck:
		c.Actor = Person{}
		c.Results = g.results()
		if c.Verb == Recheck { // somebody else changed the record
			g.p.values = merged(g.p.values, form.Values{"amount": json.Number(strconv.Itoa(d.roll(12)))})
		}
	case RetryEffect:
		for _, e := range st.Outbox {
			if e.Error != "" {
				c.Index = e.N
			}
		}
	case Approve, Save, Retry:
		if d.roll(3) == 0 {
			c.Data = form.Values{"amount": json.Number(strconv.Itoa(d.roll(12)))}
		}
	default:
	}
	if (c.Verb == Terminate || c.Verb == Cancel) && d.roll(4) > 0 {
		c.Verb = Comment
	}
	if isAdminVerb(c.Verb) && d.roll(4) > 0 {
		c.Actor = Person{ID: caseAdmin}
	}
	return c
}

// prove signs and confirms, as screens do where a node wants it, and mostly chooses.
func (g *game) prove(c *Command) {
	if c.Verb != Approve && c.Verb != Reject && c.Verb != Resubmit {
		return
	}
	c.Confirmed = g.dice.roll(5) > 0
	if c.Verb == Approve && g.dice.roll(5) > 0 {
		g.signs++
		c.Sign = "s" + strconv.Itoa(g.signs)
	}
	if c.Verb != Reject && g.dice.roll(3) > 0 {
		c.Picks = chosen
	}
}

// results are what became of some effects: delivered, to be tried again, or given up.
func (g *game) results() []Result {
	var results []Result
	for _, e := range g.p.state.Outbox {
		result := Result{N: e.N}
		switch g.dice.roll(4) {
		case 0:
			continue
		case 1:
			result.Error, result.Next = "failed", g.s.now.Add(time.Hour)
			result.Paused = g.dice.roll(3) == 0
		case 2:
			result.Error, result.Dead = "invalid", true
		default:
			if e.Action != nil && e.Action.Do == actCreate {
				result.Posted = []Posted{{Node: e.Node, Entity: e.Action.Entity, ID: "p" + strconv.Itoa(e.N)}}
			}
		}
		results = append(results, result)
	}
	return results
}

func isAdminVerb(v Verb) bool {
	return slices.Contains([]Verb{Jump, Terminate, Retry, Migrate, HandOver, RetryEffect, Reassign}, v)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// try does a command and checks what must hold afterwards, whether it was accepted or refused.
func (g *game) try(c Command) bool {
	g.t.Helper()
	before := ""
	if g.commands%4 == 0 && (!g.sparse || g.commands%16 == 0) { // now and then; it is slow
		before = asJSON(g.t, g.p.state)
	}
	out, err := Step(g.p.plan, g.p.state, c, g.world())
	if before != "" && before != asJSON(g.t, g.p.state) {
		g.t.Fatalf("%s by %s changed the state it was given", c.Verb, c.Actor.ID)
	}
	var refused *Refused
	switch {
	case errors.As(err, &refused):
		return false
	case err != nil:
		g.t.Fatalf("%s by %s: %v", c.Verb, c.Actor.ID, err)
	case out.Replay:
		return false
	}
	g.accepted[c.Verb]++
	g.p.values = merged(g.p.values, out.Patch)
	if c.Verb == Migrate {
		g.moved(c, &out.State)
		g.p.plan = c.Next
	}
	g.check(c, &out)
	g.decided(c, &out)
	g.p.state = out.State
	return true
}

// decided holds every node that was left to what people said there: it passes because enough of them approved, or by an
// automatic decision that is noted.
func (g *game) decided(c Command, out *Outcome) {
	g.t.Helper()
	fact, _ := out.Events[0].Data.(Fact)
	for _, name := range fact.Passed {
		n := g.p.plan.nodes[name]
		if n == nil || !n.human() || slices.ContainsFunc(fact.Auto, func(d Decision) bool { return d.Node == name && d.User == "" }) {
			continue
		}
		from := max(1, g.p.state.Rounds[name])
		if c.Verb == Migrate || c.Verb == Start {
			from = 1
		}
		said := false
		for round := from; round <= out.State.Rounds[name]; round++ { // it may have been entered again in the same command
			said = said || agreed(n, out.State.tasksOf(name, round))
		}
		if !said {
			g.t.Errorf("%s by %s passes %s (%s), on which nobody agreed", c.Verb, c.Actor.ID, name, n.mode)
		}
	}
}

// agreed tells whether the tasks of a node in one round speak for passing it.
func agreed(n *node, tasks []*Task) bool {
	approved, against := 0, 0
	for _, t := range tasks {
		switch {
		case t.Kind != TaskBase && t.Kind != TaskParallel:
		case t.Status == TaskReturned: // taken back: who was not asked any more, because a deadline had passed it, stays so
			against -= len(tasks)
		case t.Status == TaskApproved:
			approved++
		case t.Status == TaskRejected || t.Status == TaskCancelled:
			against++
		}
	}
	return approved > 0 && (against <= 0 || n.mode != "all" && n.mode != "seq")
}

// moved holds a migration to what it may do: the tasks of a node the run stands on stay its tasks, and no other's become so.
func (g *game) moved(c Command, after *State) {
	g.t.Helper()
	ids := func(st *State, name string) (list []string) {
		for _, t := range st.tasksOf(name, st.Active[name].Round) {
			list = append(list, t.ID)
		}
		return list
	}
	for name, active := range g.p.state.Active {
		now := renaming(c.Map).name(name)
		then, still := after.Active[now]
		if !still { // the new version decides it at once
			continue
		}
		if then.Round != active.Round || !slices.Equal(ids(&g.p.state, name), ids(after, now)) {
			g.t.Errorf("%s becomes %s: tasks %v become %v", name, now, ids(&g.p.state, name), ids(after, now))
		}
	}
}

// nextVersion makes another version of the flow: nodes have each other's names, and decide otherwise.
func (g *game) nextVersion() (*Plan, map[string]string) {
	var names []string
	for _, n := range g.p.plan.order {
		names = append(names, n.Name)
	}
	given := map[string]string{}
	for i, name := range names {
		given[name] = name
		if g.dice.roll(3) == 0 {
			given[name] = names[(i+1+g.dice.roll(len(names)))%len(names)]
		}
	}
	used := map[string]bool{}
	for _, name := range names { // each name once; who finds his taken gets a new one
		for used[given[name]] {
			given[name] += "x"
		}
		used[given[name]] = true
	}
	flow := *g.p.plan.Flow
	flow.Nodes = g.renamedNodes(flow.Nodes, given)
	for _, name := range names {
		if given[name] == name || g.dice.roll(6) == 0 && g.p.state.Active[name].Round == 0 { // not told, or forgotten
			delete(given, name)
		}
	}
	return compilePlan(nil, &flow), given
}

func (g *game) renamedNodes(nodes []*def.Node, given map[string]string) []*def.Node {
	list := make([]*def.Node, len(nodes))
	for i, old := range nodes {
		n := *old
		n.Name = given[n.Name]
		if g.dice.roll(4) == 0 && (n.Type == def.NodeApprove || n.Type == def.NodeHandle) {
			n.Mode = pick(g.dice, "all", "any", "seq", "vote")
			n.Timeout = []def.Timeout{{After: "PT3H", Do: pick(g.dice, "remind", "pass", "transfer:leader")}}
		}
		n.Branches = nil
		for _, b := range old.Branches {
			way := *b
			way.Nodes = g.renamedNodes(b.Nodes, given)
			n.Branches = append(n.Branches, &way)
		}
		list[i] = &n
	}
	return list
}

func (g *game) world() World {
	return World{
		Now: g.s.now, Org: g.s.org,
		Values: func(patch form.Values) (form.Values, error) { return merged(g.p.values, patch), nil },
		Env:    func(values form.Values) *expr.Env { return &expr.Env{Self: caseValues(values)} },
		Calendar: &Calendar{Zone: time.UTC, Workday: func(date string) bool {
			day, err := time.Parse(time.DateOnly, date)
			return err == nil && day.Weekday() != g.rest && MondayToFriday(date)
		}},
	}
}

func (g *game) check(c Command, out *Outcome) {
	g.t.Helper()
	fail := func(err any) { g.t.Errorf("%s by %s (%s): %v", c.Verb, c.Actor.ID, c.Task, err) }
	if err := CheckState(g.p.plan, &out.State); err != nil {
		fail(err)
	}
	if c.Verb != Start {
		g.commands++
	}
	if out.State.Rev != g.commands {
		fail(fmt.Sprintf("I4: rev %d after %d commands", out.State.Rev, g.commands))
	}
	if hash, err := Hash(g.p.values); err != nil || hash != out.State.DataHash {
		fail("I6: hash of other values")
	}
	type effect struct {
		node  string
		round int
		n     int
	}
	sent := map[effect]bool{}
	for _, e := range out.State.Outbox {
		id := effect{e.Node, e.Round, e.N}
		if sent[id] {
			fail(fmt.Sprintf("I7: effect %v twice", id))
		}
		sent[id] = true
	}
	raw, err := json.Marshal(out.Events[0].Data)
	if err != nil {
		g.t.Fatal(err)
	}
	if g.folded, err = Fold(g.folded, raw); err != nil {
		g.t.Fatal(err)
	}
	if g.sparse && g.commands%8 != 3 && !out.State.Status.Ended() {
		return
	}
	if want, got := asJSON(g.t, out.State), asJSON(g.t, g.folded); want != got {
		fail(fmt.Sprintf("the events give another state\nwant %s\ngot  %s", want, got))
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// bringToEnd lets everybody agree until the run has ended: no state may be a dead end.
func (g *game) bringToEnd() {
	g.t.Helper()
	for range g.patience {
		st := &g.p.state
		if st.Status.Ended() {
			return
		}
		if !g.goOn() {
			g.t.Errorf("nothing can be done in status %s, active %v, incident %v", st.Status, st.Active, st.Incident)
			return
		}
	}
	// A flow whose rejections of nobody go back again and again never ends by itself: an admin ends it.
	if !g.try(Command{Verb: Terminate, Actor: Person{ID: caseAdmin}, Comment: "stuck"}) {
		g.t.Error("an admin could not end it")
	}
}

// goOn does one thing that brings the run forward.
func (g *game) goOn() bool {
	st := &g.p.state
	amount := form.Values{"amount": json.Number("9"), "boss": "m2"}
	switch st.Status {
	case Returned, Draft:
		return g.try(Command{Verb: Resubmit, Actor: st.Initiator, Data: amount, Picks: chosen})
	case Suspended:
		return g.try(Command{Verb: Retry, Actor: Person{ID: caseAdmin}, Data: amount, Picks: chosen})
	default:
	}
	for _, t := range st.OpenTasks() {
		verb := Approve
		if t.Owner != nil {
			verb = Resolve
		}
		g.signs++
		c := Command{Verb: verb, Actor: t.User, Task: t.ID, Comment: "yes", Confirmed: true, Sign: "s" + strconv.Itoa(g.signs), Picks: chosen}
		if g.try(c) {
			return true
		}
	}
	if due, ok := g.p.plan.NextDue(st); ok {
		g.s.now = latest(g.s.now, due.At)
		return g.try(Command{Verb: Timer, Node: due.Node, Round: due.Round, Index: due.Index})
	}
	for name, active := range st.Active {
		for _, child := range active.Children {
			if child.Status == Running {
				return g.try(Command{
					Verb: ChildEnded, Node: active.called(g.p.plan.nodes[name]).Node, Round: active.Round, Index: child.Index, Ended: Approved,
				})
			}
		}
	}
	return false
}

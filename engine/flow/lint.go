package flow

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// Levels of findings.
const (
	levelError   = "error"
	levelWarning = "warning"
)

// Limits of a definition.
const (
	maxDepth = 8
	maxNodes = 500
)

// The codes of findings; flow.md §3 says what they mean. Level tells errors from warnings.
const (
	lintDupID             = "dup_id"
	lintReservedName      = "reserved_name"
	lintDepth             = "depth"
	lintNoWho             = "no_who"
	lintVoteRange         = "vote_range"
	lintVoteUnreachable   = "vote_unreachable"
	lintReturnTarget      = "return_target"
	lintTimeoutOrder      = "timeout_order"
	lintUnknownField      = "unknown_field"
	lintOneBranch         = "one_branch"
	lintMultiElse         = "multi_else"
	lintNoElse            = "no_else"
	lintConditionType     = "condition_type"
	lintElseNotLast       = "else_not_last"
	lintBranchUnreachable = "branch_unreachable"
	lintElseUnreachable   = "else_unreachable"
	lintNoHuman           = "no_human"
	lintMaybeMissing      = "maybe_missing"
	lintUnknownName       = "unknown_name"
	lintCallCycle         = "call_cycle"
	lintHiddenRequired    = "hidden_required"
	lintSize              = "size"
	lintFieldRace         = "field_race"
	lintEarlyAction       = "early_action"
	lintNoApprover        = "no_approver"
	lintSelfApproval      = "self_approval"
	lintScenario          = "scenario_failed"
)

// caseLints are the codes the scenarios compare; the others need more than one definition.
var caseLints = map[string]bool{
	lintDupID: true, lintDepth: true, lintNoWho: true, lintVoteRange: true, lintVoteUnreachable: true,
	lintReturnTarget: true, lintTimeoutOrder: true, lintUnknownField: true, lintOneBranch: true, lintMultiElse: true,
	lintNoElse: true, lintConditionType: true, lintElseNotLast: true, lintBranchUnreachable: true,
	lintElseUnreachable: true, lintNoHuman: true,
}

// Lint finds what is wrong with a flow of a catalog, in document order. Errors block publishing, warnings need a tick.
// What needs the people of a tenant is not looked at here.
func Lint(cat *def.Catalog, f *def.Flow) []def.Problem {
	l := linter{cat: cat, flow: f}
	if entity, ok := cat.Entities[f.Entity]; ok {
		l.entity = entity
		l.knows = func(path string) bool { _, ok := entity.Field(path); return ok }
	}
	return l.withFixes(l.run())
}

// linter looks at one flow. Without a catalog it knows no types; without knows every field may exist.
type linter struct {
	cat      *def.Catalog
	flow     *def.Flow
	entity   *def.Entity
	knows    func(path string) bool
	plan     *Plan
	scope    expr.Scope
	paths    map[*node]string // JSON pointer of each node
	problems []def.Problem
}

func (l *linter) run() []def.Problem {
	l.plan = compilePlan(l.cat, l.flow)
	l.scope = planScope(l.cat, l.plan.entity)
	l.paths = map[*node]string{}
	l.place(l.plan.root, "/nodes")
	seen := map[string]bool{StartNode: true}
	people := false
	for _, n := range l.plan.order {
		if seen[n.Name] {
			l.add(n, "/name", levelError, lintDupID)
		}
		seen[n.Name] = true
		if slices.Contains(targetWords, n.Name) {
			l.add(n, "/name", levelError, lintReservedName)
		}
		people = people || n.human() || n.Type == def.NodeCall
		l.node(n)
	}
	if !people && l.submitted() {
		l.report("/nodes", levelWarning, lintNoHuman, nil)
	}
	if len(l.plan.order) > maxNodes {
		l.report("/nodes", levelError, lintSize, map[string]any{"max": maxNodes})
	}
	l.early()
	l.settings()
	l.callCycle()
	l.automation()
	return l.problems
}

// targetWords are what verbs and deadlines call a place they send a run to, beside the names of nodes; StartNode is one that
// stands in runs.
var targetWords = []string{toInitiator, toPrev}

// place notes where each node stands in the document.
func (l *linter) place(in *list, pointer string) {
	for i, n := range in.nodes {
		l.paths[n] = pointer + "/" + strconv.Itoa(i)
		for k, b := range n.branches {
			l.place(b.list, l.paths[n]+"/branches/"+strconv.Itoa(k)+"/nodes")
		}
	}
}

// submitted tells whether people start the flow; an automation needs none.
func (l *linter) submitted() bool {
	start := l.flow.Start
	return start == nil || start.Schedule == "" && start.Webhook == "" &&
		(len(start.On) == 0 || slices.Contains(start.On, "submit"))
}

func (l *linter) add(n *node, member, level, code string) {
	l.report(l.paths[n]+member, level, code, map[string]any{"node": n.Name})
}

func (l *linter) report(pointer, level, code string, params map[string]any) {
	l.problems = append(l.problems, def.Problem{
		Ref:  def.Ref{Kind: def.KindFlow, Name: l.flow.Name}.String(),
		Path: pointer, Code: code, Level: level, Params: params,
	})
}

// node looks at one node by itself.
func (l *linter) node(n *node) {
	if n.list.depth > maxDepth {
		l.add(n, "", levelError, lintDepth)
	}
	if n.when != nil && l.condition(n, n.when, "/when") {
		l.sampleWhen(n)
	}
	if n.until != nil {
		l.condition(n, n.until, "/until")
	}
	l.fields(n)
	l.returns(n)
	l.timeouts(n)
	l.deadlineTargets(n)
	switch n.Type {
	case def.NodeApprove, def.NodeHandle, def.NodeCC:
		l.who(n)
		l.vote(n)
	case def.NodeBranch:
		l.branches(n)
	case def.NodeCall:
		l.called(n)
	default:
	}
}

// who looks at the list of people.
func (l *linter) who(n *node) {
	if len(n.Who) == 0 {
		l.add(n, "/who", levelError, lintNoWho)
	}
	if len(n.Who) > maxApprovers {
		l.report(l.paths[n]+"/who", levelError, lintSize, map[string]any{"node": n.Name, "max": maxApprovers})
	}
	for i, entry := range n.Who {
		if name, ok := l.unknownWho(n, entry); !ok {
			l.report(l.paths[n]+"/who/"+strconv.Itoa(i), levelError, lintUnknownName,
				map[string]any{"node": n.Name, "name": name})
			continue
		}
		if other, ok := strings.CutPrefix(entry, "same:"); ok && l.later(l.plan.nodes[other], n) {
			l.report(l.paths[n]+"/who/"+strconv.Itoa(i), levelWarning, lintSameLater, map[string]any{"node": n.Name, "name": other})
		}
	}
}

// unknownWho tells whether what an entry names exists, as far as definitions tell.
func (l *linter) unknownWho(n *node, entry string) (name string, ok bool) {
	kind, arg, _ := cutWho(entry)
	switch kind {
	case "role":
		return arg, l.hasRole(arg)
	case "same":
		other := l.plan.nodes[arg]
		return arg, other != nil && other.human() && other != n
	case "field":
		return arg, l.leadsToPeople(arg)
	case "pick":
		return arg, arg == "all" || l.hasRole(strings.TrimPrefix(arg, "role:"))
	case "chain":
		role, ends := strings.CutPrefix(arg, "role:")
		return role, !ends || l.hasRole(role)
	case "user", "leader", "head", "initiator":
		return arg, true
	default:
		return entry, false
	}
}

// hasRole tells whether the catalog has a role; without one every role may exist.
func (l *linter) hasRole(name string) bool { return l.cat == nil || l.cat.Roles[name] != nil }

// leadsToPeople tells whether a path exists and ends at users or a department.
func (l *linter) leadsToPeople(path string) bool {
	if l.cat == nil || l.entity == nil {
		return true
	}
	_, ok := l.plan.peopleAt(l.cat, strings.Split(path, "."))
	return ok
}

func (l *linter) vote(n *node) {
	if n.mode != "vote" {
		return
	}
	percentage, isPercent := int64(0), false
	count := 0
	if n.Pass != nil {
		percentage, isPercent = percent(n.Pass.Percent)
		count = n.Pass.Count
	}
	inRange := isPercent && percentage > 0 && percentage <= 10000
	if !inRange && count < 1 {
		l.add(n, "/pass", levelError, lintVoteRange)
		return
	}
	total := 0
	for _, entry := range n.Who {
		kind, user, _ := cutWho(entry)
		if kind != "user" {
			return
		}
		total += n.weight(user)
	}
	if !inRange && count > total {
		l.add(n, "/pass/count", levelError, lintVoteUnreachable)
	}
}

// returns looks at where a node may send the run back to.
func (l *linter) returns(n *node) {
	targets := slices.Clone(n.ReturnTo)
	if to, back := strings.CutPrefix(n.OnReject, "return:"); back {
		targets = append(targets, to)
	}
	for _, t := range n.timeouts {
		if t.do == doReturn && t.to != "" {
			targets = append(targets, t.to)
		}
	}
	for _, to := range targets {
		target := l.plan.nodes[to]
		if to != toInitiator && to != toPrev && (target == nil || !n.above(target)) {
			l.report(l.paths[n]+"/returnTo", levelError, lintReturnTarget, map[string]any{"node": n.Name, "target": to})
		}
	}
}

func (l *linter) timeouts(n *node) {
	var last deadline
	for i, t := range n.timeouts {
		if t.after <= last.after || t.never() || !knownDeadline(t.do) {
			l.report(l.paths[n]+"/timeout/"+strconv.Itoa(i), levelError, lintTimeoutOrder, map[string]any{"node": n.Name})
			return
		}
		last = t
	}
}

func knownDeadline(do string) bool {
	return slices.Contains([]string{doRemind, doTransfer, doPass, doReject, doReturn}, do)
}

// fields looks at a node's field rights.
func (l *linter) fields(n *node) {
	for path, right := range n.Fields {
		if l.knows != nil && !l.knows(path) {
			l.report(l.paths[n]+"/fields/"+path, levelError, lintUnknownField, map[string]any{"node": n.Name, "field": path})
		}
		if field := l.fieldAt(path); right == "w" && field != nil && (field.IsComputed() || field.XType == def.TypeAutoNumber) {
			l.report(l.paths[n]+"/fields/"+path, levelError, lintNotWritable, map[string]any{"node": n.Name, "field": path})
		}
		if table, _, column := strings.Cut(path, "."); column && right == "-" && l.mustFill(n, table, path) {
			l.report(l.paths[n]+"/fields/"+path, levelError, lintHiddenRequired, map[string]any{"node": n.Name, "field": path})
		}
	}
}

// mustFill tells whether a node's people may add rows that need a value in a column.
func (l *linter) mustFill(n *node, table, path string) bool {
	if l.entity == nil || n.right(table) != "w" || !l.entity.IsRequired(path) {
		return false
	}
	field, ok := l.entity.Field(path)
	return ok && field.DefaultExpr == "" && len(field.Default) == 0 && !l.plan.computed(path)
}

// condition looks at an expression by itself; it tells whether it can be evaluated.
func (l *linter) condition(n *node, c *condition, member string) bool {
	at := l.paths[n] + member
	if c.err != nil {
		l.report(at, levelError, conditionCode(c.err), map[string]any{"node": n.Name, "reason": c.err.Error()})
		return false
	}
	good := true
	for _, path := range c.program.Reads() {
		if name := strings.Join(withoutRecord(path), "."); l.entity == nil && l.knows != nil && !l.knows(path[0]) {
			l.report(at, levelError, lintUnknownField, map[string]any{"node": n.Name, "field": name})
			good = false
		}
	}
	if l.entity != nil {
		for _, path := range c.program.MaybeMissing() {
			l.report(at, levelError, lintMaybeMissing, map[string]any{"node": n.Name, "field": path.String()})
		}
	}
	return good
}

// withoutRecord drops the variable record from the front of a path: record.amount is amount.
func withoutRecord(path expr.Path) expr.Path {
	if len(path) > 1 && path[0] == "record" {
		return path[1:]
	}
	return path
}

// conditionCode tells an unknown field or setting from other mistakes.
func conditionCode(err error) string {
	var e *expr.Error
	if !errors.As(err, &e) {
		return lintConditionType
	}
	switch e.Code {
	case expr.CodeUnknownName:
		return lintUnknownField
	case expr.CodeUnknownSetting:
		return lintUnknownName
	default:
		return lintConditionType
	}
}

// branches looks at a branch node.
func (l *linter) branches(n *node) {
	if len(n.branches) < 2 {
		l.add(n, "/branches", levelError, lintOneBranch)
	}
	elses := 0
	firstElse := -1
	for i, b := range n.branches {
		if b.Else {
			if elses++; firstElse < 0 {
				firstElse = i
			}
		}
	}
	if elses > 1 {
		l.add(n, "/branches", levelError, lintMultiElse)
	}
	if n.fork() {
		l.fieldRace(n)
	}
	if n.Mode == "parallel" {
		return
	}
	if firstElse >= 0 && firstElse < len(n.branches)-1 {
		l.add(n, fmt.Sprintf("/branches/%d", firstElse), levelWarning, lintElseNotLast)
	}
	good := true
	for i, b := range n.branches {
		if b.when != nil {
			good = l.condition(n, b.when, fmt.Sprintf("/branches/%d/when", i)) && good
		}
	}
	if good {
		l.sampleBranches(n)
	}
}

// fieldRace finds fields that two branches write at the same time, by their people or by themselves.
func (l *linter) fieldRace(n *node) {
	writers := map[string]int{} // path to the number of the branch, from 1
	reported := map[string]bool{}
	for i, b := range n.branches {
		walkNodes(b.list, 0, func(inner *node) {
			for _, path := range inner.written() {
				for other, branch := range writers {
					if branch != i+1 && overlaps(path, other) && !reported[path] {
						reported[path] = true
						l.report(l.paths[n], levelWarning, lintFieldRace, map[string]any{"node": n.Name, "field": path})
					}
				}
				writers[path] = i + 1
			}
		})
	}
}

// early finds actions that happen before anybody has approved, in flows where somebody does.
func (l *linter) early() {
	firstApproval := slices.IndexFunc(l.plan.order, func(n *node) bool { return n.Type == def.NodeApprove })
	if firstApproval < 0 {
		return
	}
	for _, n := range l.plan.order[:firstApproval] {
		if n.Type == def.NodeAction {
			l.add(n, "", levelWarning, lintEarlyAction)
		}
	}
}

// called looks at the flow a call node names.
func (l *linter) called(n *node) {
	if l.cat != nil && l.cat.Flows[n.Flow] == nil {
		l.report(l.paths[n]+"/flow", levelError, lintUnknownName, map[string]any{"node": n.Name, "name": n.Flow})
	}
}

// callCycle finds out whether the flow calls itself, directly or through others.
func (l *linter) callCycle() {
	if l.cat == nil {
		return
	}
	seen := map[string]bool{}
	var reaches func(f *def.Flow) bool
	reaches = func(f *def.Flow) bool {
		for _, name := range calls(f.Nodes) {
			if name == l.flow.Name {
				return true
			}
			next := l.cat.Flows[name]
			if next == nil || seen[name] {
				continue
			}
			seen[name] = true
			if reaches(next) {
				return true
			}
		}
		return false
	}
	if reaches(l.flow) {
		l.report("/nodes", levelError, lintCallCycle, nil)
	}
}

// calls lists the flows a list of nodes calls.
func calls(nodes []*def.Node) []string {
	var names []string
	for _, n := range nodes {
		if n.Type == def.NodeCall {
			names = append(names, n.Flow)
		}
		for _, b := range n.Branches {
			names = append(names, calls(b.Nodes)...)
		}
	}
	return names
}

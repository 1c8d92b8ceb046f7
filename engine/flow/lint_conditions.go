package flow

import (
	"strconv"

	"formwork/engine/expr"
)

// sampleBranches tries the conditions of an exclusive or inclusive node and reports gaps and branches that nothing
// leads into.
func (l *linter) sampleBranches(n *node) {
	var conditions []*condition
	hasElse := false
	for _, b := range n.branches {
		hasElse = hasElse || b.Else
		if b.when != nil {
			conditions = append(conditions, b.when)
		}
	}
	s := l.samples(conditions)
	reached := make([]bool, len(conditions))
	gap := false
	failed := !s.each(func(env *expr.Env) bool {
		hit := false
		for i, c := range conditions {
			hold, ok := evaluate(c, env)
			if !ok {
				return false
			}
			if hold && (n.mode == "inclusive" || !hit) {
				reached[i] = true
			}
			hit = hit || hold
		}
		gap = gap || !hit
		return true
	})
	if failed {
		l.add(n, "/branches", levelError, lintConditionType)
		return
	}
	l.reportReach(n, s, reached, gap, hasElse)
}

//nolint:revive // gap and hasElse are findings, not modes
func (l *linter) reportReach(n *node, s *samples, reached []bool, gap, hasElse bool) {
	i := 0
	for k, b := range n.branches {
		if b.when == nil {
			if b.Else && s.complete && !gap && len(reached) > 0 {
				l.add(n, branchPointer(k), levelWarning, lintElseUnreachable)
			}
			continue
		}
		if !reached[i] && s.complete {
			l.add(n, branchPointer(k), levelWarning, lintBranchUnreachable)
		}
		i++
	}
	if gap && !hasElse {
		l.add(n, "/branches", levelError, lintNoElse)
	}
}

// sampleWhen tries a node's own condition: an exclusive branch around the node, with an empty else.
func (l *linter) sampleWhen(n *node) {
	s := l.samples([]*condition{n.when})
	yes, no := false, false
	failed := !s.each(func(env *expr.Env) bool {
		hold, ok := evaluate(n.when, env)
		yes, no = yes || hold, no || !hold
		return ok
	})
	switch {
	case failed:
		l.add(n, "/when", levelError, lintConditionType)
	case !yes && s.complete:
		l.add(n, "/when", levelWarning, lintBranchUnreachable)
	case !no && s.complete:
		l.add(n, "/when", levelWarning, lintElseUnreachable)
	}
}

func evaluate(c *condition, env *expr.Env) (hold, ok bool) {
	value, err := c.program.Eval(env)
	if err != nil {
		return false, false
	}
	hold, ok = value.(bool)
	return hold, ok
}

func branchPointer(i int) string { return "/branches/" + strconv.Itoa(i) }

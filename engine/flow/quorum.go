package flow

// verdict is what a node, or a group of added signers, has come to.
type verdict int

const (
	pending verdict = iota
	passed
	rejected
)

// slot is one place that decides: pending, approved or rejected, with its weight.
type slot struct {
	state  verdict
	weight int
}

// quorum says when a set of slots has decided.
type quorum struct {
	mode      string // all, any, seq, vote
	rejectAll bool   // of any: only when all have rejected
	percent   int64  // of vote: hundredths of a percent, 0 = count decides
	count     int64  // of vote: sum of weights
	waitAll   bool   // of vote: only when nobody is pending
}

func newQuorum(n *node) quorum {
	q := quorum{mode: n.mode, rejectAll: n.AnyReject == "all", waitAll: n.WaitAll}
	if n.Pass != nil {
		q.count = int64(n.Pass.Count)
		if p, ok := percent(n.Pass.Percent); ok {
			q.percent = p
		}
	}
	if q.percent <= 0 && q.count <= 0 { // Lint refuses it; nothing must pass because a threshold is missing
		q.percent = 10000
	}
	return q
}

// decide looks at the slots. No slots at all have nothing against it: passed.
func (q quorum) decide(slots []slot) verdict {
	if q.mode == "vote" {
		return q.vote(slots)
	}
	var approved, refused, waiting int
	for _, s := range slots {
		switch s.state {
		case passed:
			approved++
		case rejected:
			refused++
		default:
			waiting++
		}
	}
	if q.mode == "any" {
		switch {
		case approved > 0 || len(slots) == 0:
			return passed
		case refused > 0 && (!q.rejectAll || waiting == 0):
			return rejected
		default:
			return pending
		}
	}
	switch {
	case refused > 0:
		return rejected
	case waiting > 0:
		return pending
	default:
		return passed
	}
}

// vote passes when the weights of the approvals reach the threshold and rejects as soon as they cannot any more.
func (q quorum) vote(slots []slot) verdict {
	var yes, open, all int64
	for _, s := range slots {
		all += int64(s.weight)
		switch s.state {
		case passed:
			yes += int64(s.weight)
		case pending:
			open += int64(s.weight)
		case rejected:
		}
	}
	reached := func(weight int64) bool {
		if q.percent > 0 {
			return weight*10000 >= q.percent*all
		}
		return weight >= q.count
	}
	undecided := false
	for _, s := range slots {
		undecided = undecided || s.state == pending
	}
	switch {
	case q.waitAll && undecided:
		return pending
	case reached(yes):
		return passed
	case !reached(yes + open):
		return rejected
	default:
		return pending
	}
}

package sqlite

import (
	"context"
	"errors"
	"runtime"
	"time"

	"formwork/engine/store"
)

// What waits is done in turns, each one transaction: what people wait for, all of it; if nobody waits, of what lets others go
// first (store.Behind) as much as there is time for. When somebody comes while that is being done, his write goes with the
// same commit: he waits for one write of the others and for the commit, however many of them there are. When people are never
// at an end, as many writes of the others are done in every second turn as theirs.

const (
	spell    = 4 * time.Millisecond // how long a transaction goes on with what lets others go first
	maxShare = 40                   // so many of its writes are done however many people wait
)

// stint is what one transaction does of a request.
type stint struct {
	*request
	from, to int // its writes
}

// undo makes the writes of a stint as if they had not been tried.
func (p *stint) undo() {
	p.at = p.from
	copy(p.errs[p.from:], p.checked[p.from:])
}

// give answers that a stint failed; what comes after it is not tried. What was committed before it stays so.
func (p *stint) give(err error) {
	p.undo()
	for i := p.from; i < len(p.errs); i++ {
		if p.errs[i] == nil {
			p.errs[i] = err
		}
	}
	p.at = len(p.writes)
}

// turn does what people wait for: requests that change tables alone, runs of others together. What lets others go first
// goes along.
func (w *writer) turn() {
	w.carry()
	w.gather()
	people := w.people
	w.people = nil
	var together []stint
	for _, r := range people {
		if !r.alone {
			together = append(together, stint{request: r, to: len(r.writes)})
			continue
		}
		if len(together) > 0 {
			w.group(together, nothingMore)
			together = nil
		}
		w.group([]stint{{request: r}}, nothingMore)
	}
	if w.left != nil && w.left.alone {
		if len(together) > 0 {
			w.group(together, nothingMore)
		}
		r := w.left
		w.left = nil
		w.group([]stint{{request: r}}, nothingMore)
		return
	}
	w.group(together, w.goOn)
}

// carry has the log carried over when there is much in it, or something for long, and does the rest itself.
func (w *writer) carry() {
	now := w.db.backend.options.Clock()
	if w.added >= carryMuch || w.added >= carrySome && !now.Before(w.carried.Add(carryEvery)) {
		w.added, w.carried = 0, now
		w.db.carrier.wake()
	}
	w.db.carrier.rest(context.Background(), w.stmts)
}

// gather takes what people wait for, up to maxBatch writes.
func (w *writer) gather() {
	count := 0
	for _, r := range w.people {
		count += len(r.writes) + 1
	}
	for count < maxBatch {
		select {
		case r := <-w.queue:
			count += len(r.writes) + 1
			w.welcome(r)
			continue
		default:
		}
		return
	}
}

// nothingMore is for transactions that others do not go along with.
func nothingMore(_ context.Context, stints []stint) ([]stint, error) { return stints, nil }

// group does stints in one transaction, and then what more gives besides. If something unforeseen breaks it, each is
// tried by itself, so that only the culprit fails; a full disk fails all.
func (w *writer) group(stints []stint, more func(context.Context, []stint) ([]stint, error)) {
	err := w.transaction(func(ctx context.Context) error {
		err := w.perform(ctx, stints)
		if err == nil {
			stints, err = more(ctx, stints)
		}
		return err
	})
	if err != nil && len(stints) > 1 && !errors.Is(err, store.ErrFull) {
		for i := range stints {
			stints[i].undo()
			if err := w.transaction(func(ctx context.Context) error { return w.perform(ctx, stints[i:i+1]) }); err != nil {
				stints[i].give(err)
			}
		}
	} else if err != nil {
		for i := range stints {
			stints[i].give(err)
		}
	}
	for _, p := range stints {
		w.added += p.at - p.from + 1
		if p.at < len(p.writes) {
			continue // the next turn goes on with it
		}
		if w.left == p.request {
			w.left = nil
		}
		close(p.done)
	}
}

// transaction does something and commits it. Not the callers' contexts but none bounds it: a write that began is done.
func (w *writer) transaction(do func(ctx context.Context) error) error {
	ctx := context.Background()
	if _, err := w.stmts.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return plainError(ctx, err)
	}
	err := do(ctx)
	if err == nil {
		err = w.flushSearch(ctx)
	}
	if err == nil {
		err = w.flushEvents(ctx)
	}
	if err == nil {
		err = w.flushTouched(ctx)
	}
	if err == nil {
		_, err = w.stmts.exec(ctx, "COMMIT")
	}
	if err != nil {
		w.schema = w.db.schema.Load()
		w.search.reset()
		w.events = nil
		clear(w.touched)
		if _, rollback := w.conn.ExecContext(ctx, "ROLLBACK"); rollback != nil && !notInTransaction(rollback) {
			err = errors.Join(err, rollback)
		}
		return plainError(ctx, err)
	}
	w.db.schema.Store(w.schema)
	return nil
}

func (w *writer) perform(ctx context.Context, stints []stint) error {
	for _, p := range stints {
		if p.do != nil {
			if err := p.do(ctx, w); err != nil {
				return err
			}
			continue
		}
		for p.at < p.to {
			if err := w.putNext(ctx, p.request); err != nil {
				return err
			}
		}
	}
	return nil
}

// goOn does what lets others go first until somebody comes or its time is over, and nothing while people wait for the commit.
// But when it was passed by in the turn before, too, it does as many writes as theirs.
func (w *writer) goOn(ctx context.Context, stints []stint) ([]stint, error) {
	awaited := len(stints) > 0
	if w.passedBy = awaited && !w.passedBy; w.passedBy {
		return stints, nil
	}
	share := 1
	for _, p := range stints {
		share += p.to - p.from
	}
	share = min(share, maxShare)
	clock := w.db.backend.options.Clock
	begin := clock()
	for done := 0; done < maxBatch; {
		if done >= share {
			if len(w.queue) > 0 {
				return w.join(ctx, stints)
			}
			if awaited || clock().Sub(begin) > spell {
				return stints, nil
			}
		}
		if !w.behindNext() {
			return stints, nil
		}
		r := w.left
		if len(stints) == 0 || stints[len(stints)-1].request != r {
			stints = append(stints, stint{request: r, from: r.at, to: r.at})
		}
		err := w.goOnWith(ctx, r)
		last := &stints[len(stints)-1]
		done += r.at - last.to + 1
		last.to = r.at
		if err != nil {
			return stints, err
		}
		runtime.Gosched() // whoever is ready goes first
	}
	return stints, nil
}

// behindNext sees to it that there is something to do in left; false if there is nothing, or nothing for this transaction.
func (w *writer) behindNext() bool {
	for w.left == nil {
		select {
		case r := <-w.behind:
			w.follow(r)
		default:
			return false
		}
	}
	return !w.left.alone
}

// goOnWith does one write and those that follow it, or what the request does instead.
func (w *writer) goOnWith(ctx context.Context, r *request) error {
	if r.do != nil {
		w.left = nil
		return r.do(ctx, w)
	}
	err := w.putNext(ctx, r)
	if r.at == len(r.writes) {
		w.left = nil
	}
	return err
}

// join does what people have come with meanwhile, but what needs a transaction of its own.
func (w *writer) join(ctx context.Context, stints []stint) ([]stint, error) {
	for range maxBatch {
		select {
		case r := <-w.queue:
			w.welcome(r)
		default:
			return stints, nil
		}
		if len(w.people) == 0 {
			continue
		}
		r := w.people[0]
		if r.alone {
			return stints, nil // the next turn's
		}
		w.people = nil
		stints = append(stints, stint{request: r, to: len(r.writes)})
		if err := w.perform(ctx, stints[len(stints)-1:]); err != nil {
			return stints, err
		}
	}
	return stints, nil
}

// putNext does the next write of a request and those that follow it. What follows a write that was refused is left out.
func (w *writer) putNext(ctx context.Context, r *request) error {
	lead := r.at
	for r.at == lead || r.at < len(r.writes) && r.writes[r.at].Follows {
		i := r.at
		r.at++
		switch {
		case r.errs[i] != nil:
		case i > lead && r.errs[lead] != nil:
			r.errs[i] = store.ErrLeft
		default:
			err := w.put(ctx, &r.writes[i], &r.cells[i])
			if err != nil && !isRefusal(err) {
				return err
			}
			r.errs[i] = err
		}
	}
	return nil
}

// isRefusal tells whether a write was refused before anything was changed.
func isRefusal(err error) bool {
	var duplicate *store.DuplicateError
	return errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrInvalid) ||
		errors.Is(err, store.ErrUnknown) || errors.As(err, &duplicate)
}

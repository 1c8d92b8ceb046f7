package sheet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/store"
)

// WorkUndo does the job of an Undo.
func (s *Service) WorkUndo(ctx context.Context, tenant string, payload json.RawMessage) error {
	run, err := s.jobRun(ctx, tenant, payload)
	if err != nil || run.Status != RunUndoing {
		return err
	}
	u := &undoing{service: s, tenant: tenant, run: run}
	if run.Phase != phaseTakeBack {
		if going, err := u.begin(ctx); err != nil || !going {
			return err
		}
	}
	if err := u.takeBack(ctx); err != nil {
		return err
	}
	return s.change(ctx, tenant, run, func(r *stored) error {
		r.Status, r.Phase, r.FinishedAt = RunUndone, "", s.moment()
		return nil
	})
}

// begin looks whether anything depends on what the run stored, once: what an attempt that died has taken back would look
// like a change by somebody else.
func (u *undoing) begin(ctx context.Context) (going bool, err error) {
	used, err := u.inUse(ctx)
	if err != nil {
		return false, err
	}
	return !used, u.service.change(ctx, u.tenant, u.run, func(r *stored) error {
		if r.Phase = phaseTakeBack; used {
			r.Status, r.Phase, r.Code = RunDone, "", "import_in_use"
		}
		return nil
	})
}

// undoing takes back what a run stored. What was taken back by an attempt that died is not found a second time.
type undoing struct {
	service *Service
	tenant  string
	run     *stored
}

// actor takes back in the name of who wants it, whatever his grants: he may undo what he was allowed to import.
func (u *undoing) actor() access.Actor {
	by := u.run.UndoneBy
	if by == "" {
		by = u.run.By
	}
	return access.Actor{Tenant: u.tenant, ID: by, System: true, Lang: u.run.Lang}
}

// made gives the records of the run's numbers that are there and not in the recycle bin.
func (u *undoing) made(ctx context.Context, from, to int) ([]store.Doc, error) {
	db, err := u.service.database(ctx, u.tenant)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, to-from)
	for number := from; number < to; number++ {
		ids = append(ids, record.SeededID(u.run.ID, number))
	}
	docs, err := db.Get(ctx, u.run.Entity, ids...)
	if err != nil {
		return nil, fmt.Errorf("records of import %s: %w", u.run.ID, err)
	}
	return slices.DeleteFunc(docs, func(doc store.Doc) bool { return doc.Deleted }), nil
}

// last is the number behind the last record the run may have made: the batch it was at is not in its count.
func (u *undoing) last() int { return u.run.Settled + batch }

// inUse tells whether a record the run made or changed was changed since, or is referred to by others.
func (u *undoing) inUse(ctx context.Context) (bool, error) {
	own := map[string]bool{}
	var ids []string
	for from := 0; from < u.last(); from += batch {
		docs, err := u.made(ctx, from, from+batch)
		if err != nil {
			return false, err
		}
		for i := range docs {
			if docs[i].Rev != 1 {
				return true, nil
			}
			own[docs[i].ID] = true
			ids = append(ids, docs[i].ID)
		}
	}
	for some := range slices.Chunk(ids, batch) {
		used, err := u.service.config.Records.Referred(ctx, u.actor(), u.run.Entity, some, func(id string) bool { return own[id] })
		if used || err != nil {
			return used, err
		}
	}
	return u.changedSince(ctx)
}

func (u *undoing) changedSince(ctx context.Context) (bool, error) {
	logs, err := u.service.batches(ctx, u.tenant, u.run.ID)
	if err != nil {
		return false, err
	}
	for _, log := range logs {
		now, err := u.now(ctx, log)
		if err != nil {
			return false, err
		}
		for _, before := range log.Changed {
			doc := now[before.ID]
			if doc == nil || doc.Deleted || doc.Rev > before.Rev+1 {
				return true, nil
			}
		}
	}
	return false, nil
}

// now gives the records of a batch as they are.
func (u *undoing) now(ctx context.Context, log batchLog) (map[string]*store.Doc, error) {
	found := map[string]*store.Doc{}
	if len(log.Changed) == 0 {
		return found, nil
	}
	db, err := u.service.database(ctx, u.tenant)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(log.Changed))
	for i, before := range log.Changed {
		ids[i] = before.ID
	}
	docs, err := db.Get(ctx, u.run.Entity, ids...)
	if err != nil {
		return nil, fmt.Errorf("records of import %s: %w", u.run.ID, err)
	}
	for i := range docs {
		found[docs[i].ID] = &docs[i]
	}
	return found, nil
}

// takeBack removes what the run made, the last first, and gives what it changed its old values.
func (u *undoing) takeBack(ctx context.Context) error {
	var kept []string
	for to := u.last(); to > 0; to -= batch {
		docs, err := u.made(ctx, max(0, to-batch), to)
		if err != nil {
			return err
		}
		ids := make([]string, len(docs))
		for i := range docs {
			ids[i] = docs[i].ID
		}
		refused, err := u.remove(ctx, ids)
		if err != nil {
			return err
		}
		kept = append(kept, refused...)
	}
	for len(kept) > 0 { // records that refer to each other: those nobody refers to any more go first
		refused, err := u.remove(ctx, kept)
		if err != nil {
			return err
		}
		if len(refused) == len(kept) {
			break // somebody else refers to them by now: they stay
		}
		kept = refused
	}
	logs, err := u.service.batches(ctx, u.tenant, u.run.ID)
	if err != nil {
		return err
	}
	for _, log := range slices.Backward(logs) {
		if err := u.restore(ctx, log); err != nil {
			return err
		}
	}
	return nil
}

// hands is how many records are taken back at once; the store writes them down together.
const hands = 8

// eachOf does something with every one of some records, a few at once, and gives what it failed with, in their order.
func eachOf[T any](some []T, do func(one T) error) []error {
	failed := make([]error, len(some))
	queue := make(chan int)
	var work sync.WaitGroup
	for range min(hands, len(some)) {
		work.Go(func() {
			for i := range queue {
				failed[i] = do(some[i])
			}
		})
	}
	for i := range some {
		queue <- i
	}
	close(queue)
	work.Wait()
	return failed
}

// remove takes records away and gives those that others refer to.
func (u *undoing) remove(ctx context.Context, ids []string) ([]string, error) {
	var refused []string
	var failed error
	for i, err := range eachOf(ids, func(id string) error {
		return u.service.config.Records.Delete(ctx, u.actor(), u.run.Entity, id, 0)
	}) {
		switch {
		case err == nil, errors.Is(err, record.ErrNotFound):
		case errors.Is(err, record.ErrInUse):
			refused = append(refused, ids[i])
		default:
			failed = errors.Join(failed, err)
		}
	}
	return refused, failed
}

// restore gives the records of a batch the values they had, unless somebody changed them since.
func (u *undoing) restore(ctx context.Context, log batchLog) error {
	if len(log.Changed) == 0 {
		return nil
	}
	now, err := u.now(ctx, log)
	if err != nil {
		return err
	}
	_, entity, err := u.service.entity(ctx, u.tenant, u.run.Entity)
	if err != nil {
		return err
	}
	return errors.Join(eachOf(log.Changed, func(before changed) error {
		doc := now[before.ID]
		if doc == nil || doc.Rev != before.Rev+1 && (doc.Rev != before.Rev || !before.Begun) {
			return nil
		}
		_, err := u.service.config.Records.Patch(ctx, u.actor(), u.run.Entity, before.ID, record.PatchInput{
			IfRev: doc.Rev, Values: writable(entity, patchBack(before, doc)), Form: "-", Import: true,
		})
		var conflict *record.ConflictError
		if err != nil && !errors.As(err, &conflict) {
			return fmt.Errorf("restore %s/%s: %w", u.run.Entity, before.ID, err)
		}
		return nil
	})...)
}

// patchBack leads back to the values before: rows that came go, rows that went come back under new ids, others get their
// cells again.
func patchBack(before changed, doc *store.Doc) form.Values {
	patch := form.Values{}
	for name, value := range before.Values {
		rows, isRows := value.([]any)
		now, nowRows := doc.Values[name].([]any)
		if !isTable(rows, isRows) && !isTable(now, nowRows) {
			patch[name] = value
			continue
		}
		patch[name] = rowsBack(rows, now)
	}
	return patch
}

func isTable(rows []any, isList bool) bool { //nolint:revive // isList: whether there is a list at all
	if !isList || len(rows) == 0 {
		return false
	}
	_, ok := rows[0].(map[string]any)
	return ok
}

func rowsBack(before, now []any) []any {
	var patch []any
	was := map[any]map[string]any{}
	for _, item := range before {
		if row, ok := item.(map[string]any); ok {
			was[row["_id"]] = row
		}
	}
	for _, item := range now {
		row, _ := item.(map[string]any)
		old := was[row["_id"]]
		if old == nil {
			patch = append(patch, map[string]any{"_id": row["_id"], "_delete": true})
			continue
		}
		delete(was, row["_id"])
		cells := map[string]any{}
		for name := range row {
			cells[name] = nil
		}
		for name, cell := range old {
			cells[name] = cell
		}
		patch = append(patch, cells)
	}
	for _, item := range before {
		row, _ := item.(map[string]any)
		if was[row["_id"]] == nil {
			continue
		}
		cells := map[string]any{}
		for name, cell := range row {
			if name != "_id" {
				cells[name] = cell
			}
		}
		patch = append(patch, cells)
	}
	return patch
}

// writable leaves out of a patch what is computed again anyway and must not be typed.
func writable(entity *def.Entity, patch form.Values) form.Values {
	out := form.Values{}
	for name, value := range patch {
		field, ok := entity.Field(name)
		rows, isRows := value.([]any)
		switch {
		case !ok || field.IsReadOnly() && field.Number == nil:
		case isTable(rows, isRows):
			out[name] = writableRows(field, rows)
		default:
			out[name] = value
		}
	}
	return out
}

func writableRows(table *def.Field, rows []any) []any {
	out := make([]any, len(rows))
	for i, item := range rows {
		row, _ := item.(map[string]any)
		cells := map[string]any{}
		for name, cell := range row {
			column := table.Items.Properties[name]
			if column == nil || !column.IsReadOnly() {
				cells[name] = cell
			}
		}
		out[i] = cells
	}
	return out
}

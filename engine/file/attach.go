package file

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"formwork/engine/access"
	"formwork/engine/record"
	"formwork/engine/store"
)

// MaxAttached is how many files may go with one decision or comment.
const MaxAttached = 9

// Attaching is what files go with: a decision on a task, or words on a record.
type Attaching struct {
	Entity, Record string
	Task           string // the task that is decided; else the verb, such as "comment"
}

// Attach binds uploads of the actor's own to what he says or decides, and gives them in the order of ids. Whoever reads the
// record reads them from then on, and nobody takes them away. Doing it again is no matter; a file that stands elsewhere,
// is somebody else's or no attachment, and more than MaxAttached, are refused: CodeAttachment. A record the actor cannot
// see is not there: record.ErrNotFound.
//
// It comes before the words count, so that none ever names a file that is gone. Until Accepted says that they do, the files
// may go with something else on the same record: what was refused leaves them free for that.
func (s *Service) Attach(ctx context.Context, actor access.Actor, ids []string, to Attaching) ([]File, error) {
	if len(ids) > MaxAttached {
		return nil, &Error{CodeAttachment, map[string]any{"max": MaxAttached}}
	}
	if _, err := s.config.Record(ctx, actor, to.Entity, to.Record); err != nil {
		return nil, err
	}
	files := make([]File, 0, len(ids))
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			continue
		}
		f, err := s.attach(ctx, actor, id, to)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

func (s *Service) attach(ctx context.Context, actor access.Actor, id string, to Attaching) (File, error) {
	refused := &Error{CodeAttachment, map[string]any{"max": MaxAttached}}
	doc, f, err := s.stored(ctx, actor.Tenant, id)
	if errors.Is(err, record.ErrNotFound) {
		return File{}, refused
	}
	if err != nil {
		return File{}, err
	}
	loose := f.link == (Link{}) && f.task == ""
	unheard := f.goesWith(to) && doc.Values["open_at"] != nil
	switch {
	case f.owner != actor.ID || f.Use == Signature:
		return File{}, refused
	case f.goesWith(to) && f.task == to.Task:
		return f, nil
	case !loose && !unheard:
		return File{}, refused
	}
	doc.Values = copyOf(doc.Values)
	doc.Values["entity"], doc.Values["record"], doc.Values["task"] = to.Entity, to.Record, to.Task
	_, err = s.put(ctx, actor.Tenant, doc)
	if errors.Is(err, store.ErrConflict) {
		return File{}, refused
	}
	if err != nil {
		return File{}, fmt.Errorf("attach file: %w", err)
	}
	return f, nil
}

// goesWith tells whether a file goes with something that is said or decided on a record.
func (f *File) goesWith(to Attaching) bool {
	return f.link == (Link{Entity: to.Entity, Record: to.Record}) && f.task != ""
}

// Accepted says that the words count which files go with: from then on they go with nothing else. If it is never said, the
// sweep settles the files as they stand.
func (s *Service) Accepted(ctx context.Context, tenant string, ids []string, to Attaching) error {
	var failed []error
	for _, id := range ids {
		doc, f, err := s.stored(ctx, tenant, id)
		if err == nil && f.goesWith(to) && f.task == to.Task && doc.Values["open_at"] != nil {
			doc.Values = copyOf(doc.Values)
			delete(doc.Values, "open_at")
			_, err = s.put(ctx, tenant, doc)
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

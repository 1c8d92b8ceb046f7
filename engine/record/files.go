package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/form"
	"formwork/engine/store"
)

// A file belongs to the record and field its document names (entity, record, field). That link is written before the
// record that holds the file, because two documents cannot change together: a crash between leaves a link to a record
// that does not hold the file, never a record with a file somebody may take away. What a record holds is the truth; a
// link that is not compared with it yet has open_at, and the sweep of engine/file settles it.

// Reasons of problems with files.
const (
	codeFile     = "file"
	reasonKind   = "kind" // not what the field takes
	reasonSize   = "size" // larger than the field takes
	megabyte     = 1 << 20
	maxFileMB    = 20
	useImage     = "image"
	useSignature = "signature"
)

// heldFile is a file in the values of a record, and where it stands.
type heldFile struct {
	id    string
	field *def.Field
	path  string // "photos", "lines[r1].photo"
}

// heldFiles lists the files a record holds, in the order of its fields.
func heldFiles(plan []planned, values form.Values) []heldFile {
	var list []heldFile
	add := func(field *def.Field, value any, path string) {
		if field.IsFile() {
			for _, id := range IDsOf(value) {
				list = append(list, heldFile{id, field, path})
			}
		}
	}
	for _, field := range plan {
		if !field.IsTable() {
			add(field.Field, values[field.Name], field.Name)
			continue
		}
		if !slices.ContainsFunc(field.columns, (*def.Field).IsFile) {
			continue
		}
		for _, row := range RowsOf(values[field.Name]) {
			for _, column := range field.columns {
				add(column, row[column.Name], fmt.Sprintf("%s[%v].%s", field.Name, row["_id"], column.Name))
			}
		}
	}
	return list
}

// newFiles are the files the record did not hold in the same field before; gone are the ids it holds no more.
func (w *write) newFiles(values form.Values) (fresh []heldFile, gone []string) {
	now := heldFiles(w.compiled.plan, values)
	if w.stored == nil {
		return now, nil
	}
	before := heldFiles(w.compiled.plan, w.stored.Values)
	for _, file := range now {
		if !slices.ContainsFunc(before, func(b heldFile) bool { return b.id == file.id && b.field.Path == file.field.Path }) {
			fresh = append(fresh, file)
		}
	}
	for _, file := range before {
		if !slices.ContainsFunc(now, func(n heldFile) bool { return n.id == file.id }) {
			gone = append(gone, file.id)
		}
	}
	return fresh, gone
}

// checkFiles finds files the record may not hold: those that are not there, or not for the actor to give, and those its
// fields do not take. Somebody else's file and none at all are told alike.
func (w *write) checkFiles(ctx context.Context, values form.Values, o outcome) ([]form.Problem, error) {
	id := o.id
	if w.stored != nil {
		id = w.stored.ID
	}
	fresh, _ := w.newFiles(values)
	if len(fresh) == 0 {
		return nil, nil
	}
	for _, file := range fresh {
		w.others.need(def.EntityFile, file.id)
	}
	if err := w.others.read(ctx); err != nil {
		return nil, err
	}
	var problems []form.Problem
	taken := map[string]string{} // file → field: a file stands in one field only
	for _, file := range heldFiles(w.compiled.plan, values) {
		if taken[file.id] == "" {
			taken[file.id] = file.field.Path
		}
	}
	for _, file := range fresh {
		doc, _ := w.others.doc(def.EntityFile, file.id)
		params := map[string]any{"file": file.id}
		switch {
		case !w.mayTake(doc, file.field, id), taken[file.id] != file.field.Path:
			params["reason"] = reasonAbsent
		case !takesUse(file.field, fileText(doc, "use")), !takesKind(file.field, fileText(doc, "kind")):
			params["reason"], params["name"] = reasonKind, fileText(doc, "name")
		case tooLarge(file.field, doc):
			params["reason"], params["name"], params["max"] = reasonSize, fileText(doc, "name"), maxMB(file.field)
		default:
			continue
		}
		problems = append(problems, form.Problem{Field: file.path, Code: codeFile, Level: levelError, Params: params})
	}
	return problems, nil
}

// mayTake tells whether the record may hold a file in a field: an upload of the actor's own that stands nowhere yet, or
// one that was given to this field of this record already. Signatures of decisions belong to their tasks.
func (w *write) mayTake(doc *store.Doc, field *def.Field, id string) bool {
	if doc == nil || doc.Deleted || doc.Values["size"] == nil || fileText(doc, "task") != "" {
		return false
	}
	if fileText(doc, "record") == "" {
		return w.actor.System || fileText(doc, "owner") == w.actor.ID
	}
	return fileText(doc, "entity") == w.entity.Name && fileText(doc, "record") == id && fileText(doc, "field") == field.Path
}

// takesUse tells whether a file was uploaded for such a field: photos and signatures were checked and drawn anew then.
func takesUse(field *def.Field, use string) bool {
	switch field.XType {
	case def.TypeImage:
		return use == useImage
	case def.TypeSignature:
		return use == useSignature
	default:
		return use != useSignature
	}
}

func takesKind(field *def.Field, kind string) bool {
	return field.Files == nil || len(field.Files.Types) == 0 || slices.Contains(field.Files.Types, kind)
}

func maxMB(field *def.Field) int {
	if field.Files == nil || field.Files.MaxMB == 0 {
		return maxFileMB
	}
	return field.Files.MaxMB
}

func tooLarge(field *def.Field, doc *store.Doc) bool {
	size, _ := doc.Values["size"].(int64)
	return size > int64(maxMB(field))*megabyte
}

func fileText(doc *store.Doc, name string) string {
	value, _ := doc.Values[name].(string)
	return value
}

// link is a file given to a record by a write that is not done yet.
type link struct {
	before store.Doc // as the file was; zero if it need not be given back
	rev    int64     // that the link was written at
}

// linkFiles gives the new files of a document to its record, and notes those it drops, before it is stored. A file that
// somebody else took meanwhile is a problem of its field.
func (w *write) linkFiles(ctx context.Context, doc *store.Doc) ([]link, error) {
	fresh, gone := w.newFiles(doc.Values)
	if len(fresh)+len(gone) == 0 {
		return nil, nil
	}
	for _, id := range gone {
		w.others.need(def.EntityFile, id)
	}
	if err := w.others.read(ctx); err != nil {
		return nil, err
	}
	var writes []store.Write
	var paths []string
	var links []link
	add := func(file *store.Doc, values map[string]any, path string, undo bool) {
		next := *file
		next.Rev++
		next.Values, next.UpdatedAt, next.UpdatedBy = values, w.now, w.actor.ID
		made := link{rev: next.Rev}
		if undo {
			made.before = *file
		}
		writes = append(writes, store.Write{Collection: def.EntityFile, Doc: next, IfRev: file.Rev})
		paths, links = append(paths, path), append(links, made)
	}
	seen := map[string]bool{}
	for _, file := range fresh {
		stored, _ := w.others.doc(def.EntityFile, file.id)
		if stored == nil || seen[file.id] {
			continue // checkFiles has seen to it
		}
		seen[file.id] = true
		values := opened(stored, w.now)
		values["entity"], values["record"], values["field"] = w.entity.Name, doc.ID, file.field.Path
		// Only the first to link a file to a record that is not there yet may take the link back: if another request
		// for the same record linked it again, that one's write decides.
		add(stored, values, file.path, w.stored == nil && fileText(stored, "record") == "")
	}
	for _, id := range gone {
		if stored, _ := w.others.doc(def.EntityFile, id); stored != nil {
			add(stored, opened(stored, w.now), "", false)
		}
	}
	errs := w.store.Put(ctx, writes...)
	if err := w.settledBefore(ctx, writes, errs); err != nil {
		return nil, err
	}
	var done []link // a refused link is not this write's to give back: somebody else has it
	for i, err := range errs {
		if err == nil {
			done = append(done, links[i])
		}
	}
	return done, w.refusedLinks(errs, paths)
}

// settledBefore forgives links another request wrote first for the same place: requests that create one record under one
// idempotency key link its files each. Their links stay without this write's doing, so it gives none of them back.
func (w *write) settledBefore(ctx context.Context, writes []store.Write, errs []error) error {
	for i, write := range writes {
		if !errors.Is(errs[i], store.ErrConflict) || fileText(&write.Doc, "record") == "" {
			continue
		}
		now, err := w.store.Get(ctx, def.EntityFile, write.Doc.ID)
		if err != nil {
			return fmt.Errorf("links of file %s: %w", write.Doc.ID, err)
		}
		if len(now) == 1 && sameLink(&now[0], &write.Doc) {
			errs[i] = errSettled
		}
	}
	return nil
}

// errSettled stands for a link that was there already.
var errSettled = errors.New("linked before")

func sameLink(a, b *store.Doc) bool {
	for _, part := range []string{"entity", "record", "field"} {
		if fileText(a, part) != fileText(b, part) {
			return false
		}
	}
	return true
}

// opened are the values of a file whose link is to be compared with its record.
func opened(file *store.Doc, now time.Time) map[string]any {
	values := cloneValues(file.Values)
	values["open_at"] = expr.TimeString(expr.TimeOf(now))
	return values
}

// refusedLinks turns what the store refused into problems. A file that is dropped may have been touched meanwhile: it
// keeps its link.
func (w *write) refusedLinks(errs []error, paths []string) error {
	var problems []form.Problem
	for i, err := range errs {
		switch {
		case err == nil, errors.Is(err, errSettled):
		case (errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrNotFound)) && paths[i] == "":
		case errors.Is(err, store.ErrConflict), errors.Is(err, store.ErrNotFound):
			params := map[string]any{"reason": reasonAbsent}
			problems = append(problems, form.Problem{Field: paths[i], Code: codeFile, Level: levelError, Params: params})
		default:
			return fmt.Errorf("link files to %s: %w", w.entity.Name, err)
		}
	}
	if len(problems) > 0 {
		return &InvalidError{Problems: problems}
	}
	return nil
}

// giveBack undoes the links of a new record the store refused, so that the person can send it again, corrected. What
// does not succeed is settled by the sweep.
func (w *write) giveBack(ctx context.Context, links []link, refusal error) {
	var invalid *InvalidError
	if !errors.As(refusal, &invalid) && !errors.Is(refusal, store.ErrInvalid) && !errors.Is(refusal, store.ErrTooLarge) {
		return // stored by another request, or nobody knows
	}
	var writes []store.Write
	for _, made := range links {
		if made.before.ID == "" {
			continue
		}
		doc := made.before
		doc.Rev = made.rev + 1
		writes = append(writes, store.Write{Collection: def.EntityFile, Doc: doc, IfRev: made.rev})
	}
	if len(writes) > 0 {
		w.store.Put(ctx, writes...)
	}
}

package engine

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"time"

	"formwork/engine/def"
	"formwork/engine/query"
	"formwork/engine/store"
	"formwork/engine/tenant"
)

// A backup is a gzip of JSON lines: a head, then per tenant a line that names it, its collections each with its
// documents (what is known of files last, each followed by its bytes), its events, and at last a line with the number of
// lines and their SHA-256. It is taken while people work:
// each document is whole in itself, and events of a document that are newer than its copy are left out when it is
// restored, so what is restored is a state that every record really had.
const (
	backupFormat  = "formwork-backup"
	backupVersion = 2 // 1 had no files
	backupPage    = 500
	settleTime    = 15 * time.Second // for events that are still on their way to the log
)

// Errors of backup and restore.
var (
	ErrBackupDamaged = errors.New("backup is damaged")                    // cut off, changed, or no backup at all
	ErrBackupVersion = errors.New("backup is of a newer version")         // written by a newer program
	ErrNotEmpty      = errors.New("there are companies here already")     // restore never overwrites
	ErrNoArchive     = errors.New("this store cannot be backed up by us") // it does not implement store.Archive
)

// backupLine is one line; exactly one member is set.
type backupLine struct {
	Head       *backupHead       `json:"head,omitempty"`
	Tenant     string            `json:"tenant,omitempty"`
	Collection *store.Collection `json:"collection,omitempty"`
	Doc        *backupDoc        `json:"doc,omitempty"`
	Blob       *backupBlob       `json:"blob,omitempty"`
	Event      *store.Event      `json:"event,omitempty"`
	End        *backupEnd        `json:"end,omitempty"`
}

type backupHead struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	At      time.Time `json:"at"`
}

type backupEnd struct {
	Lines  int    `json:"lines"`
	SHA256 string `json:"sha256"`
}

// backupDoc is a document with what its own JSON leaves out.
type backupDoc struct {
	store.Doc
	Keys  []string `json:"keys,omitempty"`
	Chain string   `json:"chain,omitempty"`
	Claim string   `json:"claim,omitempty"`
}

func (d *backupDoc) document() store.Doc {
	doc := d.Doc
	doc.Keys, doc.Chain, doc.Claim = d.Keys, d.Chain, d.Claim
	for key, value := range doc.Values {
		doc.Values[key] = store.WholeNumbers(value)
	}
	return doc
}

// Backup writes everything every tenant keeps.
func (e *Engine) Backup(ctx context.Context, to io.Writer) error {
	zip := gzip.NewWriter(to)
	b := &backup{engine: e, sum: sha256.New()}
	b.out = json.NewEncoder(io.MultiWriter(zip, b.sum))
	if err := b.line(backupLine{Head: &backupHead{backupFormat, backupVersion, e.Clock().UTC()}}); err != nil {
		return err
	}
	names, err := e.tenantNames(ctx)
	if err != nil {
		return err
	}
	for _, name := range append([]string{tenant.System}, names...) {
		if err := b.tenant(ctx, name); err != nil {
			return fmt.Errorf("back up %s: %w", name, err)
		}
	}
	end := backupEnd{Lines: b.lines, SHA256: hex.EncodeToString(b.sum.Sum(nil))}
	if err := b.line(backupLine{End: &end}); err != nil {
		return err
	}
	return zip.Close()
}

// backup writes lines and counts them.
type backup struct {
	engine *Engine
	name   string // of the tenant that is being copied
	out    *json.Encoder
	sum    hash.Hash
	lines  int
}

func (b *backup) line(l backupLine) error {
	b.lines++
	return b.out.Encode(l)
}

func (b *backup) tenant(ctx context.Context, name string) error {
	db, err := b.engine.open(ctx, name)
	if err != nil {
		return err
	}
	archive, ok := db.(store.Archive)
	if !ok {
		return ErrNoArchive
	}
	b.name = name
	if err := b.line(backupLine{Tenant: name}); err != nil {
		return err
	}
	collections, err := archive.Collections(ctx)
	if err != nil {
		return err
	}
	// Records name files that were there before them: copied after them, none is missing.
	if at := slices.IndexFunc(collections, isFiles); at >= 0 {
		collections = append(slices.Delete(slices.Clone(collections), at, at+1), collections[at])
	}
	chains := map[string]string{} // of the documents copied, by entity/id
	for _, c := range collections {
		if err := b.line(backupLine{Collection: &c}); err != nil {
			return err
		}
		if err := b.documents(ctx, db, c.Name, chains); err != nil {
			return err
		}
	}
	return b.events(ctx, db, chains)
}

// documents copies a collection, the recycle bin too.
func (b *backup) documents(ctx context.Context, db store.Store, collection string, chains map[string]string) error {
	everything := &query.Filter{Cond: &query.Cond{Path: []string{"deleted"}, Op: query.In, Value: []any{true, false}, Type: "boolean"}}
	for after := ""; ; {
		page, err := db.Find(ctx, query.Query{Collection: collection, Where: everything, Limit: backupPage, After: after})
		if err != nil {
			return err
		}
		for _, doc := range page.Docs {
			if collection == def.EntityFile {
				if err := b.file(ctx, db, &doc); err != nil {
					return err
				}
				continue
			}
			if doc.Chain != "" {
				chains[collection+"/"+doc.ID] = doc.Chain
			}
			if err := b.line(backupLine{Doc: &backupDoc{doc, doc.Keys, doc.Chain, doc.Claim}}); err != nil {
				return err
			}
		}
		if page.Next == "" {
			return nil
		}
		after = page.Next
	}
}

// events copies the log until it holds the last event of every document copied; those may still be on their way.
func (b *backup) events(ctx context.Context, db store.Store, chains map[string]string) error {
	deadline := b.engine.Clock().Add(settleTime)
	for after := int64(0); ; {
		events, err := db.Events(ctx, after, backupPage)
		if err != nil {
			return err
		}
		for i := range events {
			key := events[i].Entity + "/" + events[i].Record
			if chains[key] == events[i].Hash {
				delete(chains, key)
			}
			if err := b.line(backupLine{Event: &events[i]}); err != nil {
				return err
			}
			after = events[i].Seq
		}
		switch {
		case len(events) > 0:
		case len(chains) == 0:
			return nil
		case b.engine.Clock().After(deadline):
			return fmt.Errorf("the event log lacks the last events of %d records", len(chains))
		default:
			timer := time.NewTimer(50 * time.Millisecond)
			select {
			case <-timer.C:
			case <-ctx.Done():
				timer.Stop()
				return ctx.Err()
			}
		}
	}
}

// Restore loads a backup into an installation that has no company yet. The whole file is checked before the first
// write: ErrBackupDamaged, ErrBackupVersion and ErrNotEmpty leave everything as it was.
func (e *Engine) Restore(ctx context.Context, from io.ReadSeeker) error {
	names, err := e.tenantNames(ctx)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		return ErrNotEmpty
	}
	if err := checkBackup(from); err != nil {
		return err
	}
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r := &restore{engine: e, revs: map[string]int64{}}
	if err := readBackup(from, func(l *backupLine, _ []byte) error { return r.line(ctx, l) }); err != nil {
		return err
	}
	return r.flush(ctx)
}

// checkBackup reads a backup to its end and compares the sum.
func checkBackup(from io.Reader) error {
	sum, lines, ended := sha256.New(), 0, false
	err := readBackup(from, func(l *backupLine, raw []byte) error {
		switch {
		case ended, lines == 0 && (l.Head == nil || l.Head.Format != backupFormat):
			return ErrBackupDamaged
		case l.Head != nil && l.Head.Version > backupVersion:
			return ErrBackupVersion
		case l.End != nil:
			ended = true
			if l.End.Lines != lines || l.End.SHA256 != hex.EncodeToString(sum.Sum(nil)) {
				return ErrBackupDamaged
			}
			return nil
		}
		lines++
		sum.Write(raw)
		return nil
	})
	if err == nil && !ended {
		err = ErrBackupDamaged
	}
	return err
}

// readBackup gives line after line, decoded and as it stands.
func readBackup(from io.Reader, take func(l *backupLine, raw []byte) error) error {
	zip, err := gzip.NewReader(from)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBackupDamaged, err)
	}
	lines := bufio.NewReaderSize(zip, 1<<20)
	for {
		raw, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) && len(raw) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrBackupDamaged, err)
		}
		var l backupLine
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		if err := dec.Decode(&l); err != nil {
			return fmt.Errorf("%w: %w", ErrBackupDamaged, err)
		}
		if err := take(&l, raw); err != nil {
			return err
		}
	}
}

// restore writes lines in batches.
type restore struct {
	engine     *Engine
	name       string       // of the tenant
	blob       bytes.Buffer // of the file whose bytes are being read
	archive    store.Archive
	db         store.Store
	collection string
	docs       []store.Doc
	events     []store.Event
	revs       map[string]int64 // of the tenant's documents, by entity/id
}

func (r *restore) line(ctx context.Context, l *backupLine) error {
	switch {
	case l.Tenant != "":
		return r.begin(ctx, l.Tenant)
	case l.Collection != nil:
		if err := r.flush(ctx); err != nil {
			return err
		}
		r.collection = l.Collection.Name
		return r.db.Ensure(ctx, *l.Collection)
	case l.Doc != nil:
		r.docs = append(r.docs, l.Doc.document())
		r.revs[r.collection+"/"+l.Doc.ID] = l.Doc.Rev
	case l.Blob != nil:
		return r.bytes(ctx, l.Blob)
	case l.Event != nil:
		rev, copied := r.revs[l.Event.Entity+"/"+l.Event.Record]
		// Events of documents that are removed for good stay; those newer than the copy, or of records younger than
		// the copy, belong to a later state.
		if l.Event.Hash == "" || copied && l.Event.Rev <= rev {
			r.events = append(r.events, *l.Event)
		}
	}
	if len(r.docs)+len(r.events) >= backupPage {
		return r.flush(ctx)
	}
	return nil
}

func (r *restore) begin(ctx context.Context, name string) error {
	if err := r.flush(ctx); err != nil {
		return err
	}
	db, err := r.engine.Store.Open(ctx, name)
	if err != nil {
		return err
	}
	archive, ok := db.(store.Archive)
	if !ok {
		return ErrNoArchive
	}
	r.db, r.archive, r.name = db, archive, name
	clear(r.revs)
	return nil
}

func (r *restore) flush(ctx context.Context) error {
	if len(r.docs)+len(r.events) == 0 {
		return nil
	}
	if err := r.archive.Load(ctx, r.collection, r.docs, r.events); err != nil {
		return err
	}
	r.docs, r.events = r.docs[:0], r.events[:0]
	return nil
}

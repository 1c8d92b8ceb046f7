// Package file keeps what people upload: photos, documents, signatures.
//
// A File is a record of the system entity file (who, when, what, how large, where it belongs) and a blob, its bytes,
// behind Blobs. The record comes first and goes last, so that no bytes are ever without a record:
//
//	Upload: record without a size ──▶ blob ──▶ record complete
//	Sweep:  record without a size ──▶ no blob ──▶ no record
//
// A complete file stands nowhere until a record takes it (engine/record, files.go): then its link names entity, record
// and field, and whoever may read that field of that record in its present state may read the file; before, only its
// owner. What a record holds is the truth; links that were not compared with it yet have open_at, and Sweep settles them.
//
// Nothing a client says about a file is believed: its type is told from the bytes, its name is never part of a path, and
// photos and signatures are drawn anew, so that neither places and devices in EXIF nor anything else hides in them.
package file

import (
	"context"
	"encoding/hex"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/singleflight"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/record"
	"formwork/engine/store"
)

// Use is what a file was uploaded for; it decides how its bytes are treated and which fields take it.
type Use string

// The uses, as the types of fields.
const (
	Attachment Use = "attachment" // kept as it is
	Image      Use = "image"      // a photo: turned upright, without EXIF, at most maxSide pixels on its longer side
	Signature  Use = "signature"  // a drawn name: PNG
)

// File is what is known of an upload.
type File struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"` // what its owner called it, made harmless; never part of a path
	Use        Use        `json:"use"`
	Kind       string     `json:"kind"` // image, pdf, document, sheet, slides, text, archive, drawing
	Type       string     `json:"type"` // media type, told from the bytes
	Size       int64      `json:"size"` // bytes
	Width      int        `json:"width,omitempty"`
	Height     int        `json:"height,omitempty"`
	UploadedAt time.Time  `json:"uploadedAt"`
	TakenAt    *time.Time `json:"takenAt,omitempty"` // by the clock of the device

	owner  string
	blob   string
	sha256 string
	link   Link
	task   string
}

// Link is where a file belongs. Field is a path such as "photos" or "lines.photo"; all are "" for a file that stands
// nowhere yet.
type Link struct{ Entity, Record, Field string }

// Error is a file that is refused. Code is stable; see the Code constants.
type Error struct {
	Code   string
	Params map[string]any
}

// Error satisfies error.
func (e *Error) Error() string { return "refused: " + e.Code }

// The codes of Error.
const (
	CodeTooLarge      = "file_too_large"  // Params: max (bytes)
	CodeType          = "file_type"       // Params: name; what the bytes are is not allowed, or not what name and type say
	CodeEmpty         = "file_empty"      // no bytes
	CodeQuota         = "file_quota"      // Params: max (bytes); the company's files would be more than it may have
	CodeImageTooLarge = "image_too_large" // Params: max (pixels)
	CodeImage         = "image_damaged"   // looks like an image but cannot be drawn
	CodeNoThumb       = "no_thumbnail"    // there is no small picture of such a file
	CodeSignature     = "signature_used"  // the signature was made for something else, or is none
	CodeAttachment    = "attachment_used" // Params: max; a file stands elsewhere already or is none of the actor's, or they are too many
)

// Limits of uploads.
const (
	MaxSize      = 20 << 20 // bytes of a file
	DefaultQuota = 10 << 30 // bytes of a company's files; its setting files.quota_gb has the last word
	settingQuota = "files.quota_gb"
)

// Config is what a Service is made of.
type Config struct {
	Blobs    Blobs
	Records  *record.Service
	Catalogs record.Catalogs
	Stores   func(ctx context.Context, tenant string) (store.Store, error)
	Tenants  func(ctx context.Context) ([]string, error)
	Clock    func() time.Time
	NewID    func() string
	Random   func(n int) ([]byte, error) // secure random bytes, for names of blobs
	Log      *slog.Logger
	// Record gives a record as the actor may see it now, participants of its flow included.
	Record func(ctx context.Context, actor access.Actor, entity, id string) (record.Record, error)
}

// Service keeps files. Its methods are safe for many goroutines. They fail with *Error, record.ErrNotFound (absent, or
// not for this actor) or with what the stores failed with.
type Service struct {
	config   Config
	studio   studio
	quota    quota
	drawings singleflight.Group // of thumbnails, by key
}

// New makes a Service.
func New(c Config) *Service { return &Service{config: c, studio: newStudio(), quota: newQuota()} }

// Key names a blob of a tenant.
func Key(tenant, blob string) string { return tenant + "/" + blob }

// newBlob makes the name of a blob: 128 random bits, so that it tells nothing and cannot be guessed.
func (s *Service) newBlob() (string, error) {
	random, err := s.config.Random(16)
	if err != nil {
		return "", fmt.Errorf("name of a blob: %w", err)
	}
	return hex.EncodeToString(random), nil
}

// stored gives what is known of a complete file; record.ErrNotFound if there is none.
func (s *Service) stored(ctx context.Context, tenant, id string) (store.Doc, File, error) {
	st, err := s.open(ctx, tenant)
	if err != nil {
		return store.Doc{}, File{}, err
	}
	docs, err := st.Get(ctx, def.EntityFile, id)
	if err != nil {
		return store.Doc{}, File{}, fmt.Errorf("file %s: %w", id, err)
	}
	if len(docs) == 0 || docs[0].Deleted || docs[0].Values["size"] == nil {
		return store.Doc{}, File{}, fmt.Errorf("file %s: %w", id, record.ErrNotFound)
	}
	return docs[0], fileOf(&docs[0]), nil
}

// open gives a tenant's store, with the collections of its catalog in it.
func (s *Service) open(ctx context.Context, tenant string) (store.Store, error) {
	if _, err := s.config.Catalogs.Active(ctx, tenant); err != nil {
		return nil, fmt.Errorf("catalog of %s: %w", tenant, err)
	}
	return s.config.Stores(ctx, tenant)
}

// put writes what is known of a file, on condition that it is as it was read.
func (s *Service) put(ctx context.Context, tenant string, doc store.Doc) (store.Doc, error) {
	rev := doc.Rev
	doc.Rev, doc.UpdatedAt = rev+1, s.now()
	err := s.config.Records.Project(ctx, tenant, store.Write{Collection: def.EntityFile, Doc: doc, IfRev: rev})[0]
	if err != nil {
		return doc, fmt.Errorf("file %s: %w", doc.ID, err)
	}
	return doc, nil
}

// remove takes a file away for good: it is made incomplete first, so that no record can take it meanwhile, then its
// bytes go, then the rest. store.ErrConflict if it was touched since it was read.
func (s *Service) remove(ctx context.Context, tenant string, doc store.Doc) error {
	size, _ := doc.Values["size"].(int64)
	if doc.Values["size"] != nil {
		values := copyOf(doc.Values)
		delete(values, "size")
		doc.Values = values
		var err error
		if doc, err = s.put(ctx, tenant, doc); err != nil {
			return err
		}
		s.quota.add(tenant, -size)
	}
	blob, _ := doc.Values["blob"].(string)
	for _, name := range append(thumbsOf(blob), blob) {
		if err := s.config.Blobs.Delete(ctx, Key(tenant, name)); err != nil {
			return fmt.Errorf("bytes of file %s: %w", doc.ID, err)
		}
	}
	write := store.Write{Collection: def.EntityFile, Doc: doc, IfRev: doc.Rev, Remove: true}
	write.Doc.Rev++
	return s.config.Records.Project(ctx, tenant, write)[0]
}

// Delete takes away an upload of the actor's own that stands nowhere.
func (s *Service) Delete(ctx context.Context, actor access.Actor, id string) error {
	doc, f, err := s.stored(ctx, actor.Tenant, id)
	if err != nil {
		return err
	}
	if f.owner != actor.ID || f.link != (Link{}) {
		return fmt.Errorf("delete file %s: %w", id, record.ErrNotFound)
	}
	return s.remove(ctx, actor.Tenant, doc)
}

func (s *Service) now() time.Time { return s.config.Clock().UTC().Truncate(time.Millisecond) }

func stamp(t time.Time) string { return expr.TimeString(expr.TimeOf(t)) }

func text(values map[string]any, name string) string {
	value, _ := values[name].(string)
	return value
}

func number(values map[string]any, name string) int64 {
	value, _ := values[name].(int64)
	return value
}

func moment(values map[string]any, name string) *time.Time {
	t, err := expr.ParseTime(text(values, name))
	if err != nil {
		return nil
	}
	at := expr.StdTime(t)
	return &at
}

func copyOf(values map[string]any) map[string]any {
	copied := make(map[string]any, len(values))
	for name, value := range values {
		copied[name] = value
	}
	return copied
}

// fileOf reads what is known of a file.
func fileOf(doc *store.Doc) File {
	v := doc.Values
	f := File{
		ID: doc.ID, Name: text(v, "name"), Use: Use(text(v, "use")), Kind: text(v, "kind"), Type: text(v, "type"),
		Size: number(v, "size"), Width: int(number(v, "width")), Height: int(number(v, "height")), TakenAt: moment(v, "taken_at"),
		owner: text(v, "owner"), blob: text(v, "blob"), sha256: text(v, "sha256"), task: text(v, "task"),
		link: Link{text(v, "entity"), text(v, "record"), text(v, "field")},
	}
	if at := moment(v, "uploaded_at"); at != nil {
		f.UploadedAt = *at
	}
	return f
}

package file_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"formwork/engine/access"
	"formwork/engine/def"
	"formwork/engine/file"
	"formwork/engine/form"
	"formwork/engine/record"
	"formwork/engine/store"
	"formwork/engine/store/sqlite"
)

// world is a company that keeps diaries with photos.
type world struct {
	testing.TB
	ctx     context.Context
	files   *file.Service
	records *record.Service
	store   store.Store
	blobs   *frail
	dir     string
	catalog *def.Catalog
	now     time.Time
	ids     atomic.Int64
}

const tenantName = "yuhua"

// Diarists write diaries; readers see them but for what is internal; strangers see nothing.
var (
	wang     = person("u_wang", "diarist")
	zhao     = person("u_zhao", "diarist")
	reader   = person("u_reader", "reader")
	stranger = person("u_stranger")
)

func person(id string, roles ...string) access.Actor {
	return access.Actor{Tenant: tenantName, ID: id, Name: id, Roles: roles}
}

var definitions = map[string]string{
	"entities": `{"name":"diary","title":"施工日志","type":"object","properties":{
		"day":{"type":"string","format":"date","x-type":"date","title":"日期"},
		"photos":{"type":"array","x-type":"image","title":"照片","items":{"type":"string"}},
		"papers":{"type":"array","x-type":"attachment","title":"附件","items":{"type":"string"}},
		"internal":{"type":"array","x-type":"attachment","title":"内部","items":{"type":"string"}},
		"lines":{"type":"array","x-type":"table","title":"部位","items":{"type":"object","properties":{
			"photo":{"type":"array","x-type":"image","title":"照片","items":{"type":"string"}}}}}}}`,
	"roles":        `{"name":"diarist","title":"资料员","grants":{"diaries":{"entity":"diary","actions":["create","read","update","delete"]}}}`,
	"roles/reader": `{"name":"reader","title":"读者","grants":{"diaries":{"entity":"diary","actions":["read"],"fields":{"internal":"hidden"}}}}`,
	"settings":     `{"name":"files","title":"文件","properties":{"quota_gb":{"type":"integer","x-type":"integer","title":"容量","default":1}}}`,
}

type catalogs struct{ catalog *def.Catalog }

func (c catalogs) Active(context.Context, string) (*def.Catalog, error) { return c.catalog, nil }

func (c catalogs) Version(context.Context, string, string) (*def.Catalog, error) {
	return c.catalog, nil
}

// frail is a folder that can lose its power.
type frail struct {
	file.Blobs
	broken error
}

func (f *frail) Put(ctx context.Context, key string, from io.Reader) (int64, error) {
	if f.broken != nil {
		return 0, f.broken
	}
	return f.Blobs.Put(ctx, key, from)
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{TB: tb, ctx: tb.Context(), dir: tb.TempDir(), now: time.Date(2026, 6, 2, 8, 0, 0, 0, time.UTC)}
	w.compile()
	backend, err := sqlite.New(sqlite.Options{Dir: filepath.Join(w.dir, "store")})
	w.must(err)
	tb.Cleanup(func() {
		if err := backend.Close(); err != nil {
			tb.Errorf("close store: %v", err)
		}
	})
	w.store, err = backend.Open(w.ctx, tenantName)
	w.must(err)
	for name := range w.catalog.Entities {
		w.must(w.store.Ensure(w.ctx, store.CollectionOf(w.catalog, name)))
	}
	stores := func(context.Context, string) (store.Store, error) { return w.store, nil }
	clock := func() time.Time { return w.now }
	zone := func(context.Context, string) (*time.Location, error) { return time.UTC, nil }
	newID := func() string { return fmt.Sprintf("N%025d", w.ids.Add(1)) }
	rights := access.New(access.Config{Catalog: catalogs{w.catalog}.Active, Stores: stores, Clock: clock, Zone: zone})
	w.records, err = record.New(record.Config{
		Catalogs: catalogs{w.catalog}, Stores: stores, Access: rights, Clock: clock, Zone: zone, NewID: newID,
	})
	w.must(err)
	folder, err := file.OpenFolder(filepath.Join(w.dir, "files"), w.now)
	w.must(err)
	tb.Cleanup(func() { w.must(folder.Close()) })
	w.blobs = &frail{Blobs: folder}
	w.files = file.New(file.Config{
		Blobs: w.blobs, Records: w.records, Catalogs: catalogs{w.catalog}, Stores: stores, Clock: clock, NewID: newID,
		Tenants: func(context.Context) ([]string, error) { return []string{tenantName}, nil },
		Random:  func(n int) ([]byte, error) { b := make([]byte, n); _, err := rand.Read(b); return b, err },
		Log:     slog.Default(), Record: w.records.Get,
	})
	return w
}

func (w *world) compile() {
	defs := def.Definitions{}
	for folder, raw := range definitions {
		kind, _, _ := strings.Cut(folder, "/")
		canonical, problems := def.Canonical([]byte(raw))
		if len(problems) > 0 {
			w.Fatalf("%s: %v", folder, problems)
		}
		definition, err := def.Parse(def.Kind(kind), canonical)
		w.must(err)
		defs[def.RefOf("test", definition)] = definition
	}
	catalog, problems := def.Compile(defs, "zh-CN")
	if len(problems) > 0 {
		w.Fatalf("compile: %+v", problems)
	}
	w.catalog = catalog
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// send uploads something that must be taken.
func (w *world) send(who access.Actor, use file.Use, name string, content []byte) file.File {
	w.Helper()
	f, err := w.files.Add(w.ctx, who, file.Upload{Name: name, Use: use, Body: bytes.NewReader(content)})
	if err != nil {
		w.Fatalf("upload %s: %v", name, err)
	}
	return f
}

// diary is a record of wang's with these values.
func (w *world) diary(values form.Values) record.Record {
	w.Helper()
	values["day"] = "2026-06-01"
	created, err := w.records.Create(w.ctx, wang, "diary", record.CreateInput{Values: values})
	w.must(err)
	return created.Record
}

// get reads a file as somebody who may.
func (w *world) get(who access.Actor, id string) ([]byte, error) {
	content, err := w.files.Open(w.ctx, who, id)
	if err != nil {
		return nil, err
	}
	return readAll(w.ctx, content)
}

func readAll(ctx context.Context, content file.Content) ([]byte, error) {
	body, err := content.Open(ctx, 0, content.Size)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	return io.ReadAll(body)
}

// stored tells whether anything is known of a file.
func (w *world) stored(id string) bool {
	w.Helper()
	docs, err := w.store.Get(w.ctx, def.EntityFile, id)
	w.must(err)
	return len(docs) > 0
}

// blobNames lists the files on disk.
func (w *world) blobNames() []string {
	w.Helper()
	names, err := filepath.Glob(filepath.Join(w.dir, "files", tenantName, "*", "*", "*"))
	w.must(err)
	return names
}

// picture is an image whose upper left quarter is red, the rest white.
func picture(width, height int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{255, 255, 255, 255}
			if x < width/2 && y < height/2 {
				c = color.RGBA{255, 0, 0, 255}
			}
			img.Set(x, y, c)
		}
	}
	return img
}

func jpegOf(img image.Image) []byte {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil) // a buffer takes everything
	return b.Bytes()
}

func pngOf(img image.Image) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, img) // a buffer takes everything
	return b.Bytes()
}

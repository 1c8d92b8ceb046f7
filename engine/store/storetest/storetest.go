// Package storetest is the conformance suite of storage: what package store promises, as cases that every
// implementation must pass. A reference in Go (query.Match, query.CompareRecords, sums with math/big) gives the expected
// answers; a seeded generator makes documents and queries full of the values storage engines differ about.
//
// Each case works in a tenant of its own, so one backend serves the whole suite. `formwork doctor` runs the same cases
// on a user's own server, therefore they take T and not *testing.T.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"formwork/engine/store"
)

// T is what a case needs of *testing.T. Fatalf does not return.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

// Case is one promise of the contract.
type Case struct {
	Name string
	run  func(t T, s *suite)
}

// Cases lists the suite in a sensible order: simple ones first.
func Cases() []Case {
	var all []Case
	for _, group := range [][]Case{writeCases, eventCases, readCases, searchCases, aggregateCases, leaseCases, ensureCases, tenantCases, archiveCases, randomCases} {
		all = append(all, group...)
	}
	return all
}

// Run checks one case. Open gives a backend over the same installation each time it is called; the case uses tenants
// whose names begin with prefix and drops them at its end.
func (c Case) Run(t T, prefix string, open func() store.Backend) {
	t.Helper()
	s := &suite{T: t, open: open, tenant: tenantName(prefix, c.Name)}
	s.backend = open()
	defer s.close()
	c.run(t, s)
}

// Run checks every case as a subtest. Each call of open must give a backend over the same data; the suite closes what
// it opens.
func Run(t *testing.T, open func(t *testing.T) store.Backend) {
	t.Helper()
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			c.Run(t, "suite", func() store.Backend { return open(t) })
		})
	}
}

func tenantName(prefix, name string) string {
	return prefix + "_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(name))
}

// suite is what a case works with.
type suite struct {
	T
	open    func() store.Backend
	backend store.Backend
	tenant  string
	opened  []string // tenants to drop
}

func (s *suite) close() {
	for _, tenant := range s.opened {
		if db, err := s.backend.Open(context.Background(), tenant); err == nil {
			if err := db.Drop(context.Background()); err != nil {
				s.Errorf("drop %s: %v", tenant, err)
			}
		}
	}
	if err := s.backend.Close(); err != nil {
		s.Errorf("close: %v", err)
	}
}

// reopen closes the backend and opens it again, as a restart does.
func (s *suite) reopen() store.Store {
	s.Helper()
	if err := s.backend.Close(); err != nil {
		s.Fatalf("close: %v", err)
	}
	s.backend = s.open()
	return s.database(s.tenant)
}

func (s *suite) database(tenant string) store.Store {
	s.Helper()
	s.opened = append(s.opened, tenant)
	db, err := s.backend.Open(s.Context(), tenant)
	if err != nil {
		s.Fatalf("open %s: %v", tenant, err)
	}
	return db
}

// store opens the case's tenant with the suite's collections in it.
func (s *suite) store() *database {
	s.Helper()
	db := s.database(s.tenant)
	if err := db.Ensure(s.Context(), sheets, workers); err != nil {
		s.Fatalf("ensure: %v", err)
	}
	return &database{Store: db, t: s.T}
}

// database adds to a store what reads well in cases: failures end the case.
type database struct {
	store.Store
	t T
}

// put writes and expects no refusal.
func (d *database) put(writes ...store.Write) {
	d.t.Helper()
	for i, err := range d.Put(d.t.Context(), writes...) {
		if err != nil {
			d.t.Fatalf("put %s rev %d: %v", writes[i].Doc.ID, writes[i].Doc.Rev, err) //nolint:gosec // one error per write
		}
	}
}

// refusal writes one document and gives the error.
func (d *database) refusal(w store.Write) error {
	d.t.Helper()
	errs := d.Put(d.t.Context(), w)
	if len(errs) != 1 {
		d.t.Fatalf("put of one write gives %d errors", len(errs))
	}
	return errors.Join(errs...)
}

// get reads one document that must be there.
func (d *database) get(collection, id string) store.Doc {
	d.t.Helper()
	docs, err := d.Get(d.t.Context(), collection, id)
	if err != nil {
		d.t.Fatalf("get %s: %v", id, err)
	}
	if len(docs) != 1 {
		d.t.Fatalf("get %s: %d documents", id, len(docs))
	}
	return docs[0]
}

// absent expects no sheet of the id.
func (d *database) absent(id string) {
	d.t.Helper()
	docs, err := d.Get(d.t.Context(), sheet, id)
	if err != nil || len(docs) != 0 {
		d.t.Errorf("get %s: %d documents, %v; want none", id, len(docs), err)
	}
}

var epoch = time.Date(2026, 6, 1, 8, 30, 0, 0, time.UTC)

// newDoc is a document at its first revision.
func newDoc(id string, values map[string]any) store.Doc {
	return store.Doc{
		ID: id, Rev: 1, Values: values,
		CreatedBy: "u1", CreatedAt: epoch, UpdatedBy: "u1", UpdatedAt: epoch,
	}
}

func create(collection, id string, values map[string]any) store.Write {
	return store.Write{Collection: collection, Doc: newDoc(id, values)}
}

// update is the write of the next revision of a sheet.
func update(doc store.Doc) store.Write {
	doc.Rev++
	return store.Write{Collection: sheet, Doc: doc, IfRev: doc.Rev - 1}
}

// eventOf is an event that fits a write.
func eventOf(w store.Write, n int, kind string) store.Event {
	return store.Event{
		Entity: w.Collection, Record: w.Doc.ID, Rev: w.IfRev + 1, N: n, Type: kind, Actor: "u1", At: epoch,
		Data: fmt.Appendf(nil, `{"n":%d}`, n), Hash: fmt.Sprint("h", w.IfRev+1, ".", n),
	}
}

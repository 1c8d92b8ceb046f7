package sqlite

import (
	"context"
	"fmt"
	"reflect"
	"testing"

	"formwork/engine/def"
	"formwork/engine/store"
)

// site is a tenant whose extracts have blocks of four records, so that forty of them are ten blocks: one more than wait
// for being filed.
type site struct {
	*testing.T
	dir string
	db  *database
}

func openSite(t *testing.T) *site {
	t.Helper()
	s := &site{T: t, dir: t.TempDir()}
	s.start()
	t.Cleanup(s.stop)
	for i := range 40 {
		put(t, s.db, item(fmt.Sprint("g", i), workday("x", fmt.Sprint("p", i%2), "10.25", "20")))
	}
	return s
}

func (s *site) start() {
	s.Helper()
	backend, err := New(Options{Dir: s.dir})
	if err != nil {
		s.Fatal(err)
	}
	backend.extracts.extractLimits = extractLimits{from: 1, block: 4, bytes: extractBytes}
	opened, err := backend.Open(context.Background(), "acme")
	if err == nil {
		err = opened.Ensure(context.Background(), goods)
	}
	if err != nil {
		s.Fatal(err)
	}
	s.db, _ = opened.(*database)
}

func (s *site) stop() {
	if err := s.db.backend.Close(); err != nil {
		s.Error(err)
	}
}

func (s *site) restart() {
	s.stop()
	s.start()
}

// pays gives the pay of each project.
func (s *site) pays() map[string]string {
	s.Helper()
	groups, err := s.db.Aggregate(context.Background(), sumsOf())
	if err != nil {
		s.Fatal(err)
	}
	pays := map[string]string{}
	for _, group := range groups {
		pays[fmt.Sprint(group["project"])] = fmt.Sprint(group["pay"])
	}
	return pays
}

func (s *site) want(pays map[string]string) {
	s.Helper()
	if got := s.pays(); !reflect.DeepEqual(got, pays) {
		s.Errorf("pays %v, want %v", got, pays)
	}
}

// exec changes the file behind the store's back.
func (s *site) exec(statement string, args ...any) {
	s.Helper()
	err := s.db.alter(context.Background(), true, func(ctx context.Context, w *writer) error {
		result, err := w.conn.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return fmt.Errorf("%s changed %d rows: %w", statement, n, err)
		}
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
}

func (s *site) filed() int {
	s.Helper()
	n := 0
	err := s.db.read(context.Background(), func(r *reader, _ *schema) error {
		return r.row(context.Background(), &n, "SELECT count(DISTINCT block) FROM extract WHERE collection = 'goods'")
	})
	if err != nil {
		s.Fatal(err)
	}
	return n
}

// paySegment is the part of a block in which every line pays 1.
func paySegment(rows int) []byte {
	return sealPart((&segment{values: []int64{100}, null: -1, small: make([]uint8, rows)}).payload())
}

const payOf = `collection = 'goods' AND name = 'lines."f_pay"' AND block = `

// TestSumsAfterAStartReadTheFile: the parts on file are read, and only those of the present version that are whole.
func TestSumsAfterAStartReadTheFile(t *testing.T) {
	exact := map[string]string{"p0": "605", "p1": "605"}
	s := openSite(t)
	s.want(exact)
	if n := s.filed(); n < 9 {
		t.Fatalf("%d blocks are on file", n)
	}
	s.restart()
	s.want(exact)

	// The sum shows what it was made from: block 1 holds the records 4 to 7, of the projects p1, p0, p1, p0.
	s.exec("UPDATE extract SET data = ? WHERE "+payOf+"1", paySegment(8))
	s.want(exact) // from memory
	s.restart()
	s.want(map[string]string{"p0": "548.5", "p1": "548.5"})
}

// TestDamagedExtractsAreNotBelieved: what is not the present version of the column, whole, is read from the rows.
func TestDamagedExtractsAreNotBelieved(t *testing.T) {
	for name, damage := range map[string]func(s *site){
		"damaged": func(s *site) {
			s.exec("UPDATE extract SET data = substr(data, 1, length(data)-1) || x'07' WHERE " + payOf + "1")
		},
		"cut off":   func(s *site) { s.exec("UPDATE extract SET data = substr(data, 1, 6) WHERE " + payOf + "1") },
		"too short": func(s *site) { s.exec("UPDATE extract SET data = ? WHERE "+payOf+"1", paySegment(7)) },
		"older": func(s *site) {
			s.exec("UPDATE extract SET data = ?, version = version - 1 WHERE "+payOf+"1", paySegment(8))
		},
		"newer": func(s *site) {
			s.exec("UPDATE extract SET data = ?, version = version + 1 WHERE "+payOf+"1", paySegment(8))
		},
		"other shape": func(s *site) {
			s.exec("UPDATE extract SET data = ?, shape = '1:decimal:3' WHERE "+payOf+"1", paySegment(8))
		},
		"gone":     func(s *site) { s.exec("DELETE FROM extract WHERE " + payOf + "1") },
		"all gone": func(s *site) { s.exec("DELETE FROM extract") },
	} {
		t.Run(name, func(t *testing.T) {
			s := openSite(t)
			s.pays()
			damage(s)
			s.restart()
			s.want(map[string]string{"p0": "605", "p1": "605"})
		})
	}
}

// TestFiledExtractsFollowWritesAndDefinitions: a write, a removal, a column that was widened or got more places leave
// nothing on file that counts.
func TestFiledExtractsFollowWritesAndDefinitions(t *testing.T) {
	change := func(id, pay string) store.Write {
		doc := item(id, workday("x", "p0", pay, "20"))
		doc.IfRev, doc.Doc.Rev = 1, 2
		return doc
	}
	for name, c := range map[string]struct {
		do   func(s *site)
		want map[string]string
	}{
		"write": {func(s *site) { put(s.T, s.db, change("g4", "11.25")) }, map[string]string{"p0": "606", "p1": "605"}},
		"remove": {func(s *site) {
			put(s.T, s.db, store.Write{Collection: "goods", Doc: store.Doc{ID: "g4"}, IfRev: 1, Remove: true})
		}, map[string]string{"p0": "574.75", "p1": "605"}},
		"widen": {
			func(s *site) { put(s.T, s.db, change("g4", "100000000000000000010.25")) },
			map[string]string{"p0": "100000000000000000605", "p1": "605"},
		},
		"places": {func(s *site) { s.rescale(4); s.rescale(1); s.rescale(2) }, map[string]string{"p0": "605", "p1": "605"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := openSite(t)
			s.want(map[string]string{"p0": "605", "p1": "605"})
			c.do(s)
			for range 2 { // as it is in memory, and after a start
				s.want(c.want)
				s.restart()
			}
		})
	}
}

// rescale gives pay other places and back, which rewrites the cells of every record without writing any.
func (s *site) rescale(places int) {
	s.Helper()
	changed := goods
	changed.Fields = nil
	for _, field := range goods.Fields {
		if field.Path == "lines.pay" {
			field.Scale = places
		}
		changed.Fields = append(changed.Fields, field)
	}
	if err := s.db.Ensure(context.Background(), changed); err != nil {
		s.Fatal(err)
	}
	if n := s.filed(); n != 0 {
		s.Errorf("%d blocks of the old cells are on file", n)
	}
	s.pays()
}

// FuzzPart: whatever stands in the file is refused or is a segment that can be read.
func FuzzPart(f *testing.F) {
	f.Add(paySegment(8)[checksumBytes:], false)
	words := &dictionary{ids: map[string]int64{}}
	texts := &segment{texts: words, values: []int64{words.id([]byte("a")), 0, words.id([]byte("水泥"))}, null: 1, medium: []uint16{0, 1, 2, 2}}
	f.Add(texts.payload(), true)
	f.Fuzz(func(t *testing.T, payload []byte, text bool) {
		c := &extracted{field: store.Field{Type: def.TypeDecimal}}
		if text {
			c = &extracted{field: store.Field{Type: def.TypeText}, texts: &dictionary{ids: map[string]int64{}}}
		}
		p := openPart(sealPart(payload))
		s := p.segment(c)
		if !p.whole() {
			return
		}
		for _, place := range s.expand(nil) {
			if int(place) != s.null && c.texts != nil && s.values[place] >= int64(len(c.texts.all())) {
				t.Errorf("place %d names a text that is not there", place)
			}
		}
		again := openPart(sealPart(s.payload()))
		if other := again.segment(c); !again.whole() || !reflect.DeepEqual(other, s) {
			t.Errorf("read as %+v, written and read again as %+v", s, other)
		}
		for n := range payload {
			cut := openPart(sealPart(payload[:n]))
			if cut.segment(c); cut.whole() {
				t.Errorf("the first %d bytes are whole too", n)
			}
		}
	})
}

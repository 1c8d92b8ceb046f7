package file_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"formwork/engine/def"
	"formwork/engine/file"
	"formwork/engine/record"
	"formwork/engine/store"
)

func codeOf(err error) string {
	var refused *file.Error
	if errors.As(err, &refused) {
		return refused.Code
	}
	if err != nil {
		return err.Error()
	}
	return "taken"
}

func zipOf(t *testing.T, members ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range members {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err == nil {
			_, err = w.Write([]byte("x"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is a PNG of a few kilobytes that unpacks to side × side pixels.
func bomb(side uint32) []byte {
	var b bytes.Buffer
	b.WriteString("\x89PNG\r\n\x1a\n")
	chunk := func(kind string, content []byte) {
		_ = binary.Write(&b, binary.BigEndian, uint32(len(content)))
		sum := crc32.NewIEEE()
		_, _ = io.MultiWriter(&b, sum).Write(append([]byte(kind), content...))
		_ = binary.Write(&b, binary.BigEndian, sum.Sum32())
	}
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, side), side)
	chunk("IHDR", append(header, 8, 2, 0, 0, 0))
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write(make([]byte, 1<<20))
	_ = z.Close()
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return b.Bytes()
}

func TestWhatMayBeUploaded(t *testing.T) {
	photo, drawn := jpegOf(picture(40, 20)), pngOf(picture(40, 20))
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)
	program := []byte("MZ\x90\x00\x03\x00\x00\x00")
	tests := []struct {
		name     string
		file     string
		declared string
		use      file.Use
		content  []byte
		want     string // code, or the type it is taken for
	}{
		{"a photo", "现场.jpg", "image/jpeg", file.Image, photo, "image/jpeg"},
		{"a photo without a name's end", "image", "", file.Image, photo, "image/jpeg"},
		{"a picture whose name says another format", "微信图片.jpg", "image/jpeg", file.Image, drawn, "image/jpeg"},
		{"a photo as a document", "现场.jpg", "image/jpeg", file.Attachment, photo, "image/jpeg"},
		{"a signature", "sign.png", "image/png", file.Signature, drawn, "image/png"},
		{"a signature that is a photo", "sign.jpg", "image/jpeg", file.Signature, photo, file.CodeType},
		{"a drawing", "总图.dwg", "application/octet-stream", file.Attachment, []byte("AC1032\x00\x00\x00"), "image/vnd.dwg"},
		{"a drawing among photos", "总图.dwg", "", file.Image, []byte("AC1032\x00\x00\x00"), file.CodeType},
		{"a PDF", "合同.pdf", "application/pdf", file.Attachment, []byte("%PDF-1.7\n"), "application/pdf"},
		{"a workbook", "清单.xlsx", "", file.Attachment, zipOf(t, "[Content_Types].xml", "xl/workbook.xml"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		{"an archive that calls itself a workbook", "清单.xlsx", "", file.Attachment, zipOf(t, "virus.exe"), file.CodeType},
		{"an archive", "资料.zip", "application/zip", file.Attachment, zipOf(t, "../../etc/passwd"), "application/zip"},
		{"a CSV from a Windows browser", "a.csv", "application/vnd.ms-excel", file.Attachment, []byte("a,b\r\n1,2\r\n"), "text/csv"},
		{"a text in an older Chinese encoding", "说明.txt", "text/plain", file.Attachment, []byte("\xb0\xb2\xc8\xab\r\n"), "text/plain"},
		{"a program", "setup.exe", "", file.Attachment, program, file.CodeType},
		{"a program that calls itself a photo", "photo.jpg", "image/jpeg", file.Attachment, program, file.CodeType},
		{"a program that calls itself a text", "read.txt", "text/plain", file.Attachment, program, file.CodeType},
		{"a page", "a.html", "text/html", file.Attachment, []byte("<html>"), file.CodeType},
		{"a page that calls itself a text but is declared a page", "a.txt", "text/html", file.Attachment, []byte("<html>"), file.CodeType},
		{"a vector image", "logo.svg", "image/svg+xml", file.Attachment, svg, file.CodeType},
		{"a vector image that calls itself a photo", "logo.png", "image/png", file.Image, svg, file.CodeType},
		{"a PDF that calls itself a photo", "a.jpg", "image/jpeg", file.Attachment, []byte("%PDF-1.7\n"), file.CodeType},
		{"a photo declared a PDF", "a.jpg", "application/pdf", file.Attachment, photo, file.CodeType},
		{"nothing", "a.txt", "", file.Attachment, nil, file.CodeEmpty},
		{"half a photo", "a.jpg", "", file.Image, photo[:len(photo)/8], file.CodeImage},
		{"a bomb of 900 megapixels", "a.png", "", file.Image, bomb(30_000), file.CodeImageTooLarge},
		{"a bomb as a document is kept unseen", "a.png", "", file.Attachment, bomb(30_000), "image/png"},
		{"more than a file may have", "a.txt", "", file.Attachment, bytes.Repeat([]byte("a"), file.MaxSize+1), file.CodeTooLarge},
		{"a photo with more than a file may have", "a.jpg", "", file.Image, append(bytes.Clone(photo), make([]byte, file.MaxSize)...), file.CodeTooLarge},
		{"an unknown use", "a.jpg", "", "avatar", photo, file.CodeType},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			f, err := w.files.Add(w.ctx, wang, file.Upload{Name: tt.file, Type: tt.declared, Use: tt.use, Body: bytes.NewReader(tt.content)})
			got := f.Type
			if err != nil {
				got = codeOf(err)
			}
			if got != tt.want {
				t.Fatalf("got %s, want %s", got, tt.want)
			}
			if err == nil {
				return
			}
			if left := w.blobNames(); len(left) > 0 {
				t.Errorf("a refused upload left %v", left)
			}
			if page, err := w.store.Find(w.ctx, everyFile); err != nil || len(page.Docs) > 0 {
				t.Errorf("a refused upload left %v, %v", page.Docs, err)
			}
		})
	}
}

func TestNamesOfFilesAreHarmless(t *testing.T) {
	tests := []struct{ name, want string }{
		{"现场 说明.txt", "现场 说明.txt"},
		{"../../../etc/cron.d/job.txt", "job.txt"},
		{`C:\Windows\system32\a.txt`, "a.txt"},
		{"a\x00b\r\n.txt", "ab.txt"},
		{"gpj.\u202etxt", "gpj.txt"},
		{"...a.txt", "a.txt"},
		{`<img src=x onerror="alert(1)">.txt`, "_img src=x onerror=_alert(1)__.txt"},
		{strings.Repeat("长", 300) + ".txt", strings.Repeat("长", 116) + ".txt"},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			w := newWorld(t)
			if got := w.send(wang, file.Attachment, tt.name, []byte("a text")).Name; got != tt.want {
				t.Errorf("%q became %q, want %q", tt.name, got, tt.want)
			}
			for _, name := range w.blobNames() {
				if base := filepath.Base(name); len(base) != 32 {
					t.Errorf("the bytes are in %s", name)
				}
			}
		})
	}
}

// exif puts a segment with orientation 6 (turn right) and a place into a JPEG.
func exif(photo []byte, turn byte) []byte {
	tiff := []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(turn) + "\x00\x00\x00\x00\x00\x00GPS 31.2N 121.4E")
	segment := append([]byte("Exif\x00\x00"), tiff...)
	head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(segment)+2))
	return append(append(head, segment...), photo[2:]...)
}

func TestPhotosAreUprightAndTellNoPlace(t *testing.T) {
	// Where the red quarter of a lying picture (40 × 20) is after turning, as parts of width and height.
	tests := []struct {
		turn          byte
		width, height int
		left, top     bool
	}{
		{1, 40, 20, true, true},
		{2, 40, 20, false, true},
		{3, 40, 20, false, false},
		{4, 40, 20, true, false},
		{5, 20, 40, true, true},
		{6, 20, 40, false, true},
		{7, 20, 40, false, false},
		{8, 20, 40, true, false},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("orientation %d", tt.turn), func(t *testing.T) {
			w := newWorld(t)
			f := w.send(wang, file.Image, "a.jpg", exif(jpegOf(picture(40, 20)), tt.turn))
			if f.Width != tt.width || f.Height != tt.height {
				t.Fatalf("%d × %d pixels", f.Width, f.Height)
			}
			raw, err := w.get(wang, f.ID)
			w.must(err)
			if bytes.Contains(raw, []byte("GPS")) || bytes.Contains(raw, []byte("Exif")) {
				t.Error("the photo tells where it was taken")
			}
			img, _, err := image.Decode(bytes.NewReader(raw))
			w.must(err)
			x, y := tt.width/4, tt.height/4
			if !tt.left {
				x = tt.width * 3 / 4
			}
			if !tt.top {
				y = tt.height * 3 / 4
			}
			if r, g, _, _ := img.At(x, y).RGBA(); r < 0xd000 || g > 0x4000 {
				t.Errorf("the red quarter is not at (%d, %d): %x %x", x, y, r, g)
			}
		})
	}
}

func TestLargePhotosAreMadeSmaller(t *testing.T) {
	w := newWorld(t)
	f := w.send(wang, file.Image, "a.png", pngOf(picture(5000, 1000)))
	if f.Width != 4096 || f.Height != 819 || f.Type != "image/jpeg" || f.Name != "a.jpg" {
		t.Errorf("%+v", f)
	}
}

func TestTheQuotaOfACompany(t *testing.T) {
	w := newWorld(t)
	doc := store.Doc{ID: "old", Rev: 1, CreatedAt: w.now, UpdatedAt: w.now, Values: map[string]any{
		"name": "old", "owner": wang.ID, "uploaded_at": "2026-06-01T00:00:00Z", "blob": "b", "size": int64(1<<30 - 100), // the setting says 1 GB
	}}
	w.must(w.records.Project(w.ctx, tenantName, store.Write{Collection: def.EntityFile, Doc: doc})[0])
	f := w.send(wang, file.Attachment, "a.txt", bytes.Repeat([]byte("a"), 60))
	for range 2 { // the second time the sum is known
		_, err := w.files.Add(w.ctx, wang, file.Upload{Name: "b.txt", Body: strings.NewReader(strings.Repeat("b", 60))})
		if code := codeOf(err); code != file.CodeQuota {
			t.Fatalf("over the quota: %s", code)
		}
	}
	w.must(w.files.Delete(w.ctx, wang, f.ID))
	w.send(wang, file.Attachment, "c.txt", bytes.Repeat([]byte("c"), 60))
}

// interrupted is a connection that breaks.
type interrupted struct{ io.Reader }

func (i interrupted) Read(p []byte) (int, error) {
	n, err := i.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func TestABrokenUploadLeavesNothing(t *testing.T) {
	for _, use := range []file.Use{file.Attachment, file.Image} {
		w := newWorld(t)
		content := append(jpegOf(picture(100, 100)), make([]byte, 9000)...)
		_, err := w.files.Add(w.ctx, wang, file.Upload{Name: "a.jpg", Use: use, Body: interrupted{bytes.NewReader(content)}})
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%s: %v", use, err)
		}
		page, err := w.store.Find(w.ctx, everyFile)
		if err != nil || len(page.Docs) > 0 || len(w.blobNames()) > 0 {
			t.Errorf("%s: left %v and %v, %v", use, page.Docs, w.blobNames(), err)
		}
	}
}

// The record of a file comes before its bytes. If the program dies in between, nobody can use the file, and the sweep
// takes away what there is.
func TestAnUploadThatDiedHalfway(t *testing.T) {
	w := newWorld(t)
	doc := store.Doc{ID: "half", Rev: 1, CreatedAt: w.now, UpdatedAt: w.now, Values: map[string]any{
		"name": "a.jpg", "owner": wang.ID, "use": "image", "kind": "image", "uploaded_at": "2026-06-02T08:00:00Z",
		"open_at": "2026-06-02T08:00:00Z", "blob": strings.Repeat("ab", 16),
	}}
	w.must(w.records.Project(w.ctx, tenantName, store.Write{Collection: def.EntityFile, Doc: doc})[0])
	_, err := w.blobs.Put(w.ctx, file.Key(tenantName, strings.Repeat("ab", 16)), strings.NewReader("the bytes"))
	w.must(err)
	if _, err := w.files.Open(w.ctx, wang, "half"); !errors.Is(err, record.ErrNotFound) {
		t.Errorf("half a file was opened: %v", err)
	}
	w.now = w.now.Add(25 * time.Hour)
	w.must(w.files.Sweep(w.ctx))
	if w.stored("half") || len(w.blobNames()) > 0 {
		t.Errorf("the sweep left %v", w.blobNames())
	}
}

func TestAFullDisk(t *testing.T) {
	w := newWorld(t)
	w.blobs.broken = errors.New("no space left")
	_, err := w.files.Add(w.ctx, wang, file.Upload{Name: "a.txt", Body: strings.NewReader("text")})
	if !errors.Is(err, w.blobs.broken) {
		t.Fatalf("got %v", err)
	}
	page, err := w.store.Find(w.ctx, everyFile)
	if err != nil || len(page.Docs) > 0 {
		t.Errorf("left %v, %v", page.Docs, err)
	}
}

func TestKeysOfBlobsAreOurs(t *testing.T) {
	w := newWorld(t)
	outside := filepath.Join(w.dir, "secret")
	w.must(os.WriteFile(outside, []byte("secret"), 0o600))
	hex := strings.Repeat("0f", 16)
	for _, key := range []string{
		"", "secret", "../secret", "yuhua/../../secret", "yuhua/" + hex + "/../../../secret", "/" + hex, "yuhua/" + hex + "\x00",
		"yuhua/" + strings.ToUpper(hex), "yuhua/" + hex + ".t", "YUHUA/" + hex, "yuhua/" + hex + "\n",
	} {
		if _, err := w.blobs.Put(w.ctx, key, strings.NewReader("x")); err == nil {
			t.Errorf("stored under %q", key)
		}
		if _, err := w.blobs.Get(w.ctx, key, 0, 10); err == nil || errors.Is(err, file.ErrNoBlob) {
			t.Errorf("looked for %q: %v", key, err)
		}
		if err := w.blobs.Delete(w.ctx, key); err == nil {
			t.Errorf("deleted %q", key)
		}
	}
	if content, err := os.ReadFile(outside); err != nil || string(content) != "secret" {
		t.Errorf("what lies outside: %q, %v", content, err)
	}
}

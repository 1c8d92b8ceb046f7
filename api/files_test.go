package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"
)

// withPhotos gives the day-labor sheet of the demo company photos and papers.
func (w *world) withPhotos() {
	w.t.Helper()
	admin := w.signIn("admin")
	entity := admin.do("GET", "/definitions/entities/day_labor_sheet", nil).want(http.StatusOK, "").content
	fields, _ := entity["properties"].(object)
	fields["photos"] = object{"type": "array", "x-type": "image", "title": "现场照片", "items": object{"type": "string"}, "x-files": object{"maxCount": 2, "watermark": true}}
	fields["papers"] = object{"type": "array", "x-type": "attachment", "title": "附件", "items": object{"type": "string"}}
	admin.do("PUT", "/draft/entities/day_labor_sheet", entity).want(http.StatusNoContent, "")
	admin.do("POST", "/draft/publish", object{"note": "photos"}).want(http.StatusOK, "")
}

func photo(width, height int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.Set(x, y, color.RGBA{uint8(x), uint8(y), 90, 255})
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil) // a buffer takes everything
	return b.Bytes()
}

// upload sends a file as a browser does.
func (c *client) upload(query, name, contentType string, content []byte, headers ...header) reply {
	c.w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename="%s"`, name)}, "Content-Type": {contentType},
	})
	c.w.must(err)
	_, err = part.Write(content)
	c.w.must(err)
	c.w.must(form.Close())
	return c.do("POST", "/files"+query, body.String(), append([]header{header("Content-Type: " + form.FormDataContentType())}, headers...)...)
}

// uploaded is the id of a file that must be taken.
func (c *client) uploaded(query, name string, content []byte) string {
	c.w.t.Helper()
	return c.upload(query, name, "application/octet-stream", content).want(http.StatusCreated, "").text("id")
}

func TestAPhotoOnItsWayToTheApprover(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		w.withPhotos()
		clerk, foreman := w.signIn("clerk"), w.signIn("foreman")
		sent := clerk.upload("?use=image&takenAt=2026-06-03T03:00:00Z", "IMG_1.JPG", "image/jpeg", photo(800, 600)).want(http.StatusCreated, "")
		id := sent.text("id")
		if sent.text("type") != "image/jpeg" || sent.at("width") != number("800") || sent.text("takenAt") != "2026-06-03T03:00:00Z" {
			t.Errorf("the answer: %s", sent.body)
		}
		foreman.do("GET", "/files/"+id, nil).want(http.StatusNotFound, "not_found")
		sheet := clerk.sheet("2026-06-02")
		sheet["photos"] = []string{id}
		rec := clerk.do("POST", sheets, object{"values": sheet, "submit": true, "acknowledged": object{"trained": "补签中", "long_overtime": "抢工"}}).want(http.StatusCreated, "")
		if rec.at("refs.file/"+id) != "IMG_1.JPG" {
			t.Errorf("the sheet does not name its photo: %s", rec.body)
		}
		foreman.open(rec.text("id")) // fails if he has no task
		got := foreman.do("GET", "/files/"+id, nil).want(http.StatusOK, "")
		if _, err := jpeg.Decode(bytes.NewReader(got.body)); err != nil {
			t.Errorf("the photo: %v", err)
		}
		thumb := foreman.do("GET", "/files/"+id+"/thumb?size=100", nil).want(http.StatusOK, "")
		if config, _, err := image.DecodeConfig(bytes.NewReader(thumb.body)); err != nil || config.Width != 160 {
			t.Errorf("the thumbnail: %+v, %v", config, err)
		}
		for name, value := range map[string]string{
			"Content-Type": "image/jpeg", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-cache",
			"Content-Disposition": "inline; filename=IMG_1.JPG", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got.header.Get(name) != value {
				t.Errorf("%s: %q", name, got.header.Get(name))
			}
		}
		if policy := got.header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") || !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("policy %q", policy)
		}
		clerk.do("DELETE", "/files/"+id, nil).want(http.StatusNotFound, "not_found")
	})
}

func TestFilesOfAnotherCompany(t *testing.T) {
	onStores(t, func(w *world) {
		w.found("other", "other-")
		id := w.signIn("clerk").uploaded("", "a.txt", []byte("text"))
		for _, who := range []string{"other-clerk", "other-admin", "foreman", "admin"} {
			w.signIn(who).do("GET", "/files/"+id, nil).want(http.StatusNotFound, "not_found")
			w.signIn(who).do("DELETE", "/files/"+id, nil).want(http.StatusNotFound, "not_found")
		}
		(&client{w: w}).do("GET", "/files/"+id, nil).want(http.StatusUnauthorized, "unauthenticated")
	})
}

func TestUploadsThatAreRefused(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		clerk := w.signIn("clerk")
		clerk.upload("", "a.html", "text/html", []byte("<html>")).want(http.StatusUnprocessableEntity, "file_type")
		clerk.upload("", "a.txt", "text/plain", nil).want(http.StatusUnprocessableEntity, "file_empty")
		clerk.upload("?use=image", "a.jpg", "image/jpeg", []byte("\xff\xd8\xff and no more")).want(http.StatusUnprocessableEntity, "image_damaged")
		clerk.upload("", "a.txt", "text/plain", bytes.Repeat([]byte("a"), 21<<20)).want(http.StatusRequestEntityTooLarge, "file_too_large")
		clerk.upload("", "a.txt", "text/plain", bytes.Repeat([]byte("a"), 26<<20)).want(http.StatusRequestEntityTooLarge, "file_too_large")
		clerk.upload("?takenAt=yesterday", "a.txt", "text/plain", []byte("a")).want(http.StatusBadRequest, "bad_parameter")
		clerk.upload("?folder=/etc", "a.txt", "text/plain", []byte("a")).want(http.StatusBadRequest, "unknown_parameter")
		clerk.do("POST", "/files", object{"file": "a"}).want(http.StatusUnsupportedMediaType, "media_type")
		clerk.do("POST", "/files", "--x\r\n\r\n", "Content-Type: multipart/form-data; boundary=x").want(http.StatusBadRequest, "malformed")
		clerk.upload("", "a.txt", "text/plain", []byte("a"), "X-CSRF-Token: forged").want(http.StatusForbidden, "csrf")
		anybody := &client{w: w}
		anybody.upload("", "a.txt", "text/plain", []byte("a")).want(http.StatusUnauthorized, "unauthenticated")
		// After every refusal the connection is fit for the next request.
		clerk.do("GET", "/menu", nil).want(http.StatusOK, "")
		id := clerk.uploaded("", "../../etc/passwd.txt", []byte("a"))
		got := clerk.do("GET", "/files/"+id, nil).want(http.StatusOK, "")
		if d := got.header.Get("Content-Disposition"); d != "attachment; filename=passwd.txt" {
			t.Errorf("offered as %q", d)
		}
		clerk.do("DELETE", "/files/"+id, nil).want(http.StatusNoContent, "")
		clerk.do("GET", "/files/"+id, nil).want(http.StatusNotFound, "not_found")
	})
}

func TestARecordWithFilesItMayNotHold(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		w.withPhotos()
		clerk := w.signIn("clerk")
		sheet := clerk.sheet("2026-06-02")
		foreign := w.signIn("foreman").uploaded("?use=image", "a.jpg", photo(20, 20))
		text := clerk.uploaded("", "a.txt", []byte("text"))
		own := func() string { return clerk.uploaded("?use=image", "a.jpg", photo(20, 20)) }
		for name, tt := range map[string]struct {
			photos []string
			code   string
			reason any
		}{
			"somebody else's": {[]string{foreign}, "file", "absent"},
			"a text":          {[]string{text}, "file", "kind"},
			"too many":        {[]string{own(), own(), own()}, "items", nil},
		} {
			sheet["photos"] = tt.photos
			r := clerk.do("POST", sheets, object{"values": sheet}).want(http.StatusUnprocessableEntity, "invalid")
			if r.at("problems.0.field") != "photos" || r.at("problems.0.code") != tt.code || r.at("problems.0.params.reason") != tt.reason {
				t.Errorf("%s: %s", name, r.body)
			}
		}
	})
}

func TestPiecesOfFiles(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		clerk := w.signIn("clerk")
		id := clerk.uploaded("", "a.txt", []byte("0123456789"))
		tests := []struct {
			asked  string
			status int
			want   string
			extent string
		}{
			{"bytes=0-3", 206, "0123", "bytes 0-3/10"},
			{"bytes=7-", 206, "789", "bytes 7-9/10"},
			{"bytes=-2", 206, "89", "bytes 8-9/10"},
			{"bytes=-20", 206, "0123456789", "bytes 0-9/10"},
			{"bytes=5-100", 206, "56789", "bytes 5-9/10"},
			{"bytes=0-1,4-5", 200, "0123456789", ""},
			{"bytes=5-3", 200, "0123456789", ""},
			{"lines=1-2", 200, "0123456789", ""},
			{"bytes=-", 200, "0123456789", ""},
			{"bytes=-0", 200, "0123456789", ""},
			{"bytes=99999999999999999999-", 200, "0123456789", ""},
		}
		for _, tt := range tests {
			r := clerk.do("GET", "/files/"+id, nil, header("Range: "+tt.asked))
			if r.status != tt.status || string(r.body) != tt.want || r.header.Get("Content-Range") != tt.extent {
				t.Errorf("%s: %d %q %q", tt.asked, r.status, r.body, r.header.Get("Content-Range"))
			}
		}
		beyond := clerk.do("GET", "/files/"+id, nil, "Range: bytes=10-").want(http.StatusRequestedRangeNotSatisfiable, "range")
		if beyond.header.Get("Content-Range") != "bytes */10" {
			t.Errorf("beyond the end: %q", beyond.header.Get("Content-Range"))
		}
		whole := clerk.do("GET", "/files/"+id, nil).want(http.StatusOK, "")
		tag := header("If-None-Match: " + whole.header.Get("ETag"))
		if again := clerk.do("GET", "/files/"+id, nil, tag); again.status != http.StatusNotModified || len(again.body) > 0 {
			t.Errorf("asked again: %d %q", again.status, again.body)
		}
		stale := clerk.do("GET", "/files/"+id, nil, "Range: bytes=0-3", `If-Range: "older"`)
		if stale.status != http.StatusOK || len(stale.body) != 10 {
			t.Errorf("a piece of an older file: %d %q", stale.status, stale.body)
		}
	})
}

func TestSmallPictures(t *testing.T) {
	onStores(t, func(w *world) {
		clerk := w.signIn("clerk")
		id := clerk.uploaded("", "a.txt", []byte("text"))
		clerk.do("GET", "/files/"+id+"/thumb?size=100", nil).want(http.StatusNotFound, "no_thumbnail")
		clerk.do("GET", "/files/"+id+"/thumb?size=large", nil).want(http.StatusBadRequest, "bad_parameter")
	})
}

// A signature decides one task; flows that ask for one are told of it by the act, others keep it as evidence.
func TestASignatureIsUsedOnce(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		clerk, foreman := w.signIn("clerk"), w.signIn("foreman")
		reasons := object{"trained": "补签中", "long_overtime": "抢工"}
		submitted := func(date string) string {
			made := clerk.do("POST", sheets, object{"values": clerk.sheet(date), "submit": true, "acknowledged": reasons}).want(http.StatusCreated, "")
			return foreman.open(made.text("id"))
		}
		first, second := submitted("2026-06-01"), submitted("2026-06-02")
		var drawn bytes.Buffer
		w.must(png.Encode(&drawn, image.NewNRGBA(image.Rect(0, 0, 300, 100))))
		sign := foreman.uploaded("?use=signature", "sign.png", drawn.Bytes())
		foreign := clerk.uploaded("?use=signature", "sign.png", drawn.Bytes())
		approve := func(task, sign string) reply {
			seen := foreman.do("GET", "/tasks/"+task, nil).text("seen")
			return foreman.do("POST", "/tasks/"+task+"/approve", object{"sign": sign, "seen": seen, "acknowledged": reasons})
		}
		approve(first, foreign).want(http.StatusConflict, "signature_used")
		approve(first, sign).want(http.StatusOK, "")
		approve(second, sign).want(http.StatusConflict, "signature_used")
		if again := foreman.do("GET", "/tasks?tab=open", nil); again.at("tasks.0.id") != second || again.at("tasks.1") != nil {
			t.Errorf("open tasks: %s", again.body)
		}
	})
}

// raw sends bytes on a connection of their own and gives all answers until the server is done with it.
func (w *world) raw(request string) string {
	w.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(w.t.Context(), "tcp", strings.TrimPrefix(w.url, "http://"))
	w.must(err)
	defer func() { _ = conn.Close() }()
	w.must(conn.SetDeadline(time.Now().Add(5 * time.Second)))
	_, err = conn.Write([]byte(request))
	w.must(err)
	answer, err := io.ReadAll(conn)
	if err != nil && len(answer) == 0 {
		w.t.Fatal(err)
	}
	return string(answer)
}

// What is left of a body that nobody read must not be taken for another request.
func TestBodiesAreNotTakenForRequests(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		inner := "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
		last := "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
		tests := []struct {
			name, head, body, after string
			answers                 int
		}{
			{"a body for a route without one", "POST /api/v1/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", inner, last, 2},
			{"an upload nobody may send", "POST /api/v1/files HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", inner, last, 2},
			{"an upload of unknown length", "POST /api/v1/files HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "24\r\n" + inner + "\r\n0\r\n\r\n", last, 1},
			{"a packed body", "POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", inner, last, 1},
		}
		for _, tt := range tests {
			head := tt.head
			if strings.Contains(head, "%d") {
				head = fmt.Sprintf(head, len(tt.body))
			}
			answer := w.raw(head + tt.body + tt.after)
			if n := strings.Count(answer, "HTTP/1.1 "); n != tt.answers {
				t.Errorf("%s: %d answers, want %d\n%s", tt.name, n, tt.answers, answer)
			}
		}
	})
}

// A few kilobytes must not become gigabytes in memory.
func TestPackedBodiesAreRefused(t *testing.T) {
	onStores(t, func(w *world) {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, err := z.Write(bytes.Repeat([]byte(" "), 64<<20))
		w.must(err)
		w.must(z.Close())
		w.signIn("clerk").do("POST", sheets, packed.String(), "Content-Encoding: gzip").want(http.StatusUnsupportedMediaType, "media_type")
	})
}

func TestBodiesOfUnknownLength(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		p := w.people["clerk"]
		body, err := json.Marshal(object{"login": p.Login, "password": p.Password})
		w.must(err)
		for size, want := range map[int]int{0: http.StatusOK, 10 << 20: http.StatusRequestEntityTooLarge} {
			content := io.MultiReader(bytes.NewReader(body), strings.NewReader(strings.Repeat(" ", size))) // no length: sent in chunks
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/api/v1/session", content)
			w.must(err)
			req.Header.Set("Content-Type", "application/json")
			res, err := http.DefaultClient.Do(req)
			w.must(err)
			w.must(res.Body.Close())
			if res.StatusCode != want {
				t.Errorf("%d bytes more: %s", size, res.Status)
			}
		}
	})
}

func TestUploadsNobodyUsedGo(t *testing.T) {
	onStores(t, func(w *world) {
		id := w.signIn("clerk").uploaded("", "a.txt", []byte("text"))
		w.clock.pass(25 * time.Hour)
		clerk := w.signIn("clerk")
		clerk.do("GET", "/files/"+id, nil).want(http.StatusOK, "")
		w.must(w.engine.Files.Sweep(w.t.Context()))
		clerk.do("GET", "/files/"+id, nil).want(http.StatusNotFound, "not_found")
	})
}

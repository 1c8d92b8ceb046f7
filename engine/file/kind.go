package file

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// headSize is how many bytes at the beginning tell what a file is.
const headSize = 4096

// kind is what a file may be. Its bytes must match and its name must end with one of the extensions, so that what people
// see, what programs open and what we serve are one thing. SVG and HTML are no kind: they run scripts.
type kind struct {
	name       string
	mediaType  string
	extensions []string
	matches    func(head []byte) bool
}

// The kinds of files, told apart by their first bytes. A format that may be opened in a browser stands in inline too.
var kinds = []kind{
	{"image", "image/jpeg", pictures, begins("\xff\xd8\xff")},
	{"image", "image/png", pictures, begins("\x89PNG\r\n\x1a\n")},
	{"image", "image/gif", pictures, func(head []byte) bool { return begins("GIF87a")(head) || begins("GIF89a")(head) }},
	{"image", "image/webp", pictures, func(head []byte) bool { return begins("RIFF")(head) && has(head, 8, "WEBP") }},
	{"image", "image/heic", pictures, isHEIC},
	{"pdf", "application/pdf", []string{"pdf"}, begins("%PDF-")},
	{"document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", []string{"docx"}, isOfficeXML},
	{"sheet", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", []string{"xlsx"}, isOfficeXML},
	{"slides", "application/vnd.openxmlformats-officedocument.presentationml.presentation", []string{"pptx"}, isOfficeXML},
	{"document", "application/vnd.oasis.opendocument.text", []string{"odt"}, isOpenDocument("text")},
	{"sheet", "application/vnd.oasis.opendocument.spreadsheet", []string{"ods"}, isOpenDocument("spreadsheet")},
	{"slides", "application/vnd.oasis.opendocument.presentation", []string{"odp"}, isOpenDocument("presentation")},
	{"document", "application/msword", []string{"doc", "wps"}, begins(compound)},
	{"sheet", "application/vnd.ms-excel", []string{"xls", "et"}, begins(compound)},
	{"slides", "application/vnd.ms-powerpoint", []string{"ppt", "dps"}, begins(compound)},
	{"archive", "application/zip", []string{"zip"}, isZip},
	{"archive", "application/vnd.rar", []string{"rar"}, begins("Rar!\x1a\x07")},
	{"archive", "application/x-7z-compressed", []string{"7z"}, begins("7z\xbc\xaf\x27\x1c")},
	{"drawing", "image/vnd.dwg", []string{"dwg"}, begins("AC10")},
	{"drawing", "image/vnd.dxf", []string{"dxf"}, isText},
	{"text", "text/csv", []string{"csv"}, isText},
	{"text", "text/plain", []string{"txt", "log", "md"}, isText},
}

// inline are the types a browser may show by itself, in a sandbox.
var inline = []string{"image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf"}

// drawable are the types of images we can draw.
var drawable = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

// pictures are the extensions of images. Phones and chat programs often give a picture the extension of another format;
// it is corrected.
var pictures = []string{"jpg", "jpeg", "jfif", "png", "gif", "webp", "heic", "heif", ""}

var pictureExtensions = map[string]string{
	"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "image/heic": "heic",
}

const compound = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" // a compound file: the office formats before 2007

func begins(magic string) func([]byte) bool {
	return func(head []byte) bool { return has(head, 0, magic) }
}

func has(head []byte, at int, text string) bool {
	return len(head) >= at+len(text) && string(head[at:at+len(text)]) == text
}

func isHEIC(head []byte) bool {
	return has(head, 4, "ftyp") && len(head) >= 12 && slices.Contains([]string{"heic", "heix", "hevc", "mif1", "msf1"}, string(head[8:12]))
}

func isZip(head []byte) bool { return has(head, 0, "PK\x03\x04") || has(head, 0, "PK\x05\x06") }

// isOfficeXML looks at the name of the first member. Nothing is unpacked.
func isOfficeXML(head []byte) bool {
	if !has(head, 0, "PK\x03\x04") || len(head) < 30 {
		return false
	}
	return slices.ContainsFunc([]string{"[Content_Types].xml", "_rels/", "docProps/", "word/", "xl/", "ppt/"},
		func(member string) bool { return has(head, 30, member) })
}

func isOpenDocument(what string) func([]byte) bool {
	return func(head []byte) bool {
		return has(head, 0, "PK\x03\x04") && has(head, 30, "mimetypeapplication/vnd.oasis.opendocument."+what)
	}
}

// isText tells whether bytes may be a text, in UTF-8 or an older Chinese encoding.
func isText(head []byte) bool {
	return !bytes.ContainsFunc(head, func(r rune) bool { return r < ' ' && !strings.ContainsRune("\t\n\r\f", r) || r == 0x7f })
}

// detect tells what a file is by its first bytes and the extension of its name. A declared media type that contradicts
// is refused too: somebody may have been told so by it.
func detect(head []byte, name, declared string) (*kind, error) {
	extension := extensionOf(name)
	for i := range kinds {
		k := &kinds[i]
		if slices.Contains(k.extensions, extension) && k.matches(head) && !contradicts(declared, k) {
			return k, nil
		}
	}
	return nil, &Error{CodeType, map[string]any{"name": name}}
}

// contradicts tells whether a declared type is surely another one. Browsers guess it by the extension and differ much
// (a CSV is often "application/vnd.ms-excel"), so that only what a browser would show by itself, or run, counts.
func contradicts(declared string, k *kind) bool {
	declared, _, _ = strings.Cut(strings.ToLower(declared), ";")
	declared = strings.TrimSpace(declared)
	switch {
	case slices.Contains([]string{"text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/javascript", "text/javascript"}, declared):
		return true
	case declared == "application/pdf":
		return k.name != "pdf"
	case slices.Contains(drawable, declared):
		return k.name != "image"
	}
	return false
}

func extensionOf(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
}

const (
	maxName      = 120 // characters
	maxExtension = 8
)

// cleanName makes the name of a file harmless: without folders, control characters and tricks of writing direction, and
// without what Windows does not take. It is shown and offered for saving, never used for a path here.
func cleanName(name string) string {
	if at := strings.LastIndexAny(name, `/\`); at >= 0 {
		name = name[at+1:]
	}
	name = norm.NFC.String(strings.ToValidUTF8(name, ""))
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(name, " .")
	extension := path.Ext(name)
	if len([]rune(extension)) > maxExtension {
		extension = ""
	}
	base := []rune(strings.TrimSuffix(name, extension))
	if len(base) > maxName-len(extension) {
		base = base[:maxName-len(extension)]
	}
	if len(base) == 0 {
		base = []rune("file")
	}
	return string(base) + extension
}

// withExtension gives a name the extension of its type.
func withExtension(name, mediaType string) string {
	extension, ok := pictureExtensions[mediaType]
	if !ok || extensionOf(name) == extension || mediaType == "image/jpeg" && slices.Contains([]string{"jpeg", "jfif"}, extensionOf(name)) {
		return name
	}
	return strings.TrimSuffix(name, path.Ext(name)) + "." + extension
}

package sheet

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/xuri/excelize/v2"
)

// The reader of workbooks gives texts row by row. What it says beyond that (which cells are numbers, which are merged) it
// says only with the whole sheet in memory, some hundred bytes a cell. So that is read here, out of the sheet's own XML,
// tag by tag.

// span is a merged range, both ends included.
type span struct{ first, last place }

// traits are what a sheet says about its cells beside their texts.
type traits struct {
	texts  map[place]bool // of the cells asked for: those that hold a text
	merged []span
}

// errForeign is a sheet whose tags are not written as usual; the reader of workbooks knows what to do with it.
var errForeign = errors.New("tags with prefixes")

// readTraits reads the traits of a sheet; of the cells only those asked for.
func readTraits(raw []byte, sheet string, ask map[place]bool) (*traits, error) {
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, err
	}
	name, err := sheetPath(archive, sheet)
	if err != nil {
		return nil, err
	}
	content, err := archive.Open(name)
	if err != nil {
		return nil, err
	}
	defer content.Close() //nolint:errcheck // only read
	return scanTraits(io.LimitReader(content, maxSheetBytes), ask)
}

// sheetPath finds the part of the archive that holds a sheet.
func sheetPath(archive *zip.Reader, sheet string) (string, error) {
	var book struct {
		Sheets []struct {
			Name string `xml:"name,attr"`
			ID   string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var links struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := errors.Join(readPart(archive, "xl/workbook.xml", &book), readPart(archive, "xl/_rels/workbook.xml.rels", &links)); err != nil {
		return "", err
	}
	for _, one := range book.Sheets {
		for _, link := range links.All {
			if one.Name == sheet && one.ID != "" && one.ID == link.ID {
				if strings.HasPrefix(link.Target, "/") {
					return strings.TrimPrefix(path.Clean(link.Target), "/"), nil
				}
				return path.Join("xl", link.Target), nil
			}
		}
	}
	return "", errForeign
}

func readPart(archive *zip.Reader, name string, into any) error {
	part, err := archive.Open(name)
	if err != nil {
		return err
	}
	defer part.Close() //nolint:errcheck // only read
	return xml.NewDecoder(io.LimitReader(part, 16<<20)).Decode(into)
}

// scanTraits looks at the tags of a sheet. No "<" stands in texts or attributes of XML, so a tag is what stands from
// one to the next ">"; an attribute may hold a ">", but those looked at do not.
func scanTraits(content io.Reader, ask map[place]bool) (*traits, error) {
	t := &traits{texts: map[place]bool{}}
	tags := bufio.NewReaderSize(content, 64<<10)
	known := false
	for {
		err := skipTo(tags, '<')
		if errors.Is(err, io.EOF) && known {
			return t, nil
		}
		if err != nil {
			return nil, errors.Join(errForeign, err)
		}
		kind := tagKind(tags)
		if kind == otherTag {
			continue
		}
		known = known || kind == cellTag
		if err := t.add(kind, tags, ask); err != nil {
			return nil, err
		}
	}
}

// The tags that matter begin with c and m.
const (
	otherTag = iota
	cellTag
	mergeTag
)

// tagKind looks at the beginning of a tag; the end of the file is found by the next look for one.
func tagKind(tags *bufio.Reader) int {
	head, err := tags.Peek(2)
	switch {
	case err != nil:
		return otherTag
	case head[0] == 'c' && (head[1] == ' ' || head[1] == '\n'):
		return cellTag
	case head[0] == 'm':
		return mergeTag
	}
	return otherTag
}

// add reads a tag to its end.
func (t *traits) add(kind int, tags *bufio.Reader, ask map[place]bool) error {
	tag, err := tags.ReadSlice('>')
	if err != nil {
		return errors.Join(errForeign, err)
	}
	if kind == mergeTag {
		t.addMerge(tag)
		return nil
	}
	at, ok := cellPlace(attribute(tag, "r"))
	if !ok {
		return errForeign // cells may go without saying where they are
	}
	if ask[at] && isTextKind(attribute(tag, "t")) {
		t.texts[at] = true
	}
	return nil
}

// skipTo reads up to a byte, that included.
func skipTo(from *bufio.Reader, end byte) error {
	for {
		_, err := from.ReadSlice(end)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

func (t *traits) addMerge(tag []byte) {
	if !bytes.HasPrefix(tag, []byte("mergeCell ")) {
		return
	}
	first, last, found := strings.Cut(attribute(tag, "ref"), ":")
	from, ok := cellPlace(first)
	to, ok2 := cellPlace(last)
	if found && ok && ok2 {
		t.merged = append(t.merged, span{from, to})
	}
}

// isTextKind tells whether a cell of a type holds a text: one of the list all share, one of its own, a truth or an error.
// A number has no type or "n", the result of a formula "str".
func isTextKind(kind string) bool { return kind != "" && kind != "n" && kind != "str" }

// attribute gives the value of an attribute of a tag.
func attribute(tag []byte, name string) string {
	for _, quote := range []byte{'"', '\''} {
		_, rest, found := bytes.Cut(tag, append([]byte(" "+name+"="), quote))
		if !found {
			continue
		}
		if value, _, closed := bytes.Cut(rest, []byte{quote}); closed {
			return string(value)
		}
	}
	return ""
}

// cellPlace reads B7, with or without the dollars of absolute places.
func cellPlace(text string) (place, bool) {
	column, row, err := excelize.CellNameToCoordinates(strings.ReplaceAll(text, "$", ""))
	return place{row - 1, column - 1}, err == nil
}

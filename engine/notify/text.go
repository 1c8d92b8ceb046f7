package notify

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"formwork/engine/flow"
)

// A message is read outside the browser that translates everything else, so its few fixed sentences are data here.
//
//go:embed texts.json
var textsFile []byte

var allTexts = sync.OnceValue(func() map[string]map[string]string {
	var texts map[string]map[string]string
	if err := json.Unmarshal(textsFile, &texts); err != nil {
		panic(err) //nolint:forbidigo // an embedded file that does not parse is a mistake of the build
	}
	return texts
})

// text is a fixed sentence in a language; Chinese for all but English.
func text(lang, key string) string {
	base, _, _ := strings.Cut(strings.ToLower(lang), "-")
	if base != "en" {
		base = "zh"
	}
	return allTexts()[base][key]
}

// Placeholders are what the wording of a channel may hold in braces.
func Placeholders() []string {
	return []string{"subject", "line", "kind", "initiator", "actor", "node", "comment", "company", "summary", "people", "link"}
}

var placeholder = regexp.MustCompile(`\{([a-z]+)\}`)

// fill puts values into a wording, in one pass: what a value holds in braces stays as it is.
func fill(wording string, values map[string]string) string {
	return placeholder.ReplaceAllStringFunc(wording, func(p string) string {
		if value, ok := values[p[1:len(p)-1]]; ok {
			return value
		}
		return p
	})
}

// unknownPlaceholder is a placeholder of a wording that does not exist; "" if there is none.
func unknownPlaceholder(wording string) string {
	for _, found := range placeholder.FindAllStringSubmatch(wording, -1) {
		if !slices.Contains(Placeholders(), found[1]) {
			return found[1]
		}
	}
	return ""
}

// message is what is sent, as text.
type message struct {
	Kind    string // a flow.NoticeKind, "message" of a flow's own, or "test"
	Subject string
	Line    string   // the sentence that says what happened
	Lines   []string // summary of the record, comment
	Link    string
	Task    string // id of the entry of its reader's lists it opens, "" = the record itself
	Open    string // what the link is called
	Company string
	Foot    string
}

// KindMessage is what a flow tells by a notify action.
const KindMessage flow.NoticeKind = "message"

// compose words a notice. values hold what its sentences name.
func compose(lang string, kind flow.NoticeKind, status flow.Status, values map[string]string, lines []string) message {
	key := string(kind)
	if kind == flow.NoticeEnded {
		key += "." + string(status)
	}
	m := message{
		Kind: string(kind), Subject: fill(text(lang, key), values), Line: fill(text(lang, key+".line"), values), Lines: lines,
		Link: values["link"], Open: text(lang, "open"), Company: values["company"], Foot: fill(text(lang, "foot"), values),
	}
	if values["comment"] != "" {
		m.Lines = append(slices.Clone(lines), fill(text(lang, "comment"), values))
	}
	return m
}

// reword puts a channel's own wording in the place of the usual one.
func (m message) reword(c *Channel, values map[string]string) message {
	if c.Subject == "" && c.Body == "" {
		return m
	}
	all := map[string]string{"line": m.Line, "summary": strings.Join(m.Lines, "\n")}
	for name, value := range values {
		if _, taken := all[name]; !taken {
			all[name] = value
		}
	}
	if c.Subject != "" {
		m.Subject = fill(c.Subject, all)
	}
	if c.Body != "" {
		m.Line, m.Lines = fill(c.Body, all), nil
	}
	return m
}

// plain is a message as plain text, link included.
func (m *message) plain() string {
	parts := append([]string{m.Line}, m.Lines...)
	if m.Link != "" {
		parts = append(parts, fmt.Sprintf("%s: %s", m.Open, m.Link))
	}
	return strings.Join(parts, "\n")
}

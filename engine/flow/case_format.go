package flow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"formwork/engine/def"
	"formwork/engine/form"
)

// caseFile is a file of scenarios in the short form. Times are hours on a virtual clock that starts at 0.
type caseFile struct {
	Cases []json.RawMessage `json:"cases"`
}

// scenario is one story about a flow, or with Lint the wanted findings about its definition.
type scenario struct {
	ID       string               `json:"id"`
	Title    string               `json:"title"`
	Tags     []string             `json:"tags"`
	Def      shortFlow            `json:"def"`
	Defs     map[string]shortFlow `json:"defs"`
	Org      *orgChange           `json:"org"`
	Fields   []string             `json:"fields"`
	Steps    []caseStep           `json:"steps"`
	Lint     []string             `json:"lint"`
	Expected *expectation         `json:"expected"`

	broken error // why it could not be read
}

// shortFlow is a definition in short form.
type shortFlow struct {
	Key      string           `json:"key"`
	Name     string           `json:"name"`
	Nodes    []shortNode      `json:"nodes"`
	Settings def.FlowSettings `json:"settings"`
}

type shortNode struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Type       def.NodeType      `json:"type"`
	When       string            `json:"when"`
	Who        []string          `json:"who"`
	Mode       string            `json:"mode"`
	Pass       *def.Pass         `json:"pass"`
	Weights    map[string]int    `json:"weights"`
	WaitAll    bool              `json:"waitAll"`
	AnyReject  string            `json:"anyReject"`
	Fields     map[string]string `json:"fields"`
	OnReject   string            `json:"onReject"`
	ReturnTo   []string          `json:"returnTo"`
	Resubmit   string            `json:"resubmit"`
	Allow      []string          `json:"allow"`
	Sign       bool              `json:"sign"`
	Comment    string            `json:"comment"`
	NestedSign bool              `json:"nestedSign"`
	Timeout    []shortTimeout    `json:"timeout"`
	OnEmpty    string            `json:"onEmpty"`
	OnSelf     string            `json:"onSelf"`
	Dedupe     string            `json:"dedupe"`
	Branches   []shortBranch     `json:"branches"`
	Flow       string            `json:"flow"`
	Each       string            `json:"each"`
	Map        map[string]string `json:"map"`
	Out        map[string]string `json:"out"`
	Async      bool              `json:"async"`
	Do         json.RawMessage   `json:"do"`
	For        json.Number       `json:"for"`
	Until      string            `json:"until"`
}

type shortTimeout struct {
	After json.Number `json:"after"`
	Do    string      `json:"do"`
}

type shortBranch struct {
	ID    string      `json:"id"`
	Name  string      `json:"name"`
	When  string      `json:"when"`
	Else  bool        `json:"else"`
	Nodes []shortNode `json:"nodes"`
}

// caseStep is one command, one thing that happens to the world, or with Race several commands at once.
type caseStep struct {
	Do       string            `json:"do"`
	By       string            `json:"by"`
	On       string            `json:"on"` // the child of this call node acts, instead of the main run
	Node     string            `json:"node"`
	To       string            `json:"to"`
	User     string            `json:"user"`
	Users    []string          `json:"users"`
	Kind     string            `json:"kind"`
	Mode     string            `json:"mode"`
	Data     form.Values       `json:"data"`
	Comment  string            `json:"comment"`
	Sign     string            `json:"sign"`
	Key      string            `json:"key"`
	Rev      *int64            `json:"rev"`
	Resubmit string            `json:"resubmit"`
	Map      map[string]string `json:"map"`
	Def      *shortFlow        `json:"def"`
	Hours    json.Number       `json:"hours"`
	From     string            `json:"from"`
	Start    json.Number       `json:"start"`
	End      json.Number       `json:"end"`
	Race     []caseStep        `json:"race"`
	OK       int               `json:"ok"`
	Error    string            `json:"error"`
	Expect   *expectation      `json:"expect"`
}

// expectation is what must be true after a step; absent members say nothing.
type expectation struct {
	Status   *Status             `json:"status"`
	Open     map[string][]string `json:"open"`
	Waiting  map[string][]string `json:"waiting"`
	Data     form.Values         `json:"data"`
	CC       []string            `json:"cc"`
	Rev      *int64              `json:"rev"`
	Auto     [][]any             `json:"auto"`
	Effects  []string            `json:"effects"`
	Reminds  *int                `json:"reminds"`
	View     form.Values         `json:"view"`
	Incident *string             `json:"incident"`
}

// orgChange changes the usual organisation of the cases. Leaders take the place of all the usual ones, unless one of them
// is null: then only those named change. Roles and heads change entry by entry.
type orgChange struct {
	Leaders     map[string]*string  `json:"leaders"`
	Leader      map[string]*string  `json:"leader"`
	Roles       map[string][]string `json:"roles"`
	Heads       map[string]string   `json:"heads"`
	Head        map[string]string   `json:"head"`
	Departments map[string]string   `json:"departments"` // of users
	Dept        map[string]string   `json:"dept"`        // the same
	Disabled    []string            `json:"disabled"`
}

// readCases decodes a file. Each case is read strictly, as a misspelt member must not make it pass; one that cannot be
// read fails by itself.
func readCases(r io.Reader) ([]scenario, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read flow cases: %w", err)
	}
	var file caseFile
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("read flow cases: %w", err)
	}
	cases := make([]scenario, len(file.Cases))
	for i, raw := range file.Cases {
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		d.DisallowUnknownFields()
		if err := d.Decode(&cases[i]); err != nil {
			var known struct{ ID, Title string }
			_ = json.Unmarshal(raw, &known) // only for the line that says so
			cases[i] = scenario{ID: known.ID, Title: known.Title, broken: fmt.Errorf("cannot be read: %w", err)}
		}
	}
	return cases, nil
}

// flow gives the definition a short form stands for. Where the product has other defaults than the short form, they
// are written out.
func (s *shortFlow) flow(name string) *def.Flow {
	f := &def.Flow{Head: def.Head{Name: first(name, s.Key), Title: s.Name}, Settings: s.Settings}
	f.Settings.Comment = first(s.Settings.Comment, "none")
	if len(f.Settings.Admins) == 0 {
		f.Settings.Admins = []string{"user:" + caseAdmin}
	}
	f.Nodes = shortNodes(s.Nodes)
	return f
}

func shortNodes(nodes []shortNode) []*def.Node {
	list := make([]*def.Node, len(nodes))
	for i := range nodes {
		list[i] = nodes[i].node()
	}
	return list
}

var everyVerb = []string{"transfer", "delegate", "addsign", "removesign", "return", "cc"}

func (s *shortNode) node() *def.Node {
	n := &def.Node{
		Name: s.ID, Title: s.Name, Type: s.Type, When: s.When, Who: s.Who, Mode: s.Mode, Pass: s.Pass, Weights: s.Weights,
		WaitAll: s.WaitAll, AnyReject: s.AnyReject, Fields: s.Fields, OnReject: s.OnReject, ReturnTo: s.ReturnTo,
		Resubmit: s.Resubmit, Allow: s.Allow, Sign: s.Sign, Comment: s.Comment, NestedSign: s.NestedSign,
		OnEmpty: s.OnEmpty, OnSelf: s.OnSelf, Dedupe: s.Dedupe, Flow: s.Flow, Each: s.Each, In: s.Map, Out: s.Out,
		Do: s.Do, Until: s.Until,
	}
	if n.Allow == nil {
		n.Allow = everyVerb
	}
	if s.Type == def.NodeCall {
		wait := !s.Async && s.Mode != "async"
		n.Wait = &wait
		switch s.Mode {
		case "sync", "async":
			n.Mode = ""
		case "percent":
			n.Mode = "vote"
		}
	}
	if s.For != "" {
		n.For = isoHours(s.For)
	}
	for _, t := range s.Timeout {
		n.Timeout = append(n.Timeout, def.Timeout{After: isoHours(t.After), Do: t.Do})
	}
	for _, b := range s.Branches {
		n.Branches = append(n.Branches, &def.Branch{
			Name: b.ID, Title: b.Name, When: b.When, Else: b.Else, Nodes: shortNodes(b.Nodes),
		})
	}
	return n
}

// hours reads a number of hours; what is none is 0.
func hours(n json.Number) time.Duration {
	f, err := n.Float64()
	if err != nil {
		return 0
	}
	return time.Duration(f * float64(time.Hour))
}

func isoHours(n json.Number) string {
	d := hours(n)
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	return sign + "PT" + strconv.FormatInt(int64(d/time.Second), 10) + "S"
}

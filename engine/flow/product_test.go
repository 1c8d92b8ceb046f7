package flow

import (
	"flag"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

var productStep = flag.Int("flow.product", 53, "play every n-th combination of the strategies of a node")

// combination is one way to ask people: the flow is a (somebody approved before), b (l1 between), n (the node that is looked
// at), z (what comes after it).
type combination struct {
	who     []string
	onSelf  string
	onEmpty string
	dedupe  string
	mode    string
	kind    string // of n: plain, sign, write, handle, comment
	before  string // who approved at a; "" = there is no a
	between bool   // there is b
	org     string // usual, m1 left, all left, circle
	head    string // of u1's department: m2, "", u1, g1 (who left)
}

// combinations are all of them that can be played; step leaves some out.
func combinations(step int, play func(combination)) int {
	played, i := 0, 0
	for _, who := range [][]string{
		{"user:u1"},
		{"user:u1", "user:f1"},
		{"user:f1"},
		{"leader:1"},
		{"leader:2"},
		{"leader:9"},
		{"chain:2"},
		{"chain:top"},
		{"role:nobody"},
		{"same:a"},
		{"user:g1"},
		{"user:m1", "user:u1", "user:f1"},
		{"role:finance", "user:f1"},
		{"initiator", "leader:1"},
	} {
		for _, onSelf := range []string{"self", "skip", "leader", "head"} {
			for _, onEmpty := range []string{"admin", "pass", "reject", "user:l1", "user:u1", "user:g1", "error"} {
				for _, dedupe := range []string{"none", "consecutive", "any"} {
					for _, mode := range []string{"all", "any", "seq"} {
						for _, kind := range []string{"plain", "sign", "write", "handle", "comment"} {
							for _, before := range []string{"", "f1", "m1"} {
								for _, between := range []bool{false, true} {
									for _, org := range []string{"usual", "m1 left", "all left", "circle"} {
										for _, head := range []string{"m2", "", "u1", "g1"} {
											c := combination{who, onSelf, onEmpty, dedupe, mode, kind, before, between, org, head}
											if !c.possible() {
												continue
											}
											if i++; i%step == 0 {
												played++
												play(c)
											}
										}
									}
								}
							}
						}
					}
				}
			}
		}
	}
	return played
}

// possible leaves out what cannot be played, and what says the same as another combination.
func (c *combination) possible() bool {
	left := c.org == "m1 left" || c.org == "all left"
	switch {
	case c.before == "" && (c.between || c.who[0] == "same:a"):
		return false
	case left && c.before == "m1" && !c.between: // m1 approves and is gone when n is entered: nothing lies between
		return false
	case c.onSelf != "head" && c.head != "m2":
		return false
	}
	return true
}

func (c *combination) flow() shortFlow {
	f := shortFlow{Key: "t"}
	f.Settings.Dedupe = c.dedupe
	if c.before != "" {
		f.Nodes = append(f.Nodes, shortNode{ID: "a", Type: "approve", Who: []string{"user:" + c.before}})
	}
	if c.between {
		f.Nodes = append(f.Nodes, shortNode{ID: "b", Type: "approve", Who: []string{"user:l1"}})
	}
	n := shortNode{ID: "n", Type: "approve", Who: c.who, Mode: c.mode, OnSelf: c.onSelf, OnEmpty: c.onEmpty}
	switch c.kind {
	case "sign":
		n.Sign = true
	case "write":
		n.Fields = map[string]string{"amount": "w"}
	case "handle":
		n.Type = "handle"
	case "comment":
		n.Comment = "always"
	}
	f.Nodes = append(f.Nodes, n, shortNode{ID: "z", Type: "approve", Who: []string{"user:e5"}, Dedupe: "none"})
	return f
}

// outcome is what is to be seen when n was entered.
type outcomeAt struct {
	Status   Status
	Open     map[string][]string
	Auto     []string
	Incident string
}

// told is the independent word on what a combination leads to, taken from flow.md and from nothing else.
func (c *combination) told() outcomeAt {
	left := map[string]bool{"g1": true}
	leaders := map[string]string{"u1": "m1", "m1": "m2", "m2": "ceo"}
	switch c.org {
	case "m1 left":
		left["m1"] = true
	case "all left":
		left["m1"], left["m2"], left["ceo"] = true, true, true
	case "circle":
		leaders = map[string]string{"u1": "m1", "m1": "u1"}
	}
	var chain []string // of leaders, from below; a circle ends it
	for at := leaders["u1"]; at != "" && at != "u1" && !slices.Contains(chain, at); at = leaders[at] {
		chain = append(chain, at)
	}
	people := c.people(chain, left)
	if slices.Contains(people, "u1") && c.onSelf != "self" {
		substitute := ""
		switch c.onSelf {
		case "skip":
			people = slices.DeleteFunc(people, func(p string) bool { return p == "u1" })
			if len(people) == 0 {
				return passedWith("n  self_skip")
			}
		case "leader":
			for _, p := range chain {
				if substitute == "" && !left[p] {
					substitute = p
				}
			}
		case "head":
			if c.head != "u1" && !left[c.head] {
				substitute = c.head
			}
		}
		if c.onSelf != "skip" {
			at := slices.Index(people, "u1")
			people[at] = substitute
			people = once(people)
		}
	}
	if len(people) == 0 {
		switch named := strings.TrimPrefix(c.onEmpty, "user:"); {
		case c.onEmpty == "pass":
			return passedWith("n  empty_pass")
		case c.onEmpty == "reject":
			return outcomeAt{Status: Rejected, Open: map[string][]string{}}
		case c.onEmpty == "error":
			return outcomeAt{Status: Suspended, Open: map[string][]string{}, Incident: "E_NO_APPROVER"}
		case named == c.onEmpty, left[named], named == "u1" && c.onSelf != "self": // nobody may be passed by in silence
			people = []string{caseAdmin}
		default:
			people = []string{named}
		}
	}
	return c.asked(people)
}

// people is whom the list names, active, each once.
func (c *combination) people(chain []string, left map[string]bool) []string {
	var people []string
	for _, who := range c.who {
		switch who {
		case "leader:1", "leader:2", "leader:9":
			if level := int(who[len(who)-1] - '0'); level <= len(chain) {
				people = append(people, chain[level-1])
			}
		case "chain:2":
			people = append(people, chain[:min(2, len(chain))]...)
		case "chain:top":
			people = append(people, chain...)
		case "same:a":
			people = append(people, c.before)
		case "initiator":
			people = append(people, "u1")
		case "role:finance":
			people = append(people, "f1", "f2", "f3")
		case "role:nobody":
		default:
			people = append(people, strings.TrimPrefix(who, "user:"))
		}
	}
	return once(slices.DeleteFunc(people, func(p string) bool { return left[p] }))
}

// asked opens the tasks of the node and takes approvals given before.
func (c *combination) asked(people []string) outcomeAt {
	dup := ""
	if c.kind == "plain" || c.kind == "comment" {
		switch {
		case c.dedupe == "consecutive" && c.between:
			dup = "l1"
		case c.dedupe != "none":
			dup = c.before
		}
	}
	given := func(p string) bool {
		return p != "" && (p == dup || c.dedupe == "any" && c.between && p == "l1" && dup != "")
	}
	var auto, open []string
	for _, p := range people {
		switch {
		case c.mode == "seq" && len(open) > 0:
		case given(p):
			auto = append(auto, "n "+p+" dedupe")
		default:
			open = append(open, p)
		}
	}
	if len(open) == 0 || c.mode == "any" && len(auto) > 0 {
		return passedWith(auto...)
	}
	slices.Sort(open)
	return outcomeAt{Status: Running, Open: map[string][]string{"n": open}, Auto: auto}
}

func passedWith(auto ...string) outcomeAt {
	return outcomeAt{Status: Running, Open: map[string][]string{"z": {"e5"}}, Auto: auto}
}

// once leaves out nobody ("") and whoever was named before.
func once(people []string) []string {
	var list []string
	for _, p := range people {
		if p != "" && !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}

// played is what the engine makes of a combination.
func (c *combination) played(t *testing.T) outcomeAt {
	t.Helper()
	scene := &scenario{Def: c.flow(), Org: &orgChange{Disabled: []string{"g1"}, Departments: map[string]string{"u1": "d1"}}}
	if c.head != "" {
		scene.Org.Heads = map[string]string{"d1": c.head}
	}
	if c.org == "circle" {
		up, back := "m1", "u1"
		scene.Org.Leaders = map[string]*string{"u1": &up, "m1": &back}
	}
	s := newStage(scene)
	leave := func() {
		for _, p := range map[string][]string{"m1 left": {"m1"}, "all left": {"m1", "m2", "ceo"}}[c.org] {
			s.org.disabled[p] = true
		}
	}
	do := func(verb, by string) {
		if err := s.do(&caseStep{Do: verb, By: by}); err != nil {
			t.Fatalf("%+v: %s by %s: %v", *c, verb, by, err)
		}
	}
	if c.before != "m1" {
		leave()
	}
	do("start", "u1")
	if c.before != "" {
		do("approve", c.before)
	}
	if c.between {
		leave()
		do("approve", "l1")
	}
	got := outcomeAt{Status: s.main.state.Status, Open: s.main.holders(TaskOpen), Incident: s.main.incident()}
	for _, d := range s.main.state.Decisions {
		if d.Node == "n" {
			got.Auto = append(got.Auto, fmt.Sprintf("%s %s %s", d.Node, d.User, d.Reason))
		}
	}
	return got
}

// TestStrategiesInEveryCombination holds the engine to an independent reading of the contract: who is asked at a node, what
// happens when it is the initiator, nobody, or somebody who approved before, and which way the run goes then.
func TestStrategiesInEveryCombination(t *testing.T) {
	wrong := 0
	played := combinations(*productStep, func(c combination) {
		want, got := c.told(), c.played(t)
		if !reflect.DeepEqual(want, got) {
			if wrong++; wrong <= 10 {
				t.Errorf("%+v\nwant %+v\ngot  %+v", c, want, got)
			}
		}
	})
	if wrong > 0 {
		t.Errorf("%d of %d are wrong", wrong, played)
	}
	t.Logf("%d combinations", played)
}

package flow

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"formwork/engine/def"
	"formwork/engine/expr"
)

// withFixes gives the findings with what would solve them, where that is no decision of a person.
func (l *linter) withFixes(problems []def.Problem) []def.Problem {
	for i := range problems {
		problems[i].Fix = l.fix(&problems[i])
	}
	return problems
}

func (l *linter) fix(p *def.Problem) []def.PatchStep {
	n := l.nodeAt(p.Path)
	if n == nil {
		return nil
	}
	switch p.Code {
	case lintMaybeMissing:
		return l.fixMissing(n, p)
	case lintNoElse:
		return add(p.Path+"/-", map[string]any{"name": l.freeName("otherwise"), "else": true, "nodes": []any{}})
	case lintElseNotLast:
		at := l.paths[n] + "/branches"
		return []def.PatchStep{{Op: "move", From: p.Path, Path: at + "/" + strconv.Itoa(len(n.branches)-1)}}
	case lintBranchUnreachable, lintElseUnreachable:
		return l.fixUnreachable(n, p)
	case lintDupID, lintReservedName:
		return replace(p.Path, l.freeName(n.Name))
	case lintHiddenRequired:
		return replace(p.Path, "w")
	case lintVoteUnreachable:
		return l.fixVote(n, p)
	case lintSelfApproval:
		return add(l.paths[n]+"/onSelf", "leader")
	default:
		return l.fixUnknown(n, p)
	}
}

// fixUnknown takes out what names nothing.
func (l *linter) fixUnknown(n *node, p *def.Problem) []def.PatchStep {
	member := strings.TrimPrefix(p.Path, l.paths[n])
	switch {
	case p.Code == lintUnknownField && strings.HasPrefix(member, "/fields/"):
		return []def.PatchStep{{Op: "remove", Path: p.Path}}
	case p.Code == lintUnknownName && strings.HasPrefix(member, "/who/") && len(n.Who) > 1:
		return []def.PatchStep{{Op: "remove", Path: p.Path}}
	case p.Code == lintReturnTarget:
		target, _ := p.Params["target"].(string)
		if i := slices.Index(n.ReturnTo, target); i >= 0 {
			return []def.PatchStep{{Op: "remove", Path: p.Path + "/" + strconv.Itoa(i)}}
		}
	}
	return nil
}

// fixUnreachable takes out a branch nothing leads into, or a condition that always holds. A node must keep two branches.
func (l *linter) fixUnreachable(n *node, p *def.Problem) []def.PatchStep {
	if strings.HasSuffix(p.Path, "/when") && strings.TrimPrefix(p.Path, l.paths[n]) == "/when" {
		if p.Code == lintElseUnreachable {
			return []def.PatchStep{{Op: "remove", Path: p.Path}}
		}
		return nil
	}
	if len(n.branches) > 2 {
		return []def.PatchStep{{Op: "remove", Path: p.Path}}
	}
	return nil
}

func (l *linter) fixVote(n *node, p *def.Problem) []def.PatchStep {
	total := 0
	for _, entry := range n.Who {
		_, user, _ := cutWho(entry)
		total += n.weight(user)
	}
	return replace(p.Path, total)
}

// fixMissing wraps what may be missing in nz with the value that stands for nothing, if the condition then compiles and
// nothing may be missing any more at that place.
func (l *linter) fixMissing(n *node, p *def.Problem) []def.PatchStep {
	c := l.conditionAt(n, strings.TrimPrefix(p.Path, l.paths[n]))
	if c == nil || c.program == nil {
		return nil
	}
	source := c.source
	for _, path := range c.program.MaybeMissing() {
		program, err := expr.Compile(path.String(), l.scope, expr.KindAny)
		if err != nil {
			return nil
		}
		nothing, ok := nothingOf[program.Type().Kind]
		if !ok {
			return nil
		}
		source = wrapPath(replaceEmpty(source, path.String(), nothing), path.String(), nothing)
	}
	mended, err := expr.Compile(source, l.scope, expr.KindBool)
	if err != nil || len(mended.MaybeMissing()) > 0 {
		return nil
	}
	return replace(p.Path, source)
}

// nothingOf is the value that stands for a missing one, as source. The empty text would be missing again.
var nothingOf = map[expr.Kind]string{expr.KindNumber: "0", expr.KindText: `'-'`, expr.KindBool: "false"}

// conditionAt finds the condition at a place in a node: /when, /branches/1/when.
func (l *linter) conditionAt(n *node, member string) *condition {
	if member == "/when" {
		return n.when
	}
	for i, b := range n.branches {
		if member == branchPointer(i)+"/when" {
			return b.when
		}
	}
	return nil
}

// wrapPath puts nz(path, nothing) where a path stands by itself in an expression: not inside a text, as part of a longer
// path, or inside nz already.
func wrapPath(source, path, nothing string) string {
	runes := []rune(source)
	var out strings.Builder
	for i := 0; i < len(runes); {
		switch c := runes[i]; {
		case c == '"' || c == '\'' || c == '`':
			end := min(endOfText(runes, i)+1, len(runes))
			out.WriteString(string(runes[i:end]))
			i = end
		case unicode.IsLetter(c) || c == '_' || unicode.IsDigit(c) || c == '.':
			end := span(runes, i, func(r rune) bool {
				return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '.'
			})
			word := string(runes[i:end])
			before := strings.TrimRightFunc(string(runes[:i]), unicode.IsSpace)
			after := strings.TrimLeftFunc(string(runes[end:]), unicode.IsSpace)
			guarded := strings.HasSuffix(before, "nz(") || strings.HasPrefix(after, "??") || strings.HasPrefix(after, "(")
			if strings.TrimPrefix(word, "record.") == path && !guarded {
				word = "nz(" + word + ", " + nothing + ")"
			}
			out.WriteString(word)
			i = end
		default:
			out.WriteRune(c)
			i++
		}
	}
	return out.String()
}

// replaceEmpty puts something in the place of an empty text that stands for a missing path: nz(kind, ”), kind ?? ”. The
// empty text is missing itself.
func replaceEmpty(source, path, nothing string) string {
	word := `(?:record\.)?` + regexp.QuoteMeta(path) + `\s*`
	for _, before := range []string{`\bnz\(\s*` + word + `,\s*`, `(?:^|[^.\w])` + word + `\?\?\s*`} {
		source = regexp.MustCompile(`(`+before+`)(?:''|"")`).ReplaceAllString(source, "${1}"+nothing)
	}
	return source
}

// nodeAt finds the innermost node a pointer leads into.
func (l *linter) nodeAt(pointer string) *node {
	var found *node
	for n, at := range l.paths {
		inside := pointer == at || strings.HasPrefix(pointer, at+"/")
		if inside && (found == nil || len(at) > len(l.paths[found])) {
			found = n
		}
	}
	return found
}

// freeName is a name no node or branch has yet, made from another one.
func (l *linter) freeName(base string) string {
	taken := map[string]bool{StartNode: true}
	for _, word := range targetWords {
		taken[word] = true
	}
	for _, n := range l.plan.order {
		taken[n.Name] = true
		for _, b := range n.branches {
			taken[b.Name] = true
		}
	}
	name := base
	for i := 2; taken[name]; i++ {
		name = base + "_" + strconv.Itoa(i)
	}
	return name
}

func add(path string, value any) []def.PatchStep {
	return []def.PatchStep{{Op: "add", Path: path, Value: value}}
}

func replace(path string, value any) []def.PatchStep {
	return []def.PatchStep{{Op: "replace", Path: path, Value: value}}
}

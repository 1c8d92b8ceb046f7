package expr

import (
	"strings"
	"unicode/utf8"
)

func textFunctions() []*function {
	group := func(name, signature string, args int, compile func(*compiler, call) operand) *function {
		return &function{Function{name, "text", signature}, args, args, compile}
	}
	return []*function{
		group("upper", "upper(s)", 1, of1(aText, KindText, cased("upper", strings.ToUpper))),
		group("lower", "lower(s)", 1, of1(aText, KindText, cased("lower", strings.ToLower))),
		group("left", "left(s, n)", 2, mayFail(of2(aText, aWhole, KindText, func(f *frame, s string, n, at int) any {
			return f.cut(s, 1, n, numeric{"left", at})
		}))),
		group("right", "right(s, n)", 2, mayFail(of2(aText, aWhole, KindText, func(f *frame, s string, n, at int) any {
			return f.cut(s, max(1, characters(s)-n+1), n, numeric{"right", at})
		}))),
		group("mid", "mid(s, from, n)", 3, mayFail(compileMid)),
		group("replace", "replace(s, a, b)", 3, mayFail(compileReplace)),
		group("join", "join(list, sep)", 2, mayFail(compileJoin)),
		group("to_text", "to_text(x, fmt)", 2, compileToText),
	}
}

func characters(s string) int { return utf8.RuneCountInString(s) }

// cased changes the case of a text; the result may be longer than the text.
func cased(name string, change func(string) string) func(f *frame, s string, at int) any {
	return func(f *frame, s string, at int) any {
		if !f.fits(len(s), at, name) {
			return nil
		}
		changed := change(s)
		if len(changed) > len(s) && !f.fits(len(changed), at, name) {
			return nil
		}
		return changed
	}
}

// cut takes n characters from the from-th (1 is the first); what is beyond the end is not there.
func (f *frame) cut(s string, from, n int, op numeric) any {
	if from < 1 || n < 0 {
		return f.fail(EvalRange, op.at, op.name)
	}
	if !f.spend(1 + len(s)/64) {
		return nil
	}
	start, end := len(s), len(s)
	position := 0
	for i := range s {
		position++
		if position == from {
			start = i
		}
		if position == from+n {
			end = i
			break
		}
	}
	if start >= end {
		return nil
	}
	return s[start:end]
}

func compileMid(c *compiler, call call) operand {
	s := c.argument(call.args[0], call.name, KindText)
	from := c.argument(call.args[1], call.name, KindNumber)
	n := c.argument(call.args[2], call.name, KindNumber)
	o := strict(KindText, s, from, n)
	op := numeric{"mid", call.at}
	o.run = func(f *frame) any {
		text, start, count := s.run(f), from.run(f), n.run(f)
		if text == nil || start == nil || count == nil {
			return nil
		}
		whole, code := aText.read(f, text)
		first, codeFirst := wholeNumber(f, start)
		many, codeMany := wholeNumber(f, count)
		if code = firstOf(code, codeFirst, codeMany); code != "" {
			return f.fail(code, op.at, op.name)
		}
		return f.cut(whole, first, many, op)
	}
	return o
}

func firstOf(codes ...string) string {
	for _, code := range codes {
		if code != "" {
			return code
		}
	}
	return ""
}

// compileReplace replaces every a by b. A constant ” as b removes a: it cannot mean a missing value there.
func compileReplace(c *compiler, call call) operand {
	s := c.argument(call.args[0], call.name, KindText)
	a := c.argument(call.args[1], call.name, KindText)
	b := c.argument(call.args[2], call.name, KindText)
	if b.isNil() {
		b.run, b.typ.Optional = func(*frame) any { return "" }, false
	}
	o := strict(KindText, s, a, b)
	at := call.at
	o.run = func(f *frame) any {
		v, w, x := s.run(f), a.run(f), b.run(f)
		if v == nil || w == nil || x == nil {
			return nil
		}
		text, ok := v.(string)
		from, okFrom := w.(string)
		to, okTo := x.(string)
		if !ok || !okFrom || !okTo {
			return f.fail(EvalType, at, "replace")
		}
		found := strings.Count(text, from)
		if !f.spend(len(text)/64) || !f.fits(len(text)+found*(len(to)-len(from)), at, "replace") {
			return nil
		}
		return present(strings.ReplaceAll(text, from, to))
	}
	return o
}

// compileJoin joins the texts of a list; numbers and dates as they are written, missing ones skipped.
func compileJoin(c *compiler, call call) operand {
	list := c.values(call.first())
	if list.elem.Kind == KindRecord || list.elem.Kind == KindList {
		return c.refuse(refusal{
			code: CodeType, loc: call.loc, name: call.name, suggestion: "label_of",
			params: map[string]any{"want": KindText.String(), "got": list.elem.Kind.String()},
		})
	}
	sep := c.argument(call.args[1], call.name, KindText)
	if sep.isNil() {
		sep.run, sep.typ.Optional = func(*frame) any { return "" }, false
	}
	o := strict(KindText, sep)
	op := numeric{"join", call.at}
	o.run = func(f *frame) any {
		separator, ok := sep.run(f).(string)
		if !ok {
			return nil
		}
		var b strings.Builder
		list.each(f, func(value any) bool {
			if b.Len() > 0 && !f.add(&b, separator, op) {
				return false
			}
			return f.add(&b, f.written(value, op), op)
		})
		return present(b.String())
	}
	return o
}

// first is the call with its first argument only.
func (c call) first() call {
	c.args = c.args[:1]
	return c
}

// written is how a value is written in a text: numbers shortest, instants in the tenant's zone, lists with commas.
func (f *frame) written(v any, op numeric) string {
	switch v := v.(type) {
	case Time:
		moment, _, _ := f.moment(v)
		return moment.Format("2006-01-02 15:04")
	case []any:
		var b strings.Builder
		for _, item := range v {
			if _, isList := item.([]any); isList {
				f.fail(EvalType, op.at, op.name)
				break
			}
			if b.Len() > 0 && !f.add(&b, ", ", op) || !f.add(&b, f.written(item, op), op) {
				break
			}
		}
		return b.String()
	}
	return Key(v)
}

// display is a part of a template: a value as it is written, a record by its label, nothing if missing.
func (c *compiler) display(o operand) node {
	of, labelled, op := o.run, o.typ.Kind == KindRecord && len(o.paths) == 1, numeric{"`", o.at}
	var path Path
	if labelled {
		path = o.paths[0]
		c.labels = append(c.labels, path)
	}
	return func(f *frame) any {
		value := of(f)
		if value == nil {
			return ""
		}
		if labelled && f.env.Label != nil {
			if text, ok := f.env.Label(path, value); ok {
				return text
			}
		}
		return f.written(value, op)
	}
}

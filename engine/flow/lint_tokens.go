package flow

import (
	"slices"
	"strings"
	"unicode"

	"formwork/engine/expr"
)

// token is a piece of an expression, as far as finding comparisons needs to know.
type token struct {
	text    string
	literal any  // the value of a number or text
	name    bool // a path such as amount or team.pay_mode
}

// compared is what the comparisons in a source say about its variables.
type compared struct {
	constants map[string][]any // what each is compared with, perhaps as a part of more: amount * 2 > 10
	defaults  map[string][]any // what stands for it where it is missing: nz(amount, 0)
	others    []string         // those that stand anywhere else than alone beside a constant
	asks      bool             // whether something is there, or who acts: no value of a variable tells
}

// comparisons finds the constants variables are compared with: in "nz(amount, 0) > 100 and kind in ['a', 'b']"
// amount with 100, kind with a and b. A comparison has a constant side if that side is one number, text, boolean or
// setting; all variables of the other side count.
func comparisons(source string, setting func(string) (any, expr.Type, bool)) compared {
	tokens := tokenize(source)
	found := compared{constants: map[string][]any{}, defaults: map[string][]any{}}
	alone := make([]bool, len(tokens))
	for i, t := range tokens {
		if !slices.Contains([]string{"==", "!=", "<", "<=", ">", ">=", "in"}, t.text) || t.literal != nil {
			continue
		}
		left, right := operandBefore(tokens, i), operandAfter(tokens, i)
		fixed, constant := constants(right, setting), constants(left, setting)
		note(found.constants, left, fixed)
		note(found.constants, right, constant)
		found.beside(left, fixed, t.text, alone[i-len(left):i])
		if t.text != "in" {
			found.beside(right, constant, t.text, alone[i+1:])
		}
	}
	for i, t := range tokens {
		switch {
		case t.literal != nil:
		case t.text == "nil" || t.text == "is_empty" || strings.HasPrefix(t.text, "actor."):
			found.asks = true
		case t.name && !alone[i] && !isFunction(tokens, i):
			found.others = append(found.others, variableName(t))
		}
	}
	return found
}

// beside notes an operand that is one variable, or what stands for it where it is missing, beside constants. Texts that are
// compared by their order are more than their constants tell.
func (c *compared) beside(operand []token, values []any, op string, alone []bool) {
	at, standIn := variableAlone(operand)
	if at < 0 || len(values) == 0 {
		return
	}
	if _, text := values[0].(string); text && !slices.Contains([]string{"==", "!=", "in"}, op) {
		return
	}
	alone[at] = true
	name := variableName(operand[at])
	c.defaults[name] = append(c.defaults[name], standIn...)
}

// variableAlone finds the variable of an operand that is nothing else: amount, nz(amount, 0), amount ?? 0; -1 if it is more.
// With it come the constants that stand for it where it is missing.
func variableAlone(operand []token) (at int, standIn []any) {
	from, to := 0, len(operand)
	for to-from > 2 && operand[from].text == "(" && operand[to-1].text == ")" {
		from, to = from+1, to-1
	}
	inner := operand[from:to]
	switch n := len(inner); {
	case n == 1 && inner[0].name:
		return from, nil
	case n > 4 && inner[0].text == "nz" && inner[1].text == "(" && inner[2].name && inner[3].text == "," && inner[n-1].text == ")":
		if standIn = constants(inner[4:n-1], nil); standIn != nil {
			return from + 2, standIn
		}
	case n > 2 && inner[0].name && inner[1].text == "??":
		if standIn = constants(inner[2:], nil); standIn != nil {
			return from, standIn
		}
	}
	return -1, nil
}

func isFunction(tokens []token, i int) bool { return i+1 < len(tokens) && tokens[i+1].text == "(" }

func variableName(t token) string { return strings.TrimPrefix(t.text, "record.") }

func note(found map[string][]any, operand []token, values []any) {
	for i, t := range operand {
		if t.name && !isFunction(operand, i) && len(values) > 0 {
			name := variableName(t)
			found[name] = append(found[name], values...)
		}
	}
}

// constants gives the value of an operand that is nothing but a constant, or the values of a list of constants.
func constants(operand []token, setting func(string) (any, expr.Type, bool)) []any {
	for len(operand) > 2 && operand[0].text == "(" && operand[len(operand)-1].text == ")" {
		operand = operand[1 : len(operand)-1]
	}
	switch {
	case len(operand) == 1:
		return constant(operand[0])
	case len(operand) == 2 && operand[0].text == "-":
		if d, ok := operand[1].literal.(expr.Decimal); ok {
			return []any{expr.NegDecimal(d)}
		}
	case len(operand) == 4 && operand[0].text == "setting" && setting != nil:
		if path, ok := operand[2].literal.(string); ok {
			if value, _, known := setting(path); known {
				return []any{value}
			}
		}
	case len(operand) > 2 && operand[0].text == "[":
		var all []any
		for _, t := range operand {
			all = append(all, constant(t)...)
		}
		return all
	}
	return nil
}

func constant(t token) []any {
	switch {
	case t.literal != nil:
		return []any{t.literal}
	case t.text == "true":
		return []any{true}
	case t.text == "false":
		return []any{false}
	default:
		return nil
	}
}

// boundaries end an operand of a comparison.
var boundaries = []string{"and", "or", "not", "&&", "||", "!", "?", ":", ",", ";", "==", "!=", "<", "<=", ">", ">=", "in"}

func boundary(t token) bool { return t.literal == nil && slices.Contains(boundaries, t.text) }

func operandAfter(tokens []token, at int) []token {
	depth := 0
	for i := at + 1; i < len(tokens); i++ {
		switch t := tokens[i]; {
		case t.literal != nil:
		case t.text == "(" || t.text == "[":
			depth++
		case t.text == ")" || t.text == "]":
			if depth--; depth < 0 {
				return tokens[at+1 : i]
			}
		case depth == 0 && boundary(t):
			return tokens[at+1 : i]
		}
	}
	return tokens[at+1:]
}

func operandBefore(tokens []token, at int) []token {
	depth := 0
	for i := at - 1; i >= 0; i-- {
		switch t := tokens[i]; {
		case t.literal != nil:
		case t.text == ")" || t.text == "]":
			depth++
		case t.text == "(" || t.text == "[":
			if depth--; depth < 0 {
				return tokens[i+1 : at]
			}
		case depth == 0 && boundary(t):
			return tokens[i+1 : at]
		}
	}
	return tokens[:at]
}

// tokenize cuts an expression that compiles into pieces.
func tokenize(source string) []token {
	var tokens []token
	runes := []rune(source)
	for i := 0; i < len(runes); {
		switch c := runes[i]; {
		case unicode.IsSpace(c):
			i++
		case c == '"' || c == '\'' || c == '`':
			end := endOfText(runes, i)
			tokens = append(tokens, token{literal: string(runes[i+1 : min(end, len(runes))])})
			i = end + 1
		case unicode.IsDigit(c):
			end := span(runes, i, func(r rune) bool { return unicode.IsDigit(r) || r == '.' || r == '_' })
			tokens = append(tokens, number(string(runes[i:end])))
			i = end
		case unicode.IsLetter(c) || c == '_':
			end := span(runes, i, func(r rune) bool {
				return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '.'
			})
			word := string(runes[i:end])
			tokens = append(tokens, token{text: word, name: !boundary(token{text: word}) && word != "true" && word != "false"})
			i = end
		default:
			width := 1
			if i+1 < len(runes) && slices.Contains([]string{"==", "!=", "<=", ">=", "&&", "||", "??"}, string(runes[i:i+2])) {
				width = 2
			}
			tokens = append(tokens, token{text: string(runes[i : i+width])})
			i += width
		}
	}
	return tokens
}

// endOfText is where the text that begins at a quote ends.
func endOfText(runes []rune, from int) int {
	quote := runes[from]
	for i := from + 1; i < len(runes); i++ {
		switch {
		case runes[i] == quote:
			return i
		case runes[i] == '\\' && quote != '`':
			i++
		}
	}
	return len(runes)
}

func span(runes []rune, from int, in func(rune) bool) int {
	for from < len(runes) && in(runes[from]) {
		from++
	}
	return from
}

func number(text string) token {
	d, err := expr.ParseDecimal(strings.ReplaceAll(text, "_", ""))
	if err != nil {
		return token{text: text}
	}
	return token{text: text, literal: d}
}

package expr

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"
)

// Limits of a source text that hold before it is parsed: the parser recurses on what is nested, and neither a
// Go stack overflow nor that of the browser's WASM engine can be recovered.
const (
	maxBrackets = 64  // brackets within brackets
	maxPrefixes = 16  // minus and not in a row
	maxChained  = 128 // ?, ^ and let, which nest to the right
	maxDepth    = 600 // nodes within nodes; a sum of n terms is n deep
)

// source is a text that is compiled: the whole expression, or the part of a template between ${ and }.
type source struct {
	text   []rune
	offset int // of the text in the whole source, in characters
	hidden int // characters before the text that only the parser sees

	inPredicate bool // the text stands in a template inside a predicate: .field and # are the item
}

// at gives the source text of a node.
func (s source) at(loc file.Location) string {
	from, to := loc.From-s.hidden, loc.To-s.hidden
	if from < 0 || to > len(s.text) || from > to {
		return ""
	}
	return string(s.text[from:to])
}

// refusal is an error at a place of one source, before lines are counted.
type refusal struct {
	code             string
	loc              file.Location
	name, suggestion string
	params           map[string]any
}

// locate turns a refusal into an Error with the position in the whole text.
func locate(whole []rune, s source, r refusal) *Error {
	from := min(max(r.loc.From-s.hidden, 0), len(s.text))
	length := max(min(r.loc.To-s.hidden, len(s.text))-from, 0)
	offset := min(from+s.offset, len(whole))
	line, column := 1, 1
	for _, c := range whole[:offset] {
		column++
		if c == '\n' {
			line++
			column = 1
		}
	}
	return &Error{
		Code: r.code, Line: line, Column: column, Offset: offset, Length: length,
		Name: r.name, Suggestion: r.suggestion, Params: r.params,
	}
}

// parse checks the tokens and parses the text. Inside a predicate `.field` and # are allowed; the parser learns
// that by seeing the text as the body of a predicate.
func (s *source) parse() (ast.Node, *refusal) {
	text := string(s.text)
	if !utf8.ValidString(text) {
		return nil, &refusal{code: CodeSyntax}
	}
	tokens, err := lexer.Lex(file.NewSource(text))
	if err != nil {
		return nil, s.syntax(err)
	}
	if refused := checkTokens(tokens); refused != nil {
		return nil, refused
	}
	masked := maskNumbers(s.text, tokens)
	if s.inPredicate {
		const prefix, suffix = "any(x,", "\n)"
		masked, s.hidden = prefix+masked+suffix, len(prefix)
	}
	tree, err := parser.Parse(masked)
	if err != nil {
		return nil, s.syntax(err)
	}
	if call, ok := tree.Node.(*ast.BuiltinNode); ok && s.inPredicate && len(call.Arguments) == 2 {
		if body, ok := call.Arguments[1].(*ast.PredicateNode); ok {
			return body.Node, nil
		}
	}
	return tree.Node, nil
}

// syntax turns an error of the lexer or the parser into a refusal.
func (s *source) syntax(err error) *refusal {
	var at *file.Error
	if !errors.As(err, &at) {
		return &refusal{code: CodeSyntax}
	}
	if strings.HasSuffix(at.Message, "token EOF") || strings.HasPrefix(at.Message, "unexpected end") {
		at.From, at.To = s.hidden+len(s.text), s.hidden+len(s.text) // the parser points before it
	}
	near := s.at(at.Location)
	r := &refusal{code: CodeSyntax, loc: at.Location, name: near, params: map[string]any{"near": near}}
	switch {
	case strings.HasPrefix(at.Message, "expected at least"):
		r.code = CodeArgumentCount
	case strings.Contains(at.Message, "maximum allowed nodes"):
		r.code, r.params = CodeTooDeep, map[string]any{"max": maxDepth}
	}
	if plain, ok := fullWidth[near]; ok {
		r.suggestion = plain
	}
	return r
}

// fullWidth are marks a Chinese input method types where the language wants ASCII.
var fullWidth = map[string]string{
	"（": "(", "）": ")", "，": ",", "；": ";", "：": ":", "？": "?", "！": "!", "“": `"`, "”": `"`, "‘": "'", "’": "'",
	"＝": "==", "＞": ">", "＜": "<", "≥": ">=", "≤": "<=", "≠": "!=", "×": "*", "÷": "/", "＋": "+", "－": "-", "。": ".",
	"【": "[", "】": "]", "、": ",", "％": "%",
}

// refusedOperators are tokens expr-lang knows and this language does not, with what to write instead.
var refusedOperators = map[string]string{
	"|": "", "..": "", "::": "", "?.": ".", "**": "^", "if": "IF", "else": "IF", "startsWith": "matches", "endsWith": "matches",
}

// checkTokens refuses what must not reach the parser: = and <>, operators of other languages, deep nesting.
func checkTokens(tokens []lexer.Token) *refusal {
	brackets, prefixes, chained := 0, 0, 0
	for i, token := range tokens {
		switch token.Kind {
		case lexer.Bracket:
			if strings.Contains("([{", token.Value) {
				brackets++
			} else {
				brackets--
			}
			prefixes = 0
		case lexer.Operator:
			if refused := checkOperator(tokens, i); refused != nil {
				return refused
			}
			switch token.Value {
			case "-", "+", "!", "not":
				prefixes++
			case "?", "^", "let":
				chained++
			}
		case lexer.Bytes:
			return &refusal{code: CodeUnsupported, loc: token.Location, name: "b"}
		default:
			prefixes = 0
		}
		if brackets < 0 {
			return &refusal{code: CodeSyntax, loc: token.Location, name: token.Value, params: map[string]any{"near": token.Value}}
		}
		if brackets > maxBrackets || prefixes > maxPrefixes || chained > maxChained {
			return &refusal{code: CodeTooDeep, loc: token.Location, params: map[string]any{"max": maxBrackets}}
		}
	}
	return nil
}

func checkOperator(tokens []lexer.Token, i int) *refusal {
	token := tokens[i]
	if token.Value == "=" {
		declares := i >= 2 && tokens[i-2].Is(lexer.Operator, "let") && tokens[i-1].Is(lexer.Identifier)
		if !declares {
			return &refusal{code: CodeWriteEq, loc: token.Location, name: "=", suggestion: "=="}
		}
	}
	if token.Value == "<" && i+1 < len(tokens) && tokens[i+1].Is(lexer.Operator, ">") {
		loc := file.Location{From: token.From, To: tokens[i+1].To}
		return &refusal{code: CodeWriteEq, loc: loc, name: "<>", suggestion: "!="}
	}
	if instead, refused := refusedOperators[token.Value]; refused {
		return &refusal{code: CodeUnsupported, loc: token.Location, name: token.Value, suggestion: instead}
	}
	return nil
}

// maskNumbers writes zeros over every number: the parser reads numbers as int64 and float64 and would refuse or
// round them, the compiler reads them from the source text. The places of all tokens stay.
func maskNumbers(text []rune, tokens []lexer.Token) string {
	masked := append([]rune(nil), text...)
	for _, token := range tokens {
		if token.Kind != lexer.Number {
			continue
		}
		for i := token.From; i < token.To; i++ {
			if i > token.From || masked[i] != '.' {
				masked[i] = '0'
			}
		}
	}
	return string(masked)
}

// part is a piece of a template: a text, or the source of an expression.
type part struct {
	text string
	expr *source
}

// splitTemplate cuts a text at its ${…}. The offset is that of the text in the whole source.
func splitTemplate(text []rune, offset int) ([]part, *refusal) {
	var parts []part
	from := 0
	for i := 0; i+1 < len(text); i++ {
		if text[i] != '$' || text[i+1] != '{' {
			continue
		}
		end := closingBrace(text, i+2)
		if end < 0 {
			loc := file.Location{From: offset + i, To: offset + i + 2}
			return nil, &refusal{code: CodeSyntax, loc: loc, name: "${", params: map[string]any{"near": "${"}}
		}
		parts = append(parts, part{text: string(text[from:i])},
			part{expr: &source{text: text[i+2 : end], offset: offset + i + 2}})
		i, from = end, end+1
	}
	return append(parts, part{text: string(text[from:])}), nil
}

// closingBrace finds the } that closes an expression; braces in strings do not count. -1 = none.
func closingBrace(text []rune, from int) int {
	var quote rune
	depth := 0
	for i := from; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth == 0:
			return i
		case c == '}':
			depth--
		}
	}
	return -1
}

package def

import (
	"bytes"
	"encoding/json"
	"strings"
)

// translate looks a text up in x-i18n: the language, its base language, else the given text.
func translate(texts I18n, lang, key, text string) string {
	base, _, _ := strings.Cut(lang, "-")
	for _, tag := range []string{lang, base} {
		if translated := texts[tag][key]; translated != "" {
			return translated
		}
	}
	return text
}

// Label is the field's title in a language; its name if it has no title.
func (f *Field) Label(lang string) string {
	if text := translate(f.I18n, lang, "title", f.Title); text != "" {
		return text
	}
	return f.Name
}

// Label is the option's title in a language.
func (o *Option) Label(lang string) string { return translate(o.I18n, lang, "title", o.Title) }

// IsNumber tells whether values are numbers in expressions: integer, decimal, percent, money.
func (f *Field) IsNumber() bool { return f.XType == TypeInteger || f.IsDecimal() }

// IsDecimal tells whether values are decimal strings on the wire: decimal, percent, money.
func (f *Field) IsDecimal() bool {
	return f.XType == TypeDecimal || f.XType == TypePercent || f.XType == TypeMoney
}

// IsText tells whether values are free texts (text, longtext, autonumber, phone, id_card, credit_code, bank_card).
func (f *Field) IsText() bool {
	switch f.XType {
	case TypeText, TypeLongText, TypeAutoNumber, TypePhone, TypeIDCard, TypeCreditCode, TypeBankCard:
		return true
	default:
		return false
	}
}

// IsTable tells whether the field is a sub-table.
func (f *Field) IsTable() bool { return f.XType == TypeTable }

// IsList tells whether values are lists of scalars: multiselect, users, references, attachment, image.
func (f *Field) IsList() bool {
	switch f.XType {
	case TypeMultiSelect, TypeUsers, TypeReferences, TypeAttachment, TypeImage:
		return true
	default:
		return false
	}
}

// IsFile tells whether values are ids of files: attachment, image, signature.
func (f *Field) IsFile() bool {
	return f.XType == TypeAttachment || f.XType == TypeImage || f.XType == TypeSignature
}

// IsOption tells whether values are option names: select, multiselect.
func (f *Field) IsOption() bool { return f.XType == TypeSelect || f.XType == TypeMultiSelect }

// Target is the entity values refer to: x-entity of a reference, "user", "department", or "".
func (f *Field) Target() string {
	switch f.XType {
	case TypeReference, TypeReferences:
		return f.Entity
	case TypeUser, TypeUsers:
		return EntityUser
	case TypeDepartment:
		return EntityDepartment
	default:
		return ""
	}
}

// IsComputed tells whether the engine gives the value: by formula, lookup, rollup or number.
func (f *Field) IsComputed() bool {
	return f.Compute != "" || len(f.Lookup) > 0 || f.Rollup != nil || f.Number != nil
}

// IsReadOnly is readOnly with its default: true for computed fields.
func (f *Field) IsReadOnly() bool {
	if f.ReadOnly != nil {
		return *f.ReadOnly
	}
	return f.IsComputed()
}

// EffectiveScale is how many places are stored: x-scale, else 2 for money and percent, 6 for decimal, 0 for others.
func (f *Field) EffectiveScale() int {
	switch {
	case f.Scale != nil:
		return *f.Scale
	case f.XType == TypeMoney || f.XType == TypePercent:
		return 2
	case f.XType == TypeDecimal:
		return 6
	}
	return 0
}

// IsFixed tells whether values are always written with EffectiveScale places.
func (f *Field) IsFixed() bool {
	if f.Fixed != nil {
		return *f.Fixed
	}
	return f.XType == TypeMoney || f.XType == TypePercent
}

// EffectiveMaxLength is the most characters of a text: maxLength, else 255, longtext 10,000. 0 = no limit.
func (f *Field) EffectiveMaxLength() int {
	switch {
	case f.MaxLength != nil:
		return *f.MaxLength
	case f.XType == TypeLongText:
		return 10_000
	case f.IsText():
		return 255
	}
	return 0
}

// maxFiles is how many files a field holds at most if its definition does not say.
const maxFiles = 20

// EffectiveMaxItems is the most rows or elements: maxItems, else x-files.maxCount or 20 files, 5,000 rows, 500 elements.
// 0 = not a list.
func (f *Field) EffectiveMaxItems() int {
	switch {
	case f.MaxItems != nil:
		return *f.MaxItems
	case f.IsFile() && f.IsList():
		if f.Files != nil && f.Files.MaxCount > 0 {
			return f.Files.MaxCount
		}
		return maxFiles
	case f.IsTable():
		return 5_000
	case f.IsList():
		return 500
	}
	return 0
}

// EffectiveCleaning lists the cleaning steps after those every text gets (definitions.md §4.1).
func (f *Field) EffectiveCleaning() []string {
	if f.Cleaning != nil {
		return f.Cleaning
	}
	switch f.XType {
	case TypeIDCard, TypeCreditCode:
		return []string{"nfkc", "upper", "no_space"}
	case TypeBankCard:
		return []string{"nfkc", "digits"}
	case TypePhone:
		return []string{"nfkc", "no_space"}
	case TypeAutoNumber:
		return []string{"nfkc"}
	default:
		return nil
	}
}

// Option finds an option in force by its name.
func (f *Field) Option(name string) (*Option, bool) {
	for _, option := range f.Opts {
		if option.Const == name {
			return option, true
		}
	}
	return nil, false
}

// Column finds a column of a sub-table.
func (f *Field) Column(name string) (*Field, bool) {
	if f.Items == nil {
		return nil, false
	}
	column, ok := f.Items.Properties[name]
	return column, ok
}

// Columns lists the columns of a sub-table in their order (x-order, else required first, then by name).
func (f *Field) Columns() []*Field {
	if f.Items == nil {
		return nil
	}
	return ordered(f.Items.Properties, f.Items.Order, f.Items.Required)
}

// DefaultValue is the constant default as a wire value (string, int64, bool, []any); nil if there is none.
func (f *Field) DefaultValue() any { return WireValue(f.Default) }

// WireValue reads a JSON constant as a wire value: whole numbers as int64, other numbers as their text. Nil for null,
// for nothing and for what is no JSON.
func WireValue(raw json.RawMessage) any {
	if len(raw) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil
	}
	return exactNumbers(value)
}

func exactNumbers(value any) any {
	switch v := value.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		return v.String()
	case []any:
		for i, item := range v {
			v[i] = exactNumbers(item)
		}
	case map[string]any:
		for key, item := range v {
			v[key] = exactNumbers(item)
		}
	}
	return value
}

// EffectiveLevel is "error" unless the rule says "warning".
func (r *Rule) EffectiveLevel() string {
	if r.Level == "" {
		return LevelError
	}
	return r.Level
}

// EffectiveCode is the stable code of the rule's problem: its code, else the given name of the rule.
func (r *Rule) EffectiveCode(name string) string {
	if r.Code == "" {
		return name
	}
	return r.Code
}

// RunsOn tells whether the rule runs on an occasion: save, submit, approve, void. By default all but void.
func (r *Rule) RunsOn(occasion string) bool {
	if len(r.On) == 0 {
		return occasion != "void"
	}
	for _, on := range r.On {
		if on == occasion {
			return true
		}
	}
	return false
}

// Text is the rule's message in a language.
func (r *Rule) Text(lang string) string { return translate(r.I18n, lang, "message", r.Message) }

// Text is the message of a violated key in a language.
func (k *Key) Text(lang string) string { return translate(k.I18n, lang, "message", k.Message) }

// EffectiveCode is the stable code of a violated key: its code, else "duplicate".
func (k *Key) EffectiveCode() string {
	if k.Code == "" {
		return "duplicate"
	}
	return k.Code
}

// EffectivePercent is from which likeness on two texts are similar: percent, else 75.
func (s *Similar) EffectivePercent() int {
	if s.Percent == 0 {
		return 75
	}
	return s.Percent
}

// EffectiveCode is the stable code of the warning: its code, else "similar".
func (s *Similar) EffectiveCode() string {
	if s.Code == "" {
		return "similar"
	}
	return s.Code
}

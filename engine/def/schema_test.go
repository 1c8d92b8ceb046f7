//go:build !js

package def

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// keywordRow is one row of testdata/keywords.txt.
type keywordRow struct{ schema, where, keyword, merge string }

func keywordTable(t *testing.T) []keywordRow {
	t.Helper()
	raw, err := os.ReadFile("testdata/keywords.txt")
	if err != nil {
		t.Fatal(err)
	}
	var rows []keywordRow
	for line := range strings.Lines(string(raw)) {
		fields := strings.Fields(line)
		if len(fields) == 4 && fields[0] != "#" {
			rows = append(rows, keywordRow{fields[0], fields[1], fields[2], fields[3]})
		}
	}
	return rows
}

// mergeOf reads from a meta-schema how the value of a property is merged.
func mergeOf(document, property map[string]any) string {
	for {
		ref, isRef := property["$ref"].(string)
		if !isRef {
			break
		}
		if strings.HasSuffix(ref, "/later") {
			return "later"
		}
		property, _ = resolvePointer(document, strings.TrimPrefix(ref, "#")).(map[string]any)
	}
	mark, marked := property[keyMark].(string)
	switch {
	case marked && mark == ".":
		return "set"
	case marked:
		return "key:" + mark
	case property["type"] == "object":
		return "map"
	}
	return "-"
}

func TestMetaSchemasHoldTheKeywordTables(t *testing.T) {
	schemas, err := metaSchemas()
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string][]string{} // schema and place → keywords
	for _, row := range keywordTable(t) {
		var meta metaSchema
		for kind, name := range schemaNames {
			if name == row.schema {
				meta = schemas[kind]
			}
		}
		place := row.schema + row.where
		listed[place] = append(listed[place], row.keyword)
		owner, _ := resolvePointer(meta.document, row.where).(map[string]any)
		properties, _ := owner["properties"].(map[string]any)
		property, ok := properties[row.keyword].(map[string]any)
		if !ok {
			t.Errorf("%s has no %s", place, row.keyword)
			continue
		}
		if merge := mergeOf(meta.document, property); merge != row.merge {
			t.Errorf("%s %s is merged %s, want %s", place, row.keyword, merge, row.merge)
		}
		if rest := slices.DeleteFunc(sortedKeys(properties), func(k string) bool { return slices.Contains(listed[place], k) }); len(rest) > 0 && row.keyword == lastOf(t, place) {
			t.Errorf("%s has keywords no table has: %v", place, rest)
		}
	}
}

// lastOf is the last keyword of a place in the table: then all of the place were seen.
func lastOf(t *testing.T, place string) string {
	t.Helper()
	last := ""
	for _, row := range keywordTable(t) {
		if row.schema+row.where == place {
			last = row.keyword
		}
	}
	return last
}

func TestEveryStructKeyIsInItsMetaSchema(t *testing.T) {
	schemas, err := metaSchemas()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range slices.Sorted(maps.Keys(schemas)) {
		d, err := blank(kind)
		if err != nil {
			t.Fatal(err)
		}
		properties, _ := schemas[kind].document["properties"].(map[string]any)
		known := structKeys(d)
		for key := range properties {
			if !known[key] && key != "$schema" && !isLater(properties[key]) {
				t.Errorf("%s: %s has no Go field", kind, key)
			}
		}
		for key := range known {
			if properties[key] == nil {
				t.Errorf("%s: the Go key %s is not in the meta-schema", kind, key)
			}
		}
	}
}

func isLater(property any) bool {
	object, _ := property.(map[string]any)
	ref, _ := object["$ref"].(string)
	return strings.HasSuffix(ref, "/later")
}

func TestMetaSchemasAreOneDocument(t *testing.T) {
	for kind := range schemaNames {
		raw, err := MetaSchema(kind)
		if err != nil {
			t.Fatal(err)
		}
		var tree any
		if err := json.Unmarshal(raw, &tree); err != nil {
			t.Fatal(err)
		}
		walkTree(tree, func(object map[string]any) {
			if ref, ok := object["$ref"].(string); ok && !strings.HasPrefix(ref, "#/") {
				t.Errorf("%s refers to %s", kind, ref)
			}
		})
	}
}

func TestFieldTypesOfTheMetaSchemaAreThoseOfGo(t *testing.T) {
	schemas, err := metaSchemas()
	if err != nil {
		t.Fatal(err)
	}
	types, _ := resolvePointer(schemas[KindEntity].document, "/$defs/fieldType").(map[string]any)
	now, _ := types["enum"].([]any)
	later, _ := types[keywordLater].([]any)
	for _, want := range []FieldType{
		TypeText, TypeLongText, TypeInteger, TypeDecimal, TypePercent, TypeMoney, TypeBoolean, TypeDate, TypeDateTime, TypeMonth,
		TypeSelect, TypeMultiSelect, TypeUser, TypeUsers, TypeDepartment, TypeReference, TypeReferences, TypeTable, TypeAutoNumber,
		TypeAttachment, TypeImage, TypeSignature, TypePhone, TypeIDCard, TypeCreditCode, TypeBankCard,
	} {
		if !slices.Contains(now, any(string(want))) && !slices.Contains(later, any(string(want))) {
			t.Errorf("the meta-schema does not know %s", want)
		}
	}
}

func TestSystemEntitiesAreDefinitionsToo(t *testing.T) {
	files, err := systemFiles.ReadDir("system")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := systemFiles.ReadFile("system/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		_, problems := Decode(KindEntity, raw)
		for _, p := range problems {
			if p.Path != "/properties/roles/items" { // its options are the roles of the catalog
				t.Errorf("%s%s: %s", file.Name(), p.Path, p.Code)
			}
		}
	}
}

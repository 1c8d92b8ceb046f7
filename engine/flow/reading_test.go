package flow

import (
	"strings"
	"testing"

	"formwork/engine/def"
)

const (
	readEntity = `{"name": "purchase", "title": "采购", "type": "object", "x-i18n": {"en": {"title": "Purchase"}}, "x-approval": true, "required": ["total"], "properties": {
		"total": {"type": "string", "x-type": "money", "title": "合计", "x-i18n": {"en": {"title": "Total"}}},
		"kind": {"type": "string", "x-type": "select", "title": "类别", "oneOf": [{"const": "a", "title": "材料"}, {"const": "b", "title": "机械", "x-i18n": {"en": {"title": "Plant"}}}]},
		"urgent": {"type": "boolean", "x-type": "boolean", "title": "加急"},
		"buyer": {"type": "string", "x-type": "user", "title": "采购员"},
		"site": {"type": "string", "x-type": "reference", "x-entity": "site", "title": "项目"},
		"lines": {"type": "array", "x-type": "table", "title": "明细", "items": {"type": "object", "properties": {
			"hours": {"type": "string", "x-type": "decimal", "title": "工时", "x-unit": "h"}}}}}}`
	siteEntity    = `{"name": "site", "title": "项目", "type": "object", "properties": {"manager": {"type": "string", "x-type": "user", "title": "经理"}}}`
	limitSettings = `{"name": "limits", "title": "限额", "properties": {"big": {"type": "string", "x-type": "money", "title": "大额", "default": "50000.00"}}, "values": {}}`
)

// written is a reading in one line.
func (r Reading) written() string {
	text := strings.Join(strings.Fields(strings.Join([]string{r.Op, r.Name, r.Title, r.Value, r.Label, r.Unit}, " ")), " ")
	if len(r.Args) == 0 {
		return text
	}
	parts := make([]string, len(r.Args))
	for i, arg := range r.Args {
		parts[i] = arg.written()
	}
	return text + "(" + strings.Join(parts, ", ") + ")"
}

func readCatalog(t *testing.T, more ...string) *def.Catalog {
	t.Helper()
	defs := def.Definitions{}
	for kind, raws := range map[def.Kind][]string{
		def.KindEntity: append([]string{readEntity, siteEntity}, more...), def.KindSettings: {limitSettings},
	} {
		for _, raw := range raws {
			definition, err := def.Parse(kind, []byte(raw))
			if err != nil {
				t.Fatal(err)
			}
			defs[def.RefOf("test", definition)] = definition
		}
	}
	cat, problems := def.Compile(defs, "zh-CN")
	if len(problems) > 0 {
		t.Fatalf("%+v", problems)
	}
	return cat
}

func TestReadings(t *testing.T) {
	cat := readCatalog(t)
	zh := &readings{cat: cat, entity: cat.Entities["purchase"], lang: "zh-CN"}
	for source, want := range map[string]string{
		`total > 50000 && kind == "a"`: "and(gt(field 合计, value 50000), eq(field 类别, value a 材料))",
		`urgent`:                       "yes(field 加急)",
		`not urgent or nz(urgent, false) == true`: "or(no(field 加急), yes(nz(field 加急, value false)))",
		`urgent != true`:                             "no(field 加急)",
		`kind not in ["a", "b"]`:                     "not(in(field 类别, value a 材料, value b 机械))",
		`buyer != nil and is_empty(site)`:            "and(filled(field 采购员), empty(field 项目))",
		`site.manager == "u1"`:                       "eq(field 项目 · 经理, value u1)",
		`record.total >= setting("limits.big")`:      "ge(field 合计, setting 大额 50000)",
		`max(map(lines, .hours)) > 4`:                "gt(call max h(field 明细 · 工时 h), value 4 h)",
		`sum(lines, .hours) * 2 > 8`:                 "gt(mul(call sum h(field 明细 · 工时 h), value 2), value 8)",
		`sum(filter(lines, .hours > 1), .hours) > 8`: "gt(call sum_of h(call filter(field 明细, gt(field 工时 h, value 1 h)), field 工时 h), value 8 h)",
		`any(lines, .hours > 8)`:                     "call any(field 明细, gt(field 工时 h, value 8 h))",
		`not (total > 1 and total < 5)`:              "not(and(gt(field 合计, value 1), lt(field 合计, value 5)))",
		`IF(urgent, 1, 2) == 1`:                      "eq(if(yes(field 加急), value 1, value 2), value 1)",
		`nothing > 1`:                                "",
		`total and urgent`:                           "",
		`upper(kind) == "A"`:                         "",
		`setting("limits.none") > 1`:                 "",
	} {
		got, ok := zh.read(source)
		if ok != (want != "") || ok && got.written() != want {
			t.Errorf("%s:\n got %s (%v)\nwant %s", source, got.written(), ok, want)
		}
	}
	en := &readings{cat: cat, entity: cat.Entities["purchase"], lang: "en"}
	if got, _ := en.read(`total > 1 and kind == "b"`); got.written() != "and(gt(field Total, value 1), eq(field 类别, value b Plant))" {
		t.Errorf("in English: %s", got.written())
	}
	if got, _ := zh.read(`site.manager == "u1"`); got.named(map[string]string{"u1": "王工"}).Args[1].Label != "王工" {
		t.Errorf("a person: %s", got.written())
	}
}

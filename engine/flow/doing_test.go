package flow

import (
	"strings"
	"testing"

	"formwork/engine/def"
)

// written is a doing in one line: what is done, to what, with which values.
func (d Doing) written() string {
	parts := []string{d.Do, d.Entity, d.Name}
	add := func(label string, told *Told) {
		switch {
		case told == nil:
		case told.Told == nil:
			parts = append(parts, label+"="+told.Source)
		default:
			parts = append(parts, label+"="+told.Told.written())
		}
	}
	add("one", d.One)
	add("where", d.Where)
	for i := range d.Values {
		add(d.Values[i].Name, &d.Values[i].Told)
	}
	for i := range d.Back {
		add("back "+d.Back[i].Name, &d.Back[i].Told)
	}
	add("reason", d.Reason)
	add("title", d.Title)
	add("until", d.Until)
	for label, texts := range map[string][]string{"each": {d.Each}, "expect": d.Expect, "to": d.To, "roles": d.Roles} {
		if text := strings.Join(texts, ","); text != "" {
			parts = append(parts, label+"="+text)
		}
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

const postingEntity = `{"name": "posting", "title": "入账", "type": "object", "x-approval": true, "properties": {
	"item": {"type": "string", "x-type": "text", "title": "材料"},
	"kind": {"type": "string", "x-type": "select", "title": "类别", "oneOf": [{"const": "a", "title": "材料费"}]},
	"hours": {"type": "string", "x-type": "decimal", "title": "数量"},
	"paid": {"type": "boolean", "x-type": "boolean", "title": "已付"},
	"source": {"type": "string", "x-type": "reference", "x-entity": "purchase", "title": "来源"}}}`

// TestDoings: what nodes do without people is told in the words of the entities; what cannot be read keeps its source.
func TestDoings(t *testing.T) {
	cat := readCatalog(t, postingEntity)
	cat.Flows = map[string]*def.Flow{
		"other": parseFlow(t, `{"name": "other", "title": "入账审批", "entity": "posting", "nodes": [{"name": "m", "type": "wait", "for": "P1D"}]}`),
	}
	tests := []struct{ name, node, want string }{
		{
			"create per row", `"type": "action", "do": {"create": {"entity": "posting", "each": "lines", "submit": true, "values": {"hours": "row.hours * 2", "source": "record", "kind": "'a'"}}}`,
			"create 入账 数量=mul(row 工时 h, value 2) 类别=value a 材料费 来源=own each=明细",
		},
		{
			"update one record by id", `"type": "action", "do": {"update": {"entity": "site", "where": {"field": "id", "op": "eq", "value": {"var": "record.site"}}, "values": {"manager": "buyer"}, "expect": {"manager": "buyer"}}}`,
			"update 项目 one=own 项目 经理=field 采购员 expect=经理",
		},
		{
			"update those of a filter", `"type": "action", "do": {"update": {"entity": "posting", "where": {"and": [{"field": "state", "op": "eq", "value": "approved"}, {"field": "source", "op": "eq", "value": {"var": "record.id"}}, {"field": "paid", "op": "eq", "value": false}, {"field": "item", "op": "empty", "value": true}]}, "values": {"item": "nil"}}}`,
			"update 入账 where=and(eq(field, value approved), eq(field 来源, own), no(field 已付), empty(field 材料)) 材料=none",
		},
		{
			"a filter nobody has words for", `"type": "action", "do": {"void": {"entity": "posting", "where": {"field": "item", "op": "starts", "value": "x"}, "reason": "'由 ' + kind + ' 替代'"}}`,
			`void 入账 where={"field": "item", "op": "starts", "value": "x"} reason=add(add(value 由, field 类别), value 替代)`,
		},
		{
			"set", `"type": "action", "do": {"set": {"urgent": "true", "total": "total ?? 0", "kind": "upper(kind)"}}`,
			"set 类别=upper(kind) 合计=nz(field 合计, value 0) 加急=value true",
		},
		{
			"call out", `"type": "action", "do": {"webhook": "erp.pay", "with": {"amount": "total"}}`,
			"webhook erp.pay amount=field 合计",
		},
		{
			"notify", `"type": "action", "do": {"notify": {"who": ["initiator", "role:x"], "title": "'采购 ' + kind"}}`,
			"notify title=add(value 采购, field 类别) to=initiator,role:x",
		},
		{"wait until", `"type": "wait", "until": "urgent"`, "wait until=yes(field 加急)"},
		{"wait for a time", `"type": "wait", "for": "P3D"`, "wait"},
		{
			"call per row", `"type": "call", "flow": "other", "each": "lines", "in": {"hours": "row.hours"}, "out": {"hours": "hours"}`,
			"call 入账 入账审批 数量=row 工时 h back 工时=field 数量 each=明细",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := parseFlow(t, `{"name": "f", "entity": "purchase", "nodes": [{"name": "n", `+tt.node+`}]}`)
			r := &readings{cat: cat, entity: cat.Entities["purchase"], lang: "zh-CN"}
			if got := r.doings(f)["n"].written(); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestDoingOfTheStart: what starts a flow is told with the records it watches.
func TestDoingOfTheStart(t *testing.T) {
	cat := readCatalog(t, postingEntity)
	for source, want := range map[string]string{
		`"start": {"on": ["approved"], "entity": "posting", "where": {"field": "kind", "op": "in", "value": ["a"]}}`: "start 入账 where=in(field 类别, value a 材料费)",
		`"start": {"on": "button", "roles": ["nobody"]}`:                                                             "start 采购 roles=nobody",
		`"where": {"field": "total", "op": "gt", "value": "100"}`:                                                    "start 采购 where=gt(field 合计, value 100)",
		`"priority": 1`: "",
	} {
		f := parseFlow(t, `{"name": "f", "entity": "purchase", `+source+`, "nodes": [{"name": "n", "type": "wait", "for": "P1D"}]}`)
		r := &readings{cat: cat, entity: cat.Entities["purchase"], lang: "zh-CN"}
		if got := r.doings(f)[doingStart].written(); got != want {
			t.Errorf("%s:\n got %s\nwant %s", source, got, want)
		}
	}
}

func parseFlow(t *testing.T, source string) *def.Flow {
	t.Helper()
	definition, err := def.Parse(def.KindFlow, []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	f, ok := definition.(*def.Flow)
	if !ok {
		t.Fatalf("%T is no flow", definition)
	}
	return f
}

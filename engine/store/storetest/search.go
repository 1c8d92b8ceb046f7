package storetest

import (
	"formwork/engine/query"
	"formwork/engine/store"
)

var searchCases = []Case{
	{"search finds Chinese and folded text", search},
	{"the search index finds records of any gram", anyGram},
	{"the search index follows changes", searchFollows},
}

func search(t T, s *suite) {
	db := s.store()
	db.put(
		create(sheet, "a", map[string]any{"no": "DG-P1-001", "content": "三层钢筋绑扎"}),
		create(sheet, "b", map[string]any{"no": "DG-P1-002", "content": "钢筋 加工，三层"}),
		create(sheet, "c", map[string]any{"no": "Ｄｇ-p2-001", "content": "木工支模 Ⅳ区"}),
		create(sheet, "d", map[string]any{"note": "钢筋", "content": "筋钢 100%"}),
		create(worker, "w", map[string]any{"name": "钢筋张"}),
	)
	tests := []struct {
		text string
		want []string
	}{
		{"钢筋", []string{"a", "b"}},
		{"三层 钢筋", []string{"a", "b"}},
		{"钢筋绑", []string{"a"}},
		{"扎", []string{"a"}}, // one character, the last of its word
		{"木", []string{"c"}},
		{"dg", []string{"a", "b", "c"}},
		{"dg-p1 加工", []string{"b"}},
		{"P2-", []string{"c"}},
		{"iv区", []string{"c"}},
		{"0%", []string{"d"}},
		{"\"", nil},
		{"*", nil},
		{"a OR b", nil},
		{"绑三层", nil},
		{"钢筋加工", nil}, // the blank is text too
		{"  ", []string{"a", "b", "c", "d"}},
	}
	for _, tt := range tests {
		db.expect(query.Query{Collection: sheet, Search: tt.text}, tt.want...)
	}
	q := query.Query{
		Collection: sheet, Search: "钢筋", Sort: order(t, "-no"), Limit: 1,
		Where: filter(t, `{"field":"no","op":"starts","value":"dg"}`),
	}
	db.expect(q, "b", "a")
	db.expect(query.Query{Collection: sheet, Where: filter(t, `{"field":"content","op":"contains","value":"筋 加"}`)}, "b")
}

func anyGram(t T, s *suite) {
	db := s.store()
	db.put(
		create(sheet, "a", map[string]any{"no": "1", "content": "宏达建筑劳务"}),
		create(sheet, "b", map[string]any{"no": "2", "content": "宏达 (南京)"}),
		create(sheet, "c", map[string]any{"no": "3", "content": "鑫源钢铁", "note": "宏达"}),
		create(sheet, "gone", map[string]any{"no": "4", "content": "宏达"}),
	)
	doc := db.get(sheet, "gone")
	doc.Deleted = true
	db.put(update(doc))
	many := make([]string, 5000)
	for i := range many {
		many[i] = string([]rune{rune(0x4e00 + i), rune(0x4e00 + i/2)})
	}
	for _, tt := range []struct {
		grams []string
		want  []string
	}{
		{[]string{"宏达"}, []string{"a", "b"}},
		{[]string{"劳务", "钢铁"}, []string{"a", "c"}},
		{[]string{"务"}, []string{"a"}}, // the last character of a word
		{[]string{"OR", "\""}, nil},
		{[]string{"宏达 劳务"}, []string{"a"}},
		{[]string{"宏达 劳务", "宏达 铁"}, []string{"a"}},
		{[]string{"宏达 劳务", "源钢"}, []string{"a", "c"}},
		{[]string{}, nil},
		{append(many, "钢铁"), []string{"c"}},
	} {
		db.expect(query.Query{Collection: sheet, AnyGram: tt.grams}, tt.want...)
	}
	db.expect(query.Query{Collection: sheet, AnyGram: []string{"宏达"}, Where: filter(t, `{"field":"no","op":"eq","value":"2"}`), Limit: 1}, "b")
}

func searchFollows(t T, s *suite) {
	db := s.store()
	db.put(create(sheet, "a", map[string]any{"content": "砌墙", "no": "1"}))
	doc := db.get(sheet, "a")
	doc.Values = map[string]any{"content": "抹灰", "no": "1"}
	db.put(update(doc))
	db.expect(query.Query{Collection: sheet, Search: "砌墙"})
	db.expect(query.Query{Collection: sheet, Search: "抹灰"}, "a")
	doc = db.get(sheet, "a")
	doc.Values = map[string]any{}
	db.put(update(doc))
	db.expect(query.Query{Collection: sheet, Search: "抹灰"})
	db.put(store.Write{Collection: sheet, Doc: store.Doc{ID: "a"}, IfRev: 3, Remove: true})
	db.put(create(sheet, "b", map[string]any{"content": "抹灰"}))
	db.expect(query.Query{Collection: sheet, Search: "抹灰"}, "b")
}

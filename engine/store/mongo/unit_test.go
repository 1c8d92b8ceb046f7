package mongo

import (
	"reflect"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/event"

	"formwork/engine/def"
	"formwork/engine/expr"
	"formwork/engine/query"
	"formwork/engine/store"
)

func TestWatchReportsWhatIsNotInTheTable(t *testing.T) {
	tests := []struct {
		name    string
		command string
		doc     bson.D
		want    []string
	}{
		{"a find", "find", bson.D{e("find", "sheet"), e("filter", bson.D{e("v.no", one("$eq", "a"))}), e("$db", "x")}, nil},
		{"a text that looks like a path", "find", bson.D{e("filter", one("v.no", "$a"))}, nil},
		{"an operator within arrays", "find", bson.D{e("filter", one("$or", bson.A{one("a", one("$near", 1))}))}, []string{"$near"}},
		{"a stage", "aggregate", bson.D{e("pipeline", bson.A{one("$lookup", one("from", "x"))})}, []string{"$lookup"}},
		{"a variable", "aggregate", bson.D{e("pipeline", bson.A{one("$match", one("a", "$$NOW"))})}, []string{"$$NOW"}},
		{"a command", "mapReduce", bson.D{e("mapReduce", "sheet")}, []string{"mapReduce"}},
		{"each once", "find", bson.D{e("filter", bson.A{one("a", one("$near", 1)), one("b", one("$near", 1))})}, []string{"$near"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw, err := bson.Marshal(tt.doc)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			watch(func(what string) { got = append(got, what) }).Started(t.Context(), &event.CommandStartedEvent{CommandName: tt.command, Command: raw})
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("reported %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDatabaseName(t *testing.T) {
	b := &Backend{prefix: "formwork_"}
	if got := b.databaseName("acme"); got != "formwork_acme" {
		t.Errorf("short name is %s", got)
	}
	long := strings.Repeat("a", 60)
	one, other := b.databaseName(long+"1"), b.databaseName(long+"2")
	if len(one) != maxName || len(other) != maxName || one == other || !strings.HasPrefix(one, "formwork_aaa") {
		t.Errorf("long names are %s and %s", one, other)
	}
}

func TestDecimals(t *testing.T) {
	money := store.Field{Path: "m", Type: def.TypeMoney, Scale: 2, Fixed: true}
	free := store.Field{Path: "d", Type: def.TypeDecimal, Scale: 6}
	tests := []struct {
		field      store.Field
		text, want string
		wide       bool
	}{
		{money, "5", "5.00", false},
		{money, "-0.01", "-0.01", false},
		{money, "100", "100.00", false},
		{money, "9999999999999.99", "9999999999999.99", false},
		{money, "-10000000000000", "-10000000000000.00", true},
		{money, "1.255", "1.255", false}, // from before the field had fewer places
		{free, "100", "100", false},
		{free, "0.1", "0.1", false},
		{free, "-1234567890123456789012345678.123456", "-1234567890123456789012345678.123456", true},
		{free, "0", "0", false},
	}
	for _, tt := range tests {
		d, err := expr.ParseDecimal(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		kept, err := toDecimal128(d)
		if err != nil {
			t.Fatalf("%s: %v", tt.text, err)
		}
		if got, err := fromDecimal128(kept, tt.field); err != nil || got != tt.want {
			t.Errorf("%s comes back as %s, %v; want %s", tt.text, got, err, tt.want)
		}
		if got := isWide(d); got != tt.wide {
			t.Errorf("%s wide: %v", tt.text, got)
		}
	}
}

// Conditions keep to forms that an index serves.
func TestConditions(t *testing.T) {
	table := newTable(&definition{Name: "sheet", collection: store.Collection{Name: "sheet", Fields: []store.Field{
		{Path: "no", Type: def.TypeText, Search: true},
		{Path: "day", Type: def.TypeDate},
		{Path: "tags", Type: def.TypeMultiSelect, List: true},
		{Path: "lines", Type: def.TypeTable},
		{Path: "lines.worker", Type: def.TypeReference},
	}}})
	cond := func(path string, op query.Op, value any) *query.Filter {
		return &query.Filter{Cond: &query.Cond{Path: strings.Split(path, "."), Op: op, Value: value, Rows: strings.Contains(path, ".")}}
	}
	tests := []struct {
		name   string
		filter *query.Filter
		want   string
	}{
		{"nothing but the living", nil, `{"deleted": false}`},
		{
			"between", cond("day", query.Between, []any{"2026-01-01", "2026-01-31"}),
			`{"$and": [{"deleted": false},{"v.day": {"$gte": "2026-01-01","$lte": "2026-01-31"}}]}`,
		},
		{"a list", cond("tags", query.In, []any{"a", "b"}), `{"$and": [{"deleted": false},{"v.tags": {"$in": ["a","b"]}}]}`},
		{"a row", cond("lines.worker", query.Eq, "w1"), `{"$and": [{"deleted": false},{"v.lines": {"$elemMatch": {"worker": {"$eq": "w1"}}}}]}`},
		{"not", &query.Filter{Not: cond("state", query.Eq, "draft")}, `{"$and": [{"deleted": false},{"$nor": [{"state": {"$eq": "draft"}}]}]}`},
		{"the recycle bin", cond("deleted", query.Eq, true), `{"$and": [{"deleted": {"$in": [false,true]}},{"deleted": {"$eq": true}}]}`},
		{
			"quoted and folded", cond("no", query.Contains, "A.b"),
			`{"$and": [{"deleted": false},{"$and": [{"_grams": {"$all": ["a.",".b"]}},{"$or": [{"v._f.no": {"$regex": {"$regularExpression":{"pattern":"a\\.b","options":""}}}},` +
				`{"v._f.no": null,"v.no": {"$regex": {"$regularExpression":{"pattern":"a\\.b","options":""}}}}]}]}]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := (&translator{t: table}).where(tt.filter)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := bson.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			if text := bson.Raw(raw).String(); text != tt.want {
				t.Errorf("condition\n got %s\nwant %s", text, tt.want)
			}
		})
	}
}

func TestAfterCharacter(t *testing.T) {
	for character, want := range map[string]string{"a": "b", "中": "丮", "\ud7ff": "\ue000", "\U0010ffff": ""} {
		if got := after(character); got != want {
			t.Errorf("after %q is %q, want %q", character, got, want)
		}
	}
}

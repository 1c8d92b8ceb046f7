package record_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"formwork/engine/access"
	"formwork/engine/form"
	"formwork/engine/record"
)

// similarTo gives the records a refusal names as similar, how many more there are, and whether a reason is all it wants.
func similarTo(err error) (texts []string, more int, ok bool) {
	var invalid *record.InvalidError
	if !errors.As(err, &invalid) || !invalid.NeedsReason || len(invalid.Problems) != 1 {
		return nil, 0, false
	}
	p := invalid.Problems[0]
	named, _ := p.Params["similar"].([]record.Similar)
	for _, one := range named {
		texts = append(texts, one.Text)
	}
	more, _ = p.Params["more"].(int)
	return texts, more, p.Field == "name" && p.Code == "similar_name" && p.Rule == "similar_name"
}

const hongda, nanjing = "宏达建筑劳务有限公司", "宏达建筑劳务(南京)有限公司"

func TestSimilarTextsNeedAReason(t *testing.T) {
	w := newWorld(t).furnish()
	steward := person("u_steward", "steward")
	create := func(who access.Actor, name string, reasons map[string]string) (record.Record, error) {
		made, err := w.records.Create(w.ctx, who, "partner", record.CreateInput{Values: form.Values{"name": name}, Acknowledged: reasons})
		return made.Record, err
	}
	expect := func(err error, more int, names ...string) {
		t.Helper()
		if got, n, ok := similarTo(err); !ok || n != more || !reflect.DeepEqual(got, names) {
			t.Errorf("similar to %v and %d more (%s), want %v and %d", got, n, explain(err), names, more)
		}
	}
	first := w.create(steward, "partner", form.Values{"name": hongda})
	w.create(steward, "partner", form.Values{"name": "鑫源钢铁贸易有限公司"})
	w.create(steward, "partner", form.Values{"name": "HD劳务(原宏达)"}) // 0.36 of the first
	_, err := create(steward, nanjing, nil)
	expect(err, 0, hongda)
	_, err = create(buyer, nanjing, nil) // he may not read it, and is not told its name
	expect(err, 1)
	second, err := create(steward, nanjing, map[string]string{"similar_name": "另一家公司"})
	if err != nil {
		t.Fatal(explain(err))
	}
	if reasons := w.events(second.ID)[0].written.Reasons; reasons["similar_name"] != "另一家公司" {
		t.Errorf("reasons in the event: %v", reasons)
	}
	_, err = create(steward, "宏达 建筑劳务", nil)
	expect(err, 0, hongda, nanjing)

	// The same again is not asked about: a reason was given. A change is.
	second = w.patch(steward, "partner", second, form.Values{"phone": "025-1", "name": "宏达建筑劳务（南京）有限责任公司"})
	_, err = w.records.Patch(w.ctx, steward, "partner", second.ID, record.PatchInput{Values: form.Values{"name": "宏达建筑劳务北京"}})
	expect(err, 0, hongda)
	if err := w.records.Delete(w.ctx, steward, "partner", first.ID, 0); err != nil {
		t.Fatal(err)
	}
	w.patch(steward, "partner", second, form.Values{"name": "宏达建筑劳务北京"}) // what is in the bin is similar to nothing
}

// A thousand lines are compared with what is stored by one query, and with each other.
func TestSimilarTextsOfAnImport(t *testing.T) {
	w := newWorld(t).furnish()
	steward := person("u_steward", "steward")
	w.create(steward, "partner", form.Values{"name": hongda})
	var in record.ManyInput
	firm := func(i int) string {
		return fmt.Sprintf("%c%c%c%c商行", rune(0x4e00+i), rune(0x5e00+i), rune(0x6e00+i), rune(0x7e00+i))
	}
	for i := range 1000 {
		name := firm(i)
		switch i {
		case 700:
			name = nanjing
		case 800:
			name = firm(5) + "公司"
		}
		in.Records = append(in.Records, record.CreateInput{Values: form.Values{"name": name}, Import: true})
	}
	in.Dry = true
	var answers []record.Many
	var err error
	queries := w.store.during(func() { answers, err = w.records.CreateMany(w.ctx, steward, "partner", in) })
	if err != nil {
		t.Fatal(err)
	}
	if queries["partner"] != 1 {
		t.Errorf("%d queries of the entity, want one", queries["partner"])
	}
	want := map[int]string{700: hongda, 800: firm(5)}
	for i, answer := range answers {
		texts, more, warned := similarTo(answer.Err)
		if name, similar := want[i]; similar != warned || similar && (more != 0 || !reflect.DeepEqual(texts, []string{name})) {
			t.Errorf("line %d is similar to %v and %d more: %s", i, texts, more, explain(answer.Err))
		}
	}
	in.Dry, in.Records[700].Acknowledged = false, map[string]string{"similar_name": "另一家公司"}
	if answers, err = w.records.CreateMany(w.ctx, steward, "partner", in); err != nil || answers[700].Err != nil || answers[800].Err == nil {
		t.Errorf("with a reason for one: %v, %s, %s", err, explain(answers[700].Err), explain(answers[800].Err))
	}
}

package record_test

import (
	"fmt"
	"testing"

	"formwork/engine/form"
	"formwork/engine/record"
)

// An import brings numbers that were given elsewhere; those given from then on follow them.
func TestTypedNumbersMoveTheCounter(t *testing.T) {
	order := func(no string) record.CreateInput {
		in := record.CreateInput{Values: form.Values{"project": "p1", "amount": "1"}, Imported: no != ""}
		if no != "" {
			in.Values["no"] = no
		}
		return in
	}
	tests := []struct {
		name  string
		typed []string // "" = a person saves one without a number
		want  string   // the next one
	}{
		{"after the highest", []string{"CG-P1-0007", "CG-P1-0003"}, "CG-P1-0008"},
		{"after those given already", []string{"", "", "CG-P1-0002x"}, "CG-P1-0003"},
		{"beyond those given", []string{"", "CG-P1-0005", ""}, "CG-P1-0007"},
		{"more digits than the pattern has", []string{"CG-P1-12345"}, "CG-P1-12346"},
		{"numbers of another kind count nothing", []string{"FW-P1-0009", "CG-P2-0009", "CG-P1-009", "CG-P1--009"}, "CG-P1-0001"},
		{"a slip does not use the counter up", []string{"CG-P1-999999999999"}, "CG-P1-0001"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t).furnish()
			for _, no := range tt.typed {
				if _, err := w.records.Create(w.ctx, engine, "order", order(no)); err != nil {
					t.Fatal(explain(err))
				}
			}
			if got := fmt.Sprint(w.create(engine, "order", order("").Values).Values["no"]); got != tt.want {
				t.Errorf("the next number is %s, want %s", got, tt.want)
			}
		})
	}
}

// A number that counts from the second on: the first of a month stands alone.
func TestNumbersWithATail(t *testing.T) {
	w := newWorld(t).furnish()
	number := w.catalog.Entities["order"].Properties["no"].Number
	shared := *number
	number.Pattern = "{type}-{project}{next:2}"
	defer func() { *number = shared }()
	for _, want := range []string{"CG-P1", "CG-P1-02", "CG-P1-03"} {
		if got := w.create(engine, "order", form.Values{"project": "p1", "amount": "1"}).Values["no"]; got != want {
			t.Errorf("the number is %v, want %s", got, want)
		}
	}
	for _, no := range []string{"CG-P2", "FW-P1-04"} {
		in := record.CreateInput{Imported: true, Values: form.Values{"no": no, "project": "p" + no[4:5], "type": "material", "amount": "1"}}
		if no[:2] == "FW" {
			in.Values["type"] = "service"
		}
		if _, err := w.records.Create(w.ctx, engine, "order", in); err != nil {
			t.Fatal(explain(err))
		}
	}
	if got := w.create(engine, "order", form.Values{"project": "p2", "amount": "1"}).Values["no"]; got != "CG-P2-02" {
		t.Errorf("after a typed first one: %v", got)
	}
	if got := w.create(engine, "order", form.Values{"project": "p1", "type": "service", "amount": "1"}).Values["no"]; got != "FW-P1-05" {
		t.Errorf("after a typed fourth one: %v", got)
	}
}

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

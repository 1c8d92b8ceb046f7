package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/record"
)

// demoPapers are the documents beside the sheets, in the order they are entered: the wages of June, an advance, piece
// work of this week, what a subcontractor is charged for, and a project that is set up.
var demoPapers = []func(ctx context.Context, p *demoPlay) (demoDocument, error){
	wagesOfJune("P1", demoAct{"manager", flow.Approve, "与点工单一致"}, demoAct{"cost", flow.Approve, ""}),
	wagesOfJune("P3"),
	advance{"W10", "P2", "BA04", "800.00", "家中急用"}.document(demoAct{"manager", flow.Approve, "同意"}),
	advance{"W12", "P3", "BA05", "1000.00", "交房租"}.document(),
	pieceWork("A01", "62.5", "", demoAct{"foreman", flow.Approve, "数量已复核"}, demoAct{"manager", flow.Approve, ""}),
	pieceWork("A02", "24", "48.00", demoAct{"foreman", flow.Approve, "高处作业，单价上浮"}),
	chargeback,
	newProject,
}

// newProject is a project that is being set up: the cost engineer agreed, finance has to.
func newProject(_ context.Context, p *demoPlay) (demoDocument, error) {
	member := func(account, role string) any {
		return map[string]any{"user": p.people[account].ID, "role": role, "valid_from": p.day(-14)}
	}
	return demoDocument{
		entity: "project_setup", by: "manager", acts: []demoAct{{"cost", flow.Approve, "目标成本已测算"}},
		values: form.Values{
			"name": "科创园B座改造工程", "short_name": "科创园B座", "project_type": "decoration", "customer": keyed("C03"), "manager": p.people["manager"].ID,
			"region": "江苏南京", "plan_start": p.day(-14), "plan_finish": p.day(-200), "expected_amount": "6800000.00", "labor_policy": keyed("LP01"),
			"basis": "internal", "reason": "A座交付后由原班人员接续施工，公司办公会已同意",
			"members": []any{
				member("clerk", "site_clerk"), member("foreman", "team_leader"), member("labor", "labor_admin"), member("cost", "cost_engineer"),
			},
		},
	}, nil
}

// juneMonth is the month of the opening data.
const juneMonth = "2026-06"

// wagesOfJune is the wage sheet of a project for everybody who was on its sheets in June; the amounts follow from them.
func wagesOfJune(project string, acts ...demoAct) func(context.Context, *demoPlay) (demoDocument, error) {
	return func(ctx context.Context, p *demoPlay) (demoDocument, error) {
		workers, err := p.workersOf(ctx, project)
		lines := make([]any, len(workers))
		for i, worker := range workers {
			lines[i] = map[string]any{"worker": worker}
		}
		return demoDocument{
			entity: "wage_sheet", by: "labor", acts: acts, reasons: map[string]string{"minimum_wage": "半工较多"},
			values: form.Values{"project": keyed(project), "month": juneMonth, "lines": lines},
		}, err
	}
}

// workersOf lists who was on approved sheets of the directly paid teams of a project in June, by id.
func (p *demoPlay) workersOf(ctx context.Context, project string) ([]string, error) {
	filter := fmt.Sprintf(`{"and": [{"field": "project.code", "op": "eq", "value": %q}, {"field": "month", "op": "eq", "value": %q},
		{"field": "team.pay_mode", "op": "eq", "value": "direct_wage"}]}`, project, juneMonth)
	list, err := p.f.engine.Records.List(ctx, p.people["labor"], "day_labor_sheet", record.ListInput{Filter: json.RawMessage(filter), Limit: 200})
	if err != nil {
		return nil, err
	}
	var workers []string
	for i := range list.Records {
		lines, _ := list.Records[i].Values["lines"].([]any)
		for _, line := range lines {
			row, _ := line.(map[string]any)
			if worker, ok := row["worker"].(string); ok && !slices.Contains(workers, worker) {
				workers = append(workers, worker)
			}
		}
	}
	slices.Sort(workers)
	return workers, nil
}

// advance is an advance on unpaid wages, paid from an account.
type advance struct{ worker, project, account, amount, why string }

func (a advance) document(acts ...demoAct) func(context.Context, *demoPlay) (demoDocument, error) {
	return func(_ context.Context, p *demoPlay) (demoDocument, error) {
		return demoDocument{
			entity: "wage_advance", by: "labor", acts: acts,
			values: form.Values{
				"worker": keyed(a.worker), "project": keyed(a.project), "advance_date": p.day(0), "amount": a.amount,
				"bank_account": keyed(a.account), "remark": a.why,
			},
		}, nil
	}
}

// pieceWork is tiling of team T4 by the piece, of three days ago when its people were on site. A price of its own needs
// a reason.
func pieceWork(item, quantity, price string, acts ...demoAct) func(context.Context, *demoPlay) (demoDocument, error) {
	return func(ctx context.Context, p *demoPlay) (demoDocument, error) {
		filter := fmt.Sprintf(`{"and": [{"field": "project.code", "op": "eq", "value": "P3"}, {"field": "code", "op": "eq", "value": %q}]}`, item)
		list, err := p.f.engine.Records.List(ctx, p.people["clerk"], "piece_item", record.ListInput{Filter: json.RawMessage(filter)})
		if err != nil || len(list.Records) != 1 {
			return demoDocument{entity: "piece_sheet"}, fmt.Errorf("price %s: %d found: %w", item, len(list.Records), err)
		}
		values := form.Values{
			"project": keyed("P3"), "team": keyed("T4"), "sheet_date": p.day(3), "wbs_task": keyed("P3-2.2"), "piece_item": list.Records[0].ID,
			"quantity": quantity, "lines": []any{
				map[string]any{"worker": keyed("W12"), "share": "55"}, map[string]any{"worker": keyed("W13"), "share": "45"},
			},
		}
		if price != "" {
			values["unit_price"] = price
		}
		return demoDocument{
			entity: "piece_sheet", by: "clerk", values: values, acts: acts, reasons: map[string]string{"over_list": "层高超过三米，需搭架"},
		}, nil
	}
}

// chargeback charges the subcontractor for what team T1 mended; his confirmation is still to come.
func chargeback(ctx context.Context, p *demoPlay) (demoDocument, error) {
	filter := fmt.Sprintf(`{"and": [{"field": "team.code", "op": "eq", "value": "T1"}, {"field": "work_date", "op": "eq", "value": %q}]}`, p.day(5))
	list, err := p.f.engine.Records.List(ctx, p.people["cost"], "day_labor_sheet", record.ListInput{Filter: json.RawMessage(filter)})
	if err != nil || len(list.Records) != 1 {
		return demoDocument{entity: "chargeback_note"}, fmt.Errorf("sheet that is charged: %d found: %w", len(list.Records), err)
	}
	sheet := list.Records[0]
	month, _ := sheet.Values["month"].(string)
	return demoDocument{
		entity: "chargeback_note", by: "cost", acts: []demoAct{{"manager", flow.Approve, "同意反扣"}},
		values: form.Values{
			"contract": keyed("FB-P1-01"), "note_date": p.day(0), "month": month,
			"lines": []any{
				map[string]any{"sheet": sheet.ID, "worker": keyed("W03")}, map[string]any{"sheet": sheet.ID, "worker": keyed("W01")},
			},
		},
	}, nil
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"formwork/builder"
	"formwork/engine/access"
	"formwork/engine/file"
	"formwork/engine/flow"
	"formwork/engine/form"
	"formwork/engine/record"
)

// demoSheet is a day-labor sheet of the demo company: entered by the clerk so many days ago, and decided by some of the
// people it goes to. It runs through the flow like any other, so that lists and to-do tabs show what they will show.
type demoSheet struct {
	project, team string
	daysAgo       int
	content       string
	lines         []demoLine
	decided       []demoDecision
}

type demoLine struct {
	worker, normal, overtime string
	contract                 string // that is charged back
}

type demoDecision struct {
	account string
	verb    flow.Verb
	comment string
}

// demoSheets are dated within the back-entry limit of the template.
var demoSheets = []demoSheet{
	{
		project: "P3", team: "T4", daysAgo: 3, content: "卫生间墙砖铺贴",
		lines:   []demoLine{{worker: "W12", normal: "8", overtime: "2"}, {worker: "W13", normal: "8", overtime: "0"}, {worker: "W14", normal: "8", overtime: "0"}},
		decided: []demoDecision{{"foreman", flow.Approve, "已核对"}, {"manager", flow.Approve, "同意"}},
	},
	{
		project: "P2", team: "T3", daysAgo: 3, content: "雨水管沟开挖",
		lines:   []demoLine{{worker: "W08", normal: "9", overtime: "0"}, {worker: "W10", normal: "9", overtime: "1.5"}},
		decided: []demoDecision{{"foreman", flow.Approve, ""}, {"manager", flow.Approve, "同意"}},
	},
	{
		project: "P3", team: "T4", daysAgo: 2, content: "公共走廊地砖铺贴",
		lines:   []demoLine{{worker: "W12", normal: "8", overtime: "5"}, {worker: "W14", normal: "8", overtime: "5"}},
		decided: []demoDecision{{"foreman", flow.Approve, "赶在交叉验收前"}, {"labor", flow.Approve, "加班属实"}, {"manager", flow.Approve, ""}},
	},
	{
		project: "P2", team: "T3", daysAgo: 2, content: "返工清理井周回填",
		lines:   []demoLine{{worker: "W08", normal: "9", overtime: "0", contract: "FB-P2-01"}, {worker: "W10", normal: "9", overtime: "0"}},
		decided: []demoDecision{{"foreman", flow.Approve, "分包未按图回填"}},
	},
	{
		project: "P3", team: "T4", daysAgo: 1, content: "踢脚线安装",
		lines:   []demoLine{{worker: "W13", normal: "8", overtime: "0"}, {worker: "W14", normal: "8", overtime: "4.5"}},
		decided: []demoDecision{{"foreman", flow.Approve, ""}},
	},
	{
		project: "P2", team: "T3", daysAgo: 0, content: "路缘石卸车",
		lines:   []demoLine{{worker: "W10", normal: "9", overtime: "0"}},
		decided: []demoDecision{{"foreman", flow.Return, "请补上徐志刚的工时"}},
	},
	{
		project: "P1", team: "T2", daysAgo: 2, content: "二层楼面清理",
		lines:   []demoLine{{worker: "W05", normal: "8", overtime: "1"}, {worker: "W07", normal: "8", overtime: "0"}},
		decided: []demoDecision{{"foreman", flow.Approve, ""}},
	},
	{
		project: "P3", team: "T4", daysAgo: 0, content: "成品保护",
		lines: []demoLine{{worker: "W12", normal: "8", overtime: "0"}, {worker: "W13", normal: "8", overtime: "0"}},
	},
}

// demoPeople are the demo users by account.
type demoPeople map[string]access.Actor

func signedIn(ctx context.Context, f *formwork, people []builder.Person) (demoPeople, error) {
	actors := demoPeople{}
	for _, p := range people {
		actor, err := f.engine.Identity.Actor(ctx, demoTenant, p.User)
		if err != nil {
			return nil, err
		}
		actors[p.Name] = actor
	}
	return actors, nil
}

// playSheets enters the sheets of the demo, counting days back from now in the tenant's time zone.
func playSheets(ctx context.Context, f *formwork, people demoPeople, now time.Time) error {
	zone, err := f.engine.Tenants.Zone(ctx, demoTenant)
	if err != nil {
		return err
	}
	for i, sheet := range demoSheets {
		day := now.In(zone).AddDate(0, 0, -sheet.daysAgo).Format(time.DateOnly)
		photo, err := sheet.photo(ctx, f, people["clerk"], i)
		if err != nil {
			return fmt.Errorf("photo of %s on %s: %w", sheet.team, day, err)
		}
		if err := sheet.play(ctx, f.engine.Flows, people, day, photo); err != nil {
			return fmt.Errorf("demo sheet of %s on %s: %w", sheet.team, day, err)
		}
	}
	return nil
}

// demoScenes are what the sites of the projects look like.
var demoScenes = map[string]demoScene{"P1": sceneTower, "P2": sceneRoad, "P3": sceneFitout}

func (s *demoSheet) photo(ctx context.Context, f *formwork, clerk access.Actor, number int) (string, error) {
	drawn, err := demoScenes[s.project].photo(number)
	if err != nil {
		return "", err
	}
	added, err := f.engine.Files.Add(ctx, clerk, file.Upload{Name: "现场照片.png", Use: file.Image, Body: bytes.NewReader(drawn)})
	return added.ID, err
}

func (s *demoSheet) play(ctx context.Context, flows *flow.Service, people demoPeople, day, photo string) error {
	values := s.values(day)
	values["photos"] = []any{photo}
	made, err := flows.Create(ctx, people["clerk"], "day_labor_sheet", record.CreateInput{Values: values})
	if err != nil {
		return err
	}
	for _, decision := range s.decided {
		open, err := flows.Tasks(ctx, people[decision.account], flow.TaskQuery{Limit: 100})
		if err != nil {
			return err
		}
		task := ""
		for _, item := range open.Tasks {
			if item.Record == made.Record.ID {
				task = item.ID
			}
		}
		act := flow.Act{Verb: decision.verb, Comment: decision.comment}
		if _, err := flows.Decide(ctx, people[decision.account], task, act); err != nil {
			return fmt.Errorf("%s by %s: %w", decision.verb, decision.account, err)
		}
	}
	return nil
}

func (s *demoSheet) values(day string) form.Values {
	key := func(text string) map[string]any { return map[string]any{"key": text} }
	values := form.Values{
		"project": key(s.project), "team": key(s.team), "work_date": day, "work_content": s.content, "reason_type": "misc",
	}
	rows := make([]any, len(s.lines))
	for i, line := range s.lines {
		row := map[string]any{"worker": key(line.worker), "normal_hours": line.normal, "ot_hours": line.overtime}
		if line.contract != "" {
			row["chargeback_contract"] = key(line.contract)
			values["reason_type"] = "rework"
		}
		rows[i] = row
	}
	values["lines"] = rows
	return values
}

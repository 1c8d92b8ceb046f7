package main

import (
	"bytes"
	"context"

	"formwork/engine/file"
	"formwork/engine/flow"
	"formwork/engine/form"
)

// demoSheet is a day-labor sheet of the demo company: entered so many days ago, and decided by some of the people it
// goes to. It runs through the flow like any other, so that lists and to-do tabs show what they will show.
type demoSheet struct {
	by            string // account that enters it; "" = the clerk
	project, team string
	daysAgo       int
	content       string
	reason        string // "" = misc
	lines         []demoLine
	acts          []demoAct
}

type demoLine struct {
	worker, normal, overtime string
	contract                 string // that is charged back
}

// demoSheets are dated within the back-entry limit of the template, those of the labor administrator before it. Teams
// and days are free where journeys of the end-to-end tests enter theirs: all of T1 and T2 but two days ago, T3 yesterday.
var demoSheets = []demoSheet{
	{
		by: "labor", project: "P2", team: "T3", daysAgo: 6, content: "旧路面铣刨清运",
		lines: []demoLine{{worker: "W08", normal: "9", overtime: "2"}, {worker: "W10", normal: "9", overtime: "2"}},
		acts:  []demoAct{{"foreman", flow.Approve, ""}, {"manager", flow.Reject, "与当日施工日志不符，请核对后重报"}},
	},
	{
		by: "labor", project: "P3", team: "T4", daysAgo: 5, content: "吊顶龙骨返修",
		lines: []demoLine{{worker: "W13", normal: "8", overtime: "0"}},
		acts: []demoAct{
			{"foreman", flow.Approve, ""}, {"manager", flow.Approve, ""}, {"manager", demoVoid, "工人登记错误，应为曹晓明"},
		},
	},
	{
		by: "labor", project: "P1", team: "T1", daysAgo: 5, content: "返工修补三号楼外墙孔洞", reason: "rework",
		lines: []demoLine{
			{worker: "W03", normal: "8", overtime: "0", contract: "FB-P1-01"}, {worker: "W01", normal: "8", overtime: "0", contract: "FB-P1-01"},
		},
		acts: []demoAct{{"foreman", flow.Approve, "属宏达班组质量问题"}, {"cost", flow.Approve, "已与分包核实"}, {"manager", flow.Approve, "同意反扣"}},
	},
	{
		by: "labor", project: "P1", team: "T1", daysAgo: 6, content: "转运周转材料",
		lines: []demoLine{{worker: "W02", normal: "8", overtime: "1"}, {worker: "W04", normal: "8", overtime: "1"}},
		acts:  []demoAct{{"labor", flow.Withdraw, ""}},
	},
	{
		project: "P3", team: "T4", daysAgo: 3, content: "卫生间墙砖铺贴",
		lines: []demoLine{{worker: "W12", normal: "8", overtime: "2"}, {worker: "W13", normal: "8", overtime: "0"}, {worker: "W14", normal: "8", overtime: "0"}},
		acts:  []demoAct{{"foreman", flow.Approve, "已核对"}, {"manager", flow.Approve, "同意"}},
	},
	{
		project: "P2", team: "T3", daysAgo: 3, content: "雨水管沟开挖",
		lines: []demoLine{{worker: "W08", normal: "9", overtime: "0"}, {worker: "W10", normal: "9", overtime: "1.5"}},
		acts:  []demoAct{{"foreman", flow.Approve, ""}, {"manager", flow.Approve, "同意"}},
	},
	{
		project: "P3", team: "T4", daysAgo: 2, content: "公共走廊地砖铺贴", reason: "rescue",
		lines: []demoLine{{worker: "W12", normal: "8", overtime: "5"}, {worker: "W14", normal: "8", overtime: "5"}},
		acts:  []demoAct{{"foreman", flow.Approve, "赶在交叉验收前"}, {"labor", flow.Approve, "加班属实"}, {"manager", flow.Approve, ""}},
	},
	{
		project: "P2", team: "T3", daysAgo: 2, content: "返工清理井周回填", reason: "rework",
		lines: []demoLine{{worker: "W08", normal: "9", overtime: "0", contract: "FB-P2-01"}, {worker: "W10", normal: "9", overtime: "0"}},
		acts:  []demoAct{{"foreman", flow.Approve, "分包未按图回填"}},
	},
	{
		project: "P3", team: "T4", daysAgo: 1, content: "踢脚线安装",
		lines: []demoLine{{worker: "W13", normal: "8", overtime: "0"}, {worker: "W14", normal: "8", overtime: "4.5"}},
		acts:  []demoAct{{"foreman", flow.Approve, ""}},
	},
	{
		project: "P2", team: "T3", daysAgo: 0, content: "路缘石卸车",
		lines: []demoLine{{worker: "W10", normal: "9", overtime: "0"}},
		acts:  []demoAct{{"foreman", flow.Return, "请补上徐志刚的工时"}},
	},
	{
		project: "P1", team: "T2", daysAgo: 2, content: "二层楼面清理", reason: "cleanup",
		lines: []demoLine{{worker: "W05", normal: "8", overtime: "1"}, {worker: "W07", normal: "8", overtime: "0"}},
		acts:  []demoAct{{"foreman", flow.Approve, ""}},
	},
	{
		project: "P3", team: "T4", daysAgo: 0, content: "成品保护",
		lines: []demoLine{{worker: "W12", normal: "8", overtime: "0"}, {worker: "W13", normal: "8", overtime: "0"}},
	},
}

// document is the sheet as it is entered, with a photo of its site.
func (s *demoSheet) document(ctx context.Context, p *demoPlay, number int) (demoDocument, error) {
	by := s.by
	if by == "" {
		by = "clerk"
	}
	values := form.Values{
		"project": keyed(s.project), "team": keyed(s.team), "work_date": p.day(s.daysAgo), "work_content": s.content, "reason_type": "misc",
	}
	if s.reason != "" {
		values["reason_type"] = s.reason
	}
	rows := make([]any, len(s.lines))
	for i, line := range s.lines {
		row := map[string]any{"worker": keyed(line.worker), "normal_hours": line.normal, "ot_hours": line.overtime}
		if line.contract != "" {
			row["chargeback_contract"] = keyed(line.contract)
		}
		rows[i] = row
	}
	values["lines"] = rows
	photo, err := s.photo(ctx, p, by, number)
	values["photos"] = []any{photo}
	return demoDocument{entity: "day_labor_sheet", by: by, values: values, acts: s.acts}, err
}

// demoScenes are what the sites of the projects look like.
var demoScenes = map[string]demoScene{"P1": sceneTower, "P2": sceneRoad, "P3": sceneFitout}

func (s *demoSheet) photo(ctx context.Context, p *demoPlay, by string, number int) (string, error) {
	drawn, err := demoScenes[s.project].photo(number)
	if err != nil {
		return "", err
	}
	added, err := p.f.engine.Files.Add(ctx, p.people[by], file.Upload{Name: "现场照片.jpg", Use: file.Image, Body: bytes.NewReader(drawn)})
	return added.ID, err
}

package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const (
	billEntity = `{"name": "bill", "title": "账单", "type": "object", "x-approval": true, "x-display": "name", "required": ["name", "amount"],
		"properties": {"name": {"type": "string", "x-type": "text", "title": "名称"}, "amount": {"type": "string", "x-type": "money", "title": "金额"}%s}}`
	billRollups = `, "paid": {"type": "string", "x-type": "money", "title": "已付",
			"x-rollup": {"entity": "pay", "via": "bill", "where": {"not": {"field": "bounced", "op": "eq", "value": true}}, "take": {"sum": "amount"}}},
		"pays": {"type": "integer", "x-type": "integer", "title": "次数", "x-rollup": {"entity": "pay", "via": "bill", "take": {"count": "id"}}},
		"open": {"type": "string", "x-type": "money", "title": "未付", "x-compute": "amount - nz(paid, 0)"}`
	payEntity = `{"name": "pay", "title": "付款", "type": "object", "required": ["bill", "amount"],
		"properties": {"bill": {"type": "string", "x-type": "reference", "x-entity": "bill", "title": "账单"},
		"amount": {"type": "string", "x-type": "money", "title": "金额"}, "bounced": {"type": "boolean", "x-type": "boolean", "title": "退票"}}}`
	billFlow = `{"name": "bill", "title": "账单", "entity": "bill", "nodes": [
		{"name": "check", "type": "approve", "title": "核对", "who": ["initiator"]}]}`
)

// A publish that brings rollups computes them for what is there: for records nobody touched, and for documents whose flow
// ended under the definitions before. What comes later follows.
func TestRollupsComeWithAPublish(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		admin := w.signIn("admin")
		admin.publish([2]string{"entities/bill", fmt.Sprintf(billEntity, "")}, [2]string{"entities/pay", payEntity}, [2]string{"flows/bill", billFlow})
		values := object{"name": "水泥", "amount": "1000.00"}
		approved := admin.do("POST", "/entities/bill/records", object{"values": values, "submit": true}).want(http.StatusCreated, "").text("id")
		task := admin.do("GET", "/tasks?tab=open", nil).want(http.StatusOK, "").text("tasks.0.id")
		seen := admin.do("GET", "/tasks/"+task, nil).text("seen")
		admin.do("POST", "/tasks/"+task+"/approve", object{"seen": seen}).want(http.StatusOK, "")
		draft := admin.do("POST", "/entities/bill/records", object{"values": values}).want(http.StatusCreated, "").text("id")
		pay := func(bill, amount string) reply {
			return admin.do("POST", "/entities/pay/records", object{"values": object{"bill": bill, "amount": amount}}).want(http.StatusCreated, "")
		}
		pay(approved, "300.00")
		pay(draft, "0.10")

		admin.publish([2]string{"entities/bill", fmt.Sprintf(billEntity, billRollups)})
		holds := func(bill, want string) bool {
			v := admin.do("GET", "/entities/bill/records/"+bill, nil).want(http.StatusOK, "")
			return fmt.Sprint(v.at("values.paid"), " ", v.at("values.pays"), " ", v.at("values.open")) == want
		}
		w.until("rolled up for the approved bill", func() bool { return holds(approved, "300.00 1 700.00") })
		w.until("rolled up for the draft", func() bool { return holds(draft, "0.10 1 999.90") })

		last := pay(approved, "700.00")
		if !holds(approved, "1000.00 2 0.00") {
			t.Error("the payer does not read what he paid")
		}
		path := "/entities/pay/records/" + last.text("id")
		admin.do("PATCH", path, object{"values": object{"bounced": true}}, header(`If-Match: "1"`)).want(http.StatusOK, "")
		if !holds(approved, "300.00 2 700.00") {
			t.Error("a bounced payment still counts")
		}
		circle := strings.Replace(payEntity, `"bounced"`, `"share": {"type": "string", "x-type": "money", "title": "分摊",
			"x-rollup": {"entity": "bill", "via": "first", "take": {"sum": "open"}}}, "bounced"`, 1)
		bill := fmt.Sprintf(billEntity, billRollups+`, "first": {"type": "string", "x-type": "reference", "x-entity": "pay", "title": "首付"}`)
		bill = strings.Replace(bill, `"take": {"sum": "amount"}`, `"take": {"sum": "share"}`, 1)
		admin.do("PUT", "/draft/entities/bill", bill).want(http.StatusNoContent, "")
		admin.do("PUT", "/draft/entities/pay", circle).want(http.StatusNoContent, "")
		refused := admin.do("POST", "/draft/publish", object{"note": "circle"}).want(http.StatusUnprocessableEntity, "definitions_refused")
		if !strings.Contains(string(refused.body), `"cycle"`) {
			t.Errorf("a circle of rollups was refused for something else: %s", refused.body)
		}
	})
}

package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
)

// What names a supplier, and where it is paid, is written when it is registered; then only an approved change writes it,
// whoever asks and whichever way.
func TestKeyFieldsOfMastersAreChangedByApprovalOnly(t *testing.T) {
	onStores(t, func(w *world) {
		admin, steward, manager, finance := w.signIn("admin"), w.signIn("steward"), w.signIn("manager"), w.signIn("finance")
		const suppliers = "/entities/supplier/records"
		made := steward.do("POST", suppliers, object{"values": object{
			"name": "临江砂石", "uscc": "91320199MA0000002U", "supplier_type": "material", "bank_name": "城北支行", "bank_account_no": "6217000000000010001",
		}}).want(http.StatusCreated, "")
		path := suppliers + "/" + made.text("id")
		for who, c := range map[string]*client{"steward": steward, "administrator": admin} {
			refused := c.do("PATCH", path, object{"values": object{"bank_account_no": "6217000000000019999"}}, header(`If-Match: "1"`)).want(http.StatusForbidden, "field_denied")
			if refused.text("problems.0.field") != "bank_account_no" {
				t.Errorf("%s is not told which field: %s", who, refused.body)
			}
		}
		book := w.workbook([]any{"编码", "名称", "统一社会信用代码", "供应商类型"}, []any{made.text("values.code"), "临江石料", "91320199MA0000002U", "材料"})
		run := steward.over("/entities/supplier/import-runs/" +
			steward.send("/entities/supplier/import-runs", book, map[string]string{"mode": "update"}).want(http.StatusAccepted, "").text("id"))
		if run.text("report.problems.0.code") != "field_denied" {
			t.Errorf("the import writes it: %s", run.body)
		}
		steward.do("PATCH", path, object{"values": object{"name": "临江砂石", "rating": "a"}}, header(`If-Match: "1"`)).want(http.StatusOK, "")

		for who, want := range map[string][]string{"manager": {"supplier_change"}, "steward": {"supplier_change"}, "auditor": {}} {
			var bundle struct{ Begins []struct{ Form string } }
			w.must(json.Unmarshal(w.signIn(who).do("GET", "/entities/supplier/bundle", nil).want(http.StatusOK, "").body, &bundle))
			forms := []string{}
			for _, b := range bundle.Begins {
				forms = append(forms, b.Form)
			}
			if !slices.Equal(forms, want) {
				t.Errorf("%s may begin %v, want %v", who, forms, want)
			}
		}
		change := manager.do("POST", "/entities/supplier_change/records", object{"submit": true, "values": object{
			"supplier": made.text("id"), "new_bank_account_no": "6217000000000010002", "reason": "换行",
			"attachments": []string{manager.uploaded("?use=attachment", "letter.jpg", photo(8, 6))},
		}}).want(http.StatusCreated, "")
		if own := change.text("values.old_bank_account_no"); own != "***************0001" {
			t.Errorf("the project manager sees the account number as %q", own)
		}
		steward.do("POST", "/tasks/"+steward.open(change.text("id"))+"/approve", nil).want(http.StatusOK, "")
		finance.do("POST", "/tasks/"+finance.open(change.text("id"))+"/approve", finance.signed()).want(http.StatusOK, "")
		w.until("the supplier has its new account", func() bool {
			return steward.do("GET", path, nil).text("values.bank_account_no") == "6217000000000010002"
		})
		if rev := steward.do("GET", path, nil).at("rev"); rev != number("3") {
			t.Errorf("the change is revision %v, want 3: registered, rated, changed", rev)
		}
	})
}

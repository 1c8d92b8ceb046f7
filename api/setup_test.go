package api_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"formwork/engine/store/sqlite"
)

// TestFirstRun creates the first company with the token of the console, once.
func TestFirstRun(t *testing.T) {
	backend, err := sqlite.New(sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	w := newInstallation(t, backend)
	token := w.serve()
	c := &client{w: w}
	if needed := c.do("GET", "/setup", nil).want(http.StatusOK, "").at("needed"); needed != true {
		t.Fatalf("set-up needed: %v", needed)
	}
	body := func(token, password string) object {
		return object{
			"token": token, "lang": "zh-CN", "template": "labor", "company": object{"name": "huaxin", "title": "华鑫建设"},
			"admin": object{"login": "chief", "name": "王总", "password": password},
		}
	}
	c.do("POST", "/setup", body("guessed", "gong di an quan 2026")).want(http.StatusForbidden, "setup_refused")
	c.do("POST", "/setup", body(token, "12345678")).want(http.StatusUnprocessableEntity, "password_weak")
	entered := c.do("POST", "/setup", body(token, "gong di an quan 2026")).want(http.StatusOK, "")
	if entered.text("tenant.title") != "华鑫建设" || entered.at("admin") != true {
		t.Errorf("session %s", entered.body)
	}
	c.csrf = entered.text("csrf")
	c.do("GET", "/members", nil).want(http.StatusOK, "")
	c.do("POST", "/setup", body(token, "gong di an quan 2027")).want(http.StatusForbidden, "setup_refused")
	if needed := c.do("GET", "/setup", nil).at("needed"); needed != false {
		t.Errorf("set-up still needed: %v", needed)
	}
}

// TestOpenAPI holds the document to the routes: version, summaries, and the parameters of every path.
func TestOpenAPI(t *testing.T) {
	backend, err := sqlite.New(sqlite.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	w := newInstallation(t, backend)
	w.serve()
	var document struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			Summary    string `json:"summary"`
			Parameters []struct {
				Name string `json:"name"`
				In   string `json:"in"`
			} `json:"parameters"`
		} `json:"paths"`
	}
	w.must(json.Unmarshal((&client{w: w}).do("GET", "/openapi.json", nil).body, &document))
	if !strings.HasPrefix(document.OpenAPI, "3.1") || len(document.Paths) < 40 {
		t.Fatalf("version %q, %d paths", document.OpenAPI, len(document.Paths))
	}
	param := regexp.MustCompile(`\{(\w+)\}`)
	for path, methods := range document.Paths {
		for method, op := range methods {
			if op.Summary == "" {
				t.Errorf("%s %s has no summary", method, path)
			}
			described := map[string]bool{}
			for _, p := range op.Parameters {
				if p.In == "path" {
					described[p.Name] = true
				}
			}
			for _, name := range param.FindAllStringSubmatch(path, -1) {
				if !described[name[1]] {
					t.Errorf("%s %s does not describe %s", method, path, name[1])
				}
			}
		}
	}
}

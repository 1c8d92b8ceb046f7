package api_test

import (
	"io"
	"net/http"
	"testing"
	"time"
)

// TestPages asks for addresses as a browser does.
func TestPages(t *testing.T) {
	onStores(t, func(w *world) {
		tests := []struct {
			path, accept string
			status       int
			body         string
		}{
			{"/", "text/html", 200, "<!doctype html><title>Formwork</title>"},
			{"/tasks/day_labor_sheet.01J8.t2", "text/html,*/*;q=0.8", 200, "<!doctype html><title>Formwork</title>"},
			{"/e/day_labor_sheet/v/sheets", "text/html", 200, "<!doctype html><title>Formwork</title>"},
			{"/assets/app-1a2b.js", "*/*", 200, "console.log(1)"},
			{"/assets/app-gone.js", "*/*", 404, ""},
			{"/../go.mod", "text/plain", 404, ""},
			{"/api/v1/nothing", "text/html", 404, ""},
		}
		for _, tt := range tests {
			req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+tt.path, http.NoBody)
			w.must(err)
			req.Header.Set("Accept", tt.accept)
			res, err := http.DefaultClient.Do(req)
			w.must(err)
			body, err := io.ReadAll(res.Body)
			w.must(err)
			w.must(res.Body.Close())
			if res.StatusCode != tt.status || tt.body != "" && string(body) != tt.body {
				w.t.Errorf("%s: %d %s", tt.path, res.StatusCode, body)
			}
			if res.Header.Get("Content-Security-Policy") == "" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
				w.t.Errorf("%s: headers that protect are missing", tt.path)
			}
		}
	})
}

// A device's clock may be wrong; pages count by the server's.
func TestEveryAnswerTellsTheTime(t *testing.T) {
	onStores(t, func(w *world) {
		w.clock.pass(48 * time.Hour)
		for _, path := range []string{"/", "/api/v1/setup", "/api/v1/tasks"} {
			req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+path, http.NoBody)
			w.must(err)
			res, err := http.DefaultClient.Do(req)
			w.must(err)
			w.must(res.Body.Close())
			at, err := time.Parse(time.RFC3339, res.Header.Get("X-Server-Time"))
			w.must(err)
			if off := w.clock.Now().Sub(at).Abs(); off > time.Minute {
				w.t.Errorf("%s: the time told is %s off", path, off)
			}
		}
	})
}

package api_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"formwork/engine/store"
)

// storedHook is what the store holds of a hook.
func (w *world) storedHook(name string) store.Doc {
	w.t.Helper()
	st, err := w.engine.Tenants.Store(w.t.Context(), "demo")
	w.must(err)
	docs, err := st.Get(w.t.Context(), "flow_hook", name)
	w.must(err)
	if len(docs) != 1 {
		w.t.Fatalf("%d documents of hook %s", len(docs), name)
	}
	return docs[0]
}

// rewriteHook changes what the store holds of a hook.
func (w *world) rewriteHook(name string, values map[string]any) {
	w.t.Helper()
	doc := w.storedHook(name)
	doc.Rev++
	doc.Values = values
	for _, err := range w.engine.Records.Project(w.t.Context(), "demo", store.Write{Collection: "flow_hook", Doc: doc, IfRev: doc.Rev - 1}) {
		w.must(err)
	}
}

// TestSecretsOfHooksAreSealed: neither the store nor a backup holds one that can be read; what an older version left
// readable still counts and is sealed at the start; what cannot be read has to be made anew.
func TestSecretsOfHooksAreSealed(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		boss := w.signIn("admin")
		boss.publish([2]string{"entities/note", noteEntity}, [2]string{"flows/inbound", inboundFlow})
		holds := func(secret string) bool {
			var backup bytes.Buffer
			w.must(w.engine.Backup(t.Context(), &backup))
			zip, err := gzip.NewReader(&backup)
			w.must(err)
			lines, err := io.ReadAll(zip)
			w.must(err)
			return bytes.Contains(lines, []byte(secret)) || strings.Contains(fmt.Sprint(w.storedHook("erp").Values), secret)
		}
		secret := boss.do("POST", "/hook-secrets/erp", nil).want(http.StatusOK, "").text("secret")
		if len(secret) < 40 || holds(secret) {
			t.Error("the store or a backup holds the secret")
		}
		w.call(secret, "m1", `{"text": "sealed"}`, w.clock.Now()).want(http.StatusAccepted, "")

		const old = "a-secret-an-older-version-kept-readable"
		w.rewriteHook("erp", map[string]any{"secret": old})
		since := boss.do("GET", "/hooks", nil).want(http.StatusOK, "").text("hooks.0.since")
		w.call(old, "m2", `{"text": "old"}`, w.clock.Now()).want(http.StatusAccepted, "")
		if !holds(old) {
			t.Error("the check of the store finds nothing")
		}
		for range 2 {
			w.must(w.engine.Flows.SealHooks(t.Context(), "demo"))
			if holds(old) {
				t.Error("the old secret is still readable")
			}
		}
		w.call(old, "m3", `{"text": "old, sealed"}`, w.clock.Now()).want(http.StatusAccepted, "")
		list := boss.do("GET", "/hooks", nil).want(http.StatusOK, "")
		if list.text("hooks.0.since") != since || list.at("hooks.0.sealed") != nil || strings.Contains(string(list.body), old) {
			t.Errorf("since %s: %s", since, list.body)
		}

		sealed, _ := w.storedHook("erp").Values["sealed"].(string)
		w.rewriteHook("erp", map[string]any{"sealed": "AAAA" + sealed[4:]})
		w.call(old, "m4", `{"text": "x"}`, w.clock.Now()).want(http.StatusUnauthorized, "hook_signature")
		w.call("", "m5", `{"text": "x"}`, w.clock.Now()).want(http.StatusUnauthorized, "hook_signature")
		if list := boss.do("GET", "/hooks", nil); list.at("hooks.0.sealed") != true {
			t.Errorf("nobody is told that the secret cannot be read: %s", list.body)
		}
		renewed := boss.do("POST", "/hook-secrets/erp", nil).want(http.StatusOK, "").text("secret")
		w.call(renewed, "m6", `{"text": "renewed"}`, w.clock.Now()).want(http.StatusAccepted, "")
	})
}

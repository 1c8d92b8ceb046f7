package api_test

import (
	"net/http"
	"testing"
	"time"
)

// TestWhoMayCome walks through sessions: none, wrong, ended, expired, disabled, of another company.
func TestWhoMayCome(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		w.found("other", "o-")
		stranger := &client{w: w}
		stranger.do("GET", "/menu", nil).want(http.StatusUnauthorized, "unauthenticated")
		stranger.cookie = "fw_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		stranger.do("GET", "/menu", nil).want(http.StatusUnauthorized, "unauthenticated")

		clerk := w.signIn("clerk")
		clerk.do("GET", "/members", nil).want(http.StatusForbidden, "forbidden")
		clerk.do("GET", "/draft", nil).want(http.StatusForbidden, "forbidden")
		forged := &client{w: w, cookie: clerk.cookie}
		forged.do("POST", sheets, object{"values": object{}}).want(http.StatusForbidden, "csrf")

		t.Run("another company's record is not there", func(t *testing.T) {
			made := clerk.do("POST", sheets, object{"values": clerk.sheet("2026-06-02"), "submit": true}).want(http.StatusCreated, "")
			path := sheets + "/" + made.text("id")
			foreign := w.signIn("o-admin")
			foreign.do("GET", path, nil).want(http.StatusNotFound, "not_found")
			foreign.do("PATCH", path, object{"values": object{"work_content": "x"}}, `If-Match: "1"`).want(http.StatusNotFound, "not_found")
			foreign.do("POST", path+"/withdraw", object{}).want(http.StatusNotFound, "not_found")
			foreign.do("GET", path+"/timeline", nil).want(http.StatusNotFound, "not_found")
			sheet := foreign.sheet("2026-06-02")
			sheet["project"] = made.text("values.project")
			foreign.do("POST", sheets, object{"values": sheet}).want(http.StatusUnprocessableEntity, "invalid")
			foreign.do("PUT", "/session/tenant", object{"tenant": "demo"}).want(http.StatusForbidden, "not_member")
		})
		t.Run("a disabled user is out at once", func(t *testing.T) {
			victim := w.signIn("labor")
			admin := w.signIn("admin")
			user := w.people["labor"].User
			path := "/members/" + user
			rev := revOf(admin, user)
			admin.do("PATCH", path, object{"disabled": true}, header(`If-Match: "`+rev+`"`)).want(http.StatusOK, "")
			victim.do("GET", "/menu", nil).want(http.StatusUnauthorized, "unauthenticated")
			p := w.people["labor"]
			(&client{w: w}).do("POST", "/session", object{"login": p.Login, "password": p.Password}).
				want(http.StatusUnauthorized, "bad_credentials")
		})
		t.Run("the last administrator stays", func(t *testing.T) {
			admin := w.signIn("admin")
			user := w.people["admin"].User
			rev := header(`If-Match: "` + revOf(admin, user) + `"`)
			admin.do("PATCH", "/members/"+user, object{"disabled": true}, rev).want(http.StatusConflict, "last_admin")
			admin.do("PATCH", "/members/"+user, object{"roles": []string{}}, rev).want(http.StatusConflict, "last_admin")
			record := "/entities/user/records/" + user
			admin.do("PATCH", record, object{"values": object{"disabled": true}}, rev).want(http.StatusConflict, "last_admin")
			admin.do("DELETE", record, nil).want(http.StatusConflict, "master_in_use")
			admin.do("POST", "/entities/user/records", object{"values": object{"name": "x"}}).want(http.StatusForbidden, "forbidden")
		})
		t.Run("a session ends unused, and at last in any case", func(t *testing.T) {
			idle := w.signIn("manager")
			w.clock.pass(3 * time.Hour)
			idle.do("GET", "/menu", nil).want(http.StatusUnauthorized, "unauthenticated")
			busy := w.signIn("manager")
			for range 11 {
				w.clock.pass(time.Hour + time.Second)
				busy.do("GET", "/menu", nil).want(http.StatusOK, "")
			}
			w.clock.pass(time.Hour)
			busy.do("GET", "/menu", nil).want(http.StatusUnauthorized, "unauthenticated")
		})
		t.Run("signing out ends it", func(t *testing.T) {
			c := w.signIn("manager")
			kept := *c
			c.do("DELETE", "/session", nil).want(http.StatusNoContent, "")
			kept.do("GET", "/menu", nil).want(http.StatusUnauthorized, "unauthenticated")
		})
	})
}

func revOf(admin *client, user string) string {
	r := admin.do("GET", "/entities/user/records/"+user, nil)
	rev, _ := r.at("rev").(interface{ String() string })
	return rev.String()
}

func TestGuessingPasswordsIsSlowedDown(t *testing.T) {
	onStores(t, func(w *world) {
		t := w.t
		p := w.people["clerk"]
		c := &client{w: w}
		for range 5 {
			c.do("POST", "/session", object{"login": p.Login, "password": "not his password"}).want(http.StatusUnauthorized, "bad_credentials")
		}
		r := c.do("POST", "/session", object{"login": p.Login, "password": p.Password}).want(http.StatusTooManyRequests, "throttled")
		if r.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		unknown := c.do("POST", "/session", object{"login": "nobody", "password": "whatever"}).want(http.StatusUnauthorized, "bad_credentials")
		if unknown.header.Get("Retry-After") != "" {
			t.Error("an unknown login is told apart")
		}
		w.clock.pass(2 * time.Minute)
		c.do("POST", "/session", object{"login": p.Login, "password": p.Password}).want(http.StatusOK, "")
	})
}

func TestPasswords(t *testing.T) {
	onStores(t, func(w *world) {
		c, other := w.signIn("clerk"), w.signIn("clerk")
		p := w.people["clerk"]
		change := func(current, next string) reply {
			return c.do("POST", "/account/password", object{"current": current, "new": next})
		}
		change("wrong", "gong di an quan 2026").want(http.StatusUnauthorized, "bad_credentials")
		change(p.Password, "short").want(http.StatusUnprocessableEntity, "password_short")
		change(p.Password, "password123").want(http.StatusUnprocessableEntity, "password_weak")
		change(p.Password, "clerkclerk").want(http.StatusUnprocessableEntity, "password_weak")
		change(p.Password, "gong di an quan 2026").want(http.StatusNoContent, "")
		c.do("GET", "/menu", nil).want(http.StatusOK, "")
		other.do("GET", "/menu", nil).want(http.StatusUnauthorized, "unauthenticated")
	})
}

package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
)

func TestASessionOfThePagesOpensNothing(t *testing.T) {
	w := newWorld(t)
	w.as = ""
	cookie := func(r *http.Request) { r.AddCookie(&http.Cookie{Name: "vigil-session", Value: "ada-token"}) }
	p := w.ask(401, "GET", "/me", "", "", cookie)
	if p["code"] != CodeNobody || !strings.Contains(p["detail"].(string), "Bearer") {
		t.Errorf("with a cookie only: %v", p)
	}
	w.ask(401, "POST", "/next", "", "{}", cookie)
	for _, header := range []string{"Basic ada-token", "Bearer", "Bearer ", "ada-token", "Bearer " + strings.Repeat("x", maxToken)} {
		w.ask(401, "GET", "/me", "", "", func(r *http.Request) { r.Header.Set("Authorization", header) })
	}
	w.ask(401, "GET", "/me", "", "", func(r *http.Request) { r.Header["Authorization"] = []string{"Bearer ada-token", "Bearer bo-token"} })
}

func TestTheZeroConfigServesNobody(t *testing.T) {
	for _, cfg := range []Config{{}, {Hosts: []string{"example.com"}}} {
		rec := httptest.NewRecorder()
		Handler(cfg).ServeHTTP(rec, httptest.NewRequest("GET", "http://example.com"+Prefix+"/me", nil))
		if rec.Code != http.StatusMisdirectedRequest && rec.Code != http.StatusUnauthorized {
			t.Errorf("%d hosts: status %d", len(cfg.Hosts), rec.Code)
		}
	}
}

func TestWhatIsNoRouteIsAProblemToo(t *testing.T) {
	w := newWorld(t)
	for path, want := range map[string]int{"/nothing": 404, "/items": 404, "/items/abcd/erase": 404, "/next": 405, "/items/abcd/reveal": 405, "/": 404} {
		resp, err := http.Get(w.url + Prefix + path)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != want || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("GET %s: %s, %s, want %d\n%s", path, resp.Status, resp.Header.Get("Content-Type"), want, b)
		}
		if want == 405 && resp.Header.Get("Allow") != "POST" {
			t.Errorf("GET %s: Allow is %q", path, resp.Header.Get("Allow"))
		}
	}
}

// Each role may do through the API what the table of roles says, and no more.
func TestEachRoleMayDoWhatItsTableSays(t *testing.T) {
	w := newWorld(t)
	listing := w.AddLevel(t, 1, vigil.LevelReview)
	acts := []struct {
		act                access.Act
		method, path, body string
	}{
		{access.ReadQueue, "GET", "/queue", ""},
		{access.ReadQueue, "GET", "/counts", ""},
		{access.ReadStats, "GET", "/stats", ""},
		{access.Decide, "POST", "/next", `{"stage":"review"}`},
		{access.Adjudicate, "POST", "/next", `{"stage":"adjudicate"}`},
		{access.ReadItem, "GET", "/items/{id}", ""},
		{access.ReadItem, "GET", "/clusters/{id}", ""},
		{access.Reveal, "POST", "/items/{id}/reveal", ""},
		{access.Decide, "POST", "/items/{id}/decide", `{"verdict":"relevant","reason":"goods"}`},
		{access.Decide, "POST", "/clusters/{id}/decide", `{"verdict":"relevant","reason":"goods"}`},
		{access.Assign, "POST", "/items/{id}/assign", `{"to":"bo","hours":1}`},
		{access.Remark, "POST", "/items/{id}/remarks", `{"kind":"note","text":"x"}`},
		{access.Search, "POST", "/search", `{"query":"tea"}`},
	}
	for _, role := range vigil.Roles() {
		name := string(role.Role)
		account(t, w.Case, name, role.Role)
		for _, a := range acts {
			r, err := http.NewRequest(a.method, w.url+Prefix+strings.ReplaceAll(a.path, "{id}", listing), strings.NewReader(a.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+name+"-token")
			r.Header.Set("Content-Type", "application/json")
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			may := slices.Contains(access.Allowing(a.act), role.Role)
			if refused := resp.StatusCode == http.StatusForbidden; refused == may {
				t.Errorf("%s: %s %s: %s, and the table says that they may: %v", name, a.method, a.path, resp.Status, may)
			}
		}
	}
	if len(w.Events(t, vigil.ActDenied)) < 40 {
		t.Errorf("%d refusals in the log", len(w.Events(t, vigil.ActDenied)))
	}
}

// What fails below a route is told by its kind.
func TestErrorsComeBackAsTheyWere(t *testing.T) {
	for _, err := range []error{vigil.ErrHeld, vigil.ErrNotFound, vigil.ErrRefused, vigil.ErrExists, vigil.ErrLeaseLost, vigil.ErrTampered, access.ErrStepUp} {
		p := problemOf(errors.Join(errors.New("look"), err))
		if !errors.Is(p, err) || p.Status < 400 || p.Code == "" {
			t.Errorf("%v became %+v", err, p)
		}
	}
	if p := problemOf(access.ErrStepUp); !errors.Is(p, vigil.ErrRefused) || p.Code != CodeStepUp {
		t.Errorf("a step-up is %+v", p)
	}
}

func TestWithoutStatsTheServerSaysSo(t *testing.T) {
	c := casetest.New(t)
	rec := httptest.NewRecorder()
	Handler(Config{Desk: deskAt(c), Hosts: []string{"example.com"}, Who: func(*http.Request) (access.Person, error) {
		return access.Alone("ada", time.Now()), nil
	}}).ServeHTTP(rec, httptest.NewRequestWithContext(context.Background(), "GET", "http://example.com"+Prefix+"/stats", nil))
	if rec.Code != http.StatusNotImplemented || !strings.Contains(rec.Body.String(), CodeNotOffered) {
		t.Errorf("status %d\n%s", rec.Code, rec.Body)
	}
}

package review

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
	"vigil/internal/desk"
	"vigil/internal/search"
)

// The log says who looked at what. A page of elsewhere, which may be of the same site
// to the browser and so comes with the session, makes nobody look.
func TestPagesOfOthersLookAtNothingInAPersonsName(t *testing.T) {
	c := casetest.New(t)
	id := c.Add(t, first(casetest.Sample()), second(casetest.Sample()))
	b := signedIn(t, c)
	ask := func(path, site, mode, dest, purpose string) int {
		t.Helper()
		r := must(http.NewRequest(http.MethodGet, b.base+path, nil))
		for name, v := range map[string]string{"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest, "Sec-Purpose": purpose} {
			if v != "" {
				r.Header.Set(name, v)
			}
		}
		resp, err := b.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	before := len(c.Events(t, vigil.ActView))
	for _, path := range []string{"/", "/item/" + id, "/item/" + id + "/source", "/item/" + id + "/render", "/log/lines"} {
		for _, how := range [][4]string{
			{"same-site", "no-cors", "image", ""}, {"cross-site", "no-cors", "script", ""}, {"same-site", "cors", "empty", ""},
			{"same-site", "navigate", "iframe", ""}, {"cross-site", "navigate", "object", ""}, {"same-site", "", "", ""},
			{"same-site", "navigate", "document", "prefetch;prerender"}, {"none", "navigate", "document", "prefetch"},
		} {
			if code := ask(path, how[0], how[1], how[2], how[3]); code != http.StatusForbidden {
				t.Errorf("%s asked for as %v: status %d", path, how, code)
			}
		}
	}
	if n := len(c.Events(t, vigil.ActView)) - before; n != 0 {
		t.Errorf("the log tells of %d looks that nobody took", n)
	}
	for _, how := range [][3]string{{"none", "navigate", "document"}, {"same-origin", "navigate", "document"}, {"same-origin", "navigate", "iframe"}, {"same-origin", "cors", "empty"}, {"cross-site", "navigate", "document"}, {"", "", ""}} {
		if code := ask("/item/"+id, how[0], how[1], how[2], ""); code != http.StatusOK {
			t.Errorf("a page that somebody goes to, as %v: status %d", how, code)
		}
	}
}

// What the door checks is checked again below it: each page and act, reached without the
// door, keeps to the table of roles.
func TestBelowTheDoorEachActIsForItsRolesToo(t *testing.T) {
	c := casetest.New(t)
	id := c.Add(t, first(casetest.Sample()), second(casetest.Sample()))
	h := newHandler(Config{Desk: *deskOf(c, "nobody"), Indicators: casetest.Indicators, Query: search.Parser{}.Parse,
		Similar: func(context.Context, *desk.Desk, string) (Similar, error) { return Similar{Wait: true}, nil }})
	routes := slices.Concat(h.triageRoutes(), h.findRoutes(), h.caseRoutes(), h.ownRoutes())
	mux := http.NewServeMux()
	for _, rt := range routes {
		mux.HandleFunc(rt.pattern, rt.do)
	}
	asked, refused := 0, 0
	for _, rt := range routes {
		if rt.act == "" || rt.act == access.Accounts { // accounts have a test of their own
			continue
		}
		method, path, _ := strings.Cut(rt.pattern, " ")
		path = strings.NewReplacer("{id}", id, "{$}", "").Replace(path)
		for _, role := range vigil.Roles() {
			p := access.Person{Account: "tess", Roles: []vigil.Role{role.Role}, Proved: c.Now}
			r := httptest.NewRequest(method, path, strings.NewReader(formFor(path, c.Now).Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, withPerson(r, p))
			asked++
			if p.Can(rt.act) {
				if w.Code == http.StatusForbidden {
					t.Errorf("%s: refused to the %s, who may:\n%s", rt.pattern, role.Role, w.Body)
				}
				continue
			}
			refused++
			if page := w.Body.String(); strings.Contains(page, "Worker transfer") || strings.Contains(page, casetest.PaymentAddress) {
				t.Errorf("%s shows the %s the listing", rt.pattern, role.Role)
			}
			bare := path == "/break" || strings.HasSuffix(path, "/rendering") || redirects(method, w.Code) // nothing of the case is on them
			if w.Code < http.StatusBadRequest && !bare {
				t.Errorf("%s by the %s: status %d, want a refusal", rt.pattern, role.Role, w.Code)
			}
		}
	}
	if asked < 150 || refused < 60 {
		t.Errorf("%d asked for, %d of them to be refused: too few to mean something", asked, refused)
	}
}

// redirects reports whether an answer only leads from the address of an act to a page.
func redirects(method string, code int) bool {
	return method == http.MethodGet && code == http.StatusSeeOther
}

// formFor fills in what the form behind an address has to hold.
func formFor(path string, now time.Time) url.Values {
	switch {
	case strings.HasSuffix(path, "/decide"):
		return url.Values{"verdict": {"relevant"}, "code": {"goods"}, "then": {"stay"}}
	case strings.HasSuffix(path, "/remark"):
		return url.Values{"kind": {"note"}, "text": {"a note"}}
	case strings.HasSuffix(path, "/filters"), strings.HasSuffix(path, "/filter"):
		return url.Values{"name": {"mine"}, "q": {"tea"}, "query": {"tea"}}
	case strings.HasSuffix(path, "/all"):
		return url.Values{"q": {"tea"}, "tag": {"a-tag"}, "act": {"tag"}}
	}
	return nil
}

package api

import (
	"context"
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
	"vigil/internal/desk"
	"vigil/internal/stats"
)

// An office is the API of a case, asked by people of any roles who proved a moment
// ago who they are, or an hour ago.
type office struct {
	*casetest.Case
	t   *testing.T
	url string
	who access.Person
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{Case: casetest.New(t), t: t}
	srv := httptest.NewUnstartedServer(nil)
	srv.Config.Handler = Handler(Config{
		Desk: deskAt(o.Case), Who: func(*http.Request) (access.Person, error) { return o.who, nil }, Hosts: []string{srv.Listener.Addr().String()},
		Near:  func(context.Context, string) ([]string, error) { return nil, nil },
		Stats: func(context.Context) (stats.Report, error) { return stats.Report{}, nil },
	})
	srv.Start()
	t.Cleanup(srv.Close)
	o.url = srv.URL
	return o
}

// as seats somebody who proved just now who they are.
func (o *office) as(account string, roles ...vigil.Role) *office {
	o.who = access.Person{Account: account, Roles: roles, Proved: o.Now}
	return o
}

// ask returns the status and the text of an answer.
func (o *office) ask(pattern, id, body string) (int, string) {
	o.t.Helper()
	method, path, _ := strings.Cut(pattern, " ")
	r, err := http.NewRequestWithContext(o.t.Context(), method, o.url+Prefix+strings.NewReplacer("{id}", id, "{name}", "mine").Replace(path), strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// bodies are what each route is sent; those that read are sent in several ways.
func bodies() map[string][]string {
	return map[string][]string{
		"GET /me": {""}, "GET /counts": {""}, "GET /queue": {""}, "GET /queue?all=true": {""}, "GET /queue?stage=reread": {""}, "GET /queue?stage=adjudicate": {""},
		"GET /stats": {""}, "POST /next": {`{}`, `{"stage":"reread"}`, `{"stage":"adjudicate"}`}, "GET /items/{id}": {""}, "POST /items/{id}/claim": {""},
		"POST /items/{id}/reveal": {""}, "POST /items/{id}/remarks": {`{"kind":"come-back","due":"2026-12-01"}`}, "GET /follow-ups": {""}, "GET /clusters/{id}": {""},
		"POST /search": {
			`{"query":"passport","count":true}`, `{"query":"vendor:harbour-desk","count":true}`, `{"query":"id:` + casetest.PaymentAddress + `","count":true}`,
			`{"query":"level:escalate","count":true}`, `{"query":"decision:any","count":true}`,
		},
		"PUT /filters/{name}": {`{"query":"tea"}`}, "GET /filters": {""}, "DELETE /filters/{name}": {""},
		"POST /items/{id}/pass": {""}, "POST /items/{id}/return": {""}, "POST /items/{id}/assign": {`{"to":"bo","hours":1}`}, "POST /items/{id}/undo": {""},
		"POST /items/{id}/decide":    {`{"verdict":"guilty","reason":"goods"}`}, // refused: what it was is to stay
		"POST /clusters/{id}/decide": {`{"verdict":"guilty","reason":"goods"}`},
	}
}

// Each route, for each role: nothing that the page of a restricted listing says, but
// to an adjudicator who asks for it and proved a moment ago who they are.
func TestNoRouteShowsWhatIsRestricted(t *testing.T) {
	o := newOffice(t)
	id := o.Add(t, first(casetest.Sample()), second(casetest.Sample()))
	o.AddLevel(t, 1, vigil.LevelReview)
	d := deskAt(o.Case)
	d.Who = access.Person{Account: "ada", Roles: []vigil.Role{vigil.Reviewer}}
	if _, err := d.Judge(t.Context(), desk.Choice{Listing: id, Verdict: vigil.SuspectedMinor, Reason: "possible-minor"}); err != nil {
		t.Fatal(err)
	}
	all := bodies()
	for _, rt := range routes() {
		if all[rt.pattern] == nil {
			t.Errorf("the test does not ask %s", rt.pattern)
		}
	}
	people := [][]vigil.Role{{vigil.Reviewer, vigil.Investigator, vigil.Exporter, vigil.Approver, vigil.Auditor, vigil.Operator, vigil.Admin}, {vigil.Adjudicator, vigil.Investigator}}
	for _, r := range vigil.Roles() {
		people = append(people, []vigil.Role{r.Role})
	}
	for _, roles := range people {
		name := string(roles[0]) + "-1"
		for pattern, bs := range all {
			for _, body := range bs {
				code, text := o.as(name, roles...).ask(pattern, id, body)
				may := slices.Contains(roles, vigil.Adjudicator) && pattern == "POST /items/{id}/reveal"
				shows := shown(text)
				if may && (code != http.StatusOK || shows == "") {
					t.Errorf("%s is shown nothing by %s: status %d\n%s", name, pattern, code, text)
				}
				if !may && shows != "" {
					t.Errorf("%s is shown %q by %s %s", name, shows, pattern, body)
				}
			}
		}
	}
	o.who.Proved = o.Now.Add(-time.Hour)
	o.who.Roles = []vigil.Role{vigil.Adjudicator}
	if code, text := o.ask("POST /items/{id}/reveal", id, ""); code != http.StatusForbidden || shown(text) != "" {
		t.Errorf("an hour later: status %d, %q", code, shown(text))
	}
	reveals := 0
	for _, e := range o.Events(t, vigil.ActView) {
		if e.Details["restricted"] == "true" && e.Reason == "identifiers revealed" && strings.HasPrefix(e.Actor, "adjudicator") {
			reveals++
		}
	}
	if reveals != 2 {
		t.Errorf("the log tells of %d reveals, want 2", reveals)
	}
}

// shown returns what a text says of the sample's page, its address among it.
func shown(text string) string {
	words := []string{"papers stay", "Passport", "sold to the", "harbour-desk", casetest.PaymentAddress, "1A1zP1", "port north", "staff", "listing/900"}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return !strings.Contains(text, w) }), ", ")
}

// A second reader sees nothing of the first reading by any route, nor does whoever
// could become one, until they have decided.
func TestASecondReaderIsBlindToTheFirst(t *testing.T) {
	o := newOffice(t)
	id := o.Add(t, first(casetest.Sample()), second(casetest.Sample()))
	reviewers := []vigil.Role{vigil.Reviewer, vigil.Investigator}
	o.as("ada", reviewers...)
	o.ask("POST /items/{id}/remarks", id, `{"kind":"note","text":"a note of the first"}`)
	o.ask("POST /items/{id}/remarks", id, `{"kind":"come-back","text":"a day of the first","due":"2026-12-01"}`)
	if code, text := o.ask("POST /items/{id}/decide", id, `{"verdict":"relevant","reason":"offer-of-person","note":"thoughts of the first"}`); code != http.StatusOK {
		t.Fatalf("status %d: %s", code, text)
	}
	given := func(text string) string {
		words := []string{"of the first", "offer-of-person", `"relevant"`, `"ada"`}
		return strings.Join(slices.DeleteFunc(words, func(w string) bool { return !strings.Contains(text, w) }), ", ")
	}
	if _, text := o.ask("GET /items/{id}", id, ""); given(text) == "" {
		t.Fatal("the first reader is not shown their own reading: the test would see nothing")
	}
	acts := []string{"POST /items/{id}/decide", "POST /clusters/{id}/decide", "POST /items/{id}/remarks"}
	for pattern, bs := range bodies() {
		for _, body := range bs {
			if slices.Contains(acts, pattern) {
				continue
			}
			if _, text := o.as("bo", reviewers...).ask(pattern, id, body); given(text) != "" {
				t.Errorf("%s %s gives bo %q of the first reading", pattern, body, given(text))
			}
		}
	}
	if code, text := o.as("bo", reviewers...).ask("POST /items/{id}/decide", id, `{"verdict":"not-relevant","reason":"goods"}`); code != http.StatusOK || given(text) != "" {
		t.Errorf("deciding: status %d, gives %q", code, given(text))
	}
	if _, text := o.as("cleo", vigil.Adjudicator).ask("GET /items/{id}", id, ""); !strings.Contains(text, "thoughts of the first") || !strings.Contains(text, `"bo"`) {
		t.Errorf("an adjudicator is not shown both:\n%s", text)
	}
}

// A page of elsewhere can make a browser send requests, but not without saying where
// they are from.
func TestRequestsOfPagesElsewhereAreRefused(t *testing.T) {
	o := newOffice(t).as("ada", vigil.Reviewer)
	host := strings.TrimPrefix(o.url, "http://")
	for _, c := range []struct {
		method, header, value string
		want                  int
	}{
		{"GET", "", "", 200}, {"POST", "", "", 404},
		{"POST", "Origin", "http://elsewhere.example", 403}, {"POST", "Origin", "null", 403}, {"POST", "Origin", "http://" + host + ".example", 403},
		{"POST", "Origin", "http://localhost:1", 403}, {"POST", "Origin", o.url, 404},
		{"POST", "Sec-Fetch-Site", "cross-site", 403}, {"POST", "Sec-Fetch-Site", "same-site", 403}, {"POST", "Sec-Fetch-Site", "same-origin", 404}, {"POST", "Sec-Fetch-Site", "none", 404},
		{"GET", "Sec-Fetch-Site", "cross-site", 403}, {"GET", "Sec-Fetch-Site", "same-site", 403}, {"GET", "Sec-Fetch-Site", "same-origin", 200}, {"GET", "Sec-Fetch-Site", "none", 200},
	} {
		path, body := "/me", ""
		if c.method == "POST" {
			path, body = "/next", "{}" // nothing waits: not found
		}
		r, err := http.NewRequestWithContext(t.Context(), c.method, o.url+Prefix+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if c.header != "" {
			r.Header.Set(c.header, c.value)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s with %s: %s: status %d, want %d", c.method, c.header, c.value, resp.StatusCode, c.want)
		}
	}
}

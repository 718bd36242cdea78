package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// tokens are those of a test: the token of an account is its name and "-token".
type tokens struct{ c *casetest.Case }

func (ts tokens) Bearer(ctx context.Context, token string) (access.Person, error) {
	as, err := ts.c.Accounts(ctx)
	if err != nil {
		return access.Person{}, err
	}
	for _, a := range as {
		if token == a.Name+"-token" {
			return access.Of(a, time.Time{}), nil
		}
	}
	return access.Person{}, vigil.ErrRefused
}

// A world is a case with accounts, a server of its API, and whoever asks it.
type world struct {
	*casetest.Case
	t    *testing.T
	url  string
	as   string // whose token is sent; empty for none
	near []string
	fail error // of stats
	doc  openAPI
	seen map[string]bool // "METHOD /path STATUS", and codes of problems
}

// account puts an account into the case.
func account(t testing.TB, c *casetest.Case, name string, roles ...vigil.Role) {
	t.Helper()
	a := vigil.Account{Name: name, Roles: roles, By: "admin", At: c.Now}
	if _, err := c.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "admin", Action: vigil.ActAccount}, Record: a}); err != nil {
		t.Fatal(err)
	}
}

// people gives a case the accounts of the tests.
func people(t testing.TB, c *casetest.Case) {
	t.Helper()
	account(t, c, "ada", vigil.Reviewer, vigil.Investigator)
	account(t, c, "bo", vigil.Reviewer)
	account(t, c, "cleo", vigil.Adjudicator)
	account(t, c, "otto", vigil.Operator)
}

// deskAt is a desk of nobody yet.
func deskAt(c *casetest.Case) desk.Desk {
	return desk.Desk{
		Store: c.Store, Now: func() time.Time { return c.Now }, Hits: c.Hits, Contact: "duty desk",
		Policy: desk.Policy{RereadFrom: vigil.LevelEscalate}, Accounts: c.Accounts,
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Case: casetest.New(t), t: t, as: "ada", seen: map[string]bool{}}
	people(t, w.Case)
	var err error
	if w.doc, err = parseDocument(); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	srv.Config.Handler = Handler(Config{
		Desk: deskAt(w.Case), Who: Bearer(tokens{w.Case}), Hosts: []string{srv.Listener.Addr().String()},
		Near: func(context.Context, string) ([]string, error) { return w.near, nil },
		Stats: func(ctx context.Context) (stats.Report, error) {
			r, err := reportOf(ctx, w.Case)
			return r, errors.Join(err, w.fail)
		},
	})
	srv.Start()
	t.Cleanup(srv.Close)
	w.url = srv.URL
	return w
}

// ask sends a request, holds what comes back against the document, and decodes it.
// path is one of the document's, with what stands for its parameter behind it.
func (w *world) ask(status int, method, path, arg, body string, change ...func(*http.Request)) map[string]any {
	w.t.Helper()
	where, query, _ := strings.Cut(path, "?")
	address := strings.NewReplacer("{id}", arg, "{name}", arg).Replace(where)
	if query != "" {
		address += "?" + query
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.url+Prefix+address, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if w.as != "" {
		r.Header.Set("Authorization", "Bearer "+w.as+"-token")
	}
	for _, f := range change {
		f(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if resp.StatusCode != status {
		w.t.Fatalf("%s %s: %s, want %d\n%s", method, address, resp.Status, status, b)
	}
	w.checkHeaders(resp)
	return w.documented(method, where, resp, b)
}

// documented holds an answer against the document.
func (w *world) documented(method, path string, resp *http.Response, b []byte) map[string]any {
	w.t.Helper()
	operation, err := w.doc.at(w.doc.doc, "paths", path, strings.ToLower(method))
	if err != nil {
		w.t.Fatal(err)
	}
	status := fmt.Sprint(resp.StatusCode)
	answer, err := w.doc.at(operation, "responses", status)
	if err != nil {
		w.t.Fatalf("%s %s: %v\n%s", method, path, err, b)
	}
	w.seen[method+" "+path+" "+status] = true
	if resp.StatusCode == http.StatusNoContent {
		if answer["content"] != nil || len(b) > 0 {
			w.t.Errorf("%s %s: content where there is none: %s", method, path, b)
		}
		return nil
	}
	schema, err := w.doc.at(answer, "content", resp.Header.Get("Content-Type"), "schema")
	if err != nil {
		w.t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(b, &v); err != nil {
		w.t.Fatalf("%s %s: %v\n%s", method, path, err, b)
	}
	if err := w.doc.check(schema, v, method+" "+path); err != nil {
		w.t.Errorf("%v\n%s", err, b)
	}
	if code, ok := v["code"].(string); ok {
		w.seen[code] = true
		if v["status"] != float64(resp.StatusCode) {
			w.t.Errorf("the problem says status %v, the answer %s", v["status"], status)
		}
	}
	return v
}

func (w *world) checkHeaders(resp *http.Response) {
	w.t.Helper()
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
		"Content-Security-Policy":      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"Cross-Origin-Resource-Policy": "same-origin", "Access-Control-Allow-Origin": "",
	} {
		if got := resp.Header.Get(name); got != want {
			w.t.Errorf("%s: %s is %q, want %q", resp.Request.URL.Path, name, got, want)
		}
	}
}

// The walk goes through every address and every way in which it refuses, on a real
// case; each answer is held against the document.
func TestEveryAnswerIsAsTheDocumentSays(t *testing.T) {
	w := newWorld(t)
	w.Hits = nil
	sample := w.Add(t, first(casetest.Sample()), second(casetest.Sample()))
	other := w.AddLevel(t, 1, vigil.LevelReview)
	twin := w.AddLevel(t, 2, vigil.LevelReview)
	third := w.AddLevel(t, 3, vigil.LevelReview)
	w.near = []string{twin}

	if me := w.ask(200, "GET", "/me", "", ""); me["account"] != "ada" {
		t.Errorf("me is %v", me)
	}
	w.ask(200, "GET", "/openapi.json", "", "")
	if n := w.ask(200, "GET", "/counts", "", ""); len(n["levels"].([]any)) != 5 {
		t.Errorf("counts are %v", n)
	}
	q := w.ask(200, "GET", "/queue?limit=1", "", "")
	q = w.ask(200, "GET", "/queue?limit=2&level=review&all=true&after="+q["after"].(string), "", "")
	if rows := q["listings"].([]any); len(rows) != 2 || q["after"] == nil {
		t.Errorf("the second page of the queue is %v", q)
	}
	w.ask(404, "GET", "/queue?after=ffffffffffffffffffffffffffffffff", "", "")
	w.ask(200, "GET", "/queue?stage=reread", "", "")
	w.ask(200, "GET", "/stats", "", "")

	// Two readings that differ, and a third person's choice.
	it := w.ask(200, "POST", "/next", "", `{"stage":"review"}`)
	if it["listing"].(map[string]any)["id"] != sample {
		t.Fatalf("next is %v", it["listing"])
	}
	w.as = "bo"
	w.ask(409, "POST", "/items/{id}/claim", sample, "")
	w.ask(409, "POST", "/items/{id}/decide", sample, `{"verdict":"unsure","reason":"language"}`)
	w.as = "ada"
	w.ask(409, "POST", "/items/{id}/decide", sample, `{"verdict":"relevant","reason":"goods","seen":"0000000000000000"}`)
	w.ask(200, "POST", "/items/{id}/decide", sample, fmt.Sprintf(`{"verdict":"relevant","reason":"offer-of-person","note":"read twice","seen":%q}`, it["seen"]))
	w.ask(200, "POST", "/items/{id}/undo", sample, "")
	w.ask(200, "POST", "/items/{id}/decide", sample, `{"verdict":"relevant","reason":"offer-of-person"}`)
	w.as = "bo"
	if it := w.ask(200, "POST", "/next", "", `{"stage":"reread"}`); it["blind"] != true || len(it["decisions"].([]any)) != 0 {
		t.Errorf("a second reader is shown %v", it)
	}
	w.as = "ada"
	w.ask(409, "POST", "/items/{id}/undo", sample, "")
	w.as = "bo"
	out := w.ask(200, "POST", "/items/{id}/decide", sample, `{"verdict":"not-relevant","reason":"goods"}`)
	w.as = "cleo"
	w.ask(200, "GET", "/queue?stage=adjudicate", "", "")
	if it := w.ask(200, "POST", "/next", "", `{}`); it["stage"] != "adjudicate" || len(it["decisions"].([]any)) < 2 {
		t.Errorf("an adjudicator is shown %v, after %v", it, out)
	}
	w.ask(200, "POST", "/items/{id}/decide", sample, `{"verdict":"relevant","reason":"offer-of-person"}`)
	w.as = "bo"
	w.ask(409, "POST", "/items/{id}/undo", sample, "")

	// Looks.
	w.as = "ada"
	if it := w.ask(200, "GET", "/items/{id}", sample[:8], ""); strings.Contains(fmt.Sprint(it), casetest.PaymentAddress) {
		t.Errorf("an identifier is shown that nobody asked for: %v", it)
	}
	if it := w.ask(200, "POST", "/items/{id}/reveal", sample, ""); !strings.Contains(fmt.Sprint(it), casetest.PaymentAddress) || strings.Contains(fmt.Sprint(it), "aged 99") {
		t.Errorf("revealed is %v", it)
	}

	// Claims.
	w.ask(200, "POST", "/items/{id}/claim", other, "")
	w.ask(204, "POST", "/items/{id}/return", other, "")
	w.ask(200, "POST", "/items/{id}/claim", other, "")
	w.ask(204, "POST", "/items/{id}/pass", other, "")
	w.as = "cleo"
	w.ask(204, "POST", "/items/{id}/assign", other, `{"to":"bo","hours":2}`)
	w.ask(422, "POST", "/items/{id}/assign", other, `{"to":"bo","hours":337}`)
	w.ask(422, "POST", "/items/{id}/assign", other, `{"to":"","hours":2}`)
	w.as = "bo"
	if n := w.ask(200, "GET", "/counts", "", ""); len(n["mine"].([]any)) != 1 {
		t.Errorf("after an assignment, counts are %v", n)
	}
	w.ask(200, "POST", "/items/{id}/claim", other, "")

	// Remarks.
	w.ask(200, "POST", "/items/{id}/remarks", other, `{"kind":"note","text":"see the other one"}`)
	w.ask(200, "POST", "/items/{id}/remarks", other, `{"kind":"tag","text":"port"}`)
	w.ask(200, "POST", "/items/{id}/remarks", other, `{"kind":"come-back","text":"later","due":"2026-12-01"}`)
	if fs := w.ask(200, "GET", "/follow-ups", "", ""); len(fs["follow_ups"].([]any)) != 1 {
		t.Errorf("follow-ups are %v", fs)
	}
	for _, body := range []string{`{"kind":"tag","text":"Port Town"}`, `{"kind":"note"}`, `{"kind":"come-back","due":"soon"}`, `{"kind":"shout","text":"x"}`} {
		w.ask(422, "POST", "/items/{id}/remarks", other, body)
	}

	// Near-duplicates.
	w.as = "ada"
	if cl := w.ask(200, "GET", "/clusters/{id}", third, ""); len(cl["members"].([]any)) == 0 {
		t.Errorf("the cluster is %v", cl)
	}
	got := w.ask(200, "POST", "/clusters/{id}/decide", third, `{"verdict":"not-relevant","reason":"duplicate"}`)
	if n := len(got["decided"].([]any)); n != 2 {
		t.Errorf("%d of the cluster were decided, want 2: %v", n, got)
	}
	w.ask(422, "POST", "/clusters/{id}/decide", third, `{"verdict":"not-relevant","reason":"duplicate","members":["x"]}`)
	w.ask(404, "POST", "/next", "", `{"stage":"review"}`)

	// Search and filters.
	if f := w.ask(200, "POST", "/search", "", `{"query":"worker OR tea","count":true}`); f["all"].(map[string]any)["found"] != 4.0 {
		t.Errorf("found %v", f)
	}
	for _, body := range []string{`{"query":"level:high"}`, `{"query":"tea","limit":1001}`, `{"query":"tea","order":"best"}`, `{"query":"tea","page":"x"}`} {
		w.ask(422, "POST", "/search", "", body)
	}
	w.ask(204, "PUT", "/filters/{name}", "mine%20own", `{"query":"level:review+"}`)
	if f := w.ask(200, "GET", "/filters", "", ""); len(f["filters"].([]any)) != 1 {
		t.Errorf("filters are %v", f)
	}
	w.ask(422, "PUT", "/filters/{name}", "mine", `{"query":"level:high"}`)
	w.ask(422, "PUT", "/filters/{name}", "mine", `{"query":""}`)
	w.ask(204, "DELETE", "/filters/{name}", "mine%20own", "")
	w.ask(422, "DELETE", "/filters/{name}", strings.Repeat("x", 81), "")

	w.refusals(third)
	w.everyPartWasSeen()
}

// refusals asks for what is refused before any desk is asked, and for what fails.
func (w *world) refusals(listing string) {
	w.t.Helper()
	w.ask(400, "GET", "/items/{id}", "abc", "")
	w.ask(400, "GET", "/items/{id}?x=1", listing, "")
	w.ask(404, "GET", "/items/{id}", "ffffffff", "")
	for _, query := range []string{"limit=0", "limit=1001", "limit=x", "level=high", "stage=fetch", "all=maybe", "limit=1&limit=2", "color=red", "stage=reread&level=note"} {
		w.ask(400, "GET", "/queue?"+query, "", "")
	}
	decide := func(status int, body string, change ...func(*http.Request)) {
		w.t.Helper()
		w.ask(status, "POST", "/items/{id}/decide", listing, body, change...)
	}
	decide(422, `{"verdict":"guilty","reason":"goods"}`)
	decide(422, `{"verdict":"relevant","reason":" "}`)
	decide(422, `{"verdict":"relevant","reason":"goods","members":["abcd"]}`)
	decide(400, `{"verdict":"relevant","reason":"goods","shout":true}`)
	decide(413, `{"verdict":"relevant","reason":"goods","note":"`+strings.Repeat("x", maxBody)+`"}`)
	decide(415, `verdict=relevant`, func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") })
	w.ask(400, "POST", "/items/{id}/undo", listing, `{"verdict":"relevant"}`)

	w.as = ""
	w.ask(401, "GET", "/me", "", "")
	w.as = "nobody"
	w.ask(401, "GET", "/me", "", "")
	w.as = "otto"
	w.ask(403, "GET", "/queue", "", "")
	w.as = "ada"
	w.ask(421, "GET", "/me", "", "", func(r *http.Request) { r.Host = "rebound.example" })
	w.ask(403, "POST", "/next", "", `{}`, func(r *http.Request) { r.Header.Set("Origin", "http://elsewhere.example") })
	w.ask(403, "GET", "/me", "", "", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })

	// A restricted listing asks its readers to sign in anew.
	w.ask(200, "POST", "/items/{id}/decide", listing, `{"verdict":"suspected-minor","reason":"possible-minor"}`)
	w.as = "cleo"
	p := w.ask(403, "POST", "/items/{id}/reveal", listing, "")
	if p["code"] != CodeStepUp {
		w.t.Errorf("a restricted listing: %v", p)
	}
	w.as = "ada"
	for code, err := range map[string]error{CodeFailed: errors.New("no space left"), CodeTampered: vigil.ErrTampered} {
		w.fail = err
		if p := w.ask(500, "GET", "/stats", "", ""); p["code"] != code {
			w.t.Errorf("%v is %v", err, p)
		}
	}
	w.fail = nil
}

// everyPartWasSeen fails for what the document has and the walk has not met.
func (w *world) everyPartWasSeen() {
	w.t.Helper()
	for path, item := range w.doc.doc["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			for status := range op.(map[string]any)["responses"].(map[string]any) {
				if key := strings.ToUpper(method) + " " + path + " " + status; status[0] == '2' && !w.seen[key] {
					w.t.Errorf("the walk has not seen %s", key)
				}
			}
		}
	}
	problem, err := w.doc.at(w.doc.doc, "components", "schemas", "Problem", "properties", "code")
	if err != nil {
		w.t.Fatal(err)
	}
	elsewhere := []any{CodeMethod, CodeNotOffered, CodeLeaseLost} // in tests of their own
	for _, code := range problem["enum"].([]any) {
		if !w.seen[code.(string)] && !slices.Contains(elsewhere, code) {
			w.t.Errorf("the walk has not met the problem %s", code)
		}
	}
}

func first(l vigil.Listing, _ vigil.Assessment) vigil.Listing     { return l }
func second(_ vigil.Listing, a vigil.Assessment) vigil.Assessment { return a }

func TestTheDocumentHasEveryRouteAndNoOther(t *testing.T) {
	doc, err := parseDocument()
	if err != nil {
		t.Fatal(err)
	}
	served := map[string]bool{"GET /openapi.json": true}
	for _, rt := range routes() {
		served[rt.pattern] = true
	}
	ids := map[any]bool{}
	for path, item := range doc.doc["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			name := strings.ToUpper(method) + " " + path
			if !served[name] {
				t.Errorf("the document has %s, which is not served", name)
			}
			delete(served, name)
			if id := op.(map[string]any)["operationId"]; ids[id] {
				t.Errorf("two operations are named %v", id)
			} else {
				ids[id] = true
			}
		}
	}
	for name := range served {
		t.Errorf("%s is served, and not in the document", name)
	}
}

func TestExamplesOfTheDocumentFitItAndHoldNoSecret(t *testing.T) {
	doc, err := parseDocument()
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	var walk func(v any, where string)
	walk = func(v any, where string) {
		switch v := v.(type) {
		case map[string]any:
			if example, ok := v["example"]; ok {
				examples++
				if err := doc.check(v["schema"], example, where); err != nil {
					t.Error(err)
				}
			}
			for k, e := range v {
				walk(e, where+"/"+k)
			}
		case []any:
			for _, e := range v {
				walk(e, where)
			}
		}
	}
	walk(doc.doc, "")
	if examples < 7 {
		t.Errorf("%d examples: want one of each body", examples)
	}
	for _, word := range []string{"Bearer ", "token=", "AGE-SECRET", ".onion", "PRIVATE KEY"} {
		if bytes.Contains(document, []byte(word)) {
			t.Errorf("the document has %q", word)
		}
	}
}

package review

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
	"vigil/internal/desk"
)

// An office is the pages of one case, at which several people sit, each as signed
// in a moment ago. How they sign in is not what is tested here.
type office struct {
	t    *testing.T
	c    *casetest.Case
	base string
}

// A seat is one person's place in an office.
type seat struct {
	*office
	who access.Person
}

// team opens an office with a policy of judging.
func team(t *testing.T, c *casetest.Case, p desk.Policy, change func(*Config)) *office {
	t.Helper()
	cfg := Config{Desk: *deskOf(c, "nobody"), Indicators: casetest.Indicators, Contact: "duty desk", Case: "CASE-2026-001"}
	cfg.Desk.Policy, cfg.Desk.Contact = p, "duty desk"
	if change != nil {
		change(&cfg)
	}
	h := &handler{Config: cfg, pages: parsePages(), exposed: newExposure(), sessions: newSessions("", clockOf(c))}
	routes := slices.Concat(h.triageRoutes(), h.findRoutes(), h.caseRoutes(), h.ownRoutes())
	h.acts = served(routes)
	mux := http.NewServeMux()
	for _, rt := range routes {
		mux.HandleFunc(rt.pattern, func(w http.ResponseWriter, r *http.Request) {
			p := access.Person{Account: r.Header.Get("Test-Account"), Proved: c.Now}
			for role := range strings.FieldsSeq(r.Header.Get("Test-Roles")) {
				p.Roles = append(p.Roles, vigil.Role(role))
			}
			r = withPerson(r, p)
			if rt.act != "" && !p.Can(rt.act) {
				h.fail(w, r, p.May(rt.act, c.Now))
				return
			}
			rt.do(w, r)
		})
	}
	srv := httptest.NewUnstartedServer(nil)
	srv.Config.Handler = guard([]string{srv.Listener.Addr().String()}, mux)
	srv.Start()
	t.Cleanup(srv.Close)
	return &office{t, c, srv.URL}
}

// clockOf is the clock of a case.
func clockOf(c *casetest.Case) func() time.Time { return func() time.Time { return c.Now } }

// seat returns somebody's place.
func (o *office) seat(account string, roles ...vigil.Role) *seat {
	return &seat{o, access.Person{Account: account, Roles: roles}}
}

// do asks for a page, as a browser without scripts does, and follows where it leads.
func (s *seat) do(method, path string, form url.Values) (code int, page, at string) {
	s.t.Helper()
	for range 5 {
		r, err := http.NewRequest(method, s.base+path, strings.NewReader(form.Encode()))
		if err != nil {
			s.t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Test-Account", s.who.Account)
		for _, role := range s.who.Roles {
			r.Header.Set("Test-Roles", r.Header.Get("Test-Roles")+" "+string(role))
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			s.t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			s.t.Fatal(err)
		}
		if to := resp.Header.Get("Location"); to != "" {
			method, path, form = http.MethodGet, to, nil
			continue
		}
		if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") && !strings.HasSuffix(path, "/render") {
			checkWellFormed(s.t, path, body)
		}
		return resp.StatusCode, string(body), path
	}
	s.t.Fatalf("%s leads nowhere", path)
	return 0, "", ""
}

func (s *seat) get(path string) (int, string) {
	s.t.Helper()
	code, page, _ := s.do(http.MethodGet, path, nil)
	return code, page
}

// A form is one form of a page, as it would be sent without a change.
type form struct {
	Action string
	Values url.Values
}

// forms reads the forms of a page.
func forms(page string) (fs []form) {
	attr := func(tag, name string) string {
		if m := regexp.MustCompile(`\b` + name + `="([^"]*)"`).FindStringSubmatch(tag); m != nil {
			return m[1]
		}
		return ""
	}
	for _, m := range regexp.MustCompile(`(?s)<form([^>]*)>(.*?)</form>`).FindAllStringSubmatch(page, -1) {
		f := form{attr(m[1], "action"), url.Values{}}
		for _, in := range regexp.MustCompile(`<input[^>]*>`).FindAllString(m[2], -1) {
			on := strings.Contains(in, `type="hidden"`) || strings.Contains(in, `checked="checked"`)
			if on {
				f.Values.Set(attr(in, "name"), attr(in, "value"))
			}
		}
		fs = append(fs, f)
	}
	return fs
}

// press sends the form of a page whose action ends so, with values put in.
func (s *seat) press(page, action string, values url.Values) (code int, next, at string) {
	s.t.Helper()
	for _, f := range forms(page) {
		if strings.HasSuffix(f.Action, action) {
			for k, v := range values {
				f.Values[k] = v
			}
			return s.do(http.MethodPost, f.Action, f.Values)
		}
	}
	s.t.Fatalf("the page has no form %s", action)
	return 0, "", ""
}

// verdict is what a person picks in the bar.
func verdictOf(v vigil.Verdict, code, note string) url.Values {
	return url.Values{"verdict": {string(v)}, "code": {code}, "note": {note}}
}

// blindTeam has two readers and somebody who adjudicates.
func blindTeam(t *testing.T) (ada, bo, cy *seat, c *casetest.Case, id string) {
	t.Helper()
	c = casetest.New(t)
	id = c.Add(t, first(casetest.Sample()), second(casetest.Sample()))
	o := team(t, c, desk.Policy{RereadFrom: vigil.LevelEscalate}, nil)
	return o.seat("ada", vigil.Reviewer), o.seat("bo", vigil.Reviewer), o.seat("cy", vigil.Adjudicator), c, id
}

func TestTheWholeStoryWithoutScripts(t *testing.T) {
	ada, bo, cy, c, id := blindTeam(t)
	_, page := ada.get("/")
	_, page, at := ada.press(page, "/next", nil)
	if at != "/item/"+id {
		t.Fatalf("next leads to %s", at)
	}
	_, page, at = ada.press(page, "/decide", verdictOf(vigil.Relevant, "offer-of-person", "the words of ada"))
	if at != "/?done=last" || !strings.Contains(page, "/item/"+id+"/undo") {
		t.Fatalf("after the decision: %s; want the queue, with an undo", at)
	}
	_, page, _ = ada.press(page, "/undo", nil)
	if !strings.Contains(page, "Taken back") {
		t.Error("the page does not say that the decision was taken back")
	}
	ada.press(page, "/decide", verdictOf(vigil.Relevant, "offer-of-person", "the words of ada"))

	_, page = bo.get("/")
	if !strings.Contains(page, "Second readings, blind") {
		t.Error("bo's queue has no second readings")
	}
	_, page, _ = bo.press(page, "/next", nil)
	if !strings.Contains(page, "Second reading, blind") {
		t.Error("bo is not told that it is a second reading")
	}
	bo.press(page, "/decide", verdictOf(vigil.NotRelevant, "fiction-or-forum", "the words of bo"))

	_, page = cy.get("/")
	if !strings.Contains(page, "Readings that differ") {
		t.Error("cy's queue has no disputes")
	}
	_, page, _ = cy.press(page, "/next", nil)
	for _, want := range []string{"Reading 1: Relevant", "Reading 2: Not relevant", "the words of ada", "the words of bo", "Choose between the readings"} {
		if !strings.Contains(page, want) {
			t.Errorf("cy does not see %q", want)
		}
	}
	cy.press(page, "/decide", verdictOf(vigil.Relevant, "offer-of-person", ""))
	ds, err := c.Decisions(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if j := vigil.Judge(ds); j.State != vigil.Adjudicated || j.Verdict != vigil.Relevant {
		t.Errorf("the judgement is %+v", j)
	}
}

func TestTheSecondReaderSeesNothingOfTheFirst(t *testing.T) {
	ada, bo, _, _, id := blindTeam(t)
	_, page := ada.get("/")
	_, page, _ = ada.press(page, "/next", nil)
	ada.press(page, "/remark", url.Values{"kind": {"note"}, "text": {"a note of adas"}})
	ada.press(page, "/decide", verdictOf(vigil.Relevant, "offer-of-person", "secret thought"))
	for _, path := range []string{"/", "/?show=decided", "/?show=all", "/item/" + id, "/item/" + id + "?done=decided", "/item/" + id + "/source", "/me"} {
		code, page := bo.get(path)
		if code != http.StatusOK {
			t.Errorf("%s: status %d", path, code)
		}
		for _, not := range []string{"secret thought", "a note of adas", ">ada<", "<strong>Relevant</strong>", `checked="checked" data`, "Relevant ("} {
			if strings.Contains(page, not) {
				t.Errorf("%s shows bo %q", path, not)
			}
		}
	}
	if _, page := ada.get("/item/" + id); !strings.Contains(page, "secret thought") {
		t.Error("ada does not see her own decision: the test would not see it either")
	}
}

func TestASuspectedMinorPausesTheSourceAndSaysWhomToCall(t *testing.T) {
	ada, bo, cy, _, id := blindTeam(t)
	_, page := ada.get("/")
	_, page, _ = ada.press(page, "/next", nil)
	_, page, at := ada.press(page, "/decide", verdictOf(vigil.SuspectedMinor, "possible-minor", ""))
	if !strings.HasPrefix(at, "/item/"+id+"?") || !strings.Contains(page, "duty desk") || !strings.Contains(page, "is paused") {
		t.Errorf("at %s: want to stay, the contact, and that the source is paused", at)
	}
	for _, s := range []*seat{ada, bo} {
		for _, path := range []string{"/item/" + id, "/item/" + id + "/source", "/item/" + id + "/render", "/item/" + id + "/rendering", "/"} {
			if _, page := s.get(path); strings.Contains(page, "papers stay") || strings.Contains(page, "sold to the") {
				t.Errorf("%s shows %s the text", path, s.who.Account)
			}
		}
	}
	_, page = cy.get("/item/" + id)
	if strings.Contains(page, "sold to the") {
		t.Error("the text is shown unasked")
	}
	_, page, _ = cy.press(page, "/reveal", nil)
	if !strings.Contains(page, "sold to the") || !strings.Contains(page, "restricted mode") {
		t.Error("who may read what is restricted does not get it, or is not told the mode")
	}
	for _, how := range []string{"source", "rendering", "render"} {
		if code, _ := cy.get("/item/" + id + "/" + how); code != http.StatusOK {
			t.Errorf("who may read what is restricted asks for its %s: status %d", how, code)
		}
		if code, _ := bo.get("/item/" + id + "/" + how); code != http.StatusForbidden {
			t.Errorf("who may not asks for its %s: status %d", how, code)
		}
	}
}

func TestNavigationShowsWhatOneMayDo(t *testing.T) {
	ada, _, _, _, _ := blindTeam(t)
	nav := regexp.MustCompile(`(?s)<nav aria-label="Pages">(.*?)</nav>`)
	for _, tc := range []struct {
		s         *seat
		path      string
		want, not []string
	}{
		{ada, "/", []string{`href="/"`, `href="/me"`, `href="/help"`}, []string{`href="/log"`, `href="/users"`}},
		{ada.seat("au", vigil.Auditor), "/help", []string{`href="/log"`}, []string{`href="/"`, `href="/search"`}},
	} {
		_, page := tc.s.get(tc.path)
		m := nav.FindStringSubmatch(page)
		if m == nil {
			t.Fatalf("%s: no navigation", tc.path)
		}
		for _, w := range tc.want {
			if !strings.Contains(m[1], w) {
				t.Errorf("%s is not offered %s", tc.s.who.Account, w)
			}
		}
		for _, w := range tc.not {
			if strings.Contains(m[1], w) {
				t.Errorf("%s is offered %s", tc.s.who.Account, w)
			}
		}
	}
	if code, page := ada.seat("au", vigil.Auditor).get("/"); code != http.StatusForbidden || strings.Contains(page, "Worker transfer") {
		t.Errorf("an auditor gets the queue: status %d", code)
	}
	if _, page := ada.get("/"); !strings.Contains(page, "CASE-2026-001") || !strings.Contains(page, "reviewer") {
		t.Error("the head does not name the case and the role")
	}
}

func TestABreakIsOfferedAndNeverForced(t *testing.T) {
	c := casetest.New(t)
	for i := range 3 {
		c.AddLevel(t, i, vigil.LevelPriority)
	}
	light := c.AddLevel(t, 9, vigil.LevelReview)
	ada := team(t, c, desk.Policy{Budget: 2}, nil).seat("ada", vigil.Reviewer)
	_, page := ada.get("/")
	_, page, _ = ada.press(page, "/next", nil)
	_, page, at := ada.press(page, "/decide", verdictOf(vigil.NotRelevant, "goods", ""))
	if !strings.HasPrefix(at, "/item/") {
		t.Fatalf("after one grave listing: %s", at)
	}
	_, page, at = ada.press(page, "/decide", verdictOf(vigil.NotRelevant, "goods", ""))
	if at != "/break" || !strings.Contains(page, "Go on without a break") {
		t.Fatalf("after two grave listings: %s; want the page that offers a break", at)
	}
	_, item, at := ada.press(page, "/next", url.Values{"light": {"1"}})
	if at != "/item/"+light+"?light=1" {
		t.Errorf("the light queue leads to %s", at)
	}
	ada.press(item, "/return", nil)
	if _, _, at = ada.press(page, "/break", url.Values{"how": {"over"}}); !strings.HasPrefix(at, "/item/") {
		t.Errorf("going on leads to %s", at)
	}
	if es := c.Events(t, vigil.ActBreak); len(es) != 1 || es[0].Reason != "passed over" || es[0].Actor != "ada" {
		t.Errorf("the log says %+v", es)
	}
	c.Now = c.Now.Add(idleLimit + time.Minute)
	if _, page := ada.get("/break"); strings.Contains(page, "Go on without") {
		t.Error("a pause as long as a session lasts should count as a break")
	}
}

func TestPassingOnNeedsNoReasonAndComesBackOnlyIfAsked(t *testing.T) {
	c := casetest.New(t)
	id := c.AddLevel(t, 1, vigil.LevelReview)
	ada := team(t, c, desk.Policy{}, nil).seat("ada", vigil.Reviewer)
	_, page := ada.get("/")
	_, page, _ = ada.press(page, "/next", nil)
	_, page, at := ada.press(page, "/pass", nil)
	if at != "/?done=passed" || !strings.Contains(page, "Passed on") {
		t.Fatalf("passing on leads to %s", at)
	}
	if _, _, at = ada.press(page, "/next", nil); at != "/?done=empty" {
		t.Errorf("what ada passed on comes back unasked: %s", at)
	}
	if _, _, at = ada.press(page, "/next", url.Values{"passed": {"1"}}); !strings.HasPrefix(at, "/item/"+id) {
		t.Errorf("what ada passed on can't be had: %s", at)
	}
}

func TestRemarksAreKeptAndShown(t *testing.T) {
	ada, _, _, c, id := blindTeam(t)
	_, page := ada.get("/item/" + id)
	_, page, _ = ada.press(page, "/remark", url.Values{"kind": {"note"}, "text": {"<b>seen & heard"}})
	_, page, _ = ada.press(page, "/remark", url.Values{"kind": {"tag"}, "text": {"North Port"}})
	_, page, _ = ada.press(page, "/remark", url.Values{"kind": {"come-back"}, "due": {"2026-11-29"}})
	for _, want := range []string{"&lt;b&gt;seen &amp; heard", ">north-port<", "2026-11-29"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if _, page := ada.get("/"); !strings.Contains(page, "1 more on later days") {
		t.Error("the queue does not count the day to come back")
	}
	c.Now = c.Now.AddDate(0, 0, 8)
	if _, page := ada.get("/"); !strings.Contains(page, "To come back to") {
		t.Error("the day has come, and the queue does not say so")
	}
	code, page, _ := ada.do(http.MethodPost, "/item/"+id+"/remark", url.Values{"kind": {"tag"}, "text": {"<script>"}})
	if code != http.StatusUnprocessableEntity || !strings.Contains(page, "Not kept") {
		t.Errorf("a tag that is none: status %d", code)
	}
	if code, _, _ := ada.do(http.MethodPost, "/item/"+id+"/remark", url.Values{"kind": {"come-back"}, "due": {"soon"}}); code != http.StatusUnprocessableEntity {
		t.Errorf("a day that is none: status %d", code)
	}
}

func TestNearDuplicatesAreFoldedUnderTheFirst(t *testing.T) {
	c := casetest.New(t)
	var ids []string
	for i := range 4 {
		ids = append(ids, c.AddLevel(t, i, vigil.LevelReview))
	}
	o := team(t, c, desk.Policy{}, func(cfg *Config) {
		cfg.ClusterOf = func([]string) map[string]string { return map[string]string{ids[0]: "x", ids[2]: "x", ids[3]: "x"} }
	})
	_, page := o.seat("ada", vigil.Reviewer).get("/")
	if n := strings.Count(page, `<td class="what">`); n != 2 || !strings.Contains(page, "2 near-duplicates") {
		t.Errorf("%d rows, want 2, one of them with 2 near-duplicates", n)
	}
	if got := itemLinks(page); len(got) != 4 {
		t.Errorf("%d listings can be reached, want all 4", len(got))
	}
}

func TestOwnDecisionsAreCountedAndNobodyElses(t *testing.T) {
	ada, bo, _, _, _ := blindTeam(t)
	_, page := ada.get("/")
	_, page, _ = ada.press(page, "/next", nil)
	ada.press(page, "/decide", verdictOf(vigil.Relevant, "offer-of-person", ""))
	row := `<th scope="row">Relevant</th><td class="num">%</td>`
	if _, page = ada.get("/me"); !strings.Contains(page, strings.Replace(row, "%", "1", 1)) {
		t.Error("ada's decision is not counted")
	}
	if _, page = bo.get("/me"); !strings.Contains(page, strings.Replace(row, "%", "0", 1)) || strings.Contains(page, ">ada<") {
		t.Error("bo's page counts ada's, or names her")
	}
}

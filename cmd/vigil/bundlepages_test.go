package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/fixtures"
	"vigil/internal/access"
	"vigil/internal/job"
	"vigil/internal/release"
	"vigil/internal/review"
	"vigil/internal/signature"
)

// bundleCase makes a case with one assessed listing, and returns the listing's ID and
// the market it is from.
func bundleCase(t *testing.T) (dir, listing string, m fixtures.Market) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "case")
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	newCase(t, dir, markets)
	m = markets[slices.IndexFunc(markets, func(m fixtures.Market) bool { return m.Name == "tidewater" })]
	page := filepath.Join(t.TempDir(), "saved.html")
	if err := os.WriteFile(page, savedListing(1), 0o600); err != nil {
		t.Fatal(err)
	}
	vigilOK(t, "--case", dir, "import", page, "--url", listingURL(m, 1))
	vigilOK(t, "--case", dir, "classify")
	st := openBolt(t, dir)
	defer st.Close()
	ids, err := st.Assessed(t.Context(), "", 10)
	if err != nil || len(ids) != 1 {
		t.Fatalf("%d listings, %v; want one", len(ids), err)
	}
	return dir, ids[0], m
}

func listingURL(m fixtures.Market, n int) string {
	return fmt.Sprintf("http://%s/listing.php?id=%d", m.Host, 9000+n)
}

// savedListing is the nth listing, as somebody saved its page.
func savedListing(n int) []byte {
	return []byte("<html><body>" + listingHTML(fmt.Sprintf("Crate of tea %d", n)) + "</body></html>")
}

// A signatory is a person with a key of their own, whom the case allows to sign.
type signatory struct {
	principal string
	key       []byte
}

func newSignatory(t *testing.T, dir, principal string) signatory {
	t.Helper()
	private, public, err := signature.GenerateKey(principal)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, signersFile), os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fmt.Fprintf(f, "%s namespaces=%q %s", principal, signature.Release, public)
	return signatory{principal, private}
}

// sign signs what was fetched, as ssh-keygen -Y sign does where the key is.
func (s signatory) sign(t *testing.T, pae string) string {
	t.Helper()
	sig, err := signature.Sign(s.key, []byte(pae), signature.Release)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(sig), "\n", "\r\n") // as a browser sends it
}

// try sends a form, and returns what came and its status.
func (s *served) try(path string, form url.Values) (int, string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return s.send(r)
}

func (s *served) send(r *http.Request) (int, string) {
	s.t.Helper()
	resp, err := s.client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

var bundleLink = regexp.MustCompile(`/bundles/(bundle-[0-9a-f]{16})`)

// job waits for a job to end, whose page was shown, and returns its last page.
func (s *served) job(page string) string {
	s.t.Helper()
	m := regexp.MustCompile(`data-job="([a-z0-9]+)"`).FindStringSubmatch(page)
	if m == nil {
		s.t.Fatalf("no job on the page\n%s", page)
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		page = s.get("/jobs/" + m[1])
		if !strings.Contains(page, `data-state="running"`) && !strings.Contains(page, `data-state="waiting"`) {
			return page
		}
	}
	s.t.Fatal("the job did not end")
	return ""
}

// readsReport reads the report of a draft, which stands alone: no load, no script, no
// word to the pages around.
func (s *served) readsReport(path, id string) {
	s.t.Helper()
	if page := s.get(path); !strings.Contains(page, `href="`+path+`/report"`) || strings.Contains(page, " bundle disclose ") {
		s.t.Errorf("the draft does not lead to its report, or offers what only sealed ones have:\n%s", page)
	}
	resp, err := s.client.Get(s.base + path + "/report")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	report, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(report), "Evidence report "+id) {
		s.t.Errorf("the report: %s, %v", resp.Status, err)
	}
	policy := resp.Header.Get("Content-Security-Policy")
	for _, want := range []string{"sandbox;", "default-src 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
		if !strings.Contains(policy, want) {
			s.t.Errorf("the policy of the report is %q, without %s", policy, want)
		}
	}
	for _, not := range []string{"script-src", "img-src", "allow-", "http:", "https:"} {
		if strings.Contains(policy, not) {
			s.t.Errorf("the policy of the report is %q, with %s", policy, not)
		}
	}
}

// TestABundleGoesAllItsWayInTheBrowser: the server is never given a key.
func TestABundleGoesAllItsWayInTheBrowser(t *testing.T) {
	dir, listing, _ := bundleCase(t)
	officer, chief := newSignatory(t, dir, "officer@unit.example"), newSignatory(t, dir, "chief@unit.example")
	second := newSignatory(t, dir, "officer@unit.example") // another key of the same person
	stranger := signatory{principal: "nobody@unit.example"}
	stranger.key, _, _ = signature.GenerateKey("nobody")
	s := serve(t, "--case", dir, "--as", "ada", "serve", "--address", "127.0.0.1:0")

	page := s.job(s.post("/bundles", url.Values{"listing": {listing}, "undecided": {"on"}}))
	link := bundleLink.FindStringSubmatch(page)
	if link == nil || !strings.Contains(page, `data-state="done"`) {
		t.Fatalf("the draft's job:\n%s", page)
	}
	b, id := link[0], link[1]
	s.readsReport(b, id)
	if code, _ := s.try(b+"/approve", url.Values{"signature": {chief.sign(t, "x")}}); code != http.StatusForbidden {
		t.Errorf("approve a draft: %d, want 403", code)
	}
	if page := s.post(b+"/seal", nil); !strings.Contains(page, "its exporter signs the release") || !strings.Contains(page, " bundle disclose ") || !strings.Contains(page, " bundle timestamp ") {
		t.Errorf("after sealing:\n%s", page)
	}
	// Nobody may sign for another, and nobody whom the case does not name.
	pae := s.get(b + "/statement?exporter=officer%40unit.example")
	for name, c := range map[string]struct {
		exporter, sig string
	}{
		"of another":          {"officer@unit.example", chief.sign(t, pae)},
		"of nobody known":     {"officer@unit.example", stranger.sign(t, pae)},
		"over something else": {"officer@unit.example", officer.sign(t, pae+" ")},
		"none":                {"officer@unit.example", "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----"},
		"no signature":        {"officer@unit.example", "<script>"},
		"empty":               {"officer@unit.example", ""},
		"huge":                {"officer@unit.example", "-----BEGIN SSH SIGNATURE-----\n" + strings.Repeat("A", 20<<10)},
		"a hostile name":      {"officer\r\nX: y", officer.sign(t, pae)},
	} {
		if code, page := s.try(b+"/sign", url.Values{"exporter": {c.exporter}, "signature": {c.sig}}); code != http.StatusForbidden || strings.Contains(page, "<script>") {
			t.Errorf("exporter's signature %s: %d, want 403", name, code)
		}
	}
	if page := s.post(b+"/sign", url.Values{"exporter": {officer.principal}, "signature": {officer.sign(t, pae)}}); !strings.Contains(page, "a second person signs the release") {
		t.Errorf("after the exporter's signature:\n%s", page)
	}

	// One person is not enough: not the same key, and not another of theirs.
	pae = s.get(b + "/statement")
	for name, who := range map[string]signatory{"the same key": officer, "another key of the same person": second, "a stranger": stranger} {
		code, page := s.try(b+"/approve", url.Values{"signature": {who.sign(t, pae)}})
		if code != http.StatusForbidden {
			t.Errorf("approved by %s: %d", name, code)
		}
		if who.principal == officer.principal && name != "the same key" && !strings.Contains(page, "four eyes are wanted") {
			t.Errorf("refused without the reason:\n%s", page)
		}
	}
	if code, page := s.try(b+"/release", url.Values{"to": {"Regional Court"}}); code != http.StatusForbidden || !strings.Contains(page, "cannot be released") {
		t.Errorf("released by one person: %d\n%s", code, page)
	}

	// The second person examines it, and signs.
	zip := s.get(b + "/zip")
	file := filepath.Join(t.TempDir(), "b.zip")
	if err := os.WriteFile(file, []byte(zip), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := vigilOK(t, "verify", file); strings.Contains(out, "FAIL") {
		t.Errorf("what was fetched to be examined:\n%s", out)
	}
	if page := s.post(b+"/approve", url.Values{"signature": {chief.sign(t, pae)}}); !strings.Contains(page, "signed by chief@unit.example") {
		t.Errorf("after the second signature:\n%s", page)
	}
	if code, page := s.try(b+"/approve", url.Values{"signature": {second.sign(t, pae)}}); code != http.StatusForbidden || !strings.Contains(page, "want a second person") {
		t.Errorf("the exporter agrees as well, with another key: %d\n%s", code, page)
	}
	for _, form := range []url.Values{{"to": {""}}, {"to": {"Court\r\nX: y"}}, {"to": {"Court"}, "recipients": {"age1nosuch"}}} {
		if code, _ := s.try(b+"/release", form); code != http.StatusForbidden {
			t.Errorf("release %v: %d, want 403", form, code)
		}
	}
	if page := s.job(s.post(b+"/release", url.Values{"to": {"Regional Court"}})); !strings.Contains(page, `data-state="done"`) {
		t.Fatalf("the release's job:\n%s", page)
	}
	sum := regexp.MustCompile(b + `/file/([0-9a-f]{64})`).FindStringSubmatch(s.get(b))
	if sum == nil {
		t.Fatal("the released file is not on the page")
	}
	resp, err := s.client.Get(s.base + b + "/file/" + sum[1])
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	_, params, _ := mime.ParseMediaType(resp.Header.Get("Content-Disposition"))
	if err != nil || vigil.SumHex(got) != sum[1] || resp.Header.Get("Content-Type") != "application/octet-stream" || params["filename"] != id+".zip" {
		t.Errorf("the released file: %v, SHA-256 %s, %v", err, vigil.SumHex(got), resp.Header)
	}
	for _, path := range []string{"/file/" + strings.Repeat("0", 64), "/file/..%2F..%2Fvigil.toml", "/file/%2e%2e", "/file/x%0d%0aSet-Cookie:%20a=b"} {
		resp, err := s.client.Get(s.base + b + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusNotFound || resp.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %s, want 404", path, resp.Status)
		}
	}
	s.post(b+"/acknowledge", url.Values{"reason": {"letter 4"}})
	if page := s.post(b+"/recall", url.Values{"reason": {"the order was set aside"}}); !strings.Contains(page, "the order was set aside") {
		t.Errorf("after the recall:\n%s", page)
	}
	if resp, err := s.client.Get(s.base + b + "/file/" + sum[1]); err != nil || resp.StatusCode != http.StatusForbidden {
		t.Errorf("a recalled bundle's file: %v %v, want 403", resp, err)
	}
	s.stop()

	// The log tells of all of it, and the command line agrees.
	log := vigilOK(t, "--case", dir, "log", "--json")
	for _, want := range []string{"export.draft", "export.seal", "fetched, to be examined", "export.approve", "export.release", "released file fetched", "export.acknowledge", "export.recall"} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not tell of %s", want)
		}
	}
	if out := vigilOK(t, "--case", dir, "bundle", "list"); !strings.Contains(out, id) || !strings.Contains(out, "recalled") {
		t.Errorf("vigil bundle list:\n%s", out)
	}
	vigilOK(t, "--case", dir, "log", "verify")
}

// TestBundlesOnPagesKeepToRights asks below the handlers, as people with roles.
func TestABundleIsDraftedOfWhatASearchFinds(t *testing.T) {
	dir, listing, _ := bundleCase(t)
	s := serve(t, "--case", dir, "--as", "ada", "serve", "--address", "127.0.0.1:0")
	form := url.Values{"q": {"level:none+"}, "act": {"draft"}, "sure": {"yes"}}
	if code, page := s.try("/search/all", form); code != http.StatusForbidden || !strings.Contains(page, "verdict") {
		t.Errorf("a draft of what nobody has decided on: status %d\n%s", code, page)
	}
	s.stop()
	vigilOK(t, "--case", dir, "review", "decide", listing, "relevant", "--reason", "goods")
	s = serve(t, "--case", dir, "--as", "ada", "serve", "--address", "127.0.0.1:0")
	page := s.job(s.post("/search/all", form))
	if bundleLink.FindString(page) == "" || !strings.Contains(page, `data-state="done"`) {
		t.Errorf("the draft's job:\n%s", page)
	}
	if page := s.get("/item/" + listing); !strings.Contains(page, `<span class="away">Case </span>`) {
		t.Error("the page does not name the case")
	}
}

func TestBundlesOnPagesKeepToRights(t *testing.T) {
	dir, listing, _ := bundleCase(t)
	officer, chief := newSignatory(t, dir, "officer@unit.example"), newSignatory(t, dir, "chief@unit.example")
	person := func(name string, roles ...vigil.Role) access.Person {
		return access.Person{Account: name, Roles: roles, Proved: time.Now()}
	}
	eve, abe := person("eve", vigil.Exporter), person("abe", vigil.Approver)
	both := person("eve", vigil.Exporter, vigil.Approver)
	ctx := t.Context()
	a := &app{dir: dir, stdout: io.Discard, stderr: io.Discard}
	err := a.with("test", func(cs *openCase) error {
		p := &bundlePages{app: a, cs: cs}
		f, err := p.Draft(ctx, eve, review.Selection{Listings: []string{listing}, Undecided: true})
		if err != nil {
			return err
		}
		out, err := f(ctx, func(job.Progress) {})
		if err != nil {
			return err
		}
		id := strings.TrimPrefix(out.Path, "/bundles/")

		refuse := func(what string, who access.Person, want error, err error) {
			t.Helper()
			if !errors.Is(err, want) {
				t.Errorf("%s by %s %v: %v, want %v", what, who.Account, who.Roles, err, want)
			}
		}
		stale := abe
		stale.Proved = time.Now().Add(-time.Hour)
		for _, r := range vigil.Roles() {
			who := person("someone", r.Role)
			_, list := p.List(ctx, who)
			if allowed := who.Can(access.ReadBundles); (list == nil) != allowed {
				t.Errorf("%s lists bundles: %v", r.Role, list)
			}
			report, err := p.Report(ctx, who, id)
			if err == nil {
				report.Close()
			}
			if allowed := who.Can(access.ReadBundles) && who.Can(access.ReadItem); (err == nil) != allowed {
				t.Errorf("%s reads a report: %v", r.Role, err)
			}
			if !who.Can(access.Draft) {
				_, err := p.Draft(ctx, who, review.Selection{Listings: []string{listing}})
				refuse("draft", who, vigil.ErrRefused, err)
			}
			if !who.Can(access.Seal) {
				refuse("seal", who, vigil.ErrRefused, p.Seal(ctx, who, id))
				refuse("sign", who, vigil.ErrRefused, p.Sign(ctx, who, id, officer.principal, "x"))
			}
			if !who.Can(access.Approve) {
				refuse("approve", who, vigil.ErrRefused, p.Agree(ctx, who, id, "x"))
				_, err := p.Examine(ctx, who, id)
				refuse("examine", who, vigil.ErrRefused, err)
			}
			if !who.Can(access.Release) {
				_, err := p.Release(ctx, who, id, review.Handover{To: "Court"})
				refuse("release", who, vigil.ErrRefused, err)
				refuse("recall", who, vigil.ErrRefused, p.Word(ctx, who, id, vigil.ActRecall, "why"))
				_, _, err = p.Released(ctx, who, id, strings.Repeat("0", 64))
				refuse("fetch", who, vigil.ErrRefused, err)
			}
			if !who.Can(access.Crawl) {
				_, err := (&pageActs{app: a, cs: cs}).Classify(ctx, who)
				refuse("classify", who, vigil.ErrRefused, err)
				_, err = (&pageActs{app: a, cs: cs}).Import(ctx, who, nil)
				refuse("import", who, vigil.ErrRefused, err)
			}
		}
		refuse("approve", stale, access.ErrStepUp, p.Agree(ctx, stale, id, "x"))
		if err := p.Seal(ctx, eve, id); err != nil {
			return err
		}
		pae, err := p.Statement(ctx, eve, id, officer.principal)
		if err != nil {
			return err
		}
		sign := func(s signatory, pae []byte) string { return strings.ReplaceAll(s.sign(t, string(pae)), "\r", "") }
		if err := p.Sign(ctx, eve, id, officer.principal, sign(officer, pae)); err != nil {
			return err
		}
		if pae, err = p.Statement(ctx, abe, id, ""); err != nil {
			return err
		}
		// The account that exported it cannot bring somebody else's signature.
		refuse("approve", both, release.ErrOnePerson, p.Agree(ctx, both, id, sign(chief, pae)))
		if err := p.Agree(ctx, abe, id, sign(chief, pae)); err != nil {
			return err
		}
		_, err = p.Release(ctx, eve, id, review.Handover{To: "Court"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if log := vigilOK(t, "--case", dir, "log", "--json"); !strings.Contains(log, `"denied"`) || !strings.Contains(log, `"actor":"eve","action":"export.seal"`) || !strings.Contains(log, `"actor":"abe","action":"export.approve"`) {
		t.Error("the log does not tell who did and who tried what")
	}
}

// TestSavedPagesComeInByTheBrowser: they go the way of an import, and media stay out.
func TestSavedPagesComeInByTheBrowser(t *testing.T) {
	dir, _, m := bundleCase(t)
	s := serve(t, "--case", dir, "--as", "ada", "serve", "--address", "127.0.0.1:0")
	send := func(fields map[string]string, files map[string][]byte) (int, string) {
		t.Helper()
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for name, value := range fields {
			w.WriteField(name, value)
		}
		for name, body := range files {
			row, file, _ := strings.Cut(name, " ")
			part, err := w.CreateFormFile(row, file)
			if err != nil {
				t.Fatal(err)
			}
			part.Write(body)
		}
		w.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.base+"/jobs/import", &b)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", w.FormDataContentType())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		return s.send(r)
	}
	picture := append([]byte("\x89PNG\r\n\x1a\n"), bytes.Repeat([]byte{7}, 400)...)
	for name, c := range map[string]struct {
		fields map[string]string
		files  map[string][]byte
	}{
		"no file":     {map[string]string{"url-1": listingURL(m, 5)}, nil},
		"no address":  {nil, map[string][]byte{"file-1 a.html": savedListing(5)}},
		"a picture":   {map[string]string{"url-1": listingURL(m, 5)}, map[string][]byte{"file-1 a.png": picture}},
		"six":         {map[string]string{"url-6": listingURL(m, 5)}, nil},
		"other field": {map[string]string{"path": "/etc/passwd"}, nil},
		"too large":   {map[string]string{"url-1": listingURL(m, 5)}, map[string][]byte{"file-1 a.html": bytes.Repeat([]byte("x"), 17<<20)}},
	} {
		if code, _ := send(c.fields, c.files); code != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", name, code)
		}
	}
	inline := []byte(strings.Replace(string(savedListing(2)), "</body>", `<img src="data:image/png;base64,`+strings.Repeat("iVBORw0KGgoAAAAN", 20)+`"></body>`, 1))
	code, page := send(map[string]string{"url-1": listingURL(m, 2), "url-2": "http://elsewhere.example/", "url-3": listingURL(m, 3)},
		map[string][]byte{"file-1 ../../b.html": inline, "file-2 c.html": savedListing(3), "file-3 fake.html": picture})
	if code != http.StatusOK {
		t.Fatalf("%d\n%s", code, page)
	}
	page = s.job(page)
	if !strings.Contains(page, `data-state="failed"`) || !strings.Contains(page, "of 3 pages were taken in") {
		t.Errorf("the job:\n%s", page)
	}
	if page := s.job(s.post("/jobs/classify", nil)); !strings.Contains(page, `data-state="done"`) || !strings.Contains(page, "to assess again") {
		t.Errorf("assess again:\n%s", page)
	}
	s.stop()
	db, err := os.ReadFile(filepath.Join(dir, "vigil.db"))
	if err != nil || bytes.Contains(db, picture) || bytes.Contains(db, []byte("iVBORw0KGgoAAAANiVBORw0KGgo")) {
		t.Errorf("media stand in the case file, or %v", err)
	}
	if n := captured(t, dir)[listingURL(m, 2)]; n != 1 {
		t.Errorf("the saved page was taken %d times, want once", n)
	}
	log := vigilOK(t, "--case", dir, "log", "--json")
	if !strings.Contains(log, `"actor":"ada","action":"import"`) {
		t.Error("the log does not say who took it in")
	}
	if out, err := exec.CommandContext(t.Context(), "vigil", "--case", dir, "check").CombinedOutput(); err != nil {
		t.Errorf("check: %v\n%s", err, out)
	}
}

// TestHostileBundlesAreShownSafely: names come from a log, which an earlier program or
// another hand may have written.
func TestHostileBundlesAreShownSafely(t *testing.T) {
	dir, _, _ := bundleCase(t)
	st := openBolt(t, dir)
	hostile := "<script>x</script>\u202e../../\r\nX: y"
	for _, id := range []string{hostile, "../../../etc", strings.Repeat("n", 300)} {
		for _, action := range []string{vigil.ActExport, vigil.ActApprove, vigil.ActRelease} {
			_, err := st.Record(t.Context(), vigil.Result{Act: vigil.Act{
				Actor: "ada", Action: action, Order: "ORD-1", Object: vigil.Object{Type: "bundle", ID: id, SHA256: strings.Repeat("a", 64)}, Reason: hostile,
				Details: map[string]string{release.DetailPrincipal: hostile, release.DetailTo: hostile, release.DetailFile: "../../vigil.toml", release.DetailSupersedes: hostile, release.DetailKind: release.Evidential},
			}})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	// A folder that claims to be one of them, behind a link.
	if err := os.MkdirAll(filepath.Join(dir, bundlesDir), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/", filepath.Join(dir, bundlesDir, "root")); err != nil {
		t.Fatal(err)
	}
	s := serve(t, "--case", dir, "--as", "ada", "serve", "--address", "127.0.0.1:0")
	pages := []string{s.get("/bundles")}
	for _, id := range []string{hostile, "../../../etc", strings.Repeat("n", 300)} {
		path := "/bundles/" + strings.ReplaceAll(url.PathEscape(id), "%20", "+")
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.base+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, suffix := range []string{"", "/zip", "/statement", "/file/..%2F..%2Fvigil.toml"} {
			if r.URL, err = url.Parse(s.base + strings.ReplaceAll(path, "+", "%20") + suffix); err != nil {
				t.Fatal(err)
			}
			code, page := s.send(r)
			if suffix != "" && code == http.StatusOK {
				t.Errorf("%s of a hostile bundle: %d", suffix, code)
			}
			pages = append(pages, page)
		}
	}
	for _, page := range pages {
		if strings.Contains(page, "<script>x") || strings.Contains(page, "\u202e") || strings.Contains(page, "version = 1") {
			t.Errorf("shown as it is:\n%s", page)
		}
	}
	s.stop()
}

// TestAJobThatIsCutOffLosesNothing: the program ends while it runs.
func TestAJobThatIsCutOffLosesNothing(t *testing.T) {
	dir, listing, _ := bundleCase(t)
	s := serve(t, "--case", dir, "--as", "ada", "serve", "--address", "127.0.0.1:0")
	for range 3 {
		s.post("/jobs/classify", nil)
	}
	s.post("/bundles", url.Values{"listing": {listing}, "undecided": {"on"}})
	s.stop()
	entries, err := os.ReadDir(filepath.Join(dir, bundlesDir))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	log := vigilOK(t, "--case", dir, "log", "--json")
	for _, e := range entries {
		if !strings.Contains(log, e.Name()) {
			t.Errorf("%s lies in the case, and no log tells of it", e.Name())
		}
	}
	vigilOK(t, "--case", dir, "check")
	vigilOK(t, "--case", dir, "classify") // what waited is done now
}

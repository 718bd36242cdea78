package review

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
	"vigil/internal/job"
)

func TestAJobCanBeLeftFoundAgainAndStopped(t *testing.T) {
	c := casetest.New(t)
	b, jobs, _, _ := liveIn(t, c, LiveOptions{})
	began := make(chan bool)
	j, err := jobs.Start(access.Alone("ada", c.Now), job.Classify, func(ctx context.Context, tell func(job.Progress)) (job.Outcome, error) {
		tell(job.Progress{Done: 2, Total: 5})
		close(began)
		<-ctx.Done()
		return job.Outcome{}, ctx.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	<-began
	for _, path := range []string{"/jobs", "/jobs/" + j.ID} {
		_, page := b.get(path)
		if !strings.Contains(page, "2 of 5") || !strings.Contains(page, `<noscript><meta http-equiv="refresh"`) {
			t.Errorf("%s does not say how far it is, or does not look again by itself:\n%s", path, page)
		}
	}
	if _, page, _ := b.post("/live", nil); !strings.Contains(page, `<meta http-equiv="refresh"`) || strings.Contains(page, "<noscript>") {
		t.Errorf("without the script the page does not look again:\n%s", page)
	}
	code, _, path := b.post("/jobs/"+j.ID+"/cancel", nil)
	if code != http.StatusOK || path != "/jobs/"+j.ID {
		t.Errorf("stop: %d, led to %s", code, path)
	}
	jobs.Close()
	if _, page := b.get("/jobs/" + j.ID); !strings.Contains(page, "nothing is lost") || strings.Contains(page, "refresh") || strings.Contains(page, "/cancel") {
		t.Errorf("after it was stopped:\n%s", page)
	}
	if code, _ := b.get("/jobs/nosuch"); code != http.StatusNotFound {
		t.Errorf("an unknown job: %d", code)
	}
}

func TestWhatAJobSaysIsShownSafely(t *testing.T) {
	c := casetest.New(t)
	b, jobs, _, _ := liveIn(t, c, LiveOptions{})
	for _, f := range []job.Func{
		func(context.Context, func(job.Progress)) (job.Outcome, error) {
			return job.Outcome{}, errors.New("<script>alert(1)</script>\u202e\x1b[2J")
		},
		func(_ context.Context, tell func(job.Progress)) (job.Outcome, error) {
			tell(job.Progress{Words: "<img src=x>\u200b"})
			return job.Outcome{Words: "one\n<b>two</b>\x00\n", Path: "javascript:alert(1)", Link: "go"}, nil
		},
	} {
		j, err := jobs.Start(access.Alone("ada", c.Now), job.Draft, f)
		if err != nil {
			t.Fatal(err)
		}
		for !func() bool { j, err = jobs.Job(access.Alone("ada", c.Now), j.ID); return j.State.Ended() }() {
		}
		_, page := b.get("/jobs/" + j.ID)
		for _, bad := range []string{"<script>alert", "<img src=x", "<b>two", "\u202e", "\u200b", "\x1b", `href="javascript`} {
			if strings.Contains(page, bad) {
				t.Errorf("the page has %q", bad)
			}
		}
	}
}

func TestTheJobsPageStaysLight(t *testing.T) {
	c := casetest.New(t)
	b, jobs, _, _ := liveIn(t, c, LiveOptions{})
	who := access.Alone("ada", c.Now)
	for range 120 {
		j, err := jobs.Start(who, job.Release, func(context.Context, func(job.Progress)) (job.Outcome, error) { return job.Outcome{}, nil })
		for err == nil && !j.State.Ended() {
			j, err = jobs.Job(who, j.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, page := b.get("/jobs"); len(page) > 60<<10 {
		t.Errorf("%d bytes, want at most 60 kB", len(page))
	}
}

func TestAttachedNamesEndNoHeaderAndNoPath(t *testing.T) {
	for _, name := range []string{"bundle-1.zip", "../../etc/passwd", "a\r\nSet-Cookie: x=y", `a"; filename="b.exe`, "\u202egpj.exe", strings.Repeat("n", 500), "..", "", ".htaccess"} {
		checkAttached(t, name)
	}
}

func FuzzAttach(f *testing.F) {
	f.Add("bundle-1.zip")
	f.Add("a\r\nSet-Cookie: x=y")
	f.Add("../\x00\"\\")
	f.Fuzz(func(t *testing.T, name string) { checkAttached(t, name) })
}

func checkAttached(t *testing.T, name string) {
	t.Helper()
	w := httptest.NewRecorder()
	attach(w, name)
	disposition, params, err := mime.ParseMediaType(w.Header().Get("Content-Disposition"))
	got := params["filename"]
	if err != nil || disposition != "attachment" || strings.ContainsAny(got, "/\\\"\r\n;") || strings.HasPrefix(got, ".") || len(got) > 120 || len(w.Header()) != 2 {
		t.Errorf("%q is attached as %v, %v", name, w.Header(), err)
	}
}

// FuzzSavedIn: whatever a form holds, what is taken of it has a name without a folder,
// an address, and a body.
func FuzzSavedIn(f *testing.F) {
	form := func(name, file, body string) []byte {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		w.SetBoundary("xx")
		w.WriteField("url-1", "http://a.example/")
		p, err := w.CreateFormFile(name, file)
		if err != nil {
			f.Fatal(err)
		}
		fmt.Fprint(p, body)
		w.Close()
		return b.Bytes()
	}
	f.Add(form("file-1", "a.html", "<p>tea</p>"))
	f.Add(form("file-1", `..\..\a.html`, "<p>tea</p>"))
	f.Add(form("file-9", "a.html", ""))
	f.Add([]byte("--xx\r\n\r\n"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequest(http.MethodPost, uploadPath, bytes.NewReader(body))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=xx")
		saved, err := savedIn(r)
		if err == nil && (len(saved) == 0 || len(saved) > maxSaved) {
			t.Errorf("%d pages without an error", len(saved))
		}
		for _, s := range saved {
			if err == nil && (strings.ContainsAny(s.Name, `/\`) || s.URL == "" || len(s.Body) == 0) {
				t.Errorf("took %q from %q, %d bytes", s.Name, s.URL, len(s.Body))
			}
		}
	})
}

func TestOnlyThoseWhoCrawlMaySendPages(t *testing.T) {
	c := casetest.New(t)
	b, _, _, _ := liveIn(t, c, LiveOptions{})
	b.Jar = nil
	r, err := http.NewRequest(http.MethodPost, b.base+uploadPath, bytes.NewReader(bytes.Repeat([]byte("x"), 1<<20)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if code, _, _ := b.do(r); code != http.StatusUnauthorized {
		t.Errorf("pages sent by nobody: %d, want 401", code)
	}
	if (access.Person{Account: "rev", Roles: []vigil.Role{vigil.Reviewer}}).Can(job.Import.Act()) {
		t.Error("a reviewer may import")
	}
}

// A page that is open is told how far a job is while it runs; one that is left and
// opened again says the same.
func TestProgressIsSeenMidRun(t *testing.T) {
	c := casetest.New(t)
	b, jobs, _, _ := liveIn(t, c, LiveOptions{})
	step := make(chan int)
	j, err := jobs.Start(access.Alone("ada", c.Now), job.Classify, func(_ context.Context, tell func(job.Progress)) (job.Outcome, error) {
		for n := range step {
			tell(job.Progress{Done: n, Total: 7})
		}
		return job.Outcome{Words: "all of it"}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	open := b.listen()
	for _, n := range []int{2, 5} {
		step <- n
		open.hears("job", fmt.Sprintf(`"done":%d`, n))
		for _, path := range []string{"/", "/jobs", "/jobs/" + j.ID} {
			if code, page := b.get(path); code != http.StatusOK || path != "/" && !strings.Contains(page, fmt.Sprintf("%d of 7", n)) {
				t.Errorf("%s, come back to while %d are done: status %d\n%s", path, n, code, page)
			}
		}
		b.listen().hears("job", fmt.Sprintf(`"done":%d`, n)) // another page of the same person
	}
	close(step)
	open.hears("job", `"state":"done"`)
	if _, page := b.get("/jobs/" + j.ID); !strings.Contains(page, "all of it") {
		t.Errorf("in the end:\n%s", page)
	}
}

func TestAJobThatWasCutOffSaysSo(t *testing.T) {
	c := casetest.New(t)
	jobs := job.New(job.Options{Before: []job.Job{{ID: "abc", Kind: job.Tag, By: "ada", State: job.Cut, Asked: c.Now, Ended: c.Now}}})
	defer jobs.Close()
	b := signedInWith(t, c, func(cfg *Config) { cfg.Jobs = jobs })
	if _, page := b.get("/jobs/abc"); !strings.Contains(page, "was cut off") || strings.Contains(page, "refresh") || strings.Contains(page, "/cancel") || strings.Contains(page, "/undo") {
		t.Errorf("the page is\n%s", page)
	}
	if _, page := b.get("/jobs"); !strings.Contains(page, `jobstate cut`) {
		t.Errorf("the list is\n%s", page)
	}
}

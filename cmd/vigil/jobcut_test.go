package main

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A server that is killed in the middle of a job leaves what it did whole, says so
// when it comes back, and the same job goes on with the rest.
func TestTheJobOfAKilledServerIsSaidToBeCutShort(t *testing.T) {
	const n = 800
	dir := manyPages(t, n)
	s := serve(t, "--case", dir, "--as", "ada", "serve", "--address", "127.0.0.1:0")
	s.post("/search/all", url.Values{"q": {"item"}, "act": {"tag"}, "tag": {"first"}, "sure": {"yes"}})
	jobs := regexp.MustCompile(`data-job="([^"]+)" data-state="running">[\s\S]*?(\d+) of 800<`)
	id := ""
	for id == "" {
		page := s.get("/jobs")
		if strings.Contains(page, `data-state="done"`) {
			t.Fatalf("the job of %d listings had ended before it could be cut off: give it more", n)
		}
		if m := jobs.FindStringSubmatch(page); m != nil && m[2] != "0" {
			id = m[1]
		}
	}
	s.get("/") // it is left, and goes on
	s.cmd.Process.Kill()
	s.cmd.Wait()

	s = serve(t, "--case", dir, "--as", "ada", "serve", "--address", "127.0.0.1:0")
	if page := s.get("/jobs/" + id); !strings.Contains(page, `data-state="cut"`) || !strings.Contains(page, "It was cut off") {
		t.Errorf("after the server was killed:\n%s", page)
	}
	s.post("/search/all", url.Values{"q": {"item"}, "act": {"tag"}, "tag": {"first"}, "sure": {"yes"}})
	again := regexp.MustCompile(`data-job="([^"]+)" data-state="(running|done)"`)
	m := again.FindStringSubmatch(s.get("/jobs"))
	if m == nil {
		t.Fatal("the job did not begin once more")
	}
	page := s.get("/jobs/" + m[1])
	for strings.Contains(page, `data-state="running"`) {
		page = s.get("/jobs/" + m[1])
	}
	if !regexp.MustCompile(`first is now on [1-9]\d* listings`).MatchString(page) || !regexp.MustCompile(`[1-9]\d* listings had it already`).MatchString(page) {
		t.Errorf("the second time:\n%s", page)
	}
	s.stop()
	log := vigilOK(t, "--case", dir, "log", "--json")
	for want, times := range map[string]int{`"reason":"begun"`: 2, `"reason":"cut"`: 1, `"reason":"done"`: 1} {
		if got := strings.Count(log, want); got != times {
			t.Errorf("the log has %s %d times, want %d", want, got, times)
		}
	}
	if got := strings.Count(log, `"kind":"tag"`); got != n+4 {
		t.Errorf("the log has %d entries of tags and jobs, want one for each of %d listings and 4 of jobs", got, n)
	}
	verifyCase(t, filepath.Clean(dir))
}

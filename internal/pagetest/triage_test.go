package pagetest

import (
	"strings"
	"testing"
)

func TestAReviewerTriagesTheDemoQueueByKeysAlone(t *testing.T) {
	s := newSite(t)
	s.serve()
	b := signIn(t, s)
	b.says("Queue", "Review next")
	b.pressTo("a listing", `location.pathname.startsWith("/item/")`, "n")
	decided := map[string]bool{}
	for range 10 {
		id := strings.TrimPrefix(eval[string](b, `location.pathname`), "/item/")
		if decided[id] {
			t.Fatalf("listing %s comes twice", id)
		}
		decided[id] = true
		b.press("r")
		b.wait("the reason to have the focus", `document.activeElement.name === "reason"`)
		b.press("o", "f", "f", "e", "r", "-", "o", "f", "-", "p", "e", "r", "s", "o", "n", "Escape")
		b.pressTo("what comes next", `true`, "1")
	}
	s.stop()
	log := s.must("--json", "log")
	if n := strings.Count(log, `"action":"decide"`); n < 10 {
		t.Errorf("the log has %d decisions, want 10 and that of the demo", n)
	}
	for id := range decided {
		if !strings.Contains(log, id) {
			t.Errorf("the log does not speak of %s", id)
		}
	}
}

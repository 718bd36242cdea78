package pagetest

import (
	"strings"
	"testing"
)

// here returns the listing that the page is about.
func (b *tab) here() string {
	b.t.Helper()
	b.wait("a listing", `location.pathname.startsWith("/item/")`)
	return strings.TrimPrefix(eval[string](b, `location.pathname`), "/item/")
}

// types presses the keys of some words.
func (b *tab) types(words string) {
	b.t.Helper()
	for _, r := range words {
		b.press(string(r))
	}
}

// entries counts the entries of the custody log about an action.
func entries(log, action string) int { return strings.Count(log, `"action":"`+action+`"`) }

func TestAReviewerTriagesTheDemoQueueByKeysAlone(t *testing.T) {
	s := newSite(t)
	s.serve()
	b := signIn(t, s)
	b.says("Queue", "Next")
	b.pressTo("a listing", `location.pathname.startsWith("/item/")`, "s")

	passed := b.here()
	b.pressTo("what comes after one that is passed on", `true`, "d")
	if b.here() == passed {
		t.Error("a listing that was passed on comes again at once")
	}

	decided, revealed := map[string]bool{}, false
	for i := range 10 {
		id := b.here()
		if decided[id] || id == passed {
			t.Fatalf("listing %s comes twice", id)
		}
		decided[id] = true
		if !revealed && b.has("[data-key=v]") {
			b.pressTo("the identifiers", `document.body.innerText.includes("Shown in full")`, "v")
			revealed = true
		}
		switch i {
		case 1: // with a note
			b.press("n")
			b.wait("the note to have the focus", `document.activeElement.name === "note"`)
			b.types("seen twice")
			b.press("Escape")
		case 2: // with a tag
			b.press("t")
			b.wait("the tag to have the focus", `document.activeElement.name === "text"`)
			b.types("to ask")
			b.pressTo("the tag", `document.querySelector(".tags")?.innerText.includes("to-ask")`, "Enter")
		}
		b.press("1")
		b.wait("to be asked for the reason", `document.querySelector(".armed").textContent !== ""`)
		b.pressTo("what comes next", `location.pathname !== "/item/`+id+`"`, "a")
		if i == 4 { // and it is taken back, and decided otherwise
			b.pressTo("the listing of before", `location.pathname === "/item/`+id+`"`, "u")
			b.press("2")
			b.pressTo("what comes next", `location.pathname !== "/item/`+id+`"`, "h")
		}
	}
	s.stop()
	log := s.must("--json", "log")
	// Ten, one anew, and that of the demo.
	for action, want := range map[string]int{"decide": 12, "decide.undo": 1, "review.pass": 1, "remark": 1} {
		if n := entries(log, action); n != want {
			t.Errorf("the log has %d entries %s, want %d", n, action, want)
		}
	}
	if !strings.Contains(log, "reveal") {
		t.Error("the log does not say that identifiers were revealed")
	}
	for id := range decided {
		if !strings.Contains(log, id) {
			t.Errorf("the log does not speak of %s", id)
		}
	}
}

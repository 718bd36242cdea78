package pagetest

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestAPersonEnrolsSignsOutAndSignsInAgain(t *testing.T) {
	m := newTeam(t, "ana admin", "rita reviewer")
	m.open()
	rita := m.arrive("rita")
	if at := rita.where(); at != "/" {
		t.Errorf("a reviewer begins at %s", at)
	}
	rita.click(`form[action="/logout"] button`)
	rita.says("You are signed out")
	rita.goTo("/")
	if at := rita.where(); !strings.HasPrefix(at, "/login") {
		t.Errorf("who is signed out is at %s", at)
	}
	rita.inspect("login")
	rita.goTo(m.links["rita"])
	rita.says("This link does not work")
	rita.logIn("rita")
	rita.goTo("/")
	rita.says("Queue", "Waiting")

	rita.inspect("queue-of-a-reviewer")

	// Who has no business with content sees none.
	ana := m.arrive("ana")
	item := eval[string](rita, `document.querySelector("td.what a").getAttribute("href")`)
	title := eval[string](rita, `document.querySelector("td.what a").innerText`)
	for _, at := range []string{"/", item, item + "/source", "/search?q=worker", "/log", "/bundles"} {
		ana.goTo(at)
		ana.says("Not allowed")
		if strings.Contains(ana.html(), title) {
			t.Errorf("an admin reads a listing at %s", at)
		}
	}
	ana.inspect("not-allowed")
	ana.goTo("/users")
	ana.do("unfold", chromedp.Evaluate(`document.querySelectorAll("details").forEach(d => d.open = true)`, nil))
	ana.inspect("users-of-a-team")
	for _, at := range []string{"/users", "/case", "/log"} {
		rita.goTo(at)
		rita.says("Not allowed")
	}
}

func TestTwoReadersDifferUnseenAndAThirdChooses(t *testing.T) {
	m := newTeam(t, "ana admin", "rita reviewer", "rolf reviewer", "judy adjudicator", "aud auditor")
	m.open()
	rita, rolf := m.arrive("rita"), m.arrive("rolf")
	rita.click(`form[action="/next"] button.primary`)
	id := rita.here()
	rita.judges("relevant", "offer-of-person", "a note of the first reader")
	rita.says("a note of the first reader")

	rolf.goTo("/item/" + id)
	rolf.says("Second reading, blind")
	rolf.inspect("second-reading")
	page := rolf.html()
	for _, leak := range []string{"rita", "a note of the first reader", "first reader"} {
		if strings.Contains(page, leak) {
			t.Errorf("the second reader is told %q", leak)
		}
	}
	rolf.judges("not-relevant", "fiction-or-forum", "a note of the second reader")
	rita.goTo("/item/" + id)
	for b, leaks := range map[*tab][]string{rolf: {"rita", "a note of the first reader"}, rita: {"rolf", "a note of the second reader"}} {
		b.goTo("/item/" + id)
		page := b.html()
		for _, leak := range leaks {
			if strings.Contains(page, leak) {
				t.Errorf("before it is settled, a reader is told %q", leak)
			}
		}
	}

	judy := m.arrive("judy")
	judy.goTo("/")
	judy.says("Readings that differ")
	judy.goTo("/item/" + id)
	judy.says("The readings differ", "rita", "rolf", "a note of the first reader", "a note of the second reader", "Choose between the readings")
	side := eval[[]float64](judy, `[...document.querySelectorAll(".side .reading")].map(e => e.getBoundingClientRect().top)`)
	if len(side) != 2 || side[0] != side[1] {
		t.Errorf("the readings do not stand side by side: %v", side)
	}
	judy.inspect("dispute")
	judy.judges("relevant", "offer-of-person", "chosen")
	rita.goTo("/item/" + id)
	rita.says("adjudication", "judy", "rolf")

	m.stop()
	log := m.must("--as", "aud", "--json", "log")
	for _, name := range []string{"rita", "rolf", "judy"} {
		if !strings.Contains(log, `"actor":"`+name+`","action":"decide"`) {
			t.Errorf("the log does not say that %s decided", name)
		}
	}
}

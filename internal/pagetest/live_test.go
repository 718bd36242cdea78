package pagetest

import (
	"strconv"
	"strings"
	"testing"
)

// waiting is the number beside the link to the queue.
func (b *tab) waiting() int {
	b.t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(eval[string](b, `document.querySelector("[data-live=waiting]").textContent`)))
	if err != nil {
		b.t.Fatal(err)
	}
	return n
}

func TestAnOpenPageIsToldOfWhatOthersDo(t *testing.T) {
	m := newTeam(t, "ana admin", "rita reviewer", "rolf reviewer", "olga operator")
	m.set(`reread_from = "escalate"`, `reread_from = ""`)
	m.open()
	rita, rolf := m.arrive("rita"), m.arrive("rolf")
	rolf.goTo("/")
	before := rolf.waiting()
	rolf.do("mark the page", mark())
	rita.goTo("/")
	rita.click(`form[action="/next"] button.primary`)
	rita.judges("relevant", "offer-of-person", "")
	rolf.wait("the number of waiting listings to change", `window.marked && Number(document.querySelector("[data-live=waiting]").textContent) === `+strconv.Itoa(before-1))
	rows := eval[int](rolf, `[...document.querySelectorAll("tspan[data-live]")].reduce((n, e) => n + Number(e.textContent), 0)`)
	if rows != before-1 {
		t.Errorf("the picture of the queue says %d, the link to it %d", rows, before-1)
	}

	// A job goes on while its page is left.
	olga := m.arrive("olga")
	olga.goTo("/jobs")
	olga.click(`form[action="/jobs/classify"] button`)
	job := olga.where()
	olga.says("Assess all listings again")
	olga.goTo("/case")
	olga.goTo(job)
	olga.wait("the job to be done", `document.querySelector("[data-job]")?.dataset.state === "done" && document.readyState === "complete"`)
	olga.inspect("job")
	if words := eval[string](olga, `document.querySelector("[data-job]").innerText`); !strings.Contains(words, "olga") || !strings.ContainsAny(words, "123456789") {
		t.Errorf("the job does not say what it did:\n%s", words)
	}
}

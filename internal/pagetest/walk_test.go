package pagetest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// anID is where an address names a listing, a bundle or a day.
var anID = regexp.MustCompile(`[0-9a-f]{8,}|\d{4}-\d{2}(-\d{2})?`)

// kinds follows the links of the pages from the queue on and returns one address
// of each kind: those that differ in IDs, or in what they ask for, are of one.
func (b *tab) kinds() []string {
	b.t.Helper()
	seen, todo, found := map[string]bool{}, []string{"/"}, []string{}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		path, _, _ := strings.Cut(at, "?")
		if kind := anID.ReplaceAllString(path, "ID"); seen[kind] || strings.HasPrefix(path, "/static/") {
			continue
		} else {
			seen[kind] = true
		}
		b.goTo(at)
		if !eval[bool](b, `document.contentType === "text/html"`) {
			continue
		}
		found = append(found, at)
		todo = append(todo, eval[[]string](b, `[...document.querySelectorAll("a[href]")].filter(a => a.origin === location.origin && !a.download && !a.hasAttribute("download")).map(a => a.pathname + a.search)`)...)
	}
	slices.Sort(found)
	return found
}

// name is what a picture of a page is called.
func name(at string) string {
	path, _, _ := strings.Cut(at, "?")
	if path = strings.Trim(anID.ReplaceAllString(path, "id"), "/"); path == "" {
		return "queue"
	}
	return strings.ReplaceAll(path, "/", "-")
}

func TestEveryPageIsAccessibleAndHasItsPicture(t *testing.T) {
	s := newSite(t)
	s.serve()
	b := signIn(t, s)
	kinds := b.kinds()
	t.Logf("pages: %v", kinds)
	for _, want := range []string{"/", "/help", "/log"} {
		if !slices.Contains(kinds, want) {
			t.Errorf("no link leads to %s", want)
		}
	}
	for _, at := range kinds {
		for _, l := range looks() {
			b.wear(l)
			b.goTo(at)
			b.picture(name(at) + "-" + l.name)
			b.fits(at, l)
		}
	}
	b.goTo("/")
	b.do("take the language away", chromedp.Evaluate(`document.documentElement.removeAttribute("lang")`, nil))
	if len(b.violations()) == 0 {
		t.Error("axe finds nothing wrong with a page without a language")
	}
}

// A page can be walked with Tab: each stop is visible, and every control is one.
func TestEveryPageCanBeWalkedByKeyboard(t *testing.T) {
	s := newSite(t)
	s.serve()
	b := signIn(t, s)
	for _, at := range b.kinds() {
		// A frame is another process, and hands the focus over in its own time: one that came
		// back too late leaves the rest of the page unwalked. What is not met in three walks is no stop.
		left := b.walk(at)
		for try := 0; try < 2 && left != ""; try++ {
			left = b.walk(at)
		}
		if left != "" {
			t.Errorf("%s: Tab never meets\n%s", at, left)
		}
	}
}

// walk goes through a page with Tab, and returns the controls that it did not meet.
func (b *tab) walk(at string) (left string) {
	b.t.Helper()
	b.goTo(at)
	controls := eval[int](b, `[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter(e => e.checkVisibility() && !e.disabled && e.tabIndex >= 0).length`)
	for range controls + 20 {
		b.press("Tab")
		stop := eval[string](b, `(() => {
				const e = document.activeElement;
				if (e && e === window.last) return "same"; // a date has several parts, and so has a frame
				if (e === document.body && window.last?.tagName === "IFRAME") return "same"; // on its way out of the frame
				if (!e || e === document.body || e.dataset.met) return "end";
				e.dataset.met = "1";
				window.last = e;
				const s = getComputedStyle(e), r = e.getBoundingClientRect();
				const shown = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== "none";
				return shown && r.width > 0 && r.height > 0 ? "ok" : e.outerHTML.slice(0, 200);
			})()`)
		if stop == "end" {
			break
		}
		if stop == "same" {
			continue
		}
		if stop != "ok" {
			b.t.Errorf("%s: the focus cannot be seen on %s", at, stop)
		}
	}
	// Radio buttons of one name are one stop.
	return eval[string](b, `[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter(e => e.checkVisibility() && !e.disabled && e.tabIndex >= 0 && !e.dataset.met && !(e.type === "radio" && document.querySelector("input[type=radio][data-met][name=" + CSS.escape(e.name) + "]"))).map(e => e.outerHTML.slice(0, 200)).join("\n")`)
}

func TestTheWholeStoryWorksWithoutScripts(t *testing.T) {
	s := newSite(t)
	s.serve()
	b := newTab(t)
	b.withoutScript()
	link := s.link()
	b.base = s.base
	b.goTo(link)
	b.plainWait("Next")
	b.plainClick(`form[action="/next"] button`)
	b.plainWait("Decide")
	b.do("give a reason", chromedp.Click(`input[value=offer-of-person] + span`, chromedp.ByQuery))
	b.plainClick(`button[name=verdict][value=relevant]`)
	b.plainWait("This is the next.") // which the page before does not say
	s.stop()
	if log := s.must("--json", "log"); strings.Count(log, `"action":"decide"`) != 2 {
		t.Errorf("the log does not have the decision:\n%s", log)
	}
}

// plainWait waits for words on a page that runs no script of its own.
func (b *tab) plainWait(words string) {
	b.t.Helper()
	b.do("wait for "+words, chromedp.WaitVisible(fmt.Sprintf(`//*[contains(text(), %q)]`, words), chromedp.BySearch))
}

func (b *tab) plainClick(selector string) {
	b.t.Helper()
	b.do("click "+selector, chromedp.Click(selector, chromedp.ByQuery))
}

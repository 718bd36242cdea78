package pagetest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// copies imports pages whose texts differ in a word and a number, and returns the IDs
// of their listings.
func (s *site) copies(n int) (ids []string) {
	s.t.Helper()
	m := regexp.MustCompile(`"url":"(http://[^"/]+/listing/)`).FindStringSubmatch(s.must("--json", "review", "--all"))
	if m == nil {
		s.t.Fatal("the case has no listing beside which the pages would stand")
	}
	for i := range n {
		file := filepath.Join(s.t.TempDir(), "page.html")
		page := fmt.Sprintf(`<!DOCTYPE html><html><head><title>Offer</title></head><body><main class="container"><article class="card product" data-id="copy%d"><header class="card-header"><h1 class="product-title">Worker with a debt, lot %d</h1>
<p class="product-vendor">Sold by <a class="vendor-link" href="/vendor/copyist">copyist</a></p></header>
<section class="product-description" id="description"><p>One worker, sold to the buyer with her debt of %d00 USD; the passport is kept by the agent until the debt is paid. She may not leave the house, and the agent speaks for her.
Write to copyist%d@mail.example and wait for an answer, which takes a day or two.</p></section></article></main></body></html>`, i, i+1, i+3, i)
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			s.t.Fatal(err)
		}
		s.must("import", file, "--url", fmt.Sprintf("%scopy%d", m[1], i))
	}
	s.must("classify")
	for line := range strings.Lines(s.must("--json", "review", "--all")) {
		var it struct{ URL, Listing string }
		if json.Unmarshal([]byte(line), &it) == nil && strings.HasPrefix(it.URL, m[1]+"copy") {
			ids = append(ids, it.Listing)
		}
	}
	if len(ids) != n {
		s.t.Fatalf("%d listings of the copies, want %d", len(ids), n)
	}
	return ids
}

func TestAClusterIsDecidedWithOneException(t *testing.T) {
	var ids []string
	m := newTeamIn(t, func(s *site) { ids = s.copies(4) }, "ana admin", "rita reviewer", "aud auditor")
	m.open()
	rita := m.arrive("rita")
	rita.goTo("/cluster/" + ids[0])
	rita.wait("the cluster", `document.querySelectorAll("input[name=member]").length === 3`)
	rita.inspect("cluster-of-four")
	exception := eval[string](rita, `document.querySelector("input[name=member]").value`)
	rita.do("leave one out", chromedp.Click(`input[name=member]`, chromedp.ByQuery))
	rita.fill("input[name=reason]", "third-party-control")
	rita.press("Escape")
	rita.pressTo("what came of it", `true`, "1")
	rita.says("Decided together", "Recorded for 3 listings")
	rita.inspect("cluster-decided")
	for _, id := range ids {
		rita.goTo("/item/" + id)
		if id == exception {
			rita.says("waiting")
			if rita.has(".decisions") {
				t.Error("the exception was decided, too")
			}
		} else if words := eval[string](rita, `document.querySelector(".decisions").innerText`); !strings.Contains(words, "Relevant: third-party-control") {
			t.Errorf("%s says of what was decided with the cluster: %s", rita.where(), words)
		}
	}
	m.stop()
	log := m.must("--as", "aud", "--json", "log")
	if n := strings.Count(log, `"actor":"rita","action":"decide"`); n != 3 {
		t.Errorf("the log has %d decisions of rita, want 3", n)
	}
}

func TestIdentifiersAreShownInFullOnlyWhenAskedFor(t *testing.T) {
	var ids []string
	m := newTeamIn(t, func(s *site) { ids = s.copies(1) }, "ana admin", "rita reviewer", "aud auditor")
	m.open()
	rita := m.arrive("rita")
	const address = "copyist0@mail.example"
	rita.goTo("/item/" + ids[0])
	if strings.Contains(rita.html(), address) {
		t.Error("an identifier is on the page before anybody asked for it")
	}
	rita.click(`form[action$="/reveal"] button`)
	rita.says(address, "Shown in full; the log says so")
	m.stop()
	log := m.must("--as", "aud", "--json", "log")
	said := false
	for line := range strings.Lines(log) {
		said = said || strings.Contains(line, `"actor":"rita","action":"view"`) && strings.Contains(line, ids[0]) && strings.Contains(line, "reveal")
	}
	if !said {
		t.Errorf("the log does not say that rita revealed identifiers:\n%.4000s", log[max(0, len(log)-4000):])
	}
	if strings.Contains(log, address) {
		t.Error("the log has the identifier itself")
	}
}

func TestASuspectedMinorIsWithheldAndItsSourcePaused(t *testing.T) {
	var ids []string
	m := newTeamIn(t, func(s *site) { ids = s.copies(1) }, "ana admin", "rita reviewer", "rolf reviewer", "judy adjudicator", "olga operator", "aud auditor")
	m.open()
	rita, rolf := m.arrive("rita"), m.arrive("rolf")
	const words = "speaks for her"
	rita.goTo("/item/" + ids[0])
	if !strings.Contains(rita.html(), words) {
		t.Fatal("the listing does not say what it is to be withheld for")
	}
	rita.judges("suspected-minor", "possible-minor", "")
	rita.says(duty, "is paused")
	rita.inspect("suspected-minor")
	for _, b := range []*tab{rita, rolf} {
		for _, at := range []string{"/item/" + ids[0], "/item/" + ids[0] + "/source", "/item/" + ids[0] + "/rendering", "/item/" + ids[0] + "/versions", "/cluster/" + ids[0], "/"} {
			b.goTo(at)
			if page := b.html(); strings.Contains(page, words) || strings.Contains(page, "Worker with a debt") {
				t.Errorf("%s still shows the text", at)
			}
		}
		b.goTo("/item/" + ids[0])
		b.says("Withheld", duty)
		if b.has(`form[action$="/reveal"]`) {
			t.Error("a reviewer is offered to open what is restricted")
		}
	}
	olga := m.arrive("olga")
	olga.goTo("/case")
	olga.says("paused")

	// Who may, opens it, and the log says so.
	judy := m.arrive("judy")
	judy.goTo("/item/" + ids[0])
	judy.saysNot(words)
	judy.click(`form[action$="/reveal"] button`)
	if !strings.Contains(judy.html(), words) {
		t.Error("an adjudicator who signed in a moment ago does not see what is restricted")
	}
	m.stop()
	log := m.must("--as", "aud", "--json", "log")
	for line := range strings.Lines(log) {
		if strings.Contains(line, `"actor":"rita","action":"decide"`) && !strings.Contains(line, `"source":"paused"`) {
			t.Errorf("the log does not say that the source was paused: %s", line)
		}
	}
	if n := strings.Count(log, `"source":"paused"`); n != 1 {
		t.Errorf("the log says %d times that the source was paused", n)
	}
}

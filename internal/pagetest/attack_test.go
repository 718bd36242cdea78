package pagetest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A page of another server on this machine is of the same site to a browser, which
// sends the session's cookie along: the pages must refuse it all the same.
func TestAPageOfAnotherServerCannotActForASignedInReviewer(t *testing.T) {
	s := newSite(t)
	s.serve()
	b := signIn(t, s)
	b.click(`form[action="/next"] button`)
	item := eval[string](b, `location.pathname`)
	seen := eval[string](b, `document.querySelector("input[name=seen]").value`)
	attacker := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<body><form method="post" action="%s%s/decide"><input name="seen" value="%s"/><input name="reason" value="goods"/>
<button name="verdict" value="not-relevant">Win</button></form><iframe id="framed" src="%s/"></iframe></body>`, b.base, item, seen, b.base)
	}))
	defer attacker.Close()

	b.goTo(attacker.URL)
	read := eval[string](b, fmt.Sprintf(`fetch(%q, {credentials: "include"}).then(r => r.text()).catch(e => "refused")`, b.base+"/"))
	if read != "refused" {
		t.Errorf("another server's page reads the queue: %.200s", read)
	}
	if eval[bool](b, `(() => { try { return document.getElementById("framed").contentDocument !== null && document.getElementById("framed").contentDocument.title.includes("Queue") } catch { return false } })()`) {
		t.Error("another server's page frames the queue")
	}
	b.click("button")
	b.says("cross-origin request")
	s.stop()
	if log := s.must("--json", "log"); strings.Count(log, `"action":"decide"`) != 1 {
		t.Errorf("more than the demo's decision is in the log:\n%s", log)
	}
}

// A name that leads here but is not ours is refused (DNS rebinding).
func TestAForeignNameForThisMachineIsRefused(t *testing.T) {
	s := newSite(t)
	s.serve()
	b := newTab(t, chromedp.Flag("host-resolver-rules", "MAP rebind.example 127.0.0.1"), chromedp.Flag("proxy-bypass-list", "rebind.example"))
	link := s.link()
	b.goTo(strings.Replace(link, "127.0.0.1", "rebind.example", 1))
	b.says("this address is not served here")
	b.goTo(strings.Replace(s.base, "127.0.0.1", "rebind.example", 1) + "/")
	b.says("this address is not served here")
	b.goTo(link)
	b.wait("the queue: the link was not used up", `location.pathname === "/" && document.readyState === "complete"`)
}

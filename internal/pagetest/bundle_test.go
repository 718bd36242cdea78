package pagetest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"vigil/internal/needs"
)

// A pen signs releases in a person's name, with a key that no page sees.
type pen struct {
	t         *testing.T
	principal string
	file      string
}

// newPen makes a key that the case allows to sign releases.
func (s *site) newPen(principal string) pen {
	s.t.Helper()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		needs.Lacking(s.t, "ssh-keygen")
	}
	p := pen{s.t, principal, filepath.Join(s.t.TempDir(), "key")}
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", principal, "-f", p.file).CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	public, err := os.ReadFile(p.file + ".pub")
	if err != nil {
		s.t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(s.dir, "allowed_signers"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	fmt.Fprintf(f, "\n%s namespaces=\"vigil-release\" %s", principal, public)
	return p
}

// sign signs what a page gave out.
func (p pen) sign(statement string) string {
	p.t.Helper()
	file := filepath.Join(p.t.TempDir(), "release.pae")
	if err := os.WriteFile(file, []byte(statement), 0o600); err != nil {
		p.t.Fatal(err)
	}
	if out, err := exec.Command("ssh-keygen", "-q", "-Y", "sign", "-n", "vigil-release", "-f", p.file, file).CombinedOutput(); err != nil {
		p.t.Fatalf("%v: %s", err, out)
	}
	sig, err := os.ReadFile(file + ".sig")
	if err != nil {
		p.t.Fatal(err)
	}
	return string(sig)
}

// statement fetches what is signed to release a bundle, as the page's form does.
func (b *tab) statement(bundle, exporter string) string {
	b.t.Helper()
	return eval[string](b, `fetch(`+quoted(bundle+"/statement?exporter="+exporter)+`).then(r => r.text())`)
}

// paste puts a signature into a form of the page, and sends it.
func (b *tab) paste(bundle, act, signature string) {
	b.t.Helper()
	form := `form[action="` + bundle + `/` + act + `"] `
	b.do("paste the signature", chromedp.Evaluate(`document.querySelector(`+quoted(form+"textarea[name=signature]")+`).value = `+quoted(signature), nil))
	b.click(form + "button")
}

func TestABundleIsReleasedOnlyByTwo(t *testing.T) {
	var listing string
	m := newTeamIn(t, func(s *site) { listing = s.copies(1)[0] }, "ana admin", "bob admin", "eva exporter,approver", "chief approver", "aud auditor")
	hers, his := m.newPen("eva@unit.example"), m.newPen("chief@unit.example")
	m.open()
	eva := m.arrive("eva")
	eva.goTo("/bundles")
	eva.do("unfold the form", chromedp.Evaluate(`document.querySelectorAll("details").forEach(d => d.open = true)`, nil))
	eva.fill("textarea[name=listing]", listing)
	eva.do("take it undecided", chromedp.Click("input[name=undecided]", chromedp.ByQuery))
	eva.click(`form[action="/bundles"] button.primary`)
	job := eval[string](eva, `location.pathname`)
	if !strings.HasPrefix(job, "/jobs/") {
		t.Fatalf("drafting leads to %s:\n%s", job, eva.text())
	}
	eva.goTo("/help") // it goes on meanwhile
	eva.goTo(job)
	eva.wait("the draft", `document.querySelector("a.button.primary") !== null && document.readyState === "complete"`)
	eva.click("main a.button.primary")
	eva.inspect("bundle-draft")
	bundle := eval[string](eva, `location.pathname`)
	eva.click(`form[action$="/seal"] button`)
	if eva.has(`form[action$="/release"]`) || eva.has(`form[action$="/approve"]`) {
		t.Error("a bundle that nobody signed can be approved or released")
	}
	eva.do("choose who signs", chromedp.Evaluate("document.querySelector(`form[action$='/sign'] select`).value = "+quoted(hers.principal), nil))
	eva.paste(bundle, "sign", hers.sign(eva.statement(bundle, hers.principal)))

	eva.inspect("bundle-to-approve")

	// One person alone is not enough, and is told why.
	if eva.has(`form[action$="/release"]`) {
		t.Error("a bundle that one person signed can be released")
	}
	eva.paste(bundle, "approve", hers.sign(eva.statement(bundle, "")))
	eva.says("One person is not enough", "four eyes")

	chief := m.arrive("chief")
	chief.goTo(bundle)
	chief.says("Exported by eva@unit.example")
	chief.inspect("bundle-to-agree-to")
	chief.paste(bundle, "approve", his.sign(chief.statement(bundle, "")))
	chief.says("approved")

	eva.goTo(bundle)
	eva.fill("input[name=to]", "Regional Court")
	eva.click(`form[action$="/release"] button`)
	eva.wait("the release", `document.querySelector("a.button.primary") !== null && document.readyState === "complete"`)
	eva.goTo(bundle)
	eva.says("released", "Regional Court", "chief@unit.example")
	m.stop()
	log := m.must("--as", "aud", "--json", "log")
	for action, who := range map[string]string{"export.approve": "chief", "export.release": "eva"} {
		if !strings.Contains(log, `"actor":"`+who+`","action":"`+action+`"`) {
			t.Errorf("the log does not have the %s of %s", action, who)
		}
	}
}

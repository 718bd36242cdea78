package pagetest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"vigil/internal/needs"
)

// A tab is a tab of a browser of its own: no other shares its cookies.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string
}

// newTab opens a browser that can reach nothing but loopback. It ends with the test.
func newTab(t *testing.T, more ...chromedp.ExecAllocatorOption) *tab {
	t.Helper()
	needs.Program(t, "chromium")
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(profile(t)), chromedp.WindowSize(1280, 900),
		chromedp.ProxyServer("http://127.0.0.1:9"), // loopback is never asked through it
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("disable-features", "NetworkTimeServiceQuerying,AutofillServerCommunication,OptimizationHints,MediaRouter,Translate"),
	)
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute) // ended by hand: the test's own context ends too early
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, append(flags, more...)...)
	t.Cleanup(stop)
	b := &tab{t: t}
	b.ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		chromedp.Cancel(b.ctx)
		stop()
	})
	if err := chromedp.Run(b.ctx, network.Enable()); err != nil {
		t.Fatal(err)
	}
	return b
}

// profile returns a folder for the browser, which some of its processes still
// write to when the first has ended.
func profile(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "vigil-browser-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 100 {
			if err = os.RemoveAll(dir); err == nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Log(err)
	})
	return dir
}

// signIn opens a new browser on a site by the link that it prints.
func signIn(t *testing.T, s *site) *tab {
	t.Helper()
	b := newTab(t)
	link := s.link()
	b.base = s.base
	b.goTo(link)
	b.wait("the queue", `location.pathname === "/" && document.readyState === "complete"`)
	return b
}

// do runs actions of the browser.
func (b *tab) do(what string, actions ...chromedp.Action) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, 30*time.Second)
	defer stop()
	if err := chromedp.Run(ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v; at %s", what, err, b.where())
	}
}

// goTo opens an address, or a path of the site.
func (b *tab) goTo(address string) {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.base + address
	}
	b.do("go to "+address, chromedp.Navigate(address))
}

// eval returns what a script says of the page.
func eval[T any](b *tab, script string) (v T) {
	b.t.Helper()
	var raw json.RawMessage
	b.do("ask for "+script, chromedp.Evaluate(script, &raw, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	}))
	if err := json.Unmarshal(raw, &v); err != nil {
		b.t.Fatalf("%s gives %s: %v", script, raw, err)
	}
	return v
}

// wait waits until a script says true.
func (b *tab) wait(what, script string) {
	b.t.Helper()
	var last error
	for range 300 {
		var ok bool
		ctx, stop := context.WithTimeout(b.ctx, 10*time.Second)
		last = chromedp.Run(ctx, chromedp.Evaluate(script, &ok))
		stop()
		if last == nil && ok {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("waited in vain for %s (%v); at %s:\n%s", what, last, b.where(), b.text())
}

// press presses keys one after the other, as a person does.
func (b *tab) press(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		switch k {
		case "Enter":
			k = kb.Enter
		case "Tab":
			k = kb.Tab
		case "Escape":
			k = kb.Escape
		}
		b.do("press "+k, chromedp.KeyEvent(k))
	}
}

// mark marks the page, so that the next one is known from it.
func mark() chromedp.Action { return chromedp.Evaluate(`window.marked = true`, nil) }

// pressTo presses keys that lead to another page, and waits until it is there.
func (b *tab) pressTo(what, script string, keys ...string) {
	b.t.Helper()
	b.do("mark the page", mark())
	b.press(keys...)
	b.wait(what, `!window.marked && document.readyState === "complete" && (`+script+`)`)
}

// where returns the path of the page.
func (b *tab) where() string {
	var path string
	if err := chromedp.Run(b.ctx, chromedp.Evaluate(`location.pathname + location.search`, &path)); err != nil {
		return err.Error()
	}
	return path
}

// text returns what a person reads on the page.
func (b *tab) text() string {
	var text string
	if err := chromedp.Run(b.ctx, chromedp.Evaluate(`document.body.innerText`, &text)); err != nil {
		return err.Error()
	}
	return text
}

// says checks that the page says something.
func (b *tab) says(words ...string) {
	b.t.Helper()
	text := b.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			b.t.Errorf("%s does not say %q:\n%s", b.where(), w, text)
		}
	}
}

// saysNot checks that the page does not say something.
func (b *tab) saysNot(words ...string) {
	b.t.Helper()
	text := b.text()
	for _, w := range words {
		if strings.Contains(text, w) {
			b.t.Errorf("%s says %q:\n%s", b.where(), w, text)
		}
	}
}

// click clicks what a selector names, and waits for the page behind it.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.do("mark the page", mark())
	b.do("click "+selector, chromedp.Click(selector, chromedp.ByQuery))
	b.wait("the page behind "+selector, `!window.marked && document.readyState === "complete"`)
}

// withoutScript makes the browser one that runs no script of a page.
func (b *tab) withoutScript() {
	b.t.Helper()
	b.do("switch scripts off", emulation.SetScriptExecutionDisabled(true))
}

// violations returns what axe-core finds wrong with the page, by the rules of WCAG
// 2.2 AA and its own good practice.
func (b *tab) violations() []string {
	b.t.Helper()
	file := filepath.Join("..", "outside", "node_modules", "axe-core", "axe.min.js")
	script, err := os.ReadFile(file)
	if err != nil {
		needs.Lacking(b.t, "axe-core")
	}
	b.do("give axe to the page", chromedp.Evaluate(string(script), nil))
	return eval[[]string](b, `axe.run().then(r => r.violations.map(v => v.id + ": " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)).join(" | ")))`)
}

// inspect checks that the page as it stands is accessible and fits, wide and narrow,
// light and dark, and keeps its pictures.
func (b *tab) inspect(name string) {
	b.t.Helper()
	for _, l := range []look{looks()[3], looks()[0]} {
		b.wear(l)
		b.fits(name, l)
		b.picture(name + "-" + l.name)
	}
}

// fits checks the page in one look.
func (b *tab) fits(name string, l look) {
	b.t.Helper()
	if wide := eval[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
		b.t.Errorf("%s, %s: %d pixels stick out on the right", name, l.name, wide)
	}
	for _, v := range b.violations() {
		b.t.Errorf("%s, %s: %s", name, l.name, v)
	}
}

// look says how wide the window is, and whether colours are dark.
type look struct {
	name  string
	width int64
	dark  bool
}

func looks() []look {
	return []look{{"wide-light", 1280, false}, {"wide-dark", 1280, true}, {"narrow-light", 400, false}, {"narrow-dark", 400, true}}
}

// wear gives the page a look.
func (b *tab) wear(l look) {
	b.t.Helper()
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	b.do("wear "+l.name, emulation.SetDeviceMetricsOverride(l.width, 900, 1, false),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}, // or colours are still on their way
		}))
}

// picture keeps a picture of the whole page in the folder that VIGIL_PICTURES
// names; without it the page is drawn all the same.
func (b *tab) picture(name string) {
	b.t.Helper()
	var png []byte
	b.do("picture "+name, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		png, err = page.CaptureScreenshot().WithCaptureBeyondViewport(true).Do(ctx)
		return err
	}))
	if len(png) < 2000 {
		b.t.Errorf("the picture of %s has %d bytes", name, len(png))
	}
	dir := os.Getenv("VIGIL_PICTURES")
	if dir == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s.png", name)), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

package outside

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"vigil/internal/needs"
)

// ReplayWeb.page as its makers pack it for npm. It stands under the AGPL: it is
// looked at with, and never kept nor shipped.
const (
	replayPack   = "replaywebpage-2.5.3.tgz"
	replaySHA512 = "nCj2PSON3BxeSJKE8AsYPyULv0XPZKJWfy4l9PyQre9SqwLZ+WKZVs/sfLqPOQ4GrH+0YkjbwOhr8cSTH08gsQ=="
)

// worker is the address of ReplayWeb.page's worker, below /replay/. It compares
// digests only if it is asked to; the player adds "?serveIndex=1" to it.
const worker = "sw.js?useHashCheck=1&"

// A player shows archives in ReplayWeb.page, in a browser that can reach nothing
// but this process.
type player struct {
	code    map[string][]byte // files of ReplayWeb.page by name
	browser context.Context   // of chromedp
	site    string            // where the pages are, "http://127.0.0.1:PORT"
	outside *refuser

	mu       sync.Mutex
	archives map[string][]byte // what is played, by name
	asked    []string          // paths that the site was asked for
}

// newPlayer starts a browser, which ends with the test.
func newPlayer(t *testing.T) *player {
	t.Helper()
	needs.Program(t, "chromium")
	p := &player{code: replayCode(t), archives: map[string][]byte{}, outside: &refuser{}}
	p.site = "http://" + serve(t, p)
	proxy := serve(t, p.outside)
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(profile(t)), chromedp.WindowSize(1200, 900),
		chromedp.ProxyServer("http://"+proxy), // loopback is never asked through it
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-domain-reliability", true),
		chromedp.Flag("disable-features", "NetworkTimeServiceQuerying,AutofillServerCommunication,OptimizationHints,MediaRouter,Translate,EnableBoundSessionCredentials"),
		chromedp.Flag("component-updater", "url-source=http://127.0.0.1:9/"), chromedp.Flag("gaia-url", "http://127.0.0.1:9/"),
	)
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute) // ended by hand: the test's own context ends too early
	t.Cleanup(stop)
	ctx, stop = chromedp.NewExecAllocator(ctx, flags...)
	t.Cleanup(stop)
	p.browser, stop = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		if err := chromedp.Cancel(p.browser); err != nil {
			t.Log(err)
		}
		stop()
	})
	return p
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

// serve serves h on loopback until the test ends, and returns its address.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h}
	var done sync.WaitGroup
	done.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	t.Cleanup(func() { server.Close(); done.Wait() })
	return l.Addr().String()
}

// replayCode returns the two files of ReplayWeb.page that show an archive.
func replayCode(t *testing.T) map[string][]byte {
	t.Helper()
	packed, err := os.ReadFile(npm(t, replayPack))
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha512.Sum512(packed); base64.StdEncoding.EncodeToString(sum[:]) != replaySHA512 {
		t.Fatalf("%s is not the file that its makers published: %s", replayPack, base64.StdEncoding.EncodeToString(sum[:]))
	}
	unpacked, err := gzip.NewReader(strings.NewReader(string(packed)))
	if err != nil {
		t.Fatal(err)
	}
	code := map[string][]byte{}
	for files := tar.NewReader(unpacked); ; {
		h, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Name == "package/ui.js" || h.Name == "package/sw.js" {
			if code[filepath.Base(h.Name)], err = io.ReadAll(files); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(code) != 2 {
		t.Fatalf("%s has %d of ui.js and sw.js", replayPack, len(code))
	}
	return code
}

// ServeHTTP serves a page with a player at /play, ReplayWeb.page's code, and archives.
func (p *player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, r.URL.Path)
	archive, isArchive := p.archives[strings.TrimPrefix(r.URL.Path, "/")]
	p.mu.Unlock()
	code, isCode := p.code[filepath.Base(r.URL.Path)]
	switch {
	case r.URL.Path == "/play":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><title>Play</title><style>html, body { height: 100%%; margin: 0 }</style>
<script src="/ui.js"></script><replay-web-page source=%q url=%q replayBase="/replay/" noWebWorker swName="`+worker+`"></replay-web-page>`,
			"/"+r.FormValue("archive"), r.FormValue("url"))
	case r.URL.Path == "/":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<!doctype html><title>Ready</title>")
	case r.URL.Path == "/replay/":
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<!doctype html><title>Frame</title><script src="/ui.js"></script><replay-app-main></replay-app-main>`)
	case r.URL.Path == "/outward": // what must be noticed
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<!doctype html><img src="http://outside.example/picture.png">`)
	case isCode:
		w.Header().Set("Content-Type", "text/javascript")
		w.Write(code)
	case isArchive:
		http.ServeContent(w, r, "archive.wacz", time.Time{}, strings.NewReader(string(archive)))
	default:
		http.NotFound(w, r)
	}
}

// all returns the paths that the site was asked for.
func (p *player) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// owns says whether a path is of the player, not of a page that is played.
func (p *player) owns(path string) bool {
	_, isCode := p.code[filepath.Base(path)]
	return isCode || slices.Contains([]string{"/", "/play", "/replay/", "/favicon.ico"}, path) || p.archives[strings.TrimPrefix(path, "/")] != nil
}

// A refuser is a proxy that notes what it is asked for, and fetches nothing.
type refuser struct {
	mu    sync.Mutex
	asked []string
}

func (f *refuser) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.asked = append(f.asked, r.Method+" "+r.Host+r.URL.Path)
	f.mu.Unlock()
	http.Error(w, "nothing is fetched here", http.StatusForbidden)
}

func (f *refuser) all() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

// frames is JavaScript for the texts of all frames, those within shadow trees included.
const frames = `(() => {
	const texts = [], look = (node) => {
		for (const e of node.querySelectorAll('*')) {
			if (e.shadowRoot) look(e.shadowRoot);
			if (e.tagName !== 'IFRAME' || !e.contentDocument) continue;
			if (e.contentDocument.body) texts.push(e.contentWindow.location.href + '\n' + e.contentDocument.body.innerText);
			look(e.contentDocument);
		}
	};
	look(document);
	return texts;
})()`

// databases is JavaScript for the names of all databases.
const databases = `indexedDB.databases().then((all) => JSON.stringify(all.map(({ name }) => name)))`

// verification is JavaScript for what ReplayWeb.page noted about the digests and
// the signature of the archives that it opened: whether each is right, by its name.
// %s is a list of databases that were there before.
const verification = `(async () => {
	const rows = {}, before = %s;
	for (const { name } of await indexedDB.databases()) {
		if (before.includes(name)) continue;
		const db = await new Promise((ok, no) => { const r = indexedDB.open(name); r.onsuccess = () => ok(r.result); r.onerror = no; });
		if ([...db.objectStoreNames].includes('verification')) {
			const all = await new Promise((ok, no) => {
				const r = db.transaction('verification').objectStore('verification').getAll(); r.onsuccess = () => ok(r.result); r.onerror = no; });
			for (const row of all) rows[row.id] = row.matched === true;
		}
		db.close();
	}
	return JSON.stringify(rows);
})()`

// ready is JavaScript that starts ReplayWeb.page's worker, as its player does, and
// waits for it: on a busy machine the player's first frame is there before.
const ready = `(async () => {
	const r = await navigator.serviceWorker.register('/replay/` + worker + `?serveIndex=1', { scope: '/replay/' });
	const w = r.installing || r.waiting || r.active;
	if (w.state !== 'activated')
		await new Promise((ok) => w.addEventListener('statechange', () => { if (w.state === 'activated') ok(); }));
	return w.state;
})()`

// play opens an archive at a page, waits until some frame shows the given text,
// and returns a picture of it, and what was found about the archive's digests.
func (p *player) play(t *testing.T, archive []byte, page, text string) ([]byte, map[string]bool) {
	t.Helper()
	name := fmt.Sprintf("archive-%d.wacz", len(p.archives)+1)
	p.mu.Lock()
	p.archives[name] = archive
	p.mu.Unlock()
	var picture []byte
	var before, rows, state string
	err := chromedp.Run(p.browser,
		chromedp.Navigate(p.site+"/"),
		chromedp.Evaluate(ready, &state, awaited),
		chromedp.Evaluate(databases, &before, awaited),
		chromedp.Navigate(p.site+"/play?archive="+name+"&url="+url.QueryEscape(page)),
		chromedp.Poll(fmt.Sprintf("%s.some(text => text.includes('mp_/') && text.includes(%q))", frames, text), nil,
			chromedp.WithPollingTimeout(60*time.Second)),
		chromedp.CaptureScreenshot(&picture),
		chromedp.ActionFunc(func(ctx context.Context) error {
			return chromedp.Evaluate(fmt.Sprintf(verification, before), &rows, awaited).Do(ctx)
		}),
	)
	if err != nil {
		var shown []string
		if err := chromedp.Run(p.browser, chromedp.Evaluate(frames, &shown)); err != nil {
			t.Log(err)
		}
		t.Fatalf("%s does not show %q: %v; the frames show %q", page, text, err, shown)
	}
	var noted map[string]bool
	if err := json.Unmarshal([]byte(rows), &noted); err != nil {
		t.Fatal(err)
	}
	return picture, noted
}

// awaited waits for a promise.
func awaited(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }

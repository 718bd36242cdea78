package crawler

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

// importHTML imports a page that stands at /dir/page of the market.
func importHTML(t testing.TB, page string) vigil.Page {
	t.Helper()
	p, err := Import(source(), "http://"+market+"/dir/page", "page.html", []byte(page), noon)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestLinks(t *testing.T) {
	for name, test := range map[string]struct {
		page string
		want []string
	}{
		"in page order, each once": {`<a href="/b">b</a><a href="/a">a</a><a href="/b">b</a>`, at("/b", "/a")},
		"relative":                 {`<a href="x">x</a><a href="../y">y</a><a href="?z=1">z</a>`, at("/dir/x", "/y", "/dir/page?z=1")},
		"areas and frames":         {`<map><area href="/area"></map><iframe src="/iframe"></iframe>`, at("/area", "/iframe")},
		"a frameset":               {`<frameset><frame src="/frame"></frameset>`, at("/frame")},
		"link elements":            {`<link rel="next" href="/n"><link rel="nofollow Canonical" href="/c"><link rel="stylesheet" href="/s"><link rel="icon" href="/i">`, at("/n", "/c")},
		"meta refresh":             {`<meta http-equiv="Refresh" content="5; URL='/r'">`, at("/r")},
		"base":                     {`<base href="/other/"><base href="/second/"><a href="x">x</a>`, at("/other/x")},
		"a base elsewhere":         {`<base href="http://example.com/"><a href="x">x</a>`, nil},
		"a base that is none":      {`<base href="javascript:x"><a href="x">x</a>`, at("/dir/x")},
		"entities":                 {`<a href="/x?a=1&amp;b=2">x</a>`, at("/x?a=1&b=2")},
		"spaces and line ends":     {"<a href=' /x\n/y '>x</a><a href='/a b?c d'>x</a>", at("/x/y", "/a%20b?c%20d")},
		"fragments":                {`<a href="#top">x</a><a href="/x#y">x</a><a href="/x">x</a>`, at("/x")},
		"other letters":            {`<a href="/größe?ü">x</a>`, at("/gr%C3%B6%C3%9Fe?%C3%BC")},
		"no links":                 {`<img src="/i"><script src="/s"></script><form action="/f"></form><object data="/o"></object><video src="/v"></video>`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, importHTML(t, "<html>"+test.page).Links); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefusedLinksSayWhy(t *testing.T) {
	other := onion("other")
	for ref, want := range map[string]string{
		"http://example.com/":                             `host "example.com" is not on the list`,
		"http://" + other + "/":                           "is not on the list",
		"http://sub." + market + "/":                      "is not on the list",
		"/account/logout":                                 "denied by pattern",
		"http://example.com/" + strings.Repeat("x", 3000): "is not on the list",
		"/photo.JPG":                                      "media by its name",
		"mailto:seller@example.com":                       `scheme "mailto"`,
		"http://user@" + market + "/":                     "user name",
		"/%2e%2e/etc":                                     "dot segment",
		"/" + strings.Repeat("x", 5000):                   "bytes long",
		"/x?y=" + url.QueryEscape(dataImage()):            "media in the address",
	} {
		p := importHTML(t, `<html><a href="`+ref+`">x</a>`)
		if len(p.Links) != 0 || len(p.Refused) != 1 || !strings.Contains(p.Refused[0].Reason, want) {
			t.Errorf("%s: links %q, refused %+v; want a refusal with %q", clip(ref), p.Links, p.Refused, want)
		}
		if len(p.Refused) == 1 && len(p.Refused[0].URL)+len(p.Refused[0].Reason) > 600 {
			t.Errorf("%s: the refusal is not shortened", clip(ref))
		}
	}
	p := importHTML(t, `<html><a href="javascript:x()">x</a><a href="`+dataImage()+`">x</a><a href="">x</a><a>x</a>`)
	if len(p.Refused) != 0 || len(p.Links) != 0 {
		t.Errorf("what leads nowhere is noted: %+v %q", p.Refused, p.Links)
	}
}

func dataImage() string { return "data:image/png;base64," + b64(pngBytes(100)) }

func TestLinksAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("<html>")
	for i := range 2500 {
		fmt.Fprintf(&b, `<a href="/%d">x</a><a href="/%d">again</a><a href="http://%s/">x</a>`, i, i, onion(fmt.Sprint(i)))
	}
	p := importHTML(t, b.String())
	if len(p.Links) != 2000 || p.LinksCut != 500 || len(p.Refused) != 200 || len(p.Proposals) != 200 {
		t.Errorf("%d links, %d cut, %d refused, %d proposed; want 2000, 500, 200, 200", len(p.Links), p.LinksCut, len(p.Refused), len(p.Proposals))
	}
}

func TestProposals(t *testing.T) {
	a, b, c := onion("a"), onion("b"), onion("c")
	broken := strings.Replace(c, c[:4], "aaaa", 1)
	p := importHTML(t, `<html><a href="http://shop.`+a+`/x">x</a><p>new address: `+strings.ToUpper(b[:56])+`.onion, not `+market+` nor `+broken+`, `+b)
	if diff := cmp.Diff([]string{a, b}, p.Proposals); diff != "" {
		t.Error(diff)
	}
}

func TestImportIsAFetchWithoutANetwork(t *testing.T) {
	body := html5(`<a href="/x">x</a><img src="` + dataImage() + `">`)
	fetched := mustFetch(t, serve("text/html", body))
	p, err := Import(source(), fetched.URL, "saved.html", []byte(body), noon)
	if err != nil {
		t.Fatal(err)
	}
	want := fetched
	want.Method, want.File, want.Status, want.Request, want.Response = vigil.ByImport, "saved.html", 0, nil, nil
	want.ID = vigil.NewPageID(want)
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	if len(p.Withheld) != 1 {
		t.Errorf("withheld %+v", p.Withheld)
	}
}

func TestImportRefuses(t *testing.T) {
	ended := source()
	ended.NotAfter = noon
	for name, test := range map[string]struct {
		src  vigil.Source
		url  string
		body []byte
		want error
	}{
		"the zero source":     {vigil.Source{}, "http://" + market + "/", nil, vigil.ErrOutOfScope},
		"an expired order":    {ended, "http://" + market + "/", nil, vigil.ErrNotInForce},
		"another site":        {source(), "http://example.com/", nil, vigil.ErrOutOfScope},
		"an image":            {source(), "http://" + market + "/", pngBytes(100), ErrMedia},
		"an image after text": {source(), "http://" + market + "/", bytes.Repeat([]byte{0}, 600), ErrMedia},
	} {
		if p, err := Import(test.src, test.url, "f", test.body, noon); !errors.Is(err, test.want) || p.ID != "" {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
	if _, err := Import(source(), "http://"+market+"/", "f", make([]byte, MaxImport+1), noon); err == nil {
		t.Error("a file beyond the limit was taken")
	}
}

func FuzzLinks(f *testing.F) {
	for _, page := range []string{
		`<a href="/x">`, `<base href="//x"><a href="?">`, `<meta http-equiv=refresh content="0;url=x">`, `<a href="http://[::1]:80/%zz">`,
		strings.Repeat("<div>", 600), "\xff\xfe<\x00a\x00", `<link rel=next href="data:image/png;base64,iVBORw0KGgo">`,
		"<a href='http://" + market + "/%2e/'>", "<frameset><frame src=x>", `<svg><a href="/x"><math><mtext><table>`,
	} {
		f.Add([]byte(page))
	}
	src := source()
	f.Fuzz(func(t *testing.T, page []byte) {
		p, err := Import(src, "http://"+market+"/dir/page", "f", page, noon)
		if errors.Is(err, ErrMedia) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range p.Links {
			u, err := url.Parse(link)
			if err != nil {
				t.Fatalf("link %q: %v", link, err)
			}
			if err := src.Allows(u, noon); err != nil {
				t.Errorf("link %q: %v", link, err)
			}
			if c, err := vigil.Canonical(u); err != nil || c.String() != link {
				t.Errorf("link %q is not canonical: %v, %v", link, c, err)
			}
		}
		if p.RawSHA256 != vigil.SumHex(page) || p.BodySHA256 != vigil.SumHex(p.Body) {
			t.Error("wrong hashes")
		}
		if (p.RawSHA256 != p.BodySHA256) != (len(p.Withheld) > 0) {
			t.Errorf("the hashes differ: %v; withheld: %+v", p.RawSHA256 != p.BodySHA256, p.Withheld)
		}
	})
}

func FuzzRoundTrip(f *testing.F) {
	f.Add(200, "text/html", "gzip", []byte(packed("gzip", "<a href=/x>")))
	f.Add(302, "text/html; charset=utf-16", "deflate", []byte{0x78, 0x9c})
	f.Add(404, "", "", []byte("\xfe\xff\x00<"))
	f.Fuzz(func(t *testing.T, status int, contentType, coding string, body []byte) {
		fetcher := replaying(status, http.Header{"Content-Type": {contentType}, "Content-Encoding": {coding}}, body)
		p, err := fetcher.Fetch(t.Context(), source(), "http://"+market+"/", 0)
		if err == nil && (p.RawSHA256 != p.BodySHA256) != (len(p.Withheld) > 0) {
			t.Errorf("the hashes differ: %v; withheld: %+v", p.RawSHA256 != p.BodySHA256, p.Withheld)
		}
	})
}

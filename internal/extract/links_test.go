package extract

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

func TestLinksAreCanonicalAndUniqueInPageOrder(t *testing.T) {
	l := read(t, capture(`<a href="b?x=1#top">1</a><a href="/a">2</a><map><area href="../c"></map><a href=" /a ">again</a>
		<a href="HTTP://Market.example:80/d">3</a><link rel=next href="?page=2"><iframe src="//other.example/e"></iframe>
		<meta http-equiv=refresh content="5; URL='/f'"><a href="javascript:x()">no</a><a href="mailto:a@b.example">no</a>
		<a href="ftp://x.example/">no</a><a href="http://user@x.example/">no</a><a href="data:text/html,x">no</a><a href="">self</a><a>no</a>`))
	want := []string{
		"http://market.example/item/b?x=1", "http://market.example/a", "http://market.example/c", "http://market.example/d",
		"http://market.example/item/7?page=2", "http://other.example/e", "http://market.example/f",
	}
	if diff := cmp.Diff(want, l.Links); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
}

func TestMediaAreRecordedAsAddresses(t *testing.T) {
	l := read(t, capture(`<img src="a.png"><img src="a.png"><img srcset="b.png 1x, c,d.png 2x,e.png"><video poster=p.jpg src=v.mp4><source src=w.webm></video>
		<img src="data:image/png;base64,sha256=00,bytes=9,withheld"><img src="cid:x"><object data="/o"></object><audio src=//m.example/s.ogg></audio>
		<meta property="og:image" content="/og.png"><img data-src="lazy.png">`))
	want := []string{
		"http://market.example/item/a.png", "http://market.example/item/b.png", "http://market.example/item/c,d.png", "http://market.example/item/e.png",
		"http://market.example/item/v.mp4", "http://market.example/item/p.jpg", "http://market.example/item/w.webm", "http://market.example/o",
		"http://m.example/s.ogg", "http://market.example/og.png", "http://market.example/item/lazy.png",
	}
	if diff := cmp.Diff(want, l.MediaURLs); diff != "" {
		t.Errorf("media (-want +got):\n%s", diff)
	}
}

func TestBaseElementMovesLinks(t *testing.T) {
	l := read(t, capture(`<base href="/shop/"><base href="/no/"><a href="x">1</a><img src="y">`))
	if want := []string{"http://market.example/shop/x"}; !cmp.Equal(l.Links, want) {
		t.Errorf("links %q, want %q", l.Links, want)
	}
	if want := []string{"http://market.example/shop/y"}; !cmp.Equal(l.MediaURLs, want) {
		t.Errorf("media %q, want %q", l.MediaURLs, want)
	}
}

func TestWithoutAnAddressOnlyAbsoluteLinksAreListed(t *testing.T) {
	p := capture(`<a href="/a">1</a><a href="http://x.example/b">2</a><img src="c.png">`)
	p.FinalURL = ""
	l := read(t, p)
	if want := []string{"http://x.example/b"}; !cmp.Equal(l.Links, want) {
		t.Errorf("links %q, want %q", l.Links, want)
	}
	if len(l.MediaURLs) > 0 {
		t.Errorf("media %q", l.MediaURLs)
	}
	wantProblem(t, l, "1 relative links were left out")
}

func TestAListingNamesItsOrigin(t *testing.T) {
	p := capture("<h1>x</h1>")
	l := read(t, p)
	if l.ID != vigil.NewListingID(p.Source, p.FinalURL) || l.Source != p.Source || l.Page != p.ID || l.URL != p.FinalURL {
		t.Errorf("ID %q, source %q, page %q, URL %q", l.ID, l.Source, l.Page, l.URL)
	}
	p.URL, p.FinalURL = "http://market.example/old", ""
	if l := read(t, p); l.URL != p.URL || l.ID != vigil.NewListingID(p.Source, p.URL) {
		t.Errorf("without a final URL: ID %q, URL %q", l.ID, l.URL)
	}
}

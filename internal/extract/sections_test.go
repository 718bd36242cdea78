package extract

import (
	"strings"
	"testing"

	"vigil"
)

// TestWhatOthersWroteAndOfferIsInNoDescription reads one offer in many layouts. What
// is no part of its description says LEAK, and is longer than it.
func TestWhatOthersWroteAndOfferIsInNoDescription(t *testing.T) {
	const (
		offer = "A lamp for the desk, used once."
		leak  = "LEAK which is a text of some length, so that it weighs more than the description of the thing itself, and goes on for a while to be sure of that."
		facts = `<title>Desk lamp | Quay</title><h1>Desk lamp</h1><p>Vendor: harbour</p><p>Price: 5 EUR</p>`
	)
	for _, tt := range []struct{ name, page string }{
		{"headings", `<h3>Description</h3><p>` + offer + `</p><h3>Reviews (2)</h3><p>` + leak + `</p><h3>You may also like</h3><p>` + leak + `</p>`},
		{"headings, the description last", `<h3>Customer reviews</h3><p>` + leak + `</p><h3>Description</h3><p>` + offer + `</p>`},
		{"headings of several ranks", `<h2>Description</h2><p>` + offer + `</p><h2>Feedback</h2><h4>From alder</h4><p>` + leak + `</p><h4>From birch</h4><p>` + leak + `</p>`},
		{"no heading over the description", `<div>` + offer + `</div><h2>12 reviews for this shop</h2><div><div>` + leak + `</div></div>`},
		{"heads of cards", `<div class=card><div class=card-header>Description</div><div class=card-body>` + offer + `</div></div><div class=card><div class=card-header>Feedback</div><div class=card-body>` + leak + `</div></div>`},
		{"heads that are wrapped", `<div class=a><div><div><b>Description</b></div></div><div>` + offer + `</div></div><div class=a><div><div><b>Vendor feedback</b></div></div><div>` + leak + `</div></div>`},
		{"bold lines", offer + `<br><br><b>Feedback:</b><br>` + leak},
		{"a bold line and a table", `<div>` + offer + `</div><b>Recent feedback</b><table><tr><td>5/5<td>` + leak + `<td>3 days</table>`},
		{"rows of a table", `<table><tr><td colspan=2><b>Description</b></td></tr><tr><td colspan=2>` + offer + `</td></tr><tr><td colspan=2><b>Reviews</b></td></tr><tr><td>alder</td><td>` + leak + `</td></tr></table>`},
		{"details", `<details open><summary>Description</summary>` + offer + `</details><details><summary>Refund policy</summary>` + leak + `</details>`},
		{"tabs that name their panes", `<ul><li><a href="#d">Description</a><li><a href="#r">Reviews</a><li><a href="#t">Terms</a></ul><section id=r>` + leak + `</section><section id=t>` + leak + `</section><section id=d>` + offer + `</section>`},
		{"tabs and panes in one order", `<ul class=nav-tabs><li>Description<li>Reviews<li>Terms</ul><div><div class=pane>` + offer + `</div><div class=pane>` + leak + `</div><div class=pane>` + leak + `</div></div>`},
		{"radio buttons and panes", `<input type=radio id=x><label for=x>Description</label><input type=radio id=y><label for=y>Feedback (3)</label><div class="p p1">` + offer + `</div><div class="p p2">` + leak + `</div>`},
		{"a tab that the server opened", `<ul><li class=active><a href="?tab=1">Description</a><li><a href="?tab=2">Feedback</a></ul><div class=pane><p>` + offer + `</p></div><h4>Similar items</h4><p>` + leak + `</p>`},
		{"comments without a heading", `<div class=text>` + offer + `</div><div class=comment>` + leak + `</div><div class=comment>` + leak + `</div>`},
		{"German", `<h3>Beschreibung</h3><p>` + offer + `</p><h3>Kundenbewertungen und Rezensionen</h3><p>` + leak + `</p><h3>Ähnliche Artikel</h3><p>` + leak + `</p><h3>Das könnte dich auch interessieren</h3><p>` + leak + `</p>`},
		{"French", `<h3>Descriptif</h3><p>` + offer + `</p><h3>Avis des clients (4)</h3><p>` + leak + `</p><h3>Vous aimerez aussi</h3><p>` + leak + `</p><h3>3 autres produits dans la même catégorie</h3><p>` + leak + `</p>`},
		{"Spanish", `<h3>Descripción</h3><p>` + offer + `</p><h3>Opiniones de los clientes</h3><p>` + leak + `</p><h3>Más de este vendedor</h3><p>` + leak + `</p>`},
		{"Russian", `<h3>Описание товара</h3><p>` + offer + `</p><h3>Отзывы покупателей</h3><p>` + leak + `</p><h3>Похожие товары</h3><p>` + leak + `</p>`},
		{"teasers", `<div>` + offer + `</div><ul><li><a href=/1>` + leak + `</a> 7 EUR<li><a href=/2>` + leak + `</a> 8 EUR</ul>`},
		{"a thread", `<div class=post><a class=username href=/u/1>harbour</a><div>` + offer + `</div><div class=signature>` + leak + `</div></div><div class=post><a class=username href=/u/2>alder</a><div>` + leak + `</div></div>`},
		{"an offer that quotes", `<div class=post><a href=/members/1>harbour</a><blockquote>` + leak + `</blockquote><div>` + offer + `</div></div><div class=post><a href=/members/2>alder</a><div>` + leak + `</div></div>`},
		{"markup for programs", `<div itemscope itemtype="https://schema.org/Product"><p itemprop=description>` + offer + `</p><p>` + leak + `</p></div>`},
	} {
		l := read(t, capture(facts+tt.page, "Content-Type", "text/html; charset=utf-8"))
		if l.Description != offer || l.Title != "Desk lamp" || l.PageType != vigil.PageListing {
			t.Errorf("%s: %s %q, description %q, want %q", tt.name, l.PageType, l.Title, l.Description, offer)
		}
	}
}

// Words of the lists stand in descriptions and titles too, and cut nothing off there.
func TestWordsForReviewsCutNoDescription(t *testing.T) {
	for _, tt := range []struct{ name, page, title, want string }{
		{"a sentence", `<h1>Lamp</h1><p>Price: 5 EUR<div class=desc>Good.<br><b>Feedback is welcome</b><br>Terms of sale: none.<p>See the reviews elsewhere.</p></div>`,
			"Lamp", "Good.\nFeedback is welcome\nTerms of sale: none.\nSee the reviews elsewhere."},
		{"a title", `<title>Similar reviews</title><h1>Similar reviews</h1><p>Price: 5 EUR<div>A book of them, bound.</div>`, "Similar reviews", "A book of them, bound."},
		{"a count", `<h1>Lamp</h1><div>4.7 · 121 reviews</div><div>Ships from Portugal</div><p>Price: 5 EUR<div class=desc>Good.</div>`, "Lamp", "Good."},
		{"a value", `<h1>Lamp</h1><table><tr><td>Reviews<td>12<tr><td>Ships from<td>Portugal<tr><td>Price<td>5 EUR</table><div class=desc>Good.</div>`, "Lamp", "Good."},
	} {
		l := read(t, capture(tt.page))
		if l.Title != tt.title || l.Description != tt.want {
			t.Errorf("%s: title %q, description %q, want %q", tt.name, l.Title, l.Description, tt.want)
		}
		if strings.Contains(tt.page, "Portugal") && l.ShipsFrom != "Portugal" {
			t.Errorf("%s: ships from %q", tt.name, l.ShipsFrom)
		}
	}
}

func TestATabOfAnswersIsNoListing(t *testing.T) {
	l := read(t, capture(`<h1>Lamp</h1><p>Vendor: harbour<p>Price: 5 EUR<ul><li><a href="?tab=1">Description</a><li class=active><a href="?tab=2">Feedback</a></ul><div>It shines.</div>`))
	if l.PageType != vigil.PageOther || strings.Contains(l.Description, "shines") {
		t.Errorf("%s, description %q", l.PageType, l.Description)
	}
}

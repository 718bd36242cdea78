package extract

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"vigil"
)

func price(amount, currency string) *vigil.Price {
	return &vigil.Price{Amount: amount, Currency: currency}
}

func ptr(n int) *int { return &n }

// TestGenericReaderOnOtherShops reads pages of shops that are built in ways common
// on the web, and in five languages. Each states its facts once.
func TestGenericReaderOnOtherShops(t *testing.T) {
	const nav = `<div class="navbar"><a href="/">Home</a> <a href="/login">Login</a> 1 BTC = $60,000 Balance: 0.00 BTC</div>`
	for _, tt := range []struct {
		name, page string
		want       vigil.Listing
	}{
		{"bold labels, English", `<html lang=en><title>Desk lamp :: Market</title>` + nav + `<h1>Desk lamp</h1>
			<p><b>Vendor:</b> <a href="/u/harbour">harbour</a> (98%)<br><b>Price:</b> $12.50 / 0.0002 BTC<br><b>Ships from:</b> Norway<br>
			<b>Ships to:</b> Norway, Sweden<br><b>Category:</b> Home &raquo; Light<br><b>Sold:</b> 1,204<br><b>Posted:</b> 3 March 2026</p>
			<h3>Description</h3><p>A lamp for the desk.</p><p>Used once.</p><h3>Feedback</h3><p>very good</p>`,
			vigil.Listing{PageType: "listing", Title: "Desk lamp", Vendor: "harbour", Price: price("12.50", "USD"),
				Prices: []vigil.Price{{Amount: "12.50", Currency: "USD"}, {Amount: "0.0002", Currency: "BTC"}}, ShipsFrom: "Norway",
				ShipsTo: []string{"Norway", "Sweden"}, Category: []string{"Home", "Light"}, Sales: ptr(1204), PostedAt: "2026-03-03",
				Description: "A lamp for the desk. Used once."}},
		{"table with heads, German", `<html lang=de><title>Markt</title><h1>Schreibtischlampe</h1><table><tr><th>Verkäufer</th><td>hafen</td></tr>
			<tr><th>Preis</th><td>1.234,50 €</td></tr><tr><th>Versand aus</th><td>Deutschland</td></tr><tr><th>Versand nach</th><td>EU</td></tr>
			<tr><th>Kategorie</th><td>Haus &gt; Licht</td></tr></table><h2>Beschreibung</h2><div>Eine Lampe.<br>Kaum benutzt.</div>`,
			vigil.Listing{PageType: "listing", Title: "Schreibtischlampe", Vendor: "hafen", Price: price("1234.50", "EUR"), ShipsFrom: "Deutschland",
				ShipsTo: []string{"EU"}, Category: []string{"Haus", "Licht"}, Description: "Eine Lampe. Kaum benutzt."}},
		{"definition list, French", `<html lang=fr><h1>Lampe de bureau</h1><dl><dt>Vendeur<dd>port-bleu<dt>Prix<dd>12,50 €<dt>Expédié depuis<dd>France
			<dt>Catégorie<dd>Maison</dl><div id="description"><p>Une lampe, peu servie.</p></div>`,
			vigil.Listing{PageType: "listing", Title: "Lampe de bureau", Vendor: "port-bleu", Price: price("12.50", "EUR"), ShipsFrom: "France",
				Category: []string{"Maison"}, Description: "Une lampe, peu servie."}},
		{"spans in rows, Spanish", `<html lang=es><h1>Lámpara</h1><div class=row><span>Vendedor</span><span>puerto</span></div>
			<div class=row><span>Precio</span><span>0,05 XMR</span></div><div class=row><span>Enviado desde</span><span>España</span></div>
			<section class="product-desc">Una lámpara de mesa.</section>`,
			vigil.Listing{PageType: "listing", Title: "Lámpara", Vendor: "puerto", Price: price("0.05", "XMR"), ShipsFrom: "España",
				Description: "Una lámpara de mesa."}},
		{"lines with colons, Russian", `<html lang=ru><h1>Лампа</h1><ul><li>Продавец: гавань<li>Цена: 3 500 руб.<li>Откуда: Москва<li>Рейтинг: 4,8/5</ul>
			<h2>Описание</h2><p>Настольная лампа.`,
			vigil.Listing{PageType: "listing", Title: "Лампа", Vendor: "гавань", Price: price("3500", "RUB"), ShipsFrom: "Москва", Rating: "4,8/5",
				Description: "Настольная лампа."}},
		{"microdata", `<div itemscope itemtype="https://schema.org/Product"><h1 itemprop=name>Desk lamp</h1><span itemprop=price>£30</span>
			<p class=seller>Sold by <a href=/store/harbour>harbour</a></p><div itemprop=description>A lamp. <b>Works</b>.</div></div>`,
			vigil.Listing{PageType: "listing", Title: "Desk lamp", Vendor: "harbour", Price: price("30", "GBP"), Description: "A lamp. Works."}},
		{"JSON-LD", `<title>x</title><script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"BreadcrumbList","itemListElement":[
			{"@type":"ListItem","name":"Home"},{"@type":"ListItem","name":"Light"},{"@type":"ListItem","name":"Desk lamp"}]},{"@type":["Product"],"name":"Desk lamp",
			"description":"<p>A lamp.<\/p><p>Works.<\/p>","offers":[{"@type":"Offer","price":30.0,"priceCurrency":"XBT","seller":{"name":"harbour"}}]}]}</script><p>loading`,
			vigil.Listing{PageType: "listing", Title: "Desk lamp", Vendor: "harbour", Price: price("30.0", "BTC"), Category: []string{"Light"},
				Description: "A lamp. Works."}},
		{"table with a head row", `<h1>Desk lamp</h1><table><tr><th>Seller<th>Price<th>Ships from<tr><td>harbour<td>30 EUR<td>Norway</table>
			<div class=text>` + "A lamp for the desk, with a long cable and a heavy foot, that has stood on a desk for many years and still works." + `</div>`,
			vigil.Listing{PageType: "listing", Title: "Desk lamp", Vendor: "harbour", Price: price("30", "EUR"), ShipsFrom: "Norway",
				Description: "A lamp for the desk, with a long cable and a heavy foot, that has stood on a desk for many years and still works."}},
		{"the market's name as first heading", `<title>Desk lamp - Tidal</title><header><h1>Tidal</h1></header><h2>Desk lamp</h2><p>Seller: harbour<p>Price: 5 EUR`,
			vigil.Listing{PageType: "listing", Title: "Desk lamp", Vendor: "harbour", Price: price("5", "EUR"), Description: "Seller: harbour Price: 5 EUR"}},
		{"reviews and related things are another matter", `<h1>Desk lamp</h1><p>Price: 5 EUR</p><p>Seller: harbour</p><div class=desc>A lamp.</div>
			<div class=reviews><h2>Reviews</h2><p>A much longer text than the description, in which somebody says what they think of it. $99</p></div>
			<div class=related><p>Another lamp, 7 EUR</div>`,
			vigil.Listing{PageType: "listing", Title: "Desk lamp", Vendor: "harbour", Price: price("5", "EUR"), Description: "A lamp."}},
		{"what is not stated is absent", `<h1>Desk lamp</h1><p>Seller: harbour</p><p>Price: by arrangement</p><div class=desc>A lamp.</div>`,
			vigil.Listing{PageType: "listing", Title: "Desk lamp", Vendor: "harbour", Description: "A lamp."}},
	} {
		l := read(t, capture(tt.page, "Content-Type", "text/html; charset=utf-8"))
		if diff := cmp.Diff(tt.want, facts(l)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.name, diff)
		}
	}
}

func TestGenericPageTypes(t *testing.T) {
	cards := ""
	for _, n := range []string{"lamp", "desk", "chair", "shelf", "clock"} {
		cards += `<div class=item><img src=` + n + `.png><a href=/p/` + n + `>A used ` + n + `</a> <i>$5.00</i></div>`
	}
	for _, tt := range []struct {
		name, page string
		status     int
		want       vigil.PageType
	}{
		{"password field", `<form><input name=u><input type=Password name=p></form>`, 200, vigil.PageLogin},
		{"captcha", `<h1>Prove it</h1><form><img src=/captcha.php><input name=code></form>`, 200, vigil.PageCaptcha},
		{"captcha before login", `<form><img src=/captcha.png><input name=u><input type=password></form>`, 200, vigil.PageLogin},
		{"cards", "<h1>All</h1>" + cards, 200, vigil.PageIndex},
		{"cards and a login form", "<h1>All</h1><form><input type=password></form>" + cards, 200, vigil.PageIndex},
		{"listing with cards below", "<h1>Lamp</h1><p>Vendor: x</p><p>Price: $5</p>" + cards, 200, vigil.PageListing},
		{"account", "<h1>harbour</h1><p>Member since: 2024</p><p>Rating: 4.9</p>" + cards, 200, vigil.PageVendor},
		{"account with a key", "<h1>harbour</h1><pre>-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nx</pre>", 200, vigil.PageVendor},
		{"error", "<h1>Lamp</h1>", 404, vigil.PageNotice},
		{"maintenance", "<title>Down for maintenance</title><p>Back soon", 200, vigil.PageNotice},
		{"anything else", "<h1>About</h1><p>Words", 200, vigil.PageOther},
		{"nothing", "<p>", 200, vigil.PageOther},
	} {
		p := capture(tt.page)
		p.Status = tt.status
		if got := read(t, p).PageType; got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestLanguageIsWhatThePageStates(t *testing.T) {
	for _, tt := range []struct{ lang, header, want string }{
		{"pt-BR", "", "pt"}, {"DE", "fr", "de"}, {"", "es, en", "es"}, {"en_US", "", "en"}, {"english", "", ""}, {"", "", ""}, {"12", "", ""},
	} {
		l := read(t, capture(`<html lang="`+tt.lang+`"><p>x`, "Content-Language", tt.header))
		if l.Lang != tt.want {
			t.Errorf("lang %q, header %q: %q, want %q", tt.lang, tt.header, l.Lang, tt.want)
		}
	}
}

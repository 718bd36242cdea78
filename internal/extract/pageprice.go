package extract

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"vigil"
)

// prices returns the prices of the thing that the page is about: those stated for
// programs, behind a label and in the elements that are named for it; else the first
// line that says little more. One that is struck out holds no longer.
func (g *guess) prices() ([]vigil.Price, int) {
	comma := decimalComma(g.l.Lang)
	shown, sure := pricesIn(g.found[factPrice], comma), g.sureOf(factPrice)
	named := g.s.priced[:min(len(g.s.priced), maxPrices)]
	if g.s.thread.first != nil {
		named = nil
	}
	var old []vigil.Price
	for _, n := range named {
		skip := make(map[*html.Node]bool)
		for _, x := range struck(n) {
			old = append(old, pricesIn(briefCells(x, nil), comma)...)
			skip[x] = true
		}
		if g.s.hidden(n) {
			continue
		}
		shown = append(shown, pricesIn(briefCells(n, skip), comma)...)
		sure = max(sure, 85)
	}
	if len(shown) == 0 {
		shown = old
	}
	told := slices.Concat(g.ld.prices, g.d.metaPrice())
	if len(told)+len(shown) == 0 {
		if g.found[factPrice] != "" || len(named) > 0 {
			return nil, 0 // it is stated, and cannot be read
		}
		return g.priceLine(comma), 55
	}
	if len(told) > 0 {
		sure = 95
	}
	return spelledAs(told, shown), sure
}

// spelledAs returns the prices that a page tells to programs, and then those that it
// shows. One that is in both is spelled as it is shown.
func spelledAs(told, shown []vigil.Price) []vigil.Price {
	var all []vigil.Price
	equal := func(p vigil.Price) func(vigil.Price) bool {
		return func(q vigil.Price) bool { return spelledPrice(p) == spelledPrice(q) }
	}
	for _, p := range slices.Concat(told, shown) {
		if slices.ContainsFunc(all, equal(p)) {
			continue
		}
		if i := slices.IndexFunc(shown, equal(p)); i >= 0 {
			p = shown[i]
		}
		all = append(all, p)
	}
	return distinct(all)
}

// isStruck reports whether n is struck out.
func isStruck(n *html.Node) bool {
	return n.DataAtom == atom.Del || n.DataAtom == atom.S || n.DataAtom == atom.Strike || hasWord(n, "old", "was", "through", "strike")
}

// struck returns the elements within n that are struck out, up to a bound.
func struck(n *html.Node) []*html.Node {
	var all []*html.Node
	budget := 100
	for d := range n.Descendants() {
		if budget--; budget < 0 {
			break
		}
		if isElement(d) && isStruck(d) {
			all = append(all, d)
		}
	}
	return all
}

// metaPrice returns the price in a page's OpenGraph or microdata.
func (d *document) metaPrice() []vigil.Price {
	for _, prefix := range []string{"product:price:", "og:price:"} {
		amount, code := d.meta(prefix+"amount"), currency(strings.ToUpper(d.meta(prefix+"currency")))
		if code == "" {
			continue
		}
		if dec, ok := decimal(amount, coins[code], false); ok && plainDecimal.MatchString(dec) {
			return []vigil.Price{{Amount: dec, Currency: code}}
		}
	}
	return nil
}

// priceLine returns the prices of the first line that says little more.
func (g *guess) priceLine(comma bool) []vigil.Price {
	texts := []string{g.outside}
	if g.s.region != nil {
		texts = []string{markedText(g.s.region, g.s.leaveOut), g.outside}
	}
	for _, text := range texts {
		for row := range strings.SplitSeq(text, "\n") {
			if len(row) > 60 || !strings.ContainsAny(row, "0123456789") {
				continue
			}
			row = unmarked(row)
			if len(row) < 40 && !notAPrice.MatchString(row) {
				if ps := pricesIn(row, comma); len(ps) > 0 {
					return ps
				}
			}
		}
	}
	return nil
}

// notAPrice matches lines whose amounts are no price: rates, balances, fees.
var notAPrice = regexp.MustCompile(`(?i)=|\bbalance\b|\bwallet\b|\brate\b|\bdeposit\b|\bcart\b|\bfee\b|\bguthaben\b|\bkurs\b|\bsolde\b|\bsaldo\b|\bpanier\b|\bwarenkorb\b|\bcarrito\b|\bpostage\b|\bshipping\b|\bversand\b|\blivraison\b|\benvío\b|баланс|доставк|курс|корзин`)

package extract

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"vigil"
)

// dates are the forms of dates that cannot be read in two ways.
var dates = []string{
	time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02",
	"2 January 2006", "2 Jan 2006", "January 2, 2006", "Jan 2, 2006", "2 January, 2006", "2 Jan, 2006",
}

// posted returns a date or time as RFC 3339 where s is sure, else s as written: a
// time without a zone may be another day's elsewhere.
func posted(s string) string {
	s = firstLine(s)
	for i, form := range dates {
		t, err := time.Parse(form, s)
		if err != nil {
			continue
		}
		switch {
		case i == 0:
			return t.Format(time.RFC3339)
		case strings.Contains(form, "15"):
			return s
		}
		return t.Format(time.DateOnly)
	}
	return short(s, 100)
}

// rating finds a rating as pages write it: 4.8/5, 98 %, 4.8 or stars.
var rating = regexp.MustCompile(`[0-9]{1,3}(?:[.,][0-9]{1,2})?\s?(?:/|of|von|sur|de|из)\s?[0-9]{1,3}|[0-9]{1,3}(?:[.,][0-9]{1,2})?\s?%|[0-9](?:[.,][0-9]{1,2})?|[★☆]{1,10}`)

// number returns the first whole number in s; nil if there is none.
func number(s string) *int {
	m := strings.TrimRight(amount.FindString(s), ".,")
	whole, ok := decimal(m, false, false)
	if m == "" || !ok {
		return nil
	}
	n, err := strconv.Atoi(whole)
	if err != nil {
		return nil
	}
	return &n
}

// setPrices sets Price and Prices, if there are any.
func setPrices(l *vigil.Listing, ps []vigil.Price) {
	if len(ps) == 0 {
		return
	}
	l.Price = &vigil.Price{Amount: ps[0].Amount, Currency: ps[0].Currency}
	l.Prices = nil
	if len(ps) > 1 {
		l.Prices = ps
	}
}

// fill sets what l lacks from labelled facts.
func fill(l *vigil.Listing, found map[fact]string) {
	if l.Vendor == "" {
		l.Vendor = vendorName(found[factVendor])
	}
	if l.Price == nil {
		setPrices(l, pricesIn(found[factPrice], decimalComma(l.Lang)))
	}
	if l.Category == nil {
		l.Category = categoryPath(found[factCategory])
	}
	if l.ShipsFrom == "" {
		l.ShipsFrom = short(firstLine(found[factShipsFrom]), 100)
	}
	if l.ShipsTo == nil {
		l.ShipsTo = listOf(found[factShipsTo])
	}
	if l.PostedAt == "" {
		l.PostedAt = posted(found[factPosted])
	}
	if l.Sales == nil {
		l.Sales = number(found[factSales])
	}
	if l.Rating == "" {
		l.Rating = rating.FindString(found[factRating])
	}
}

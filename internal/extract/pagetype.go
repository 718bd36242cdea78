package extract

import (
	"regexp"

	"vigil"
)

// Words in addresses that tell page types apart when the page leaves it open.
var (
	indexAddress  = regexp.MustCompile(`(?i)\b(listings|search|browse|category|categories|cat|catalog|page)\b`)
	vendorAddress = regexp.MustCompile(`(?i)(^|[/?&])(vendor|seller|merchant|user|u|profile)s?(\.php)?[/?=]`)
)

// notices are words in the titles of pages that only tell something.
var notices = regexp.MustCompile(`(?i)\b(not found|forbidden|maintenance|unavailable|error|denied|suspended|closed|seized|notice|announcement|bad gateway|wartung|nicht gefunden|introuvable|no encontrad[ao])\b|не найден|ошибка|технические работы`)

// pageType tells what kind of page this is by its structure.
func (d *document) pageType(s *surveyed, ld product, found map[fact]string, priced bool) vigil.PageType {
	sells := ld.found || found[factVendor] != "" || found[factShipsFrom] != "" || found[factShipsTo] != ""
	alone := ld.found || len(s.described) > 0 || found[factShipsFrom] != ""
	switch {
	case d.status >= 400 && !s.captcha && !s.password:
		return vigil.PageNotice
	case s.captcha && !s.password && !sells:
		return vigil.PageCaptcha
	case s.password && !sells && len(s.cards) == 0:
		return vigil.PageLogin
	case len(ld.prices) > 0:
		return vigil.PageListing
	case found[factPrice] == "" && (found[factSince] != "" || s.hasKey), vendorAddress.MatchString(d.address) && !(priced && sells):
		return vigil.PageVendor
	case len(s.cards) > 0 && !(sells && priced), indexAddress.MatchString(d.address) && !alone:
		return vigil.PageIndex
	case s.heading != nil && (priced || sells):
		return vigil.PageListing
	case s.pages:
		return vigil.PageIndex
	case notices.MatchString(d.title(s, ld)):
		return vigil.PageNotice
	}
	return vigil.PageOther
}

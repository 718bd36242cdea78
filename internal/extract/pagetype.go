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
var notices = regexp.MustCompile(`(?i)\b(not found|forbidden|unavailable|error|denied|suspended|closed|seized|notice|announcement|on holiday|on vacation|im urlaub|en vacances|de vacaciones|bad gateway|maintenance|wartung|wartungsarbeiten|nicht gefunden|gesperrt|geschlossen|introuvable|suspendu|fermé|entretien|no encontrad[ao]|mantenimiento|suspendid[ao]|cerrad[ao]|aviso)\b|не найден|ошибка|технические работы|(?:^|\n)(?:information|informationen|información|hinweis|meldung|информация)(?:\n|$|[ :|-])|обслуживани|закрыт|заблокирован`)

// humans are words on pages that want to know whether a person asks.
var humans = regexp.MustCompile(`(?i)\b(captcha|are you (?:a )?human|not a robot|prove you|bist du ein mensch|kein roboter|êtes-vous humain|pas un robot|eres humano|no soy un robot)\b|вы человек|не робот`)

// pageType tells what kind of page this is by its structure.
func (d *document) pageType(s *surveyed, ld product, found map[fact]string, priced bool) vigil.PageType {
	sells := ld.found || found[factVendor] != "" || found[factShipsFrom] != "" || found[factShipsTo] != ""
	priceLabel := found[factPrice] != "" || len(s.priced) > 0
	captcha := s.captcha || s.asks && humans.MatchString(s.title.whole+" "+d.title(s, ld))
	alone := ld.found || len(s.described) > 0 || found[factShipsFrom] != ""
	switch {
	case d.status >= 400 && !captcha && !s.password:
		return vigil.PageNotice
	case captcha && !s.password && !sells:
		return vigil.PageCaptcha
	case s.password && !sells && len(s.cards) == 0:
		return vigil.PageLogin
	case s.answers && len(s.bodies) == 0:
		return vigil.PageOther
	case len(ld.prices) > 0, s.thread.first != nil:
		return vigil.PageListing
	case priceLabel && s.buy && (alone || len(s.bodies) > 0) && len(s.cards) == 0:
		return vigil.PageListing
	case !priceLabel && len(found) == 0 && len(s.cards) == 0 && s.heading != nil && notices.MatchString(s.headText(s.heading)):
		return vigil.PageNotice
	case !priceLabel && (found[factSince] != "" || s.hasKey), vendorAddress.MatchString(d.address) && !(priced && sells):
		return vigil.PageVendor
	case len(s.cards) > 0 && !(sells && priced), indexAddress.MatchString(d.address) && !alone:
		return vigil.PageIndex
	case (s.heading != nil || found[factTitle] != "" || found[factPrice] != "" && found[factVendor] != "") && (priced || sells):
		return vigil.PageListing
	case s.pages:
		return vigil.PageIndex
	case notices.MatchString(s.title.whole + "\n" + d.title(s, ld)):
		return vigil.PageNotice
	}
	return vigil.PageOther
}

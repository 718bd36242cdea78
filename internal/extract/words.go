package extract

import (
	"strings"
	"unicode"
)

// A topic is what a heading or a tab announces.
type topic int

const (
	noTopic     topic = iota
	description       // the text of the page's own thing
	foreign           // what others wrote, other things, and what holds for all of a vendor's things
)

// foreignWords announce what is no part of a description, in English, German,
// French, Spanish and Russian.
var foreignWords = listed(`
	review reviews feedback feedbacks ratings testimonials comments replies questions
	related similar recommended recommendations also others
	terms conditions policy policies refund refunds returns pgp
	bewertung bewertungen rezension rezensionen kommentare kundenmeinungen fragen
	ähnliche verwandte empfehlungen empfohlene weitere interessieren auch agb rückgabe geschäftsbedingungen verkaufsbedingungen
	avis commentaires évaluations similaires autres aimerez aussi retours remboursement cgv
	opiniones reseñas valoraciones comentarios relacionados similares también otros otras condiciones devoluciones reembolso
	отзывы отзыв комментарии похожие другие также рекомендуем условия возврат вопросы`)

// mildWords stand beside foreign words in a heading and change nothing.
var mildWords = listed(`
	buyer buyers customer customers vendor vendors seller sellers product products item items listing listings the a of and for by this our
	your latest recent last all user users shop store you may like from more key public order orders offers details
	kunden käufer der die das von und für diese dieser dieses artikel angebote produkte anzeigen verkäufers anbieters händlers könnte dich sie
	clients acheteurs client des de du la le les et sur produits articles vendeur ventes vous dans même catégorie
	clientes compradores del el los las y sobre productos vendedor este artículos ofertas
	покупателей покупателя о и товары товара продавца продавце объявления`)

// moreFrom announce other things of the same vendor.
var moreFrom = []string{"more from", "more by", "other items", "other listings", "other products", "other offers", "mehr von", "más de", "plus de", "ещё от", "еще от"}

// topicOf returns what a heading announces. A sure heading is an element for
// headings; of any other text, which may be a line of a description, all words must
// fit.
func topicOf(text string, sure bool) topic {
	if len(text) > 90 || strings.Contains(text, "\n") {
		return noTopic
	}
	if labelOf(text) == factDescription {
		return description
	}
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
	if len(words) == 0 || len(words) > 9 {
		return noTopic
	}
	n, others := 0, 0
	for _, w := range words {
		switch {
		case foreignWords[w]:
			n++
		case !mildWords[w]:
			others++
		}
	}
	line := strings.Join(words, " ")
	for _, m := range moreFrom {
		if strings.HasPrefix(line, m) && (sure || others == 0) {
			return foreign
		}
	}
	if labelOf(line) == factDescription {
		return description // beside a count
	}
	if n > 0 && (others == 0 || sure && others <= 2) {
		return foreign
	}
	return noTopic
}

func listed(s string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

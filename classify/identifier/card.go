package identifier

import (
	"strings"

	"vigil"
)

// An issuer is a range of the numbers with which payment cards begin (issuer
// identification numbers, ISO/IEC 7812), and the lengths of its cards.
type issuer struct {
	from, to string // of one length
	min, max int
	named    bool // too much else begins so: a word must say that it is a card
}

// issuers are the ranges that the networks publish: Visa, Mastercard, American
// Express, Diners Club, Discover, UnionPay, JCB, Mir, Maestro, RuPay, Verve, Troy.
var issuers = []issuer{
	{"4", "4", 16, 16, false}, {"4", "4", 13, 13, true}, {"4", "4", 19, 19, true}, // Visa
	{"51", "55", 16, 16, false}, {"2221", "2720", 16, 16, false}, // Mastercard
	{"34", "34", 15, 15, false}, {"37", "37", 15, 15, false}, // American Express
	{"300", "305", 14, 19, false}, {"3095", "3095", 14, 19, false}, {"36", "36", 14, 19, false}, {"38", "39", 14, 19, false}, // Diners Club
	{"6011", "6011", 16, 19, false}, {"644", "649", 16, 19, false}, {"65", "65", 16, 19, false}, // Discover
	{"62", "62", 16, 19, false}, {"81", "81", 16, 19, true}, // UnionPay
	{"3528", "3589", 16, 19, false},                                                                                        // JCB
	{"2200", "2204", 16, 19, false},                                                                                        // Mir
	{"50", "50", 13, 19, true}, {"56", "58", 13, 19, true}, {"6304", "6304", 13, 19, true}, {"6759", "6763", 13, 19, true}, // Maestro
	{"508", "508", 16, 16, true}, {"60", "60", 16, 16, true}, // RuPay
	{"9792", "9792", 16, 16, true}, // Troy
}

// groupings are the ways in which cards show their numbers; one piece is another.
var groupings = [][]int{{4, 4, 4, 4, 3}, {4, 4, 4, 4}, {4, 6, 5}, {4, 6, 4}}

// cardWords name cards, notCardWords other things with as many digits.
var (
	cardWords = words{
		"card", "cards", "visa", "mastercard", "maestro", "amex", "american express", "credit", "debit", "cc", "ccs", "cvv", "cvc", "pan", "fullz", "dumps",
		"karte*", "kreditkarte*", "carte", "cartes", "tarjeta*", "карт*", "виза",
	}
	notCardWords = words{
		"track*", "parcel", "shipment", "order", "invoice", "imei", "iccid", "isbn", "ean", "txid", "transaction", "hash", "block", "wei", "timestamp",
		"sendung*", "bestell*", "rechnung*", "colis", "suivi", "commande", "facture", "envío", "envio", "pedido", "seguimiento",
		"трек*", "заказ*", "посылк*", "накладн*",
	}
)

// cards finds the card numbers among the groups of nb. What is reported of one
// is its place.
func (sc *scanner) cards(nb *number) {
	for i := 0; i < len(nb.groups); i++ {
		if n := nb.size(i); n >= 13 && n <= 19 {
			if !nb.amount(i) {
				sc.card(nb, i, 1)
			}
			continue
		}
		for _, g := range groupings {
			if nb.grouped(i, g) && sc.card(nb, i, len(g)) {
				i += len(g) - 1
				break
			}
		}
	}
}

// card looks at n groups from i on, and reports whether they are a card.
func (sc *scanner) card(nb *number, i, n int) bool {
	digits := nb.join(i, i+n)
	if !luhn(digits) {
		return false
	}
	named := sc.nearest(nb.groups[i].start, cardWords, notCardWords)
	if named == 1 || !isCard(digits, named == 0) {
		return false
	}
	sc.found(nb.groups[i].start, nb.groups[i+n-1].end, len(digits), plain, vigil.Identifier{
		Kind: "card", Class: vigil.ClassB, Readings: []string{"card"}, Redacted: true,
	})
	return true
}

// amount reports whether group i is a part of a decimal fraction.
func (nb *number) amount(i int) bool {
	return i > 0 && nb.between(i) == "." || i+1 < len(nb.groups) && nb.between(i+1) == "."
}

// grouped reports whether the groups from i on have these sizes, with one
// separator between all of them that does not go on to a further group of four:
// then it is a longer number. Month and year may follow.
func (nb *number) grouped(i int, sizes []int) bool {
	if i+len(sizes) > len(nb.groups) {
		return false
	}
	sep := nb.between(i + 1)
	if sep != " " && sep != "-" && sep != "\u00a0" {
		return false
	}
	for k, n := range sizes {
		if nb.size(i+k) != n || k > 0 && nb.between(i+k) != sep {
			return false
		}
	}
	if i > 0 && nb.between(i) == sep && nb.size(i-1) == 4 {
		return false
	}
	after := i + len(sizes)
	if nb.size(after) != 4 || nb.between(after) != sep {
		return true
	}
	month := nb.text[nb.groups[after].start:][:2]
	return month >= "01" && month <= "12"
}

// isCard reports whether digits are those of a card: a known issuer, the length
// of its cards, and the check digit (ISO/IEC 7812-1, annex B, known as Luhn's).
func isCard(digits string, named bool) bool {
	if !luhn(digits) || strings.Count(digits, digits[:1]) == len(digits) {
		return false
	}
	for _, r := range issuers {
		head := digits[:len(r.from)]
		if head >= r.from && head <= r.to && len(digits) >= r.min && len(digits) <= r.max && (named || !r.named) {
			return true
		}
	}
	return false
}

func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

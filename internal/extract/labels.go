package extract

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A fact is what a label on a page announces.
type fact int

const (
	noFact fact = iota
	factVendor
	factPrice
	factCategory
	factShipsFrom
	factShipsTo
	factPosted
	factSales
	factRating
	factDescription
	factTitle
	factFrom    // where goods come from, or a message; a weak label
	factTo      // where they go; a weak label
	factSince   // of an account: told of vendors only
	factPostage // what it costs to send; its prices are none of the thing's
	factOther   // a label whose fact no listing holds; it ends the value before it
)

// labels are the words before facts in English, German, French, Spanish and
// Russian, in lower case, without the colon.
var labels = map[string]fact{
	"vendor": factVendor, "seller": factVendor, "sold by": factVendor, "vendor name": factVendor, "merchant": factVendor,
	"verkäufer": factVendor, "anbieter": factVendor, "händler": factVendor, "verkauft von": factVendor,
	"vendeur": factVendor, "vendu par": factVendor, "vendedor": factVendor, "vendido por": factVendor,
	"продавец": factVendor, "магазин": factVendor,

	"price per piece": factPrice, "price per unit": factPrice, "price each": factPrice, "item price": factPrice, "total price": factPrice,
	"current price": factPrice, "preis pro stück": factPrice, "preis je stück": factPrice, "einzelpreis": factPrice, "prix unitaire": factPrice,
	"prix par pièce": factPrice, "precio por unidad": factPrice, "precio unitario": factPrice, "цена за штуку": factPrice, "цена за единицу": factPrice,
	"prices": factPrice, "price list": factPrice, "offers": factPrice, "bulk prices": factPrice, "preise": factPrice, "angebote": factPrice,
	"staffelpreise": factPrice, "precios": factPrice, "цены": factPrice,
	"price": factPrice, "unit price": factPrice, "cost": factPrice, "preis": factPrice, "stückpreis": factPrice,
	"prix": factPrice, "precio": factPrice, "цена": factPrice, "стоимость": factPrice,

	"category": factCategory, "categories": factCategory, "section": factCategory, "listed in": factCategory,
	"kategorie": factCategory, "rubrik": factCategory, "catégorie": factCategory, "rubrique": factCategory,
	"categoría": factCategory, "категория": factCategory, "раздел": factCategory, "рубрика": factCategory,

	"ship from": factShipsFrom, "ships from": factShipsFrom, "ship's from": factShipsFrom, "shipping from": factShipsFrom, "shipped from": factShipsFrom, "dispatched from": factShipsFrom,
	"origin": factShipsFrom, "origin country": factShipsFrom, "country of origin": factShipsFrom,
	"versand aus": factShipsFrom, "versand von": factShipsFrom, "versendet aus": factShipsFrom, "herkunft": factShipsFrom,
	"expédié de": factShipsFrom, "expédié depuis": factShipsFrom, "expédition depuis": factShipsFrom, "envoi depuis": factShipsFrom,
	"origine": factShipsFrom, "envío desde": factShipsFrom, "se envía desde": factShipsFrom, "enviado desde": factShipsFrom,
	"origen": factShipsFrom, "отправка из": factShipsFrom, "откуда": factShipsFrom, "доставка из": factShipsFrom,

	"ship to": factShipsTo, "ships to": factShipsTo, "ship's to": factShipsTo, "shipping to": factShipsTo, "delivers to": factShipsTo, "delivery to": factShipsTo,
	"destination": factShipsTo, "destinations": factShipsTo, "versand nach": factShipsTo, "lieferung nach": factShipsTo,
	"liefert nach": factShipsTo, "expédié vers": factShipsTo, "expédition vers": factShipsTo, "livraison vers": factShipsTo,
	"envoi vers": factShipsTo, "envío a": factShipsTo, "envíos a": factShipsTo, "se envía a": factShipsTo,
	"доставка в": factShipsTo, "отправка в": factShipsTo, "куда": factShipsTo,

	"posted": factPosted, "posted on": factPosted, "listed": factPosted, "listed on": factPosted, "added": factPosted,
	"added on": factPosted, "published": factPosted, "date": factPosted, "created": factPosted,
	"eingestellt": factPosted, "eingestellt am": factPosted, "erstellt am": factPosted, "datum": factPosted,
	"publié le": factPosted, "ajouté le": factPosted, "publicado": factPosted, "publicado el": factPosted,
	"fecha": factPosted, "опубликовано": factPosted, "добавлено": factPosted, "дата": factPosted,

	"sales": factSales, "sold": factSales, "units sold": factSales, "total sales": factSales, "orders": factSales,
	"verkauft": factSales, "verkäufe": factSales, "ventes": factSales, "vendus": factSales, "vendu": factSales,
	"gesamtverkäufe": factSales, "ventas": factSales, "vendidos": factSales, "продано": factSales, "продажи": factSales, "продаж": factSales,

	"rating": factRating, "score": factRating, "stars": factRating, "bewertung": factRating,
	"évaluation": factRating, "valoración": factRating, "puntuación": factRating, "рейтинг": factRating, "оценка": factRating,

	"about this product": factDescription, "about this listing": factDescription, "about the item": factDescription, "about the product": factDescription,
	"product details": factDescription, "item details": factDescription, "full description": factDescription, "artikelbeschreibung": factDescription,
	"über diesen artikel": factDescription, "angebotsbeschreibung": factDescription, "produktdetails": factDescription, "en savoir plus": factDescription,
	"description du produit": factDescription, "description de l'article": factDescription, "à propos de cet article": factDescription, "descriptif": factDescription,
	"détails": factDescription, "descripción del producto": factDescription, "descripción del artículo": factDescription, "sobre este artículo": factDescription,
	"detalles": factDescription, "описание товара": factDescription, "о товаре": factDescription, "подробности": factDescription, "подробное описание": factDescription,
	"description": factDescription, "product description": factDescription, "item description": factDescription,
	"listing description": factDescription, "about this item": factDescription, "details": factDescription,
	"beschreibung": factDescription, "produktbeschreibung": factDescription, "descripción": factDescription,
	"описание": factDescription,

	"member since": factSince, "registered": factSince, "joined": factSince, "last seen": factSince, "last active": factSince,
	"vendor since": factSince, "seller since": factSince, "pgp key": factSince, "pgp public key": factSince,
	"mitglied seit": factSince, "zuletzt online": factSince, "membre depuis": factSince, "miembro desde": factSince,
	"на сайте с": factSince, "был в сети": factSince,

	"from": factFrom, "to": factTo, "von": factFrom, "nach": factTo, "depuis": factFrom, "vers": factTo, "desde": factFrom, "hacia": factTo,

	"item": factTitle, "title": factTitle, "item name": factTitle, "product": factTitle, "product name": factTitle, "listing": factTitle,
	"titel": factTitle, "artikel": factTitle, "produkt": factTitle, "titre": factTitle, "produit": factTitle, "article": factTitle,
	"título": factTitle, "producto": factTitle, "artículo": factTitle, "название": factTitle, "товар": factTitle, "наименование": factTitle,

	"quantity": factOther, "qty": factOther, "amount": factOther, "stock": factOther, "in stock": factOther, "available": factOther,
	"availability": factOther, "payment": factOther, "escrow": factOther, "shipping": factPostage, "shipping options": factPostage,
	"delivery": factPostage, "delivery method": factPostage, "last updated": factOther, "quantity left": factOther, "ends in": factOther, "left": factOther, "updated": factOther, "quality rate": factRating, "views": factOther, "product class": factOther, "class": factOther, "balance": factOther,
	"refund policy": factOther, "item number": factOther, "id": factOther, "reviews": factOther, "feedback": factOther,
	"postage": factPostage, "shipping cost": factPostage, "postage options": factPostage, "postage option": factPostage, "order": factOther, "buy": factOther, "payment methods": factOther,
	"accepts": factOther, "coins": factOther, "type": factOther, "condition": factOther, "reference": factOther, "sku": factOther, "tags": factOther,
	"versandkosten": factPostage, "versand": factPostage, "porto": factPostage, "zahlung": factOther, "zustand": factOther, "lieferzeit": factOther, "art": factOther,
	"anzahl": factOther, "artikelnummer": factOther, "bestand": factOther,
	"frais de port": factPostage, "livraison": factPostage, "paiement": factOther, "état": factOther, "référence": factOther, "stocks": factOther, "disponibilité": factOther,
	"gastos de envío": factPostage, "envío": factPostage, "доставка": factPostage, "pago": factOther, "estado": factOther, "referencia": factOther, "existencias": factOther, "disponible": factOther,
	"оплата": factOther, "состояние": factOther, "артикул": factOther, "наличие": factOther, "осталось": factOther,
	"unit": factOther, "menge": factOther, "verfügbar": factOther, "quantité": factOther, "cantidad": factOther,
	"количество": factOther, "в наличии": factOther,
}

// labelOf returns the fact that s, a label with or without a colon, announces.
func labelOf(s string) fact {
	if len(s) > 60 {
		return noFact
	}
	s = strings.ReplaceAll(s, "’", "'")
	s = strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsPunct(r) || unicode.IsSymbol(r)
	})
	return labels[strings.ToLower(s)]
}

// withoutLabel cuts a label for f and its colon off the beginning of s.
func withoutLabel(s string, f fact) string {
	if label, value, ok := strings.Cut(s, ":"); ok && labelOf(label) == f {
		return strings.TrimSpace(value)
	}
	return s
}

// vendorName returns a vendor's name without what pages put behind it: scores, levels
// and counts in brackets.
func vendorName(s string) string {
	s = firstLine(s)
	for _, open := range []string{" (", " [", " {", " ★", " ✓", " |"} {
		if i := strings.Index(s, open); i > 0 {
			s = s[:i]
		}
	}
	return short(strings.TrimSpace(s), 100)
}

// categoryPath returns the steps of a category: "A > B / C".
func categoryPath(s string) []string {
	var steps []string
	s = strings.ReplaceAll(firstLine(s), " / ", ">") // without spaces it is part of a name
	for _, p := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(">›»→|", r) }) {
		if p = strings.TrimSpace(p); p != "" && len(steps) < 10 {
			steps = append(steps, short(p, 100))
		}
	}
	return steps
}

// listOf returns the places in a list: "A, B; C".
func listOf(s string) []string {
	var items []string
	for _, p := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",;/|\n", r) }) {
		if p = strings.TrimSpace(p); p != "" && len(items) < 300 {
			items = append(items, short(p, 100))
		}
	}
	return items
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return strings.TrimSpace(s)
}

// short cuts s to n bytes at most, between characters: a fact that is longer was
// none.
func short(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

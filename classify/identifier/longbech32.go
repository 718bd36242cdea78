package identifier

import (
	"strings"

	"vigil"
)

// A longForm is a form of bech32 whose human-readable part says what it is, and
// that may be longer than the 90 characters of BIP-173.
type longForm struct {
	hrp      string
	min, max int // characters in all
	amount   bool
	network  string
	read     func(b bech32Text) (vigil.Identifier, bool)
}

// A bech32Text is a decoded text of a form.
type bech32Text struct {
	form     *longForm
	text     string // in lower case
	hrp      string
	data     []byte // 5 bits each
	constant uint32
}

// shortestLong is the length of the shortest text of any form.
const shortestLong = 30

// longForms are the forms, longer names before those that begin like them.
var longForms = []longForm{
	{"zs", 78, 78, false, mainnet, readSapling},
	{"ztestsapling", 88, 88, false, testnet, readSapling},
	{"tex", 42, 42, false, mainnet, readTex},
	{"textest", 46, 46, false, testnet, readTex},
	{"u", 60, 1000, false, mainnet, readUnified},
	{"utest", 60, 1000, false, testnet, readUnified},
	{"zu", 60, 1000, false, mainnet, readUnified}, // revision 2: shielded receivers only
	{"tu", 60, 1000, false, mainnet, readUnified}, // revision 2: a transparent one among them
	{"sp", 116, 1023, false, mainnet, readSilent},
	{"tsp", 117, 1023, false, testnet, readSilent},
	{"ltcmweb", 121, 121, false, mainnet, readMWEB},
	{"tmweb", 119, 119, false, testnet, readMWEB},
	{"lnbcrt", 200, maxSpelling, true, testnet, readInvoice},
	{"lnbc", 200, maxSpelling, true, mainnet, readInvoice},
	{"lntbs", 200, maxSpelling, true, testnet, readInvoice},
	{"lntb", 200, maxSpelling, true, testnet, readInvoice},
	{"lnurl", shortestLong, maxSpelling, false, mainnet, readLNURL},
}

// bech32 looks at the token at start, and at what it makes up with those after
// it, as one of longForms. The checksum says how far it goes.
func (sc *scanner) bech32(start int) {
	sc.spell(start, beginsLong)
	if len(sc.spelt.ends) == 0 || sc.offer(start) {
		return
	}
	passes := sc.spelt.checksums()
	for i := len(sc.spelt.ends) - 1; i >= 0; i-- {
		end := sc.spelt.ends[i]
		if passes>>i&1 == 0 || end.upper && end.lower {
			continue
		}
		id, slip, ok := decodeLong(string(sc.spelt.text[:end.n]))
		if !ok {
			continue
		}
		method := plain
		switch {
		case slip || end.folded:
			method = folded
		case i > 0:
			method = joined
		}
		sc.found(start, end.at, end.n, method, id)
		return
	}
}

// checksums returns a bit for each end up to which a spelling may have a valid
// checksum. It reads the text once for each form that begins like it, where
// decoding would read it once for each end.
func (sp *spelling) checksums() (passes uint64) {
	for i := range longForms {
		f := &longForms[i]
		if len(sp.text) < f.min || !beginsWith(sp.text, f.hrp) {
			continue
		}
		sep := len(f.hrp)
		if !f.amount {
			passes |= sp.checksum(f, sep)
			continue
		}
		strict := amountEnd(sp.text, sep, func(c byte) bool { return c == '1' })
		loose := amountEnd(sp.text, sep, isSeparator)
		if passes |= sp.checksum(f, strict); loose != strict {
			passes |= sp.checksum(f, loose)
		}
	}
	return passes
}

// checksum does so for one form, with the separator at sep.
func (sp *spelling) checksum(f *longForm, sep int) (passes uint64) {
	sum := uint32(1)
	hrp := foldAmount(string(sp.text[:min(sep, len(sp.text))]), len(f.hrp))
	for i := range len(hrp) {
		sum = bech32Polymod(sum, hrp[i]>>5)
	}
	sum = bech32Polymod(sum, 0)
	for i := range len(hrp) {
		sum = bech32Polymod(sum, hrp[i]&31)
	}
	at := sep + 1
	for i, end := range sp.ends {
		for ; at < end.n; at++ {
			v := bech32Digits[foldBech32Byte(sp.text[at])]
			if v < 0 {
				return passes
			}
			sum = bech32Polymod(sum, byte(v))
		}
		if end.n >= f.min && (sum == bech32Const || sum == bech32mConst) {
			passes |= 1 << i
		}
	}
	return passes
}

// foldBech32Byte is foldBech32 for one character of the data, in lower case.
func foldBech32Byte(c byte) byte {
	switch c {
	case 'o':
		return '0'
	case '1', 'i':
		return 'l'
	}
	return c
}

// offerHRP begins an offer, which has no checksum; see offer.go.
const offerHRP = "lno"

// beginsLong reports whether text is the beginning of one of longForms, or goes
// on behind the beginning of one.
func beginsLong(text []byte) bool {
	for i := range longForms {
		if beginsWith(text, longForms[i].hrp) {
			return true
		}
	}
	return beginsWith(text, offerHRP)
}

// beginsWith reports whether text is a beginning of hrp, or hrp and a separator
// or what may be an amount.
func beginsWith(text []byte, hrp string) bool {
	if len(text) <= len(hrp) {
		return hrp[:len(text)] == string(text)
	}
	c := text[len(hrp)]
	return string(text[:len(hrp)]) == hrp && (isSeparator(c) || isDigitByte(c) || c == 'o')
}

// isSeparator reports whether c is the separator 1 or looks like it.
func isSeparator(c byte) bool { return c == '1' || c == 'l' || c == 'i' }

// decodeLong reads s, in lower case, as one of longForms: as it stands, or with
// characters taken for those they look like, and then slip is true.
func decodeLong(s string) (id vigil.Identifier, slip, ok bool) {
	for i := range longForms {
		f := &longForms[i]
		if len(s) < f.min || len(s) > f.max || !beginsWith([]byte(s[:len(f.hrp)+1]), f.hrp) {
			continue
		}
		if id, ok := f.decode(s); ok {
			return id, false, true
		}
		if t := f.fold(s); t != s {
			if id, ok := f.decode(t); ok {
				return id, true, true
			}
		}
	}
	return vigil.Identifier{}, false, false
}

func (f *longForm) decode(s string) (vigil.Identifier, bool) {
	hrp, data, constant, ok := decodeBech32Long(s)
	if !ok || f.amount && !strings.HasPrefix(hrp, f.hrp) || !f.amount && hrp != f.hrp {
		return vigil.Identifier{}, false
	}
	return f.read(bech32Text{form: f, text: s, hrp: hrp, data: data, constant: constant})
}

// fold puts the characters of bech32 in the place of those that look like them:
// see foldBech32. Before the separator there may be an amount.
func (f *longForm) fold(s string) string {
	sep := len(f.hrp)
	if f.amount {
		sep = amountEnd(s, sep, isSeparator)
	}
	if sep >= len(s) {
		return s
	}
	return foldAmount(foldBech32(s, sep)[:sep], len(f.hrp)) + foldBech32(s, sep)[sep:]
}

// foldAmount puts digits in the place of what looks like them in s[from:].
func foldAmount(s string, from int) string {
	b := []byte(s)
	for i := from; i < len(b); i++ {
		switch b[i] {
		case 'o':
			b[i] = '0'
		case 'l', 'i':
			b[i] = '1'
		}
	}
	return string(b)
}

// amountEnd returns where the separator behind an amount is, which may be empty,
// at s[from:], with digits that may be slips.
func amountEnd[T string | []byte](s T, from int, separator func(byte) bool) int {
	digits := from
	for digits < len(s) && (isDigitByte(s[digits]) || separator(s[digits]) || s[digits] == 'o') {
		digits++
	}
	if digits > from && digits+1 < len(s) && strings.IndexByte("munp", s[digits]) >= 0 && separator(s[digits+1]) {
		return digits + 1
	}
	for digits > from && !separator(s[digits-1]) {
		digits--
	}
	return max(from, digits-1)
}

// bytes returns the data in bytes, if that leaves nothing but zero bits, and of
// them fewer than five.
func (b bech32Text) bytes() ([]byte, bool) { return eightBits(b.data) }

// coin fills in an identifier of the text's network.
func (b bech32Text) coin(kind, key string) vigil.Identifier {
	return coin(kind, b.text, b.form.network, key, kind)
}

package encoding

import "golang.org/x/net/html/charset"

// A pairModel is the model of a charset of pairs of bytes.
type pairModel struct {
	charset string
	// common lists the characters that texts use most; each costs commonBits.
	common string
	// area returns what another character costs that begins with the bytes a
	// and b, and how many bytes it takes: 1 and invalid if there is none.
	area func(a, b byte) (bits float64, n int)
}

// What characters cost in bits. The sum of a text comes near ten bits a
// character in its own charset: half of it is common characters.
const (
	commonBits = 7.0
	kana       = 6.0
	daily      = 11.0 // characters of the first level of a standard
	rare       = 17.0 // of its second level
	exotic     = 20.0 // of its extensions
	invalid    = 25.0
)

// pairModels: the areas are those of the standards GB 18030, Big5, KS X 1001
// and JIS X 0208, which keep common characters apart from rare ones. Common
// characters stand here by published frequency counts.
var pairModels = []pairModel{
	{"gb18030", "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想实日者意无力把长机十民第公已工使情明性知全三又关点正业外将两高间由问很最重物手应战向头文体政美相见被利什二等产或新己制身果加月话合回特代内信表化老给世位次度门任常先海通教立及比员解水名真论处走各入几口认条平系气题四何电数安少报才结反受目量再感建务做接必场件计管期市直德资命金，。、：；！？（）", areaGB},
	{"big5", "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心本前開但因只從想實日者意無力把長機十民第公已工使情明性知全三又關點正業外將兩高間由問很最重物手應戰向頭文體政美相見被利什二等產或新己制身果加月話合回特代內信表化老給世位次度門任常先海通教立及比員解水名真論處走各入幾口認條平系氣題四何電數安少報才結反受目量再感建務做接必場件計管期市直德資命金，。、：；！？（）", areaBig5},
	{"euc-kr", "이다는에의을가고하지은로한를기사도리서자아나있인니그해시대부수어라정보전스일만들과으면장원상주게구동여성선제거것세오우조비공문안마되내와했습입않없음방신무물판매격송품", areaKR},
	{"shift_jis", "", areaSJIS},
	{"euc-jp", "", areaEUCJP},
}

// score returns the bits of a sample, negative.
func (m pairModel) score(s []byte) (bits float64) {
	common := m.commonPairs()
	for i := 0; i+1 < len(s); {
		if s[i] < 0x80 {
			i++
			continue
		}
		if common.has(s[i], s[i+1]) {
			bits -= commonBits
			i += 2
			continue
		}
		cost, n := m.area(s[i], s[i+1])
		bits -= cost
		i += n
	}
	return bits
}

// pairs is a set of pairs of bytes, a bit each, the first of which is beyond ASCII.
type pairs [128][4]uint64

func (p *pairs) has(a, b byte) bool { return p[a-0x80][b>>6]>>(b&63)&1 == 1 }
func (p *pairs) add(a, b byte)      { p[a-0x80][b>>6] |= 1 << (b & 63) }

// commonPairs returns the common characters as the charset spells them.
func (m pairModel) commonPairs() *pairs {
	e, _ := charset.Lookup(m.charset)
	b, _ := e.NewEncoder().Bytes([]byte(m.common)) // what has no spelling is escaped, in ASCII
	var set pairs
	for len(b) >= 2 {
		if b[0] < 0x80 {
			b = b[1:]
			continue
		}
		set.add(b[0], b[1])
		b = b[2:]
	}
	return &set
}

// in reports whether c is one of from to to.
func in(c, from, to byte) bool { return from <= c && c <= to }

func areaGB(a, b byte) (float64, int) {
	switch {
	case !in(a, 0x81, 0xfe) || b == 0x7f || b == 0xff:
		return invalid, 1
	case in(b, 0x30, 0x39): // the first half of four bytes
		return exotic, 2
	case b < 0x40:
		return invalid, 1
	case b < 0xa1 || a < 0xa1:
		return rare + 1, 2
	case in(a, 0xb0, 0xd7):
		return daily, 2
	case in(a, 0xd8, 0xf7):
		return rare, 2
	case a == 0xa1 || a == 0xa3: // punctuation, wide ASCII
		return daily, 2
	case in(a, 0xa4, 0xa8): // kana, Greek, Cyrillic
		return daily + 2, 2
	}
	return rare + 1, 2
}

func areaBig5(a, b byte) (float64, int) {
	switch {
	case !in(a, 0x81, 0xfe) || !in(b, 0x40, 0x7e) && !in(b, 0xa1, 0xfe):
		return invalid, 1
	case in(a, 0xa4, 0xc6), a == 0xa1:
		return daily, 2
	case in(a, 0xc9, 0xf9):
		return rare, 2
	}
	return exotic, 2
}

func areaKR(a, b byte) (float64, int) {
	switch {
	case !in(a, 0x81, 0xfe) || b < 0x41 || b == 0xff || in(b, 0x5b, 0x60) || in(b, 0x7b, 0x80):
		return invalid, 1
	case b < 0xa1 || a < 0xa1:
		return rare, 2
	case in(a, 0xb0, 0xc8):
		return daily, 2
	}
	return rare, 2
}

func areaSJIS(a, b byte) (float64, int) {
	switch {
	case in(a, 0xa1, 0xdf): // half-width katakana
		return 10, 1
	case !in(a, 0x81, 0x9f) && !in(a, 0xe0, 0xfc) || b < 0x40 || b == 0x7f || b > 0xfc:
		return invalid, 1
	case a == 0x82 && in(b, 0x9f, 0xf1):
		return kana, 2
	case a == 0x83 && in(b, 0x40, 0x96), a == 0x81:
		return kana + 1, 2
	case in(a, 0x88, 0x98):
		return daily, 2
	case in(a, 0x99, 0x9f), in(a, 0xe0, 0xea):
		return rare, 2
	}
	return exotic, 2
}

func areaEUCJP(a, b byte) (float64, int) {
	switch {
	case a == 0x8e && in(b, 0xa1, 0xdf): // half-width katakana
		return rare, 2
	case a == 0x8f: // a rare character in three bytes
		return rare, 2
	case !in(a, 0xa1, 0xfe) || !in(b, 0xa1, 0xfe):
		return invalid, 1
	case a == 0xa4:
		return kana, 2
	case a == 0xa5, a == 0xa1:
		return kana + 1, 2
	case in(a, 0xb0, 0xcf):
		return daily, 2
	}
	return rare, 2
}

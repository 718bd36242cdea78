package duplicate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// A world is synthetic listings with planted near-duplicates. Its language is
// made of syllables, with frequent and rare words as in natural ones, eight trades
// with words and phrases of their own, and stock sentences that many vendors use.
type world struct {
	texts  []Text
	family []int    // of each text: which planted text it is made of
	kind   []string // of each text: how; "" for texts of their own
}

type maker struct {
	*rand.Rand
	words   []string
	stock   []string // sentences
	trades  []trade
	now     trade    // whose words are used
	markets []string // the text that each market puts under every listing
}

// A trade has its own words and turns of phrase: who sells the same kind of
// thing says much the same.
type trade struct{ words, phrases []string }

// newMaker returns a maker of texts; the same seed makes the same ones.
func newMaker(seed uint64) *maker {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 5))}
	syllables := strings.Fields("ba be bi bo ka ke ko la le lo ma me mi na ne no ra re ri ro sa se so ta te ti to va ve vo")
	for range 6000 {
		var w strings.Builder
		for range 1 + m.IntN(2) + m.IntN(3) {
			w.WriteString(syllables[m.IntN(len(syllables))])
		}
		m.words = append(m.words, w.String())
	}
	for range 8 {
		var t trade
		for range 60 {
			t.words = append(t.words, m.words[m.IntN(len(m.words))])
			t.phrases = append(t.phrases, strings.Join([]string{m.rare(), m.rare(), m.rare(), m.rare()}[:2+m.IntN(3)], " "))
		}
		m.trades = append(m.trades, t)
	}
	m.now = m.trades[0]
	for range 1500 {
		m.stock = append(m.stock, m.sentence())
	}
	for range 3 {
		m.markets = append(m.markets, m.own(7, 9))
	}
	return m
}

// word returns a word or a phrase, half of the time of the trade.
func (m *maker) word() string {
	switch m.IntN(6) {
	case 0:
		return m.now.phrases[m.IntN(len(m.now.phrases))]
	case 1, 2:
		return m.now.words[m.IntN(len(m.now.words))]
	}
	return m.rare()
}

// rare follows Zipf's law roughly: the nth word is about n times as rare as the first.
func (m *maker) rare() string {
	return m.words[int(math.Pow(float64(len(m.words)), m.Float64()))-1]
}

func (m *maker) sentence() string {
	var w []string
	for range 6 + m.IntN(9) {
		w = append(w, m.word())
	}
	return strings.Join(w, " ") + "."
}

// own returns a text of a vendor's own: sentences, some from the stock, with
// prices and numbers in them.
func (m *maker) own(least, most int) string {
	m.now = m.trades[m.IntN(len(m.trades))]
	var s []string
	for range least + m.IntN(most-least+1) {
		switch m.IntN(10) {
		case 0, 1:
			s = append(s, m.stock[m.IntN(len(m.stock))])
		case 2:
			s = append(s, m.word()+" "+m.word()+" "+m.price()+" "+m.sentence())
		default:
			s = append(s, m.sentence())
		}
	}
	return strings.Join(s, " ") + " " + m.word() + " " + m.wallet()
}

func (m *maker) price() string {
	return []string{fmt.Sprintf("$%d", 5+m.IntN(900)), fmt.Sprintf("0.%03d XMR", m.IntN(1000)), fmt.Sprintf("%d,%02d EUR", m.IntN(900), m.IntN(100))}[m.IntN(3)]
}

// wallet returns something in the shape of an address that is none.
func (m *maker) wallet() string {
	b := make([]byte, 34)
	for i := range b {
		b[i] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[m.IntN(58)]
	}
	return "1" + string(b)
}

// edited changes about one word in so many: another word, none, or one more.
func (m *maker) edited(text string, oneIn int) string {
	var out []string
	for _, w := range strings.Fields(text) {
		if m.IntN(oneIn) > 0 {
			out = append(out, w)
			continue
		}
		switch m.IntN(3) {
		case 0:
			out = append(out, m.word())
		case 1:
			out = append(out, w, m.word())
		}
	}
	return strings.Join(out, " ")
}

// refilled changes every number, price and wallet.
func (m *maker) refilled(text string) string {
	out := strings.Fields(text)
	for i, w := range out {
		switch {
		case len(w) == 35:
			out[i] = m.wallet()
		case strings.ContainsAny(w, "0123456789"):
			out[i] = fmt.Sprintf("%d.%02d", m.IntN(900), m.IntN(100))
		}
	}
	return strings.Join(out, " ")
}

func (m *maker) shuffled(text string) string {
	s := strings.SplitAfter(text, ". ")
	m.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
	return strings.TrimSpace(strings.Join(s, " "))
}

// translated says the same in other words: each word becomes another, the same
// one everywhere. It is no near-duplicate.
func (m *maker) translated(text string) string {
	out := strings.Fields(text)
	for i, w := range out {
		if at := slices.Index(m.words, strings.Trim(w, ".")); at >= 0 {
			out[i] = m.words[(at*31+97)%len(m.words)]
		}
	}
	return strings.Join(out, " ")
}

// borrowing returns a text of its own with a third of another in it. It is no
// near-duplicate.
func (m *maker) borrowing(text string) string {
	s := strings.SplitAfter(text, ". ")
	return m.own(len(s), len(s)) + " " + strings.Join(s[:len(s)/3], " ")
}

// newWorld makes n listings, some two in five of them in families of 2 to 20: an
// original, and copies that are made from it in one of four ways. Some two in a
// hundred are translations of others, and as many borrow a third of their text.
// Every listing of a market ends with the market's own text, which is as long as
// that of many vendors.
func newWorld(n int, seed uint64) *world {
	m := newMaker(seed)
	w := &world{}
	family := 0
	add := func(text, kind string) {
		market := m.IntN(len(m.markets))
		w.texts = append(w.texts, Text{
			Member: Member{fmt.Sprintf("l%06d", len(w.texts)), fmt.Sprintf("v%d", m.IntN(max(50, n/20))), fmt.Sprintf("market-%d", market)},
			Text:   text + "\n" + m.markets[market],
		})
		w.family, w.kind = append(w.family, family), append(w.kind, kind)
	}
	for ; len(w.texts) < n; family++ {
		text := m.own(4, 12)
		add(text, "")
		switch m.IntN(100) {
		case 0, 1:
			family++
			add(m.translated(text), "translated")
		case 7, 8:
			family++
			add(m.borrowing(text), "borrowing")
		case 2, 3, 4, 5, 6:
			for range 1 + m.IntN(19) {
				w.plant(m, text, add)
			}
		}
	}
	order := m.Perm(len(w.texts))
	return w.permuted(order[:n])
}

// newShortWorld makes n listings of one to three sentences without a market's
// text, some two in five of them in families of four: an original and copies
// with other numbers and one word in fifteen changed. Texts of their own may
// still share a stock sentence, which may be all there is to them. In han, the
// words are Han characters without spaces between the two or three of a phrase.
func newShortWorld(n int, seed uint64, han bool) *world {
	m := newMaker(seed)
	if han {
		m.writeHan()
	}
	w := &world{}
	for family := 0; len(w.texts) < n; family++ {
		text := m.own(1, 3)
		copies := 0
		if family%5 == 0 {
			copies = 3
		}
		for i := range 1 + copies {
			member := Member{fmt.Sprintf("l%06d", len(w.texts)), fmt.Sprint("v", family), "market"}
			w.texts, w.family, w.kind = append(w.texts, Text{Member: member, Text: text}), append(w.family, family), append(w.kind, "")
			if i == 0 {
				continue
			}
			w.texts[len(w.texts)-1].Text = m.refilled(m.edited(text, 15))
		}
	}
	return w
}

// writeHan spells every word in Han characters, of which there are 400.
func (m *maker) writeHan() {
	spell := func(word string) string {
		var b strings.Builder
		for i := 0; i+1 < len(word); i += 2 {
			if word[i] != ' ' {
				b.WriteRune(0x4e00 + rune(int(word[i])*31+int(word[i+1]))%400)
			}
		}
		return b.String()
	}
	lists := [][]string{m.words, m.stock}
	for _, t := range m.trades {
		lists = append(lists, t.words, t.phrases)
	}
	for _, list := range lists {
		for i := range list {
			list[i] = spell(list[i])
		}
	}
}

func (w *world) plant(m *maker, text string, add func(text, kind string)) {
	switch m.IntN(4) {
	case 0:
		add(m.refilled(text), "refilled")
	case 1:
		add(m.edited(text, 12), "edited")
	case 2:
		add(m.shuffled(text), "shuffled")
	case 3:
		add(m.refilled(m.edited(m.shuffled(text), 30)), "all three")
	}
}

// permuted returns the listings in another order.
func (w *world) permuted(order []int) *world {
	v := &world{}
	for _, i := range order {
		v.texts, v.family, v.kind = append(v.texts, w.texts[i]), append(v.family, w.family[i]), append(v.kind, w.kind[i])
	}
	return v
}

// common surveys the listings.
func (w *world) common(t tune) Common {
	var s Survey
	for _, text := range w.texts {
		s.add(text, t.shingle)
	}
	return s.Common()
}

// A score compares clusters with families by the pairs in them.
type score struct {
	precision, recall float64
	largest           int
}

func (w *world) score(x *Index) score {
	pairs := func(n int) float64 { return float64(n) * float64(n-1) / 2 }
	type both struct {
		family  int
		cluster ClusterID
	}
	families, clusters, joint := map[int]int{}, map[ClusterID]int{}, map[both]int{}
	var s score
	for i, t := range w.texts {
		id, _ := x.Cluster(t.Listing)
		families[w.family[i]]++
		clusters[id]++
		joint[both{w.family[i], id}]++
		s.largest = max(s.largest, clusters[id])
	}
	var planted, found, right float64
	for _, n := range families {
		planted += pairs(n)
	}
	for _, n := range clusters {
		found += pairs(n)
	}
	for _, n := range joint {
		right += pairs(n)
	}
	s.precision, s.recall = right/max(1, found), right/max(1, planted)
	return s
}

// indexed returns an index of the listings.
func (w *world) indexed(t tune, c Common) *Index {
	x := NewIndex(newSigner(c, t))
	for _, text := range w.texts {
		if err := x.Add(text); err != nil {
			panic(err) // the maker's mistake
		}
	}
	return x
}

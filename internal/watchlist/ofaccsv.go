package watchlist

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"vigil"
)

// null stands in OFAC's tables where there is no value.
const null = "-0-"

// fullRemark is the length from which a remark of sdn.csv is cut off and goes on
// in sdn_comments.csv. OFAC's limit is 1000 characters.
const fullRemark = 900

// An sdn is a row of sdn.csv.
type sdn struct {
	line             int
	file             string
	id, name, remark string
	programmes       []string
}

// A spill is a row of sdn_comments.csv: what a remark has beyond its limit.
type spill struct {
	line     int
	id, text string
}

// ofacCSV reads sdn.csv, with sdn_comments.csv or without. Remarks are cut off
// at their limit wherever that falls, in the middle of an address too, and go on
// in the other file: both are joined with nothing between them.
func (b *builder) ofacCSV(srcs []*source) error {
	var entries []sdn
	spills := map[string][]spill{}
	comments, known := "", false
	for _, s := range srcs {
		err := b.one(s, func(s *source) error {
			return records(s, ',', func(r record) error {
				switch f := r.fields; {
				case len(f) == 2 && isOFAC(f):
					comments = s.name
					id := f[0]
					spills[id] = append(spills[id], spill{r.line, id, f[1]})
					return b.take(len(id) + len(f[1]))
				case len(f) == 12 && f[0] != "":
					known = true
					if e := newSDN(r, s.name); strings.Contains(e.remark, remarkMark) || len(e.remark) >= fullRemark {
						entries = append(entries, e)
						return b.take(len(e.id) + len(e.name) + len(e.remark))
					}
					return nil
				}
				return b.problem(r.line, "a row of sdn.csv has 12 fields, one of sdn_comments.csv 2; this has %d", len(r.fields))
			}, b.malformed)
		})
		if err != nil {
			return err
		}
	}
	if !known {
		return errors.New("there is no row of sdn.csv; sdn_comments.csv says nothing without it: give both files")
	}
	b.title, b.url, b.listName = "OFAC Specially Designated Nationals", "https://sanctionslist.ofac.treas.gov", "ofac-sdn"
	if comments == "" {
		b.note("only sdn.csv is given: remarks that go on in sdn_comments.csv are cut off, and so are the addresses in them; give both files")
	}
	return b.sdnRows(entries, spills, comments)
}

// remarkMark is what every wallet in a remark has, however it is cut.
const remarkMark = "Digital Currency"

func newSDN(r record, file string) sdn {
	value := func(i int) string {
		if s := r.fields[i]; strings.TrimSpace(s) != null {
			return s
		}
		return ""
	}
	e := sdn{line: r.line, file: file, id: strings.TrimSpace(r.fields[0]), name: value(1), remark: value(11)}
	for p := range strings.SplitSeq(value(3), "] [") { // "SDGT] [IFSR"
		if p = strings.Trim(p, " []"); p != "" {
			e.programmes = append(e.programmes, p)
		}
	}
	return e
}

// sdnRows keeps the wallets of the entries, then those of remarks whose entry is
// missing.
func (b *builder) sdnRows(entries []sdn, spills map[string][]spill, comments string) error {
	for _, e := range entries {
		var more []spill
		if len(e.remark) >= fullRemark { // else the files are of different days
			more = spills[e.id]
			delete(spills, e.id)
		}
		var text strings.Builder
		text.WriteString(e.remark)
		for _, m := range more {
			text.WriteString(m.text)
		}
		b.file = e.file
		cut := len(more) == 0 && len(e.remark) >= fullRemark && !strings.HasSuffix(e.remark, ".")
		for _, w := range remarkWallets(text.String()) {
			row := vigil.ListRow{Line: e.line, Raw: w.text, Party: e.name, PartyID: e.id, Programmes: slices.Clone(e.programmes)}
			if cut && w.atEnd {
				row.Problem = "the remark is cut off here; the rest is in sdn_comments.csv"
			}
			if err := b.row(row, column{symbol: w.symbol}); err != nil {
				return err
			}
		}
	}
	return b.orphanRows(spills, comments)
}

// orphanRows keeps the wallets of remarks whose beginning no file has: without
// party and programme.
func (b *builder) orphanRows(orphans map[string][]spill, comments string) error {
	var all []spill
	for _, rows := range orphans {
		all = append(all, rows...)
	}
	slices.SortFunc(all, func(a, b spill) int { return a.line - b.line })
	b.file = comments
	lost := map[string]bool{}
	for _, s := range all {
		why := fmt.Sprintf("no remark of entry %s in sdn.csv goes on here: its party and programme are not known", s.id)
		rows := remarkWallets(mend(s.text))
		if head, _, _ := strings.Cut(s.text, ";"); Distinct(strings.TrimSpace(head)) {
			rows = append([]remarkWallet{{text: strings.TrimSpace(head)}}, rows...)
		}
		for _, w := range rows {
			lost[s.id] = true
			row := vigil.ListRow{Line: s.line, Raw: w.text, PartyID: s.id, Problem: why}
			if err := b.row(row, column{symbol: w.symbol}); err != nil {
				return err
			}
		}
	}
	if len(lost) > 0 {
		b.note("%s is of another day than sdn.csv: the wallets of %d entries have no party; fetch both files together", comments, len(lost))
	}
	return nil
}

// mend completes the words before the first wallet of a remark of which only the
// end is there: "ddress - ETH 0x…".
func mend(text string) string {
	for i := 1; i < len(featurePrefix)-2; i++ {
		if strings.HasPrefix(text, featurePrefix[i:]) {
			return featurePrefix[:i] + text
		}
	}
	return text
}

// A remarkWallet is a wallet in a remark.
type remarkWallet struct {
	symbol, text string
	atEnd        bool // nothing follows it
}

// remarkWallets returns the wallets of a remark: "Digital Currency Address - XBT
// <address>;", or with "alt." before it.
func remarkWallets(text string) []remarkWallet {
	var out []remarkWallet
	_, text, found := strings.Cut(text, featurePrefix)
	for found {
		var part string
		part, text, found = strings.Cut(text, featurePrefix)
		value, _, closed := strings.Cut(part, ";")
		symbol, address, _ := strings.Cut(strings.TrimSpace(value), " ")
		address = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(address), "."))
		if address == "" {
			address, symbol = symbol, ""
		}
		if address != "" {
			out = append(out, remarkWallet{symbol, address, !closed && !found})
		}
	}
	return out
}

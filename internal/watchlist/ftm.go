package watchlist

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"vigil"
)

// Bounds on entities.
const (
	maxEntity      = 4 << 20 // bytes of one line
	maxEntityDepth = 8       // of entities inside entities
)

// An entity is one of FollowTheMoney (followthemoney.tech). A property's values
// are texts, IDs of entities, or in nested exports the entities themselves.
type entity struct {
	ID         string                       `json:"id"`
	Schema     string                       `json:"schema"`
	Caption    string                       `json:"caption"`
	LastSeen   string                       `json:"last_seen"`
	Properties map[string][]json.RawMessage `json:"properties"`
}

// texts returns the plain values of a property, and the IDs of entities in it.
func (e *entity) texts(name string) []string {
	var out []string
	for _, raw := range e.Properties[name] {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			var inner struct {
				ID string `json:"id"`
			}
			if json.Unmarshal(raw, &inner) != nil {
				continue
			}
			s = inner.ID
		}
		if s != "" && len(out) < 1000 {
			out = append(out, s)
		}
	}
	return out
}

func (e *entity) text(name string) string { return first(e.texts(name)) }

// An account is a wallet or a bank account on the list.
type account struct {
	line    int
	file    string
	id      string
	raws    []accountRaw
	holders []string
	topics  []string
	url     string
}

type accountRaw struct {
	text string
	col  column
}

// A party is a holder, as far as rows need it.
type party struct {
	name   string
	topics []string
}

// A sanction is why an entity is listed.
type sanction struct {
	programmes         []string
	listed, start, end string
	url                string
}

// ftmReader joins accounts with their holders and sanctions, which may stand
// before or after them in the file: the first reading keeps the accounts, the
// second what belongs to them. Memory is bounded by the accounts, not the file.
type ftmReader struct {
	b         *builder
	accounts  []*account
	owners    map[string][]string // of an account, by Ownership entities
	wanted    map[string]bool     // IDs of accounts and holders
	parties   map[string]party
	sanctions map[string][]sanction
	lastSeen  string
	good, bad int // lines
}

// ftm reads entities, one a line.
func (b *builder) ftm(srcs []*source) error {
	r := &ftmReader{b: b, owners: map[string][]string{}, wanted: map[string]bool{}, parties: map[string]party{}, sanctions: map[string][]sanction{}}
	starts := make([]int64, len(srcs))
	for i, s := range srcs {
		seeker, ok := s.body.(io.Seeker)
		if !ok {
			return fmt.Errorf("%s: this format is read twice, which a stream does not allow; give a file", s.name)
		}
		at, err := seeker.Seek(0, io.SeekCurrent)
		if err != nil {
			return err
		}
		starts[i] = at - int64(s.in.Buffered())
	}
	for _, s := range srcs {
		if err := b.one(s, func(s *source) error { return r.each(s, r.account, true) }); err != nil {
			return err
		}
	}
	if r.good == 0 {
		return fmt.Errorf("no line is an entity of FollowTheMoney (%d are malformed)", r.bad)
	}
	r.want()
	if err := r.again(srcs, starts); err != nil {
		return err
	}
	if r.lastSeen != "" {
		b.fileDate, b.fileDateFrom = r.lastSeen, "the latest last_seen"
	}
	return r.rows()
}

// again reads the files for the second time, and checks that they did not
// change.
func (r *ftmReader) again(srcs []*source, starts []int64) error {
	sum := sha256.New()
	for i, s := range srcs {
		if _, err := s.body.(io.Seeker).Seek(starts[i], io.SeekStart); err != nil {
			return err
		}
		s2 := newSource(File{s.name, s.body}, sum)
		if err := r.b.one(s2, func(s *source) error { return r.each(s, r.related, false) }); err != nil {
			return err
		}
	}
	if !bytes.Equal(sum.Sum(nil), srcs[0].sum.Sum(nil)) {
		return errors.New("the file changed while it was read")
	}
	return nil
}

// each calls f with every entity, those inside others too, and what is around it.
func (r *ftmReader) each(s *source, f func(line int, e, around *entity) error, report bool) error {
	l := s.lines(maxEntity)
	for {
		line, err := l.read()
		if err == io.EOF {
			return nil
		}
		if err != nil && !errors.Is(err, errLong) {
			return err
		}
		if err := r.b.ctx.Err(); err != nil {
			return err
		}
		if err == nil && strings.TrimSpace(line) == "" {
			continue
		}
		var e entity
		if err == nil {
			err = json.Unmarshal([]byte(line), &e)
		}
		if err == nil && (e.ID == "" || e.Schema == "") {
			err = errors.New("the entity has no id or no schema")
		}
		if err != nil {
			if r.bad++; report {
				if err := r.b.problem(l.n, "malformed entity: %v", err); err != nil {
					return err
				}
			}
			continue
		}
		r.good++
		if err := r.nested(l.n, &e, nil, f, maxEntityDepth); err != nil {
			return err
		}
	}
}

// nested calls f with an entity and those inside it.
func (r *ftmReader) nested(line int, e, around *entity, f func(line int, e, around *entity) error, depth int) error {
	if err := f(line, e, around); err != nil || depth == 0 {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(e.Properties)) { // the same file gives the same rows
		for _, raw := range e.Properties[name] {
			if len(raw) == 0 || raw[0] != '{' {
				continue
			}
			var inner entity
			if json.Unmarshal(raw, &inner) != nil || inner.ID == "" || inner.Schema == "" {
				continue
			}
			if err := r.nested(line, &inner, e, f, depth-1); err != nil {
				return err
			}
		}
	}
	return nil
}

// account keeps wallets, bank accounts and who owns what: the first reading.
func (r *ftmReader) account(line int, e, around *entity) error {
	if day, ok := readDate(day(e.LastSeen), false); ok {
		r.lastSeen = max(r.lastSeen, day)
	}
	a := &account{line: line, file: r.b.file, id: e.ID, holders: e.texts("holder"), topics: e.texts("topics"), url: e.text("sourceUrl")}
	switch e.Schema {
	case "CryptoWallet":
		a.raws = walletRaws(e)
	case "BankAccount":
		for _, iban := range e.texts("iban") {
			a.raws = append(a.raws, accountRaw{iban, column{heading: "iban"}})
		}
		if len(a.raws) == 0 {
			return nil // a number without its bank is nobody's
		}
	case "Ownership":
		for _, asset := range e.texts("asset") {
			if len(r.owners) < maxRows && len(r.owners[asset]) < 100 {
				owners := e.texts("owner")
				r.owners[asset] = append(r.owners[asset], owners...)
				if err := r.b.take(perRow + len(asset) + len(strings.Join(owners, ""))); err != nil {
					return err
				}
			}
		}
		return nil
	default:
		return nil
	}
	if len(a.holders) == 0 && around != nil {
		a.holders = []string{around.ID}
	}
	if len(r.accounts) >= maxRows {
		return fmt.Errorf("the list has more than %d accounts", maxRows)
	}
	r.accounts = append(r.accounts, a)
	n := perRow + len(a.id) + len(a.url)
	for _, raw := range a.raws {
		n += len(raw.text)
	}
	for _, s := range append(a.holders, a.topics...) {
		n += len(s)
	}
	return r.b.take(n)
}

// walletRaws returns the identifiers of a wallet: its address, and its number at
// an exchange.
func walletRaws(e *entity) []accountRaw {
	var out []accountRaw
	symbol := or(e.text("currencySymbol"), e.text("currency"))
	exchange := e.text("managingExchange")
	numbered := column{symbol: symbol}
	if exchange != "" {
		numbered.heading = clean(exchange) + " account id"
	}
	for _, key := range e.texts("publicKey") {
		c := column{symbol: symbol}
		if strings.Trim(key, "0123456789") == "" {
			c = numbered
		}
		out = append(out, accountRaw{key, c})
	}
	for _, n := range e.texts("accountId") {
		out = append(out, accountRaw{n, numbered})
	}
	return out
}

// want notes whose names and sanctions the second reading keeps.
func (r *ftmReader) want() {
	for _, a := range r.accounts {
		a.holders = append(a.holders, r.owners[a.id]...)
		for _, id := range append([]string{a.id}, a.holders...) {
			r.wanted[id] = true
		}
	}
	r.owners = nil
}

// related keeps holders and sanctions: the second reading.
func (r *ftmReader) related(_ int, e, around *entity) error {
	if e.Schema == "Sanction" {
		of := e.texts("entity")
		if len(of) == 0 && around != nil {
			of = []string{around.ID}
		}
		for _, id := range of {
			if r.wanted[id] && len(r.sanctions[id]) < 100 {
				s := newSanction(e)
				r.sanctions[id] = append(r.sanctions[id], s)
				if err := r.b.take(perRow + len(strings.Join(s.programmes, "")) + len(s.url)); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if _, known := r.parties[e.ID]; r.wanted[e.ID] && !known {
		p := party{name: or(clean(e.Caption), clean(e.text("name"))), topics: e.texts("topics")}
		r.parties[e.ID] = p
		return r.b.take(perRow + len(p.name) + len(strings.Join(p.topics, "")))
	}
	return nil
}

func newSanction(e *entity) sanction {
	s := sanction{
		programmes: append(e.texts("programId"), e.texts("program")...),
		listed:     e.text("listingDate"), start: e.text("startDate"), end: slices.Max(append(e.texts("endDate"), "")),
		url: e.text("sourceUrl"),
	}
	if id := e.text("authorityId"); len(s.programmes) == 0 && id != "" { // such as the number of an order of seizure
		s.programmes = []string{strings.TrimSpace(e.text("authority") + " " + id)}
	}
	return s
}

// rows keeps a row for each identifier and each sanction of its account or
// holders.
func (r *ftmReader) rows() error {
	for _, a := range r.accounts {
		r.b.file = a.file
		base := vigil.ListRow{Line: a.line, PartyID: a.id, URL: a.url}
		topics := slices.Clone(a.topics)
		reasons := slices.Clone(r.sanctions[a.id])
		for i, h := range a.holders {
			if i == 0 {
				base.Party, base.PartyID = r.parties[h].name, h
			}
			topics = append(topics, r.parties[h].topics...)
			if !slices.Contains(a.holders[:i], h) {
				reasons = append(reasons, r.sanctions[h]...)
			}
		}
		slices.Sort(topics)
		base.Category = strings.Join(slices.Compact(topics), ", ")
		if len(reasons) == 0 {
			reasons = []sanction{{}}
		}
		if len(a.raws) == 0 {
			if err := r.b.problem(a.line, "wallet %s has no address and no account number", quote(a.id)); err != nil {
				return err
			}
		}
		for _, s := range reasons {
			if err := r.sanctioned(a, base, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *ftmReader) sanctioned(a *account, base vigil.ListRow, s sanction) error {
	base.Programmes = s.programmes
	base.Listed = day(or(s.listed, s.start))
	base.From, base.Until = day(s.start), day(s.end)
	base.URL = or(s.url, base.URL)
	for _, raw := range a.raws {
		row := base
		row.Raw = raw.text
		if err := r.b.row(row, raw.col); err != nil {
			return err
		}
	}
	return nil
}

// day cuts the time off a moment.
func day(s string) string {
	if len(s) > len(time.DateOnly) && s[4] == '-' {
		return s[:len(time.DateOnly)]
	}
	return s
}

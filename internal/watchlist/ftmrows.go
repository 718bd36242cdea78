package watchlist

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"vigil"
)

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

package link

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	"vigil"
)

// KindAccount is the kind of keys that stand for a vendor's account on one
// source: its listings are the account's own, whatever their texts name.
const KindAccount = "account"

const accountPrefix = "account:"

// AccountKey returns the key of a vendor's account on a source. Markets tell
// names apart by letters, seldom by case.
func AccountKey(source, vendor string) string {
	return vigil.KeyName(accountPrefix + source + ":" + strings.ToLower(clip(strings.TrimSpace(vendor), maxName)))
}

// WithAccounts adds to the mentions of a case one of each listing's account, as
// far as its mentions name one. It reads mentions twice: they must be the same
// both times.
func WithAccounts(mentions iter.Seq2[vigil.Mention, error]) iter.Seq2[vigil.Mention, error] {
	return func(yield func(vigil.Mention, error) bool) {
		accounts, err := holdingsOf(mentions)
		if err != nil {
			yield(vigil.Mention{}, err)
			return
		}
		for m, err := range mentions {
			for err == nil && len(accounts) > 0 && accounts[0].key < vigil.KeyName(m.Identifier.Key) {
				if !yield(accounts[0].mention(), nil) {
					return
				}
				accounts = accounts[1:]
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
		for _, h := range accounts {
			if !yield(h.mention(), nil) {
				return
			}
		}
	}
}

// A holding is a capture of a listing that an account has: what a mention of
// the account says, in less room, for a case may have a million.
type holding struct {
	key, listing, source, page, vendor, model string
	at                                        time.Time
}

// holdingsOf returns the holdings of all accounts, as Build wants mentions
// sorted.
func holdingsOf(mentions iter.Seq2[vigil.Mention, error]) ([]holding, error) {
	keys := map[[2]string]string{} // by source and vendor
	var out []holding
	for m, err := range mentions {
		if err != nil {
			return nil, err
		}
		vendor := clip(strings.TrimSpace(m.Vendor), maxName)
		if vendor == "" {
			continue
		}
		key, ok := keys[[2]string{m.Source, vendor}]
		if !ok {
			key = AccountKey(m.Source, vendor)
			keys[[2]string{m.Source, vendor}] = key
		}
		out = append(out, holding{key, m.Listing, m.Source, m.Page, vendor, m.Model, m.At})
	}
	slices.SortFunc(out, func(a, b holding) int {
		return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.listing, b.listing), a.at.Compare(b.at), strings.Compare(a.page, b.page))
	})
	return slices.CompactFunc(out, func(a, b holding) bool { return a.key == b.key && a.listing == b.listing && a.page == b.page }), nil
}

// mention says a holding as Build reads it.
func (h holding) mention() vigil.Mention {
	return vigil.Mention{
		Listing: h.listing, Source: h.source, Page: h.page, At: h.at, Vendor: h.vendor, Model: h.model,
		Identifier: vigil.Identifier{
			Field: "vendor", Kind: KindAccount, Value: h.vendor, Key: h.key, Class: vigil.ClassB,
			Readings: []string{KindAccount}, Method: "plain", End: len(h.vendor), Raw: h.vendor,
		},
	}
}

// AccountMention returns the mention of the account that m's listing has by the vendor
// that m states, as [WithAccounts] would make it.
func AccountMention(m vigil.Mention) vigil.Mention {
	vendor := clip(strings.TrimSpace(m.Vendor), maxName)
	return holding{AccountKey(m.Source, vendor), m.Listing, m.Source, m.Page, vendor, m.Model, m.At}.mention()
}

// isAccount reports whether a key stands for an account. That an account has
// many listings makes it no hub, and that it has half of a source no chrome.
func isAccount(key string) bool { return strings.HasPrefix(key, accountPrefix) }

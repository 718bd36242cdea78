package link

import (
	"fmt"
	"time"
)

// Options say when an identifier is too common to tie listings, and what the
// caller knows beyond the mentions. Zero values stand for the defaults.
//
// The defaults are judgements, not measurements; a case may know better.
// They err towards too few ties: one wrong hub makes one giant component of
// everything, while a tie that is missing still shows as a weak edge.
type Options struct {
	// MaxListings is how many listings one key may tie. 500 by default: few
	// vendors have more listings in a case, and those are known by their name;
	// what more listings name is mostly a service's or the market's.
	MaxListings int
	// MaxVendors is how many vendors may name a key, told apart by source and
	// name. 12 by default: one seller or group trades under a few names, on a
	// few markets; an escrow, an exchange or a support address has dozens.
	MaxVendors int
	// MaxSources is on how many sources a key may stand. 8 by default: a seller
	// may well be on every market of a case, but not on more than there are
	// large ones at a time.
	MaxSources int

	// ChromeVendors and ChromeShare say what is part of a market's pages and not
	// of a seller's text: what at least so many vendors of one source name (5)
	// and more than this share of its listings (0.5). No seller has half of
	// a market; the vendors are asked for as well, since a source of which little
	// was captured may have one seller only.
	ChromeVendors int
	ChromeShare   float64

	// Evidence is how many places an edge keeps: the first ones and the last. 4
	// by default, at most 64. The rest is counted.
	Evidence int

	// Shared says why many people use a key, such as "hot wallet of an exchange
	// (list …, as of …)"; empty if the caller knows nothing of it.
	Shared func(key string) string
	// Listings returns how many listings a source has, for the share of chrome;
	// without it, those that name any identifier are counted.
	Listings func(source string) int
	// About tells of a listing that only a join names.
	About func(listing string) (source, vendor string, first, last time.Time)
}

// filled returns o with defaults in place of zero values.
func (o Options) filled() (Options, error) {
	for _, f := range []struct {
		name string
		n    *int
		def  int
	}{
		{"MaxListings", &o.MaxListings, 500}, {"MaxVendors", &o.MaxVendors, 12}, {"MaxSources", &o.MaxSources, 8},
		{"ChromeVendors", &o.ChromeVendors, 5}, {"Evidence", &o.Evidence, 4},
	} {
		if *f.n < 0 {
			return o, fmt.Errorf("link options: %s is %d, expected none (for %d) or more", f.name, *f.n, f.def)
		}
		if *f.n == 0 {
			*f.n = f.def
		}
	}
	if o.ChromeShare == 0 {
		o.ChromeShare = 0.5
	}
	if !(o.ChromeShare > 0 && o.ChromeShare <= 1) {
		return o, fmt.Errorf("link options: ChromeShare is %v, expected a share above 0, up to 1", o.ChromeShare)
	}
	o.Evidence = min(o.Evidence, 64)
	return o, nil
}

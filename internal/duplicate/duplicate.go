// Package duplicate finds listings whose texts are near-duplicates: one text
// with other prices and wallets, under other vendors, on cloned sites.
//
// A text becomes words, with identifiers, numbers and prices as slots, then
// shingles of two words, then a MinHash signature of 128 values ([Signer]).
// Signatures that agree in a band of four values are compared, and those that are
// similar enough are joined into clusters ([Index]). What is common to many
// vendors of a market counts for nothing ([Survey]). [Template] shows the common
// text of a cluster with its slots, and [Diff] what changed between two versions.
//
// What it says is "near-duplicate of", a fact about texts. It says nothing about
// who wrote them: people copy one another.
//
// README.md has the figures behind these choices, and the format of the state.
package duplicate

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
)

// A Text is a listing's description and what it is compared by.
type Text struct {
	Member
	Text  string
	Slots []Span // identifiers found in it, if the caller knows any
}

// A Member is a listing of a cluster.
type Member struct {
	Listing string // ID
	Vendor  string // as the page names it; empty if it does not
	Source  string // source ID; empty if there is none
}

// A ClusterID names a cluster: 16 hexadecimal digits, made of the ID of its
// oldest member, the one that was added first. It stays while the cluster grows.
// Where two clusters merge, that of the older one stays. It changes only when
// the oldest member's text does, and leaves the cluster.
type ClusterID string

// idOf returns the ID of the cluster whose oldest member is listing.
func idOf(listing string) ClusterID {
	return ClusterID(hex.EncodeToString(binary.BigEndian.AppendUint64(nil, idNumber(listing))))
}

func idNumber(listing string) uint64 {
	sum := sha256.Sum256([]byte("near-duplicates\x00" + listing))
	return binary.BigEndian.Uint64(sum[:])
}

// A Cluster is listings whose texts are tied by a chain of near-duplicates; two
// of them need not be near-duplicates of each other.
type Cluster struct {
	ID      ClusterID
	Members []Member // oldest first
}

// Vendors returns the different vendors that the members name, in order. Case
// and white space at the ends make no difference.
func (c Cluster) Vendors() []string {
	return different(c.Members, func(m Member) string { return m.Vendor })
}

// Sources returns the different sources of the members, in order.
func (c Cluster) Sources() []string {
	return different(c.Members, func(m Member) string { return m.Source })
}

func different(ms []Member, name func(Member) string) []string {
	var names []string
	seen := map[string]bool{"": true}
	for _, m := range ms {
		if n := name(m); !seen[foldName(n)] {
			seen[foldName(n)] = true
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

// A Tie is how a member of a cluster differs from another in what the pages
// state. A vendor or source that is not named differs from none.
type Tie struct {
	Member
	OtherVendor bool // a repost under another vendor's name
	OtherSource bool // on another market, or a clone of the site
}

// Ties returns how each other member differs from the given listing, oldest
// first; nil if it is no member.
func (c Cluster) Ties(listing string) []Tie {
	i := slices.IndexFunc(c.Members, func(m Member) bool { return m.Listing == listing })
	if i < 0 {
		return nil
	}
	var ties []Tie
	for j, m := range c.Members {
		if j != i {
			ties = append(ties, Tie{m, differ(m.Vendor, c.Members[i].Vendor), differ(m.Source, c.Members[i].Source)})
		}
	}
	return ties
}

// differ reports whether both names are known and not the same.
func differ(a, b string) bool {
	a, b = foldName(a), foldName(b)
	return a != b && a != "" && b != ""
}

func foldName(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

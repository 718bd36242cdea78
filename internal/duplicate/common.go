package duplicate

import (
	"maps"
	"math"
	"slices"
)

// A Common is what so many vendors of one market say that it ties nobody to
// anybody: the market's own text, terms that everybody copies. Without it, the
// boilerplate of a market makes one giant cluster of its listings. The zero
// Common is empty.
type Common struct{ shingles map[uint64]struct{} }

func (c Common) has(x uint64) bool {
	if len(c.shingles) == 0 {
		return false
	}
	_, ok := c.shingles[x]
	return ok
}

// Len returns how many shingles are common.
func (c Common) Len() int { return len(c.shingles) }

// sorted returns the shingles in order.
func (c Common) sorted() []uint64 { return slices.Sorted(maps.Keys(c.shingles)) }

// Bounds of a survey.
const (
	sampleVendors  = 256  // of each source, those with the lowest hashes
	sampleShingles = 8192 // of each text, the first ones
	commonVendors  = 10   // that many of the sample share what is common, at least,
	commonPart     = 5    // and one in so many of it
)

// A Survey finds out what is [Common] to the vendors of a market: a shingle is
// if at least 10 of a source's vendors use it, and a fifth of them. It counts
// vendors, since one who posts a template five hundred times makes it no
// boilerplate; texts without a vendor are one vendor's together. It looks at one listing
// of each of 256 vendors a source, chosen by hash, so the order in which listings
// come means nothing. The zero Survey is ready for use.
//
// What it costs: text that a fifth of a market's vendors have copied from one
// another is taken for the market's.
type Survey struct{ sources map[string]*vendors }

// vendors are the sample of a source, by the hashes of their names.
type vendors struct {
	samples map[uint64]sample
	limit   uint64 // whose hash is higher is not of the sample
}

// A sample is one vendor's listing.
type sample struct {
	listing  uint64 // hash of its ID; the lowest of the vendor's counts
	shingles []uint64
}

// Add looks at a text.
func (s *Survey) Add(t Text) { s.add(t, chosen().shingle) }

func (s *Survey) add(t Text, size int) {
	v := s.sources[t.Source]
	if v == nil {
		if s.sources == nil {
			s.sources = map[string]*vendors{}
		}
		v = &vendors{samples: map[uint64]sample{}, limit: math.MaxUint64}
		s.sources[t.Source] = v
	}
	vendor, listing := hashString(foldName(t.Vendor)), hashString(t.Listing)
	if old, ok := v.samples[vendor]; vendor > v.limit || ok && old.listing < listing {
		return
	}
	v.samples[vendor] = sample{listing, shinglesOf(t, size)}
	if len(v.samples) >= 2*sampleVendors {
		v.prune()
	}
}

// prune keeps the vendors with the lowest hashes.
func (v *vendors) prune() {
	if len(v.samples) <= sampleVendors {
		return
	}
	hashes := slices.Sorted(maps.Keys(v.samples))
	v.limit = hashes[sampleVendors-1]
	for _, h := range hashes[sampleVendors:] {
		delete(v.samples, h)
	}
}

// shinglesOf returns the different shingles of a text.
func shinglesOf(t Text, size int) []uint64 {
	r := newRing(size)
	var all []uint64
	for w := range words(t.Text, t.Slots) {
		if h, ok := r.push(w.shingled()); ok {
			all = append(all, h)
		}
		if len(all) == sampleShingles {
			break
		}
	}
	slices.Sort(all)
	return slices.Clip(slices.Compact(all))
}

// Common returns what was found.
func (s *Survey) Common() Common {
	c := Common{map[uint64]struct{}{}}
	for _, v := range s.sources {
		v.prune()
		least := max(commonVendors, (len(v.samples)+commonPart-1)/commonPart)
		n := map[uint64]int{}
		for _, one := range v.samples {
			for _, h := range one.shingles {
				if n[h]++; n[h] == least {
					c.shingles[h] = struct{}{}
				}
			}
		}
	}
	return c
}

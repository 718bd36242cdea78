package bolt

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/store/rule"
)

// Documents are numbered from 1, in the order in which readings of listings were
// committed.

// A docRef says which record a document is.
type docRef struct {
	listing, order string
	seq            uint64
}

// newest returns the number of a listing's newest document; 0 if there is none.
func (x searchIndex) newest(listing string) (uint32, error) {
	v, err := x.get(bucketSearchOf, x.listingKey(listing))
	return uint32(parseNumber(v)), err
}

// last returns the highest number of a document.
func (x searchIndex) last() (uint32, error) {
	k, _ := bucket(x.read, bucketSearchDocs).Cursor().Last()
	n := parseNumber(k)
	if n > math.MaxUint32 {
		return 0, damagedSearch(bucketSearchDocs, k, "a document beyond the last possible one")
	}
	return uint32(n), nil
}

// doc returns which record a document is.
func (x searchIndex) doc(n uint32) (docRef, error) {
	k := number(nil, uint64(n))
	v, err := x.get(bucketSearchDocs, k)
	if err != nil {
		return docRef{}, err
	}
	listing, rest, ok := strings.Cut(string(v), "\x00")
	order, seq, ok2 := strings.Cut(rest, "\x00")
	if !ok || !ok2 || len(seq) != 8 {
		return docRef{}, damagedSearch(bucketSearchDocs, k, "want listing, order and number")
	}
	return docRef{listing, order, parseNumber([]byte(seq))}, nil
}

// record returns what is stored, perhaps sealed, for the listing that a document is.
func (x searchIndex) record(n uint32) (v []byte, d docRef, err error) {
	if d, err = x.doc(n); err != nil {
		return nil, d, err
	}
	if v = valueAt(x.read, bucketRecords, d.key()); v == nil {
		err = damagedSearch(bucketSearchDocs, number(nil, uint64(n)), "its listing is gone")
	}
	return v, d, err
}

func (d docRef) key() []byte { return number(key(vigil.TypeListing, d.listing, d.order), d.seq) }

// listing reads the listing that a document is.
func (x searchIndex) listing(n uint32) (l vigil.Listing, err error) {
	v, d, err := x.record(n)
	if err != nil {
		return l, err
	}
	return l, decode(x.read, vigil.TypeListing, d.listing, d.key(), v, &l)
}

// addListing makes a document of a reading that entry e brought, with its tokens.
func (x searchIndex) addListing(e vigil.Event, l vigil.Listing, tokens []uint64) error {
	seq, err := bucket(x.read, bucketSearchDocs).NextSequence()
	if err != nil {
		return err
	}
	if seq > math.MaxUint32 {
		return fmt.Errorf("index listing %s: the case has %d readings, and no number for another", l.ID, seq-1)
	}
	n := uint32(seq)
	f, err := x.firstFacts(n, l)
	if err != nil {
		return err
	}
	k := number(nil, seq)
	bucket(x.read, bucketSearchDocs).FillPercent = rowFill // documents come in order
	return errors.Join(
		x.set(bucketSearchDocs, k, number(key(l.ID, e.Order), uint64(e.Seq))),
		x.set(bucketSearchOf, x.listingKey(l.ID), number(nil, seq)),
		x.putFacts(n, f),
		x.addTokens(n, packTokens(tokens)),
	)
}

// firstFacts returns the facts of a listing's new document n, and ends the one
// that was its newest.
func (x searchIndex) firstFacts(n uint32, l vigil.Listing) (f docFacts, err error) {
	old, err := x.newest(l.ID)
	if err != nil {
		return f, err
	}
	if old != 0 {
		if f, err = x.facts(old); err != nil {
			return f, err
		}
		ended := f
		ended.next = n
		if err := x.putFacts(old, ended); err != nil {
			return f, err
		}
		f.prev, f.flags = old, f.flags&^docErased
	} else if err := x.knownFacts(l.ID, &f); err != nil {
		return f, err
	}
	if f.at, err = x.capturedAt(l.Page); err != nil {
		return f, err
	}
	for _, s := range []struct {
		kind byte
		text string
		to   *name
	}{{nameSource, l.Source, &f.source}, {nameVendor, l.Vendor, &f.vendor}, {nameType, string(l.PageType), &f.typ}} {
		if *s.to, err = x.name(s.kind, s.text, true); err != nil {
			return f, err
		}
	}
	return f, nil
}

// knownFacts sets what came into the case before the first reading of a listing.
// A record that cannot be read says nothing: the check of the case tells of it,
// and new readings must come in.
func (x searchIndex) knownFacts(listing string, f *docFacts) error {
	if a, err := newest[vigil.Assessment](x.read, vigil.TypeAssessment, listing); err == nil {
		if err := x.assessed(a, f); err != nil {
			return err
		}
	}
	return errors.Join(x.judged(listing, f), x.tagged(listing, f))
}

// judged sets the verdict by which a listing is known. Decisions that cannot be
// read leave none.
func (x searchIndex) judged(listing string, f *docFacts) (err error) {
	verdict := ""
	if d, err := standingDecision(x.read, listing); err == nil && d != nil {
		verdict = string(d.Verdict)
	}
	f.verdict, err = x.name(nameVerdict, verdict, true)
	return err
}

// tagged sets the tags that are on a listing. Remarks that cannot be read leave
// none.
func (x searchIndex) tagged(listing string, f *docFacts) error {
	rs, err := versions[vigil.Remark](x.read, vigil.TypeRemark, listing)
	if err != nil {
		rs = nil
	}
	f.tags, err = x.namesName(nameTags, vigil.Gather(rs).Tags)
	return err
}

// namesName returns what stands for some names, in whatever order they come.
func (x searchIndex) namesName(kind byte, names []string) (name, error) {
	text, err := namesText(names)
	if err != nil {
		return 0, err
	}
	return x.name(kind, text, true)
}

// namesText returns the text that stands for some names; none for none.
func namesText(names []string) (string, error) {
	if len(names) == 0 {
		return "", nil
	}
	b, err := json.Marshal(slices.Compact(slices.Sorted(slices.Values(names))))
	return string(b), err
}

// assessed sets what follows from a listing's newest assessment.
func (x searchIndex) assessed(a vigil.Assessment, f *docFacts) (err error) {
	f.level, f.score = levelByte(a.Level), a.Score
	if f.genre, err = x.name(nameGenre, string(a.Genre), true); err != nil {
		return err
	}
	if f.lists, err = x.listsOf(a); err != nil {
		return err
	}
	f.flags &^= docWaits
	t, err := getTask(x.read, reviewOf(a))
	if errors.Is(err, vigil.ErrNotFound) {
		return nil
	}
	if t.Open() {
		f.flags |= docWaits
	}
	return err
}

// listsOf returns the name that stands for the watchlists with a row that has
// the key of one of a's identifiers.
func (x searchIndex) listsOf(a vigil.Assessment) (name, error) {
	names, err := x.listNames(a)
	if err != nil {
		return 0, err
	}
	return x.namesName(nameLists, names)
}

// listNames returns the names of these watchlists.
func (x searchIndex) listNames(a vigil.Assessment) (names []string, err error) {
	seen, ids := map[string]bool{}, map[string]bool{}
	for _, id := range a.Identifiers {
		if !id.Links() || seen[id.Key] {
			continue
		}
		seen[id.Key] = true
		name := x.box.Name(bucketListed, vigil.KeyName(id.Key))
		prefix := key(name)
		c := bucket(x.read, bucketListed).Cursor()
		for k, _ := c.Seek(prefix); len(k) > len(prefix)+9 && string(k[:len(prefix)]) == string(prefix); {
			list := string(k[len(prefix) : len(k)-9])
			ids[list] = true
			k, _ = c.Seek(after(name, list))
		}
	}
	for id := range ids {
		w, err := newest[vigil.Watchlist](x.read, vigil.TypeWatchlist, id)
		if err != nil {
			return nil, err
		}
		names = append(names, w.Name)
	}
	return names, nil
}

// capturedAt returns when a page was captured.
func (x searchIndex) capturedAt(page string) (uint64, error) {
	if page == "" {
		return 0, nil
	}
	var at time.Time
	k, v := newestKey(x.read, vigil.TypePage, page)
	v, err := x.open(bucketRecords, k, v)
	if v != nil {
		err = rule.Peek(v, "captured_at", &at)
	}
	if err != nil {
		return 0, fmt.Errorf("page %s: %w", page, err)
	}
	return docTime(at), nil
}

// addAssessment notes a listing's newest assessment, which is stored already.
func (x searchIndex) addAssessment(a vigil.Assessment) error {
	return x.changeFacts(a.ID, func(f *docFacts) error { return x.assessed(a, f) })
}

// addDecision notes by which decision a listing is known, once one more is stored.
func (x searchIndex) addDecision(listing string) error {
	return x.changeFacts(listing, func(f *docFacts) error { return x.judged(listing, f) })
}

// addRemark notes which tags are on a listing, once one more remark is stored.
func (x searchIndex) addRemark(listing string) error {
	return x.changeFacts(listing, func(f *docFacts) error { return x.tagged(listing, f) })
}

// setWaiting notes whether a listing's review waits.
func (x searchIndex) setWaiting(listing string, waiting bool) error {
	return x.changeFacts(listing, func(f *docFacts) error {
		f.flags &^= docWaits
		if waiting {
			f.flags |= docWaits
		}
		return nil
	})
}

// addPage notes when the captures on a page were made, if their readings were
// here before it.
func (x searchIndex) addPage(p vigil.Page, cs []capture) error {
	for _, c := range cs {
		err := x.changeFacts(c.listing, func(f *docFacts) error {
			k, v := newestKey(x.read, vigil.TypeListing, c.listing)
			var l struct {
				Page string `json:"page"`
			}
			v, err := x.open(bucketRecords, k, v)
			if err == nil {
				err = json.Unmarshal(v, &l)
			}
			if err != nil {
				return fmt.Errorf("listing %s: %w", c.listing, err)
			}
			if l.Page == p.ID {
				f.at = docTime(p.CapturedAt)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// relist notes which lists the listings hit that mention one of the keys of a
// list, which has come or gone just now.
func (x searchIndex) relist(keys []string) error {
	seen, done := map[string]bool{}, map[string]bool{}
	for _, k := range keys {
		if k == "" || seen[k] {
			continue
		}
		seen[k] = true
		for listing := range x.mentioning(k) {
			if done[listing] {
				continue
			}
			done[listing] = true
			a, err := newest[vigil.Assessment](x.read, vigil.TypeAssessment, listing)
			if err != nil {
				return err
			}
			err = x.changeFacts(listing, func(f *docFacts) (err error) {
				f.lists, err = x.listsOf(a)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// before returns the document of the reading before document n of a listing; 0 if
// there is none.
func (x searchIndex) before(n uint32) (uint32, error) {
	f, err := x.facts(n)
	if err == nil && f.prev >= n {
		k, _ := factsPlace(n)
		err = damagedSearch(bucketSearchFacts, k, "a reading comes before itself")
	}
	return f.prev, err
}

// forget takes a listing out: none of its documents is found any more, and what
// comes under its ID later has no past. Its words stay in segments, and the texts
// of its names, until [Compact] or [Rewrite] drops the index.
func (x searchIndex) forget(listing string) error {
	n, err := x.newest(listing)
	if err != nil || n == 0 {
		return err
	}
	for next := uint32(0); n != 0; {
		prev, err := x.before(n)
		if err != nil {
			return err
		}
		err = errors.Join(
			x.putFacts(n, docFacts{next: next, prev: prev, flags: docErased}),
			bucket(x.read, bucketSearchNew).Delete(number(nil, uint64(n))),
		)
		if err != nil {
			return err
		}
		next, n = n, prev
	}
	return bucket(x.read, bucketSearchOf).Delete(x.listingKey(listing))
}

package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"vigil"
	"vigil/store"
)

// A removal is what one erasure takes out of the case. It is gathered whole
// before anything is deleted.
type removal struct {
	source   string
	keys     [][]byte // of records
	gone     map[string][]vigil.Object
	captures []capture
	pages    []vigil.Page
	mentions []string // keys of identifiers
}

// add adds all versions of a record.
func (r *removal) add(tx read, typ, id string) error {
	prefix := key(typ, id)
	c := bucket(tx, bucketRecords).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		text, err := tx.open(bucketRecords, k, v)
		if err != nil {
			return fmt.Errorf("%s %s: %w", typ, id, err)
		}
		order, _ := entryOf(k, typ, id)
		if r.gone == nil {
			r.gone = map[string][]vigil.Object{}
		}
		r.gone[order] = append(r.gone[order], vigil.Object{Type: typ, ID: id, SHA256: vigil.SumHex(text)})
		r.keys = append(r.keys, bytes.Clone(k))
	}
	return nil
}

// capture adds a listing as a page shows it, and the page.
func (r *removal) capture(tx read, c capture) error {
	if slices.Contains(r.captures, c) {
		return nil
	}
	r.captures = append(r.captures, c)
	if c.page == "" {
		return nil
	}
	all, err := capturesOn(tx, c.page)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.listing != c.listing {
			return nil // another listing was read from the page
		}
	}
	return r.page(tx, c.page)
}

// page adds a page, if the case has it.
func (r *removal) page(tx read, id string) error {
	p, err := newest[vigil.Page](tx, vigil.TypePage, id)
	if errors.Is(err, vigil.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	r.pages = append(r.pages, p)
	return r.add(tx, vigil.TypePage, id)
}

// eraseListing erases a listing with all that was made of it.
func (w write) eraseListing(e store.Erasure) (store.Erased, error) {
	r, newestSeen, err := w.gatherListing(e.ID)
	if err != nil {
		return store.Erased{}, err
	}
	if len(r.keys) == 0 {
		return store.Erased{}, vigil.ErrNotFound
	}
	if err := w.unheld(r.source, e.ID); err != nil {
		return store.Erased{}, err
	}
	if newestSeen != nil {
		if err := w.untriage(*newestSeen); err != nil {
			return store.Erased{}, err
		}
	}
	n, err := w.remove(e, r)
	n.Listings = 1
	return n, errors.Join(err, w.search().forget(e.ID))
}

// gatherListing finds all that goes with a listing, and its newest assessment.
func (w write) gatherListing(id string) (r removal, seen *vigil.Assessment, err error) {
	ls, err := versions[vigil.Listing](w.read, vigil.TypeListing, id)
	if err != nil {
		return r, nil, err
	}
	as, err := versions[vigil.Assessment](w.read, vigil.TypeAssessment, id)
	if err != nil {
		return r, nil, err
	}
	for _, typ := range []string{vigil.TypeListing, vigil.TypeAssessment, vigil.TypeDecision, vigil.TypeRemark} {
		if err := r.add(w.read, typ, id); err != nil {
			return r, nil, err
		}
	}
	for _, l := range ls {
		r.source = l.Source
		if err := r.capture(w.read, capture{l.Page, id}); err != nil {
			return r, nil, err
		}
	}
	for i, a := range as {
		r.source, seen = a.Source, &as[i]
		if err := r.capture(w.read, capture{a.Page, id}); err != nil {
			return r, nil, err
		}
		for _, i := range a.Identifiers {
			if i.Links() {
				r.mentions = append(r.mentions, i.Key)
			}
		}
	}
	if r.source == "" { // it was decided on, and nothing else
		ds, err := versions[vigil.Decision](w.read, vigil.TypeDecision, id)
		if err != nil {
			return r, nil, err
		}
		for _, d := range ds {
			r.source = d.Source
		}
	}
	if r.source == "" { // or remarked on
		rs, err := versions[vigil.Remark](w.read, vigil.TypeRemark, id)
		if err != nil {
			return r, nil, err
		}
		for _, m := range rs {
			r.source = m.Source
		}
	}
	return r, seen, r.ties(w.read, id)
}

// ties adds the ties that name a listing, and those about keys that none but this
// listing mentions.
func (r *removal) ties(tx read, listing string) error {
	prefix := key(vigil.TypeTie)
	c := bucket(tx, bucketRecords).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); {
		id, _, _ := bytes.Cut(k[len(prefix):], []byte{0})
		name := string(id)
		t, err := newest[vigil.Tie](tx, vigil.TypeTie, name)
		if err != nil {
			return err
		}
		if t.A == listing || t.B == listing || slices.Contains(r.mentions, t.Key) && onlyBy(tx, t.Key, listing) {
			if err := r.add(tx, vigil.TypeTie, name); err != nil {
				return err
			}
		}
		k, _ = c.Seek(after(vigil.TypeTie, name))
	}
	return nil
}

// onlyBy reports whether no other listing mentions a key.
func onlyBy(tx read, k, listing string) bool {
	name := tx.box.Name(bucketMentions, vigil.KeyName(k))
	prefix, own := key(name), key(name, listing)
	c := bucket(tx, bucketMentions).Cursor()
	first, _ := c.Seek(prefix)
	if bytes.HasPrefix(first, prefix) && !bytes.HasPrefix(first, own) {
		return false
	}
	next, _ := c.Seek(after(name, listing))
	return !bytes.HasPrefix(next, prefix)
}

// erasePage erases a page that no listing was read from.
func (w write) erasePage(e store.Erasure) (store.Erased, error) {
	cs, err := capturesOn(w.read, e.ID)
	if err != nil {
		return store.Erased{}, err
	}
	if len(cs) > 0 {
		return store.Erased{}, fmt.Errorf("listing %s was read from it: erase that", cs[0].listing)
	}
	var r removal
	if err := r.page(w.read, e.ID); err != nil {
		return store.Erased{}, err
	}
	if len(r.pages) == 0 {
		return store.Erased{}, vigil.ErrNotFound
	}
	r.source = r.pages[0].Source
	if err := w.unheld(r.source, ""); err != nil {
		return store.Erased{}, err
	}
	return w.remove(e, r)
}

// remove deletes what was gathered, and logs it.
func (w write) remove(e store.Erasure, r removal) (n store.Erased, err error) {
	numbers := make([]uint64, len(r.pages))
	for i, p := range r.pages {
		if numbers[i], err = pageNumber(w.read, p); err != nil {
			return n, err
		}
	}
	err = w.remention(r.captures, func() error {
		for _, k := range r.keys {
			if err := bucket(w.read, bucketRecords).Delete(k); err != nil {
				return err
			}
		}
		for _, c := range r.captures {
			if err := bucket(w.read, bucketCaptures).Delete(c.key()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return n, err
	}
	for i, p := range r.pages {
		if err := w.unlistPage(p, numbers[i]); err != nil {
			return n, err
		}
		tasks, err := w.eraseTasksOf(p, e.Revisit)
		if err != nil {
			return n, err
		}
		n.Tasks += tasks
	}
	n.Pages, n.Records = len(r.pages), len(r.keys)
	return n, w.logRemoval(e, r, n)
}

// logRemoval writes an entry to the order's log, and one to that of each other
// that kept something of what went.
func (w write) logRemoval(e store.Erasure, r removal, n store.Erased) error {
	object := vigil.Object{Type: e.What, ID: e.ID}
	own := vigil.OrderOf(r.source)
	counts := map[string]string{"tasks": strconv.Itoa(n.Tasks), "pages": strconv.Itoa(n.Pages), "records": strconv.Itoa(n.Records)}
	if r.source != "" {
		counts["source"] = r.source
	}
	if err := w.logErased(e.Act, own, object, r.gone[own], counts); err != nil {
		return err
	}
	for order, gone := range r.gone {
		if order == own {
			continue
		}
		if err := w.logErased(e.Act, order, object, gone, nil); err != nil {
			return err
		}
	}
	return nil
}

// unlistPage takes a page out of the lists of pages, and notes that its body may
// be nobody's. What its source has used of its caps stays used.
func (w write) unlistPage(p vigil.Page, n uint64) error {
	b := bucket(w.read, bucketPages)
	if err := errors.Join(b.Delete(number(key(p.Source), n)), b.Delete(number(key(""), n))); err != nil {
		return err
	}
	if p.BodySHA256 == "" {
		return nil
	}
	return bucket(w.read, bucketMeta).Put(unusedKey(p.BodySHA256), []byte{})
}

// pageNumber returns the number under which a page is listed. Pages are listed in
// the order in which the log of their order names them: it asks for that of some
// few, not for all.
func pageNumber(tx read, p vigil.Page) (uint64, error) {
	prefix := key(p.Source)
	want := pageSeq(tx, p.ID)
	c := bucket(tx, bucketPages).Cursor()
	first, _ := c.Seek(prefix)
	last, _ := lastBefore(bucket(tx, bucketPages).Cursor(), prefix, after(p.Source))
	if !bytes.HasPrefix(first, prefix) || last == nil {
		return 0, fmt.Errorf("page %s: case file is damaged: no list has it", p.ID)
	}
	lo, hi := parseNumber(first[len(prefix):]), parseNumber(last[len(prefix):])
	for lo <= hi {
		mid := lo + (hi-lo)/2
		k, v := c.Seek(number(key(p.Source), mid))
		if !bytes.HasPrefix(k, prefix) || parseNumber(k[len(prefix):]) > hi {
			hi = mid - 1
			continue
		}
		n := parseNumber(k[len(prefix):])
		if string(v) == p.ID {
			return n, nil
		}
		if pageSeq(tx, string(v)) < want {
			lo = n + 1
		} else {
			hi = mid - 1
		}
	}
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if string(v) == p.ID { // pages of several orders in one list
			return parseNumber(k[len(prefix):]), nil
		}
	}
	return 0, fmt.Errorf("page %s: case file is damaged: no list has it", p.ID)
}

// pageSeq returns the number of the log entry that brought a page.
func pageSeq(tx read, id string) int64 {
	k, _ := newestKey(tx, vigil.TypePage, id)
	if k == nil {
		return -1
	}
	_, seq := entryOf(k, vigil.TypePage, id)
	return seq
}

// eraseList erases a watchlist with its rows.
func (w write) eraseList(e store.Erasure) (n store.Erased, err error) {
	var r removal
	if err := r.add(w.read, vigil.TypeWatchlist, e.ID); err != nil {
		return n, err
	}
	if len(r.keys) == 0 {
		return n, vigil.ErrNotFound
	}
	if err := w.unheld("", ""); err != nil {
		return n, err
	}
	var rows, listed [][]byte
	var keys []string
	prefix := key(e.ID)
	c := bucket(w.read, bucketRows).Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		text, err := w.open(bucketRows, k, v)
		if err != nil {
			return n, err
		}
		row, err := parseRow(text, e.ID, int(parseNumber(k[len(prefix):])))
		if err != nil {
			return n, err
		}
		rows = append(rows, bytes.Clone(k))
		keys = append(keys, row.Keys()...)
		for _, of := range row.Keys() {
			listed = append(listed, number(key(w.box.Name(bucketListed, vigil.KeyName(of)), e.ID), uint64(row.N)))
		}
	}
	for _, del := range []struct {
		bucket string
		keys   [][]byte
	}{{bucketRecords, r.keys}, {bucketRows, rows}, {bucketListed, listed}} {
		for _, k := range del.keys {
			if err := bucket(w.read, del.bucket).Delete(k); err != nil {
				return n, err
			}
		}
	}
	if err := w.search().relist(keys); err != nil {
		return n, err
	}
	n = store.Erased{Lists: 1, Records: len(r.keys), Rows: len(rows)}
	return n, w.logErased(e.Act, "", vigil.Object{Type: e.What, ID: e.ID}, r.gone[""], map[string]string{"rows": strconv.Itoa(len(rows))})
}

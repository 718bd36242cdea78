package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

// Erase implements [store.Eraser]. The database keeps what was deleted until it is
// vacuumed, and in its write-ahead log for longer.
func (s *Store) Erase(ctx context.Context, es ...store.Erasure) (n store.Erased, err error) {
	for _, e := range es {
		if err := rule.CheckErasure(e); err != nil {
			return store.Erased{}, fmt.Errorf("erase %s %s: %w", e.What, e.ID, err)
		}
	}
	err = s.update(ctx, way{alone: true}, func(w *write) error {
		n = store.Erased{}
		for _, e := range es {
			one, err := w.erase(e)
			if err != nil {
				return fmt.Errorf("erase %s %s: %w", e.What, e.ID, err)
			}
			n = n.Add(one)
		}
		return w.unsettle(len(es))
	})
	if err != nil {
		return store.Erased{}, err
	}
	return n, nil
}

// unsettle notes that bytes of n erasures are still in the database.
func (w *write) unsettle(n int) error {
	had, err := w.unsettled()
	if err == nil {
		w.do(putMetaSQL, metaUnsettled, []byte(strconv.Itoa(had+n)))
	}
	return err
}

func (r read) unsettled() (n int, err error) {
	var b []byte
	err = r.row(`SELECT value FROM meta WHERE name = $1`, []any{metaUnsettled}, &b)
	if none(err) {
		return 0, nil
	}
	if err == nil {
		n, err = strconv.Atoi(string(b))
	}
	return n, err
}

// Unsettled implements [store.Eraser].
func (s *Store) Unsettled(ctx context.Context) (n int, err error) {
	err = s.glance(ctx, func(r read) error {
		n, err = r.unsettled()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count erasures: %w", err)
	}
	return n, nil
}

// Holds implements [store.Eraser].
func (s *Store) Holds(ctx context.Context) (hs []vigil.Hold, err error) {
	err = s.glance(ctx, func(r read) error {
		hs, err = r.holds()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list holds: %w", err)
	}
	return hs, nil
}

// holds returns the newest version of each hold.
func (r read) holds() (hs []vigil.Hold, err error) {
	if hs, err = newestOfEach[vigil.Hold](r, vigil.TypeHold); err != nil {
		return nil, err
	}
	slices.SortFunc(hs, func(a, b vigil.Hold) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return hs, nil
}

func (w *write) erase(e store.Erasure) (store.Erased, error) {
	switch e.What {
	case vigil.TypeListing:
		return w.eraseListing(e)
	case vigil.TypePage:
		return w.erasePage(e)
	case vigil.TypeWatchlist:
		return w.eraseList(e)
	}
	return w.eraseTasks(e)
}

// unheld refuses what a hold covers.
func (w *write) unheld(source, listing string) error {
	hs, err := w.holds()
	if err != nil {
		return err
	}
	for _, h := range hs {
		if h.Covers(source, listing) {
			return fmt.Errorf("%w: legal hold %s of %s, set by %q, covers it", vigil.ErrRefused, h.ID, h.Scope, h.By)
		}
	}
	return nil
}

// A removal is what one erasure takes out of the case. It is gathered whole
// before anything is deleted.
type removal struct {
	source   string
	records  []vigil.Object // without hashes: all versions
	gone     map[string][]vigil.Object
	versions int
	captures []capture
	pages    []vigil.Page
	mentions []string // keys of identifiers
}

// add adds all versions of a record.
func (r *removal) add(w *write, typ, id string) error {
	vs, err := w.versionsOf(typ, id, 0)
	if err != nil || len(vs) == 0 {
		return err
	}
	if r.gone == nil {
		r.gone = map[string][]vigil.Object{}
	}
	for _, v := range vs {
		r.gone[v.order] = append(r.gone[v.order], vigil.Object{Type: typ, ID: id, SHA256: vigil.SumHex(v.data)})
	}
	r.records = append(r.records, vigil.Object{Type: typ, ID: id})
	r.versions += len(vs)
	return nil
}

// capture adds a listing as a page shows it, and the page.
func (r *removal) capture(w *write, c capture) error {
	if slices.Contains(r.captures, c) {
		return nil
	}
	r.captures = append(r.captures, c)
	if c.page == "" {
		return nil
	}
	all, err := w.capturesOn(c.page)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.listing != c.listing {
			return nil // another listing was read from the page
		}
	}
	return r.page(w, c.page)
}

// page adds a page, if the case has it.
func (r *removal) page(w *write, id string) error {
	p, err := newest[vigil.Page](w.read, vigil.TypePage, id)
	if errors.Is(err, vigil.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	r.pages = append(r.pages, p)
	return r.add(w, vigil.TypePage, id)
}

// eraseListing erases a listing with all that was made of it.
func (w *write) eraseListing(e store.Erasure) (store.Erased, error) {
	r, err := w.gatherListing(e.ID)
	if err != nil {
		return store.Erased{}, err
	}
	if len(r.records) == 0 {
		return store.Erased{}, vigil.ErrNotFound
	}
	if err := w.unheld(r.source, e.ID); err != nil {
		return store.Erased{}, err
	}
	w.untriage(e.ID)
	w.do(`DELETE FROM docs WHERE listing = $1`, e.ID)
	n, err := w.remove(e, r)
	n.Listings = 1
	return n, err
}

// gatherListing finds all that goes with a listing.
func (w *write) gatherListing(id string) (r removal, err error) {
	ls, err := versions[vigil.Listing](w.read, vigil.TypeListing, id)
	if err != nil {
		return r, err
	}
	as, err := versions[vigil.Assessment](w.read, vigil.TypeAssessment, id)
	if err != nil {
		return r, err
	}
	for _, typ := range []string{vigil.TypeListing, vigil.TypeAssessment, vigil.TypeDecision, vigil.TypeRemark} {
		if err := r.add(w, typ, id); err != nil {
			return r, err
		}
	}
	for _, l := range ls {
		r.source = l.Source
		if err := r.capture(w, capture{l.Page, id}); err != nil {
			return r, err
		}
	}
	for _, a := range as {
		r.source = a.Source
		if err := r.capture(w, capture{a.Page, id}); err != nil {
			return r, err
		}
		for _, i := range a.Identifiers {
			if i.Links() {
				r.mentions = append(r.mentions, i.Key)
			}
		}
	}
	if r.source == "" { // it was decided on, or remarked on, and nothing else
		ds, err := versions[vigil.Decision](w.read, vigil.TypeDecision, id)
		if err != nil {
			return r, err
		}
		for _, d := range ds {
			r.source = d.Source
		}
		rs, err := versions[vigil.Remark](w.read, vigil.TypeRemark, id)
		if err != nil {
			return r, err
		}
		for _, m := range rs {
			r.source = cmp.Or(r.source, m.Source)
		}
	}
	return r, r.ties(w, id)
}

// ties adds the ties that name a listing, and those about keys that none but this
// listing mentions.
func (r *removal) ties(w *write, listing string) error {
	ts, err := newestOfEach[vigil.Tie](w.read, vigil.TypeTie)
	if err != nil {
		return err
	}
	for _, t := range ts {
		goes := t.A == listing || t.B == listing
		if !goes && slices.Contains(r.mentions, t.Key) {
			err := w.row(`SELECT NOT EXISTS (SELECT FROM mentions WHERE key = $1 AND listing <> $2)`, []any{w.blind("mentions", vigil.KeyName(t.Key)), listing}, &goes)
			if err != nil {
				return err
			}
		}
		if !goes {
			continue
		}
		if err := r.add(w, vigil.TypeTie, t.ID); err != nil {
			return err
		}
	}
	return nil
}

// erasePage erases a page that no listing was read from.
func (w *write) erasePage(e store.Erasure) (store.Erased, error) {
	cs, err := w.capturesOn(e.ID)
	if err != nil {
		return store.Erased{}, err
	}
	if len(cs) > 0 {
		return store.Erased{}, fmt.Errorf("listing %s was read from it: erase that", cs[0].listing)
	}
	var r removal
	if err := r.page(w, e.ID); err != nil {
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
func (w *write) remove(e store.Erasure, r removal) (n store.Erased, err error) {
	w.deleteRecords(r.records)
	for _, c := range r.captures {
		w.do(`DELETE FROM captures WHERE page = $1 AND listing = $2`, c.page, c.listing)
		w.do(`DELETE FROM mentions WHERE page = $1 AND listing = $2`, c.page, c.listing)
	}
	for _, p := range r.pages {
		w.unlistPage(p)
		tasks, err := w.eraseTasksOf(p, e.Revisit)
		if err != nil {
			return n, err
		}
		n.Tasks += tasks
	}
	n.Pages, n.Records = len(r.pages), r.versions
	return n, w.logRemoval(e, r, n)
}

func (w *write) deleteRecords(os []vigil.Object) {
	for _, o := range os {
		w.do(`DELETE FROM records WHERE typ = $1 AND id = $2`, o.Type, o.ID)
	}
}

// logRemoval writes an entry to the order's log, and one to that of each other
// that kept something of what went.
func (w *write) logRemoval(e store.Erasure, r removal, n store.Erased) error {
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

func (w *write) logErased(a vigil.Act, order string, object vigil.Object, gone []vigil.Object, details map[string]string) error {
	for _, a := range rule.ErasureActs(a, order, object, gone, details) {
		if _, err := w.log(a); err != nil {
			return err
		}
	}
	return nil
}

// unlistPage takes a page out of the lists of pages, and notes that its body may
// be nobody's. What its source has used of its caps stays used.
func (w *write) unlistPage(p vigil.Page) {
	w.do(`DELETE FROM pages WHERE id = $1`, p.ID)
	if p.BodySHA256 != "" {
		w.do(`INSERT INTO unused VALUES ($1) ON CONFLICT DO NOTHING`, p.BodySHA256)
	}
}

// eraseList erases a watchlist with its rows.
func (w *write) eraseList(e store.Erasure) (n store.Erased, err error) {
	var r removal
	if err := r.add(w, vigil.TypeWatchlist, e.ID); err != nil {
		return n, err
	}
	if len(r.records) == 0 {
		return n, vigil.ErrNotFound
	}
	if err := w.unheld("", ""); err != nil {
		return n, err
	}
	rows, err := w.rowsFrom(e.ID, 1, store.MaxRows)
	if err != nil {
		return n, err
	}
	w.deleteRecords(r.records)
	for _, table := range []string{`rows`, `listed`} {
		w.do(`DELETE FROM `+table+` WHERE list = $1`, e.ID)
	}
	if err := w.relist(rule.KeysOf(rows)); err != nil {
		return n, err
	}
	n = store.Erased{Lists: 1, Records: r.versions, Rows: len(rows)}
	return n, w.logErased(e.Act, "", vigil.Object{Type: e.What, ID: e.ID}, r.gone[""], map[string]string{"rows": strconv.Itoa(len(rows))})
}

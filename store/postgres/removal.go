package postgres

import (
	"cmp"
	"errors"
	"slices"
	"strconv"

	"vigil"
	"vigil/store"
	"vigil/store/rule"
)

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

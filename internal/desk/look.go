package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/display"
	"vigil/store"
)

// Show returns one listing without claiming it, and logs the view before it
// returns. The ID may be cut to a prefix; see [Desk.Resolve]. The text of a
// restricted listing is left out.
func (d *Desk) Show(ctx context.Context, listing string) (display.View, error) {
	if err := d.may(ctx, access.ReadItem); err != nil {
		return display.View{}, err
	}
	k, err := d.find(ctx, listing)
	if err != nil {
		return display.View{}, err
	}
	return d.look(ctx, &k, "")
}

// Reveal is [Desk.Show] for somebody who asks for identifiers in full; the log
// says that they were shown. A restricted listing comes with its text, for those
// who may read it ([access.ReadRestricted]), and the log says that, too.
func (d *Desk) Reveal(ctx context.Context, listing string) (display.View, error) {
	if err := d.may(ctx, access.Reveal); err != nil {
		return display.View{}, err
	}
	k, err := d.find(ctx, listing)
	if err != nil {
		return display.View{}, err
	}
	if err := d.mayOpen(ctx, &k); err != nil {
		return display.View{}, err
	}
	return d.look(ctx, &k, revealed)
}

// Words of the log about views: the reason of one that shows everything, and the
// detail of one that shows what is restricted.
const (
	revealed         = "identifiers revealed"
	detailRestricted = "restricted"
)

// mayOpen returns nil if the person may see now what a listing's page says, whether or
// not it is restricted. Whoever is alone with a case sees nothing of restricted ones:
// there is nobody else to handle them.
func (d *Desk) mayOpen(ctx context.Context, k *docket) error {
	if k.restricted() && d.Who.Solo {
		return fmt.Errorf("listing %s is restricted: %w: in a case without accounts nobody opens it: vigil user add makes some", k.Assessment.ID, vigil.ErrRefused)
	}
	return d.mayRead(ctx, k)
}

// mayRead returns nil unless the listing is restricted and the person may not
// read it now.
func (d *Desk) mayRead(ctx context.Context, k *docket) error {
	if !k.restricted() {
		return nil
	}
	if err := d.may(ctx, access.ReadRestricted); err != nil {
		return fmt.Errorf("listing %s is restricted: %w", k.Assessment.ID, err)
	}
	return nil
}

// look logs that it is looked at and returns it with what goes with it.
func (d *Desk) look(ctx context.Context, k *docket, reason string) (display.View, error) {
	id := k.Assessment.ID
	v := display.View{Item: d.veiled(k, reason == revealed), Decisions: d.visible(k), Stage: d.stage(k), Revealed: reason == revealed}
	var err error
	v.Page, err = d.Store.Page(ctx, k.Assessment.Page)
	if err != nil && !errors.Is(err, vigil.ErrNotFound) { // listings from a file have none
		return display.View{}, fmt.Errorf("page %s of listing %s: %w", k.Assessment.Page, id, err)
	}
	rs, err := d.Store.Remarks(ctx, id)
	if err != nil {
		return display.View{}, fmt.Errorf("remarks on listing %s: %w", id, err)
	}
	shown := d.remarks(k, rs)
	v.Remarks, v.Blind = vigil.Gather(shown), d.blind(k) && (len(shown) < len(rs) || len(v.Decisions) < len(k.ds))
	if v.Hits, err = d.hits(ctx, k.Item); err != nil {
		return display.View{}, err
	}
	if v.Hidden() {
		v.Page, v.Hits = display.ShieldedPage(v.Page), display.ShieldedHits(v.Hits)
	}
	if err := d.logView(ctx, k, reason, nil); err != nil {
		return display.View{}, err
	}
	return v, nil
}

// remarks returns those of the remarks on a listing that the person may see: of
// others', while they are blind, no more than the tags.
func (d *Desk) remarks(k *docket, rs []vigil.Remark) []vigil.Remark {
	if !d.blind(k) {
		return rs
	}
	var shown []vigil.Remark
	for _, r := range rs {
		if r.By == d.Who.Account || r.Kind == vigil.Tag || r.Kind == vigil.Untag {
			shown = append(shown, r)
		}
	}
	return shown
}

// logView says in the log that a listing is looked at, and with a reveal of one that is
// restricted, that it is.
func (d *Desk) logView(ctx context.Context, k *docket, reason string, details map[string]string) error {
	a := k.Assessment
	act := vigil.Act{
		Actor: d.Who.Account, Action: vigil.ActView, Order: vigil.OrderOf(a.Source),
		Object: vigil.Object{Type: vigil.TypeListing, ID: a.ID}, Reason: reason, Details: map[string]string{"page": a.Page},
	}
	maps.Copy(act.Details, details)
	if reason == revealed && k.restricted() {
		act.Details[detailRestricted] = "true"
	}
	if _, err := d.Store.Record(ctx, vigil.Result{Act: act}); err != nil {
		return fmt.Errorf("log the view of listing %s: %w", a.ID, err)
	}
	return nil
}

// hits returns the watchlist hits of an item.
func (d *Desk) hits(ctx context.Context, it store.Item) ([]vigil.Hit, error) {
	if d.Hits == nil {
		return nil, nil
	}
	hits, err := d.Hits(ctx, it.Listing, it.Assessment)
	if err != nil {
		return nil, fmt.Errorf("look listing %s up in the watchlists: %w", it.Assessment.ID, err)
	}
	return hits, nil
}

// Capture returns a listing with the capture that it was read from, and its body, for
// the views of its source and of its rendering; how is logged. A capture shows
// identifiers in full, so it takes what [Desk.Reveal] takes; that of a restricted
// listing is logged as a reveal.
func (d *Desk) Capture(ctx context.Context, listing, how string) (display.View, error) {
	k, err := d.openable(ctx, listing)
	if err != nil {
		return display.View{}, err
	}
	v := display.View{Item: d.veiled(&k, true), Revealed: true}
	if v.Page, err = d.Store.Page(ctx, k.Assessment.Page); err != nil {
		return display.View{}, fmt.Errorf("page %s of listing %s: %w", k.Assessment.Page, k.Assessment.ID, err)
	}
	if k.restricted() {
		err = d.logView(ctx, &k, revealed, map[string]string{"view": how})
	} else {
		err = d.logView(ctx, &k, how, nil)
	}
	if err != nil {
		return display.View{}, err
	}
	return v, nil
}

// MayCapture returns nil if [Desk.Capture] would show the capture of a listing now. It
// logs no look, and shows nothing.
func (d *Desk) MayCapture(ctx context.Context, listing string) error {
	_, err := d.openable(ctx, listing)
	return err
}

// openable returns a listing whose capture the person may see now.
func (d *Desk) openable(ctx context.Context, listing string) (docket, error) {
	if err := d.may(ctx, access.Reveal); err != nil {
		return docket{}, err
	}
	k, err := d.find(ctx, listing)
	if err != nil {
		return docket{}, err
	}
	return k, d.mayOpen(ctx, &k)
}

// LogLinks says in the log that a listing's links were looked at.
func (d *Desk) LogLinks(ctx context.Context, a vigil.Assessment) error {
	if err := d.may(ctx, access.ReadLinks); err != nil {
		return err
	}
	return d.logView(ctx, &docket{Item: store.Item{Assessment: a}}, "links", nil)
}

// Exhibit returns the newest assessment of a listing, by its whole ID, with what
// it rests on, the body of the page apart, and all decisions on it. It logs
// nothing: that is for whoever says what it is read for.
func (d *Desk) Exhibit(ctx context.Context, listing string) (vigil.Exhibit, error) {
	if err := d.may(ctx, access.ReadItem); err != nil {
		return vigil.Exhibit{}, err
	}
	it, err := d.item(ctx, listing)
	if err != nil {
		return vigil.Exhibit{}, err
	}
	e := vigil.Exhibit{Listing: it.Listing, Assessment: it.Assessment}
	if e.Page, err = d.Store.PageInfo(ctx, e.Assessment.Page); err != nil {
		return e, fmt.Errorf("page %s of listing %s: %w", e.Assessment.Page, listing, err)
	}
	if e.Decisions, err = d.Store.Decisions(ctx, listing); err != nil {
		return e, fmt.Errorf("decisions on listing %s: %w", listing, err)
	}
	e.Hits, err = d.hits(ctx, it)
	return e, err
}

// Settled returns nil if the judgement of a listing, by its whole ID, has come to a
// verdict on which others may rest; else an error wrapping [vigil.ErrRefused] that
// says what is missing.
func (d *Desk) Settled(ctx context.Context, listing string) error {
	if err := d.may(ctx, access.ReadItem); err != nil {
		return err
	}
	k, err := d.docket(ctx, listing)
	if err != nil {
		return err
	}
	missing := ""
	switch t := k.open(); {
	case t.Stage == vigil.Reread:
		missing = "its second reading is still to be done"
	case t.Stage == vigil.Adjudicate:
		missing = "its readers differ, and nobody has adjudicated yet"
	case k.judgement.State == vigil.Undecided:
		missing = "no reviewer has decided on it"
	case k.judgement.Verdict == "":
		missing = "its readers differ: one of them, or somebody else, must decide again"
	default:
		return nil
	}
	return fmt.Errorf("listing %s: %w: %s", listing, vigil.ErrRefused, missing)
}

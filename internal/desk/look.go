package desk

import (
	"context"
	"errors"
	"fmt"

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
// who may read it ([access.ReadRestricted]).
func (d *Desk) Reveal(ctx context.Context, listing string) (display.View, error) {
	if err := d.may(ctx, access.Reveal); err != nil {
		return display.View{}, err
	}
	k, err := d.find(ctx, listing)
	if err != nil {
		return display.View{}, err
	}
	if err := d.mayRead(ctx, &k); err != nil {
		return display.View{}, err
	}
	return d.look(ctx, &k, revealed)
}

// revealed is the reason of a view that shows everything.
const revealed = "identifiers revealed"

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
	v := display.View{Item: d.veiled(k, reason == revealed), Decisions: d.visible(k), Stage: d.stage(k)}
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
	if k.restricted() && reason != revealed {
		v.Page.Body, v.Page.Links, v.Page.Refused, v.Page.Proposals = nil, nil, nil, nil
		for i := range v.Hits {
			v.Hits[i].Identifier = masked(v.Hits[i].Identifier)
		}
	}
	if err := d.logView(ctx, k.Assessment, reason); err != nil {
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

// logView says in the log that a listing is looked at.
func (d *Desk) logView(ctx context.Context, a vigil.Assessment, reason string) error {
	act := vigil.Act{
		Actor: d.Who.Account, Action: vigil.ActView, Order: vigil.OrderOf(a.Source),
		Object: vigil.Object{Type: vigil.TypeListing, ID: a.ID}, Reason: reason, Details: map[string]string{"page": a.Page},
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

// Capture returns the capture that a listing was read from, with its body, for the
// views of its source and of its rendering; how is logged. A capture shows
// identifiers in full, so it takes what [Desk.Reveal] takes.
func (d *Desk) Capture(ctx context.Context, listing, how string) (vigil.Page, error) {
	if err := d.may(ctx, access.Reveal); err != nil {
		return vigil.Page{}, err
	}
	k, err := d.find(ctx, listing)
	if err != nil {
		return vigil.Page{}, err
	}
	if err := d.mayRead(ctx, &k); err != nil {
		return vigil.Page{}, err
	}
	p, err := d.Store.Page(ctx, k.Assessment.Page)
	if err != nil {
		return vigil.Page{}, fmt.Errorf("page %s of listing %s: %w", k.Assessment.Page, k.Assessment.ID, err)
	}
	return p, d.logView(ctx, k.Assessment, how)
}

// LogLinks says in the log that a listing's links were looked at.
func (d *Desk) LogLinks(ctx context.Context, a vigil.Assessment) error {
	if err := d.may(ctx, access.ReadLinks); err != nil {
		return err
	}
	return d.logView(ctx, a, "links")
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

package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"vigil"
	"vigil/internal/duplicate"
	"vigil/store"
)

// A clusterKeeper knows the near-duplicates of a case for the pages. It finds them
// in the background, from the first time that somebody asks, and follows the logs
// after that: only listings that were read or assessed anew are looked at again.
// Whoever asks gets the last picture at once, however old.
type clusterKeeper struct {
	st   store.Reader
	now  func() time.Time
	wake chan struct{} // somebody asked

	last   atomic.Pointer[clusterPicture]
	ready  chan struct{} // closed once there is a picture
	behind atomic.Bool   // a newer picture is being made
	failed atomic.Pointer[string]
}

// A clusterPicture is the clusters of a case at one time. It is not changed.
type clusterPicture struct {
	asOf   time.Time
	signer *duplicate.Signer
	of     map[string]*duplicate.Cluster // of two or more listings, by listing
	traces map[string]trace              // of each listing that was read
}

// A trace says where a log speaks of one listing.
type trace struct {
	first   int64 // when it was read first, in nanoseconds
	entries []int64
}

func newClusterKeeper(st store.Reader) *clusterKeeper {
	return &clusterKeeper{st: st, now: time.Now, wake: make(chan struct{}, 1), ready: make(chan struct{})}
}

// picture returns the last picture, and has a newer one made if need be; nil if
// there is none yet.
func (k *clusterKeeper) picture() *clusterPicture {
	select {
	case k.wake <- struct{}{}:
	default:
	}
	return k.last.Load()
}

// firstWait is how long a page waits for the first picture.
const firstWait = 300 * time.Millisecond

// soon is picture for somebody who can wait a moment for the first one.
func (k *clusterKeeper) soon(ctx context.Context) *clusterPicture {
	if p := k.picture(); p != nil {
		return p
	}
	select {
	case <-k.ready:
	case <-time.After(firstWait):
	case <-ctx.Done():
	}
	return k.last.Load()
}

// pause is how long the keeper rests after it has looked for changes, at least; it
// rests ten times as long as making the picture took.
const pause = 2 * time.Second

// run makes pictures until ctx ends.
func (k *clusterKeeper) run(ctx context.Context) {
	f := clusterFinder{st: k.st}
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.wake:
		}
		begin := time.Now()
		if err := k.update(ctx, &f); err != nil && ctx.Err() == nil {
			says := oneLine(err)
			k.failed.Store(&says)
			f = clusterFinder{st: k.st}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(max(pause, 10*time.Since(begin))):
		}
	}
}

// update looks for changes, and makes a picture if there are some.
func (k *clusterKeeper) update(ctx context.Context, f *clusterFinder) error {
	defer k.behind.Store(false)
	at := k.now()
	changed, err := f.follow(ctx, func() { k.behind.Store(true) })
	if err != nil {
		return err
	}
	p := k.last.Load()
	first := p == nil
	if changed || first {
		p = f.picture()
	}
	next := *p
	next.asOf = at
	k.last.Store(&next)
	k.failed.Store(nil)
	if first {
		close(k.ready)
	}
	return nil
}

// A clusterFinder holds what pictures are made of. One goroutine uses it.
type clusterFinder struct {
	st     store.Reader
	index  *duplicate.Index
	signer *duplicate.Signer
	sizes  map[string]int64 // how much of each log was read
	traces map[string]trace
	based  int // listings of which the boilerplate was found out
}

// logChanges is what logs say happened since they were read last.
type logChanges struct {
	listings map[string]bool // read or assessed
	erased   bool
}

// follow brings the index up to date, and reports whether anything changed.
// behind is called before there is something to do.
func (f *clusterFinder) follow(ctx context.Context, behind func()) (changed bool, err error) {
	if f.index == nil {
		behind()
		f.sizes, f.traces = map[string]int64{}, map[string]trace{}
	}
	c, err := f.readLogs(ctx)
	if err != nil {
		return false, err
	}
	switch {
	case f.index == nil || c.erased || len(c.listings) > max(1000, f.based/5):
		behind()
		return true, f.rebuild(ctx)
	case len(c.listings) > 0:
		behind()
		return true, f.add(ctx, c.listings)
	}
	return false, nil
}

// readLogs reads what was added to the logs.
func (f *clusterFinder) readLogs(ctx context.Context) (logChanges, error) {
	c := logChanges{listings: map[string]bool{}}
	logs, err := f.st.Logs(ctx)
	if err != nil {
		return c, err
	}
	for _, id := range logs {
		now, err := f.st.Checkpoint(ctx, id)
		if err != nil {
			return c, err
		}
		if now.Size == f.sizes[id] {
			continue
		}
		for e, err := range f.st.LogFrom(ctx, id, f.sizes[id]) {
			if err != nil {
				return c, err
			}
			f.note(e, &c)
			f.sizes[id] = e.Seq + 1
		}
	}
	return c, nil
}

// note takes in one entry of a log.
func (f *clusterFinder) note(e vigil.Entry, c *logChanges) {
	read := e.Object.Type == vigil.TypeListing && e.Action == vigil.ActExtract
	assessed := e.Object.Type == vigil.TypeAssessment && e.Action == vigil.ActClassify
	switch {
	case e.Action == vigil.ActErase:
		c.erased = true
	case read || assessed:
		t, known := f.traces[e.Object.ID]
		if at := e.Time.UnixNano(); read && (!known || t.first == 0 || at < t.first) {
			t.first = at
		}
		t.entries = append(t.entries, e.Seq)
		f.traces[e.Object.ID] = t
		c.listings[e.Object.ID] = true
	}
}

// rebuild makes the index of all listings anew.
func (f *clusterFinder) rebuild(ctx context.Context) error {
	var survey duplicate.Survey
	var members []duplicate.Member
	texts := 0
	for it, err := range f.st.Items(ctx, store.Filter{}) {
		if err != nil {
			return err
		}
		survey.Add(comparedText(it))
		texts++
	}
	signer := duplicate.NewSigner(survey.Common())
	signatures := make(map[string]duplicate.Signature, texts)
	for it, err := range f.st.Items(ctx, store.Filter{}) {
		if err != nil {
			return err
		}
		t := comparedText(it)
		members, signatures[t.Listing] = append(members, t.Member), signer.Sign(t.Text, t.Slots)
	}
	slices.SortFunc(members, func(a, b duplicate.Member) int { return f.older(a.Listing, b.Listing) })
	index := duplicate.NewIndex(signer)
	for _, m := range members {
		if err := index.AddSigned(m, signatures[m.Listing]); err != nil {
			return err
		}
		delete(signatures, m.Listing)
	}
	f.index, f.signer, f.based = index, signer, texts
	return nil
}

// older compares two listings by when they were read first, then by ID.
func (f *clusterFinder) older(a, b string) int {
	return byAge(f.traces[a].first, f.traces[b].first, a, b)
}

// add looks at the listings that changed.
func (f *clusterFinder) add(ctx context.Context, listings map[string]bool) error {
	for _, id := range slices.SortedFunc(maps.Keys(listings), f.older) {
		it, err := assessedItem(ctx, f.st, id)
		if errors.Is(err, vigil.ErrNotFound) { // not assessed yet, or erased
			f.index.Remove(id)
			continue
		}
		if err != nil {
			return err
		}
		if err := f.index.Add(comparedText(it)); err != nil {
			return err
		}
	}
	return nil
}

// assessedItem returns a listing as it was assessed last.
func assessedItem(ctx context.Context, st store.Reader, id string) (store.Item, error) {
	as, err := st.Assessment(ctx, id)
	if err != nil {
		return store.Item{}, err
	}
	l, err := st.ListingOf(ctx, id, as.Page)
	return store.Item{Listing: l, Assessment: as}, err
}

// picture returns the clusters as they are now.
func (f *clusterFinder) picture() *clusterPicture {
	p := &clusterPicture{signer: f.signer, of: map[string]*duplicate.Cluster{}, traces: maps.Clone(f.traces)}
	for c := range f.index.All(2) {
		for _, m := range c.Members {
			p.of[m.Listing] = &c
		}
	}
	return p
}

package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"vigil"
)

// A mentioned says what an assessment is to be mentioned by. It takes some 70
// bytes of memory; a capture without such identifiers takes none.
type mentioned struct {
	log int32 // index among the report's checkpoints
	seq int64
	sum sum // of its mentions, each less once it was met
}

// A captured is what the logs say of a capture of which there is more than one
// version: which are known, and whether the last of them is what a reader gets.
type captured struct {
	suspect
	known []string // hashes
	last  bool
}

// A suspect is a capture whose index says other than its records, unless it has
// changed since its log was read.
type suspect struct {
	fault         Fault
	listing, page string
}

// assessment checks that an assessment is found by its capture, and notes what it
// mentions.
func (v *verifier) assessment(ctx context.Context, e vigil.Event, b []byte) {
	var a vigil.Assessment
	if err := json.Unmarshal(b, &a); err != nil {
		v.fault(e.Order, e.Seq, "assessment %s: %v", e.Object.ID, err)
		return
	}
	now, err := v.r.AssessmentOf(ctx, a.ID, a.Page)
	if err != nil {
		v.fault(e.Order, e.Seq, "%v", err)
		return
	}
	same := reflect.DeepEqual(now, a)
	v.note(e, a.ID, a.Page, same)
	if !same {
		return
	}
	ms, err := v.mentionsOf(ctx, a)
	if err != nil {
		v.fault(e.Order, e.Seq, "%v", err)
		return
	}
	id := v.cell(a.ID, a.Page)
	delete(v.mentioned, id)
	if len(ms) == 0 {
		return
	}
	want := mentioned{log: int32(len(v.report.Checkpoints) - 1), seq: e.Seq}
	ranks := map[string]int{}
	for _, m := range ms {
		want.sum.add(v.hash(m, ranks[m.Identifier.Key]))
		ranks[m.Identifier.Key]++
	}
	v.mentioned[id] = want
}

// mentionsOf returns what an assessment mentions, from records alone.
func (v *verifier) mentionsOf(ctx context.Context, a vigil.Assessment) ([]vigil.Mention, error) {
	if !slices.ContainsFunc(a.Identifiers, func(id vigil.Identifier) bool { return id.Links() }) {
		return nil, nil
	}
	l, err := v.r.ListingOf(ctx, a.ID, a.Page)
	if err != nil && !errors.Is(err, vigil.ErrNotFound) {
		return nil, err
	}
	p, err := v.r.PageInfo(ctx, a.Page)
	if err != nil && !errors.Is(err, vigil.ErrNotFound) {
		return nil, err
	}
	return MentionsOf(a, l.Vendor, p.CapturedAt), nil
}

// listing checks that a listing is found by its capture.
func (v *verifier) listing(ctx context.Context, e vigil.Event, b []byte) {
	var l vigil.Listing
	if err := json.Unmarshal(b, &l); err != nil {
		v.fault(e.Order, e.Seq, "listing %s: %v", e.Object.ID, err)
		return
	}
	now, err := v.r.ListingOf(ctx, l.ID, l.Page)
	if err != nil {
		v.fault(e.Order, e.Seq, "%v", err)
		return
	}
	v.note(e, l.ID, l.Page, reflect.DeepEqual(now, l))
}

// note notes that an entry speaks of a version, and whether readers get it as its
// capture's newest. The last that is new must be; an entry that names a version
// which is known may be no more than a view of it.
func (v *verifier) note(e vigil.Event, listing, page string, same bool) {
	id := v.cell(e.Object.Type, listing, page)
	c := v.captured[id]
	if c == nil {
		if same {
			return
		}
		c = &captured{}
		v.captured[id] = c
	}
	if same {
		c.last = true
	} else if slices.Contains(c.known, e.Object.SHA256) {
		return
	} else {
		c.last = false
		c.suspect = suspect{Fault{e.Order, e.Seq, fmt.Sprintf("%s %s of page %s: readers get another version", e.Object.Type, listing, page)}, listing, page}
	}
	c.known = append(c.known, e.Object.SHA256)
}

// mentions holds the index of mentions against what the assessments say, in both
// directions. It adds up hashes of what is to be there and takes away those of
// what is: neither side need be kept, nor sorted as the other.
func (v *verifier) mentions(ctx context.Context) {
	var (
		last    vigil.Mention
		rank    int
		unknown = map[sum]suspect{}
	)
	for m, err := range v.r.Mentions(ctx, "") {
		if err != nil {
			v.fault("", -1, "mentions: %v", err)
			return
		}
		v.report.Mentions++
		switch c := compareMentions(last, m); {
		case v.report.Mentions == 1 || c < 0:
			rank = 0
		case c == 0:
			rank++
		default:
			v.fault("", -1, "mentions: %q of listing %s comes too late", m.Identifier.Key, m.Listing)
		}
		last = m
		id := v.cell(m.Listing, m.Page)
		if want, ok := v.mentioned[id]; ok {
			want.sum.take(v.hash(m, rank))
			v.mentioned[id] = want
			continue
		}
		unknown[id] = suspect{Fault{vigil.OrderOf(m.Source), -1, fmt.Sprintf("listing %s is said to mention %q on page %s; no assessment does", m.Listing, m.Identifier.Key, m.Page)}, m.Listing, m.Page}
	}
	for _, s := range unknown {
		v.suspects = append(v.suspects, s)
	}
	v.mismatched(ctx)
}

// compareMentions returns how mentions are sorted; 0 for those of one key in one
// capture.
func compareMentions(a, b vigil.Mention) int {
	return cmp.Or(
		cmp.Compare(vigil.KeyName(a.Identifier.Key), vigil.KeyName(b.Identifier.Key)), cmp.Compare(a.Listing, b.Listing),
		cmp.Compare(nanoseconds(a.At), nanoseconds(b.At)), cmp.Compare(a.Page, b.Page))
}

func nanoseconds(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// mismatched suspects the captures whose mentions do not add up. Only their
// entries are known: it reads the logs again for the rest.
func (v *verifier) mismatched(ctx context.Context) {
	wrong := make([]map[int64]bool, len(v.report.Checkpoints))
	for _, m := range v.mentioned {
		if m.sum == (sum{}) {
			continue
		}
		if wrong[m.log] == nil {
			wrong[m.log] = map[int64]bool{}
		}
		wrong[m.log][m.seq] = true
	}
	for i, seqs := range wrong {
		if len(seqs) == 0 {
			continue
		}
		order := v.report.Checkpoints[i].Log
		for e, err := range v.r.Log(ctx, order) {
			if err != nil {
				v.fault(order, -1, "%v", err)
				break
			}
			if !seqs[e.Seq] {
				continue
			}
			var a vigil.Assessment
			b, err := v.r.RecordBytes(ctx, e.Event)
			if err = errors.Join(err, json.Unmarshal(b, &a)); err != nil {
				v.fault(order, e.Seq, "%v", err)
				continue
			}
			v.suspects = append(v.suspects, suspect{Fault{order, e.Seq, fmt.Sprintf("assessment %s of page %s: it is mentioned otherwise than it says", a.ID, a.Page)}, a.ID, a.Page})
		}
	}
}

// settle makes faults of those suspects that no entry speaks of which was added
// while the logs were read.
func (v *verifier) settle(ctx context.Context) {
	for _, c := range v.captured {
		if !c.last {
			v.suspects = append(v.suspects, c.suspect)
		}
	}
	if len(v.suspects) == 0 {
		return
	}
	since := v.added(ctx)
	slices.SortFunc(v.suspects, func(a, b suspect) int {
		return cmp.Or(cmp.Compare(a.fault.Log, b.fault.Log), cmp.Compare(a.fault.Seq, b.fault.Seq), cmp.Compare(a.fault.What, b.fault.What))
	})
	for _, s := range v.suspects {
		if !since[s.listing] && !since[s.page] {
			v.fault(s.fault.Log, s.fault.Seq, "%s", s.fault.What)
		}
	}
}

// added returns the IDs of the objects that entries speak of which were added
// since their log was checked.
func (v *verifier) added(ctx context.Context) map[string]bool {
	ids, checked := map[string]bool{}, map[string]int64{}
	for _, c := range v.report.Checkpoints {
		checked[c.Log] = c.Size
	}
	logs, err := v.r.Logs(ctx)
	if err != nil {
		v.fault("", -1, "%v", err)
	}
	for _, order := range logs {
		for e, err := range v.r.Log(ctx, order) {
			if err != nil {
				break // found already, when the log was checked
			}
			if e.Seq >= checked[order] {
				ids[e.Object.ID] = true
				for _, o := range ErasedBy(e.Event) {
					ids[o.ID] = true
				}
			}
		}
	}
	return ids
}

package link

import (
	"fmt"
	"slices"
	"strings"

	"vigil"
)

// kindTie is the kind of a join's node. The keys of joins, and of nothing else,
// begin with tiePrefix.
const (
	kindTie   = "tie"
	tiePrefix = kindTie + ":"
)

// A place is one key in one listing.
type place struct{ key, listing string }

// corrections are the ties that are in force.
type corrections struct {
	everywhere map[string]vigil.Tie // cuts by key
	here       map[place]vigil.Tie  // cuts of one listing
	joins      []vigil.Tie          // by ID
}

// inForce sorts out which ties count: of those with one ID the newest, the later
// one in the list if they are equally old; none that is undone.
func inForce(ties []vigil.Tie) (corrections, error) {
	newest := map[string]vigil.Tie{}
	for i, t := range ties {
		if t.ID == "" {
			return corrections{}, fmt.Errorf("tie %d of %d has no ID, expected that of vigil.NewTieID", i+1, len(ties))
		}
		if old, ok := newest[t.ID]; !ok || !t.At.Before(old.At) {
			newest[t.ID] = t
		}
	}
	c := corrections{everywhere: map[string]vigil.Tie{}, here: map[place]vigil.Tie{}}
	for _, t := range newest {
		if t.Undone {
			continue
		}
		if err := c.add(t); err != nil {
			return corrections{}, err
		}
	}
	slices.SortFunc(c.joins, func(a, b vigil.Tie) int { return strings.Compare(a.ID, b.ID) })
	return c, nil
}

func (c *corrections) add(t vigil.Tie) error {
	switch {
	case t.Kind == vigil.TieCut && t.Key == "":
		return fmt.Errorf("tie %s cuts no key, expected one", t.ID)
	case t.Kind == vigil.TieCut && t.A == "":
		newer(c.everywhere, t.Key, t)
	case t.Kind == vigil.TieCut:
		newer(c.here, place{t.Key, t.A}, t)
	case t.Kind == vigil.TieJoin && (t.A == "" || t.B == "" || t.A == t.B):
		return fmt.Errorf("tie %s joins %q and %q, expected two different listings", t.ID, t.A, t.B)
	case t.Kind == vigil.TieJoin:
		c.joins = append(c.joins, t)
	default:
		return fmt.Errorf("tie %s is of kind %q, expected %s or %s", t.ID, t.Kind, vigil.TieCut, vigil.TieJoin)
	}
	return nil
}

// newer keeps the newer of two cuts of one thing whose IDs differ, so that the
// order in a map decides nothing.
func newer[K comparable](m map[K]vigil.Tie, k K, t vigil.Tie) {
	if old, ok := m[k]; ok && (old.At.After(t.At) || old.At.Equal(t.At) && old.ID > t.ID) {
		return
	}
	m[k] = t
}

package link_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/link"
)

func chain3() []vigil.Mention {
	return []vigil.Mention{
		says("s/v1/l1", "xmr:a", 1), says("s/v2/l2", "xmr:a", 2), says("s/v2/l2", "xmr:b", 2), says("s/v3/l3", "xmr:b", 3), says("s/v4/l4", "xmr:c", 4),
	}
}

func TestAPersonCutsAKeyEverywhereOrInOneListing(t *testing.T) {
	g := build(t, link.Options{}, []vigil.Tie{tie(vigil.TieCut, "", "", "xmr:a", 9)}, chain3()...)
	if linked(t, g, "l1", "l2") || !linked(t, g, "l2", "l3") || why(t, g, "l1", "xmr:a") != link.WeakCut || why(t, g, "l2", "xmr:a") != link.WeakCut {
		t.Error("want xmr:a cut everywhere and xmr:b whole")
	}
	if text := g.Key("xmr:a")[0].Weak[0].Text; text != "cut everywhere by amara on 2026-03-09: seen in file 12" {
		t.Errorf("%q does not say who cut, when and why", text)
	}
	g = build(t, link.Options{}, []vigil.Tie{tie(vigil.TieCut, "l1", "", "xmr:a", 9)}, append(chain3(), says("s/v5/l5", "xmr:a", 1))...)
	if linked(t, g, "l1", "l2") || !linked(t, g, "l2", "l5") || why(t, g, "l1", "xmr:a") != link.WeakCut || why(t, g, "l2", "xmr:a") != "" {
		t.Error("want xmr:a cut from l1 only")
	}
}

func TestNoPathGoesByWhatAPersonCut(t *testing.T) {
	g := build(t, link.Options{}, []vigil.Tie{tie(vigil.TieCut, "", "", "xmr:a", 9)}, chain3()...)
	if p, ok := g.Path("l1", "l2", true); ok {
		t.Errorf("%+v goes by a key that was cut", p)
	}
}

func TestAPersonJoinsListings(t *testing.T) {
	join := tie(vigil.TieJoin, "l4", "l3", "", 9)
	g := build(t, link.Options{}, []vigil.Tie{join}, chain3()...)
	p, ok := g.Path("l1", "l4", false)
	if !ok || len(p.Steps) != 3 || p.Weak {
		t.Fatalf("%+v, want a strong path of three steps", p)
	}
	s := p.Steps[2]
	if s.Key.Tie == nil || s.Key.Key != "tie:"+join.ID || s.From.Evidence[0].By != "amara" || s.To.Evidence[0].Reason != "seen in file 12" || !s.To.Evidence[0].At.Equal(at(9)) {
		t.Errorf("%+v, want the join with person, reason and time", s)
	}
	if words := s.Words(nil); words != "listing l3 of v3 at s is linked by amara's decision (seen in file 12) to listing l4 of v4 at s" {
		t.Errorf("the step reads %q", words)
	}
}

func TestAJoinMayNameListingsThatNoIdentifierNames(t *testing.T) {
	o := link.Options{About: func(id string) (string, string, time.Time, time.Time) { return "quay", "v-of-" + id, at(7), at(8) }}
	g := build(t, o, []vigil.Tie{tie(vigil.TieJoin, "l1", "silent", "", 9)}, chain3()...)
	l, ok := g.Listing("silent")
	if !ok || l.Source != "quay" || l.Vendor != "v-of-silent" || !l.First.Equal(at(7)) || !l.Last.Equal(at(8)) || !linked(t, g, "silent", "l3") {
		t.Errorf("%+v, %v; want what the caller says of it, linked to l3", l, ok)
	}
	if l, _ := g.Listing("l1"); l.Vendor != "v1" || l.Source != "s" || !l.First.Equal(at(1)) {
		t.Errorf("%+v, want what its mentions say", l)
	}
	unknown, _ := build(t, link.Options{}, []vigil.Tie{tie(vigil.TieJoin, "a", "b", "", 9)}).Listing("a")
	if unknown != (link.Listing{ID: "a"}) {
		t.Errorf("%+v, want no more than its ID", unknown)
	}
}

// What a person did and took back leaves no trace.
func TestUndoneTiesChangeNothing(t *testing.T) {
	plain := dump(t, build(t, link.Options{}, nil, chain3()...))
	for _, done := range []vigil.Tie{
		tie(vigil.TieCut, "", "", "xmr:a", 5), tie(vigil.TieCut, "l1", "", "xmr:a", 5), tie(vigil.TieJoin, "l1", "l4", "", 5),
	} {
		undone := done
		undone.Undone, undone.At = true, at(6)
		if got := dump(t, build(t, link.Options{}, []vigil.Tie{done}, chain3()...)); got == plain {
			t.Errorf("%s %s changed nothing", done.Kind, done.A)
		}
		for _, ties := range [][]vigil.Tie{{done, undone}, {undone, done}} {
			if got := dump(t, build(t, link.Options{}, ties, chain3()...)); got != plain {
				t.Errorf("%s %s, undone, left\n%s", done.Kind, done.A, got)
			}
		}
		again := done
		again.At = at(7)
		if got := dump(t, build(t, link.Options{}, []vigil.Tie{again, undone, done}, chain3()...)); got == plain {
			t.Errorf("%s %s, done again, changed nothing", done.Kind, done.A)
		}
	}
}

func TestOfTiesWithOneIDAndTimeTheLaterCounts(t *testing.T) {
	done := tie(vigil.TieCut, "", "", "xmr:a", 5)
	undone := done
	undone.Undone = true
	if g := build(t, link.Options{}, []vigil.Tie{done, undone}, chain3()...); !linked(t, g, "l1", "l2") {
		t.Error("an undone cut cuts")
	}
	if g := build(t, link.Options{}, []vigil.Tie{undone, done}, chain3()...); linked(t, g, "l1", "l2") {
		t.Error("a cut does not cut")
	}
}

func TestTiesWithoutSenseAreRefused(t *testing.T) {
	for want, bad := range map[string]vigil.Tie{
		"has no ID":              {Kind: vigil.TieCut, Key: "xmr:a"},
		"cuts no key":            {ID: "1", Kind: vigil.TieCut, A: "l1"},
		"two different listings": {ID: "1", Kind: vigil.TieJoin, A: "l1", B: "l1"},
		`of kind "glue"`:         {ID: "1", Kind: "glue"},
	} {
		if _, err := link.Build(stream(chain3()), []vigil.Tie{bad}, link.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// dump is all that a graph holds.
func dump(t testing.TB, g *link.Graph) string {
	t.Helper()
	var b bytes.Buffer
	if err := g.WriteJSON(&b, link.Export{Label: link.Plain}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestOfTwoCutsOfOneKeyTheNewerIsNamed(t *testing.T) {
	older, newer := tie(vigil.TieCut, "", "", "xmr:a", 4), tie(vigil.TieCut, "", "", "xmr:a", 6)
	for _, ids := range [][2]string{{"1", "2"}, {"2", "1"}} {
		older.ID, newer.ID = ids[0], ids[1]
		for range 10 { // as a map's order changes
			text := build(t, link.Options{}, []vigil.Tie{newer, older}, chain3()...).Key("xmr:a")[0].Weak[0].Text
			if !strings.Contains(text, "on 2026-03-06") {
				t.Fatalf("%q names the older cut", text)
			}
		}
	}
}

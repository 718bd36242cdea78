package duplicate

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func textsOf(s ...string) []Text {
	var ts []Text
	for _, t := range s {
		ts = append(ts, Text{Text: t})
	}
	return ts
}

// shown writes a pattern: common text as the first member spells it, in round
// brackets if somebody lacks it, and slots with all their values.
func shown(p Pattern, texts []Text) string {
	var b strings.Builder
	for _, part := range p.Parts {
		var values []string
		for m, at := range part.At {
			values = append(values, texts[m].Text[at.Start:at.End])
		}
		switch {
		case part.Slot:
			b.WriteString("[" + strings.Join(values, "|") + "]")
		case slices.Contains(values, ""):
			b.WriteString("(" + values[0] + ")")
		default:
			b.WriteString(values[0])
		}
	}
	return b.String()
}

func TestATemplateShowsTheCommonTextAndItsSlots(t *testing.T) {
	for _, c := range []struct {
		name  string
		texts []Text
		want  string
	}{
		{"a price", textsOf("Brass lantern, $12, by post.", "Brass lantern, $15, by post."), "Brass lantern, $[12|15], by post."},
		{"a number that all have is text", textsOf("Box of 20 lamps.", "Box of 20 lamps."), "Box of 20 lamps."},
		{"words", textsOf("Made by hand in brass, sold here.", "Made by machine in tin, sold here."), "Made by [hand|machine] in [brass|tin], sold here."},
		{"what one adds", textsOf("A lamp, by post.", "A lamp with a wick, by post.", "A lamp, by post."), "A lamp[|with a wick|], by post."},
		{"a word that one of three lacks", textsOf("A good old lamp", "A good old lamp", "A good lamp"), "A good (old )lamp"},
		{"nothing in common", textsOf("lamp", "wick"), "[lamp|wick]"},
		{"no words", textsOf("…", "!"), "[…|!]"},
		{"one text", textsOf("A lamp for $5."), "A lamp for $5."},
		{"case is no difference", textsOf("A LAMP for sale", "A lamp for sale"), "A LAMP for sale"},
	} {
		if got := shown(Template(c.texts), c.texts); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestCaseIsCommonTextInATemplate(t *testing.T) {
	p := Template(textsOf("A LAMP for sale", "A lamp for sale"))
	if len(p.Parts) != 1 || p.Parts[0].Slot {
		t.Errorf("parts %+v, want one of common text", p.Parts)
	}
}

func TestATemplateSaysWhatItLeavesOut(t *testing.T) {
	p := Template(slices.Repeat(textsOf("A lamp for sale"), 70))
	if p.Members != 64 || p.LeftOut != 6 {
		t.Errorf("%d members, %d left out, want 64 and 6", p.Members, p.LeftOut)
	}
	if p := Template(nil); len(p.Parts) != 0 {
		t.Errorf("no texts have the pattern %+v", p)
	}
}

// wantTiled fails unless the parts, put together, are each member's text.
func wantTiled(t *testing.T, p Pattern, texts []Text) {
	t.Helper()
	for m := range p.Members {
		at := 0
		for i, part := range p.Parts {
			s := part.At[m]
			if s.Start != at || s.End < s.Start {
				t.Fatalf("part %d of member %d is %v, want it to begin at %d", i, m, s, at)
			}
			at = s.End
		}
		if at != len(texts[m].Text) {
			t.Fatalf("the parts of member %d end at %d of %d", m, at, len(texts[m].Text))
		}
	}
}

func TestTheTemplateOfCopiesIsMostOfTheirText(t *testing.T) {
	m := newMaker(7)
	for range 20 {
		text := m.own(6, 12)
		texts := textsOf(text, m.refilled(text), m.edited(text, 15), m.refilled(text), m.edited(text, 15))
		p := Template(texts)
		wantTiled(t, p, texts)
		fixed := 0
		for _, part := range p.Parts {
			if !part.Slot {
				fixed += part.At[0].End - part.At[0].Start
			}
		}
		if 10*fixed < 6*len(text) {
			t.Errorf("common text is %d of %d bytes: %s", fixed, len(text), shown(p, texts))
		}
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add("A lamp, $5.", "A lamp, $6.", "lamp")
	f.Add("a b c d", "d c b a", "")
	f.Add("1 2 \xff", "一盏灯 3", "...")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		texts := textsOf(a, b, c)
		wantTiled(t, Template(texts), texts)
	})
}

// wrote writes a diff with [-old-] and [+new+].
func wrote(old, new string) string {
	var b strings.Builder
	for _, e := range Diff(old, new) {
		o, n := old[e.Old.Start:e.Old.End], new[e.New.Start:e.New.End]
		if e.Same {
			b.WriteString(n)
			continue
		}
		if o != "" {
			b.WriteString("[-" + o + "-]")
		}
		if n != "" {
			b.WriteString("[+" + n + "+]")
		}
	}
	return b.String()
}

func TestADiffShowsWhatChanged(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"nothing", "A lamp.", "A lamp.", "A lamp."},
		{"a word", "A brass lamp.", "A tin lamp.", "A [-brass-][+tin+] lamp."},
		{"two words beside each other", "A fine brass lamp.", "A cheap tin lamp.", "A [-fine brass-][+cheap tin+] lamp."},
		{"a number", "For $12 each", "For $15 each", "For $[-12-][+15+] each"},
		{"an addition", "A lamp.", "A lamp. By post.", "A lamp.[+ By post.+]"},
		{"a deletion", "A lamp. By post.", "A lamp.", "A lamp.[- By post.-]"},
		{"case", "a lamp", "A lamp", "[-a-][+A+] lamp"},
		{"white space is no change", "a  lamp\n", "a lamp ", "a lamp "},
		{"everything", "lamp", "wick", "[-lamp-][+wick+]"},
		{"from nothing", "", "wick", "[+wick+]"},
		{"Han by characters", "一盏旧灯", "一盏新灯", "一盏[-旧-][+新+]灯"},
		{"nothing to nothing", "", "", ""},
	} {
		if got := wrote(c.old, c.new); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// wantDiffed fails unless the edits cover both texts, by turns the same and not,
// and what is called the same is.
func wantDiffed(t *testing.T, old, new string) {
	t.Helper()
	var o, n int
	for i, e := range Diff(old, new) {
		if e.Old.Start != o || e.New.Start != n || e.Old.End < o || e.New.End < n {
			t.Fatalf("edit %d, %+v, does not begin at %d, %d", i, e, o, n)
		}
		o, n = e.Old.End, e.New.End
		a, b := old[e.Old.Start:e.Old.End], new[e.New.Start:e.New.End]
		if e.Same != (i%2 == 0) && i > 0 && e.Same == (Diff(old, new)[i-1].Same) {
			t.Fatalf("edits %d and %d are both the same, or both not", i-1, i)
		}
		if e.Same && strings.Join(strings.Fields(a), " ") != strings.Join(strings.Fields(b), " ") {
			t.Fatalf("edit %d calls %q and %q the same", i, a, b)
		}
	}
	if o != len(old) || n != len(new) {
		t.Fatalf("edits end at %d and %d of %d and %d", o, n, len(old), len(new))
	}
}

func FuzzDiff(f *testing.F) {
	f.Add("A brass lamp.", "A tin  lamp!")
	f.Add("a b c a b b a", "c b a b a c")
	f.Add("\xff\xfe 一盏", "一盏灯 \xff")
	f.Fuzz(wantDiffed)
}

// The search for the best alignment ends early where texts are long and have
// nothing in common, and is still an alignment.
func TestTextsWithoutAnythingInCommonAreAligned(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	tokens := func() []int32 {
		var ids []int32
		for range 6000 {
			ids = append(ids, r.Int32N(900))
		}
		return ids
	}
	a, b := tokens(), tokens()
	i, j, shared := 0, 0, 0
	align(a, b, func(x, y, n int) {
		if x < i || y < j || !slices.Equal(a[x:x+n], b[y:y+n]) {
			t.Fatalf("run of %d at %d, %d after %d, %d", n, x, y, i, j)
		}
		i, j, shared = x+n, y+n, shared+n
	})
	if shared < 300 {
		t.Errorf("%d of 6000 tokens are aligned", shared)
	}
}

// On small texts the alignment is the longest there is.
func TestTheAlignmentIsTheLongest(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		a, b := make([]int32, r.IntN(12)), make([]int32, r.IntN(12))
		for _, s := range [][]int32{a, b} {
			for i := range s {
				s[i] = r.Int32N(4)
			}
		}
		n := 0
		align(a, b, func(_, _, k int) { n += k })
		if want := longest(a, b); n != want {
			t.Fatalf("%v and %v: %d aligned, want %d", a, b, n, want)
		}
	}
}

// longest is the length of the longest common subsequence, by the table.
func longest(a, b []int32) int {
	row := make([]int, len(b)+1)
	for i := range a {
		diagonal := 0
		for j := range b {
			up := row[j+1]
			if a[i] == b[j] {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(up, row[j])
			}
			diagonal = up
		}
	}
	return row[len(b)]
}

package extract

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// The library's own matcher is the measure: on random trees both find the same.
func TestSelectorsMatchWhatCSSSays(t *testing.T) {
	selectors := []string{
		"p", "*", ".a", "#i", "p, b", "p b", "p > b", "p + b", "p ~ b", ".a .b", ".a .b .a", ".a > .b p", "p .a > b", "p .a + b", ".a ~ .b > p", ".a + .b + p",
		".a > .a > .a", "div div div", "div p, p > b, .a + .b", "p:not(.a)", "p:not(.a) > b:first-child", "[class]", `[class~="a"] b`, ".a:empty", "div  >  p", "div\tb", "div>p", "div+p~b",
		"b:not(:first-child)", `[class="a b"]`, `[class="x > y, z"], b b`,
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		root, markup := randomTree(random)
		d := &document{root: goquery.NewDocumentFromNode(root).Selection}
		d.index(root, -1)
		for _, text := range selectors {
			var s selector
			if err := s.UnmarshalText([]byte(text)); err != nil {
				t.Fatal(err)
			}
			want := d.root.Find(text).Nodes
			if got := s.all(d); !slices.Equal(got, want) {
				t.Fatalf("%s finds %d elements, want %d, in %s", text, len(got), len(want), markup)
			}
			if s.found(d) != (len(want) > 0) {
				t.Fatalf("%s is found: %v, but matches %d", text, s.found(d), len(want))
			}
		}
	}
}

// randomTree returns a page of some tens of elements.
func randomTree(random *rand.Rand) (*html.Node, string) {
	var b strings.Builder
	open := []string{}
	for range 40 {
		if len(open) > 0 && random.IntN(3) == 0 {
			fmt.Fprintf(&b, "</%s>", open[len(open)-1])
			open = open[:len(open)-1]
			continue
		}
		tag := []string{"div", "x-p", "x-b"}[random.IntN(3)]
		class := []string{"", " class=a", " class=b", ` class="a b"`, " id=i"}[random.IntN(5)]
		fmt.Fprintf(&b, "<%s%s>", tag, class)
		open = append(open, tag)
	}
	markup := strings.NewReplacer("x-p", "p", "x-b", "b").Replace(b.String())
	root, err := html.Parse(strings.NewReader(markup))
	if err != nil {
		panic(err)
	}
	return root, markup
}

func TestTheZeroSelectorMatchesNothing(t *testing.T) {
	root, _ := randomTree(rand.New(rand.NewPCG(1, 2)))
	d := &document{}
	d.index(root, -1)
	if (selector{}).found(d) || (selector{}).all(d) != nil || (selector{}).defined() {
		t.Error("the zero selector matches")
	}
}

func FuzzSelector(f *testing.F) {
	for _, s := range []string{"a > b", "a,b", "a:not(b)", `[x="]"]`, "a ~~ b", "> a", "a,", `\:x`, "a\\", `a["`} {
		f.Add(s)
	}
	root, _ := randomTree(rand.New(rand.NewPCG(1, 2)))
	d := &document{root: goquery.NewDocumentFromNode(root).Selection}
	d.index(root, -1)
	f.Fuzz(func(t *testing.T, text string) {
		var s selector
		if s.UnmarshalText([]byte(text)) != nil {
			return
		}
		if got, want := s.all(d), d.root.Find(text).Nodes; !slices.Equal(got, want) {
			t.Errorf("%q finds %d elements, want %d", text, len(got), len(want))
		}
	})
}

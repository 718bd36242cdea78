package extract

import (
	"testing"

	"vigil"
)

// TestShopsOfManyKindsAreRead reads shops that are built in very different ways, in
// five languages, each page alone.
func TestShopsOfManyKindsAreRead(t *testing.T) {
	var card Scorecard
	for _, p := range shopPages(t) {
		got := read(t, p.page)
		if p.want.Title == "" {
			got = vigil.Listing{PageType: got.PageType} // no more is stated
		}
		for _, m := range Score(p.want, got) {
			if !m.Exact {
				want, have := spelled(p.want), spelled(got)
				for i, w := range want {
					if w.field == m.Field {
						t.Errorf("%s/%s %s\n\twant %q\n\tgot  %q", p.shop, p.file, m.Field, w.value, have[i].value)
					}
				}
			}
		}
		card.Add(p.shop, Score(p.want, got))
	}
	t.Logf("\n%s", &card)
}

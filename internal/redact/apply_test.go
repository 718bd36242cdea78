package redact_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"vigil"
	"vigil/classify/identifier"
	"vigil/internal/redact"
)

// read returns an exhibit as its redacted records say.
func read(t testing.TB, r redact.Redacted) (e vigil.Exhibit) {
	t.Helper()
	for _, doc := range []struct {
		text []byte
		into any
	}{{r.Exhibit.Page, &e.Page}, {r.Exhibit.Listing, &e.Listing}, {r.Assessment, &e.Assessment}} {
		if err := json.Unmarshal(doc.text, doc.into); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range r.Decisions {
		var d vigil.Decision
		if err := json.Unmarshal(line, &d); err != nil {
			t.Fatal(err)
		}
		e.Decisions = append(e.Decisions, d)
	}
	return e
}

// quotesHold reports findings and identifiers that do not quote what stands at their places.
func quotesHold(e vigil.Exhibit) error {
	for _, f := range e.Assessment.Findings {
		text, _ := e.Listing.Field(f.Field)
		if f.Start < 0 || f.End < f.Start || f.End > len(text) || text[f.Start:f.End] != f.Text && f.Withheld == "" {
			return fmt.Errorf("finding %+v in %q", f, text)
		}
	}
	for _, id := range e.Assessment.Identifiers {
		text, _ := e.Listing.Field(id.Field)
		if id.Start < 0 || id.End < id.Start || id.End > len(text) || text[id.Start:id.End] != id.Raw && !id.Redacted {
			return fmt.Errorf("identifier %+v in %q", id, text)
		}
	}
	return nil
}

func TestFindingsQuoteTheTextAsItStands(t *testing.T) {
	text := "Before. Call " + phone + " at night, or " + email + ". After É."
	e := listing(1, text, "Before", "Call "+phone, phone[4:8], "at night, or nobody", "After É")
	got := read(t, apply(t, rule("*", "identifier:phone"), e)[0])
	if err := quotesHold(got); err != nil {
		t.Error(err)
	}
	var quotes []string
	for _, f := range got.Assessment.Findings {
		quotes = append(quotes, f.Text)
	}
	mark := got.Listing.Description[strings.Index(got.Listing.Description, "["):]
	mark = mark[:strings.Index(mark, "]")+1]
	if want := []string{"Before", "Call " + mark, mark, "at night, or nobody", "After É"}; fmt.Sprint(quotes) != fmt.Sprint(want) {
		t.Errorf("findings quote %q, want %q", quotes, want)
	}
	if id := got.Assessment.Identifiers[1]; id.Raw != email {
		t.Errorf("the mail is %+v", id)
	}
}

func TestAPlaceIsTheSameForShortAndLongValues(t *testing.T) {
	shape := func(secret string) string {
		text := "Ask " + secret + " at night."
		got := apply(t, rule("*", "span", `exact = "`+secret+`"`), listing(1, text, "at night"))[0]
		var out strings.Builder
		e := read(t, got)
		fmt.Fprintln(&out, e.Listing.Description, e.Assessment.Findings)
		for _, it := range got.Items[:len(got.Items)-1] { // but for the page, which is as long as it is
			fmt.Fprintln(&out, it.N, it.Form, it.Pointer, it.Length)
		}
		return out.String()
	}
	if a, b := shape("Ann Zeld"), shape("Wilhelmina Storchenfels of Nowhere"); a != b {
		t.Errorf("what is shown tells a short value from a long one:\n%s\n%s", a, b)
	}
}

func TestAListingThatHoldsNothingWithheldStaysByteForByte(t *testing.T) {
	a, b := listing(1, "Call "+phone), listing(2, "Nothing to call.", "Nothing")
	got := apply(t, rule("*", "identifiers"), a, b)
	want := records(t, b)
	if got[1].Changed || got[1].NoCapture || len(got[1].Items) > 0 || !bytes.Equal(got[1].Exhibit.Listing, want.Listing) ||
		!bytes.Equal(got[1].Exhibit.Page, want.Page) || !bytes.Equal(got[1].Assessment, want.Assessment) {
		t.Errorf("got %+v", got[1])
	}
	if !got[0].Changed || !got[0].NoCapture {
		t.Errorf("got %+v", got[0])
	}
}

func TestAPageWhoseBodyAloneHoldsItGoesToo(t *testing.T) {
	a, b := listing(1, "Call "+phone), listing(2, "Nothing to call.")
	b.Page.Body = []byte("<html><!-- +44 7700&nbsp;900<b>123</b> --></html>")
	got := apply(t, rule("*", "identifiers"), a, b)
	if !got[1].NoCapture || !got[1].Changed {
		t.Errorf("got %+v", got[1])
	}
}

func TestReviewersWordsAloneLeaveTheRestAsItIs(t *testing.T) {
	e := listing(1, "Nothing to call.")
	e.Decisions[0].Note = "seen by an officer at the harbour"
	got := apply(t, rule("*", "notes"), e)[0]
	want := records(t, e)
	if got.NoCapture || !bytes.Equal(got.Exhibit.Page, want.Page) || !bytes.Equal(got.Exhibit.Listing, want.Listing) {
		t.Errorf("more than the decision has changed: %+v", got)
	}
	if d := read(t, got).Decisions[0]; !strings.HasPrefix(d.Note, "[withheld ") || !strings.HasPrefix(d.Reason, "[withheld ") || d.Verdict != vigil.Relevant {
		t.Errorf("the decision is %+v", d)
	}
}

func TestAListingCanBeLeftOutWhole(t *testing.T) {
	a, b := listing(1, "Call me."), listing(2, "Nothing to call.")
	got := apply(t, rule(a.Listing.ID, "listing"), a, b)
	if !got[0].Out || got[0].Exhibit.Listing != nil || got[1].Out {
		t.Errorf("got %+v", got)
	}
	for _, needle := range []string{a.Listing.ID, a.Page.ID, "Call me"} {
		if bytes.Contains(all(got), []byte(needle)) {
			t.Errorf("%q is still there", needle)
		}
	}
}

func TestANameInAnAddressTakesTheListingsNameWithIt(t *testing.T) {
	e := listing(1, "By "+seller+".")
	e.Listing.URL = "http://" + host + "/listing/1-by-" + strings.ToLower(seller)
	e.Listing.Vendor = seller
	e.Page.URL = e.Listing.URL
	e.Listing.ID = vigil.NewListingID(e.Listing.Source, e.Listing.URL)
	e.Assessment.ID, e.Decisions[0].Listing = e.Listing.ID, e.Listing.ID
	got := apply(t, rule("*", "vendor"), e)
	if bytes.Contains(all(got), []byte(e.Listing.ID)) {
		t.Error("the listing's ID, which follows from its address, is still there")
	}
	if u := read(t, got[0]).Listing.URL; !strings.HasPrefix(u, "http://"+host+"/listing/1-by-withheld-") {
		t.Errorf("its address is %s", u)
	}
}

// A decision on a cluster names the listing that its reviewer read.
func TestADecisionDoesNotNameAListingThatIsLeftOut(t *testing.T) {
	a, b, c := listing(1, "Call me."), listing(2, "Nothing to call."), listing(3, "Nothing either.")
	b.Decisions[0].Of, c.Decisions[0].Of = a.Listing.ID, b.Listing.ID
	got := apply(t, rule(a.Listing.ID, "listing"), a, b, c)
	if bytes.Contains(all(got), []byte(a.Listing.ID)) {
		t.Error("the ID of the listing that is left out is still there")
	}
	if of := read(t, got[1]).Decisions[0].Of; of != "[withheld 7: third-party]" {
		t.Errorf("it was decided with %q", of)
	}
	if of := read(t, got[2]).Decisions[0].Of; of != b.Listing.ID || got[2].Changed {
		t.Errorf("a decision with a listing that is shown names %q, and changed: %v", of, got[2].Changed)
	}
}

func TestADecisionDoesNotNameAListingWhoseAddressTells(t *testing.T) {
	a, b := listing(1, "By "+seller+"."), listing(2, "Nothing to call.")
	a.Listing.URL, a.Listing.Vendor = "http://"+host+"/by-"+strings.ToLower(seller), seller
	a.Listing.ID = vigil.NewListingID(a.Listing.Source, a.Listing.URL)
	a.Assessment.ID, a.Decisions[0].Listing, a.Decisions[0].Of = a.Listing.ID, a.Listing.ID, a.Listing.ID
	b.Decisions[0].Of = a.Listing.ID
	got := apply(t, rule("*", "vendor"), b, a)
	if bytes.Contains(all(got), []byte(a.Listing.ID)) {
		t.Error("the listing's ID, which follows from its address, is still there")
	}
	if d := read(t, got[1]).Decisions[0]; d.Of != d.Listing || !strings.HasPrefix(d.Of, "withheld-") {
		t.Errorf("its own decision is on %q, with %q", d.Listing, d.Of)
	}
	was := records(t, b)
	if err := redact.Compare(was.Decisions[0], got[0].Decisions[0], "/0", got[0].Items); err != nil {
		t.Error(err)
	}
}

func TestADecisionsPartIsNoText(t *testing.T) {
	e := listing(1, "An adjudication by "+seller+".")
	e.Decisions[0].Part = vigil.Adjudication
	got := apply(t, rule("*", "span", `exact = "adjudication"`), e)[0]
	if d := read(t, got).Decisions[0]; d.Part != vigil.Adjudication {
		t.Errorf("its part is %q", d.Part)
	}
}

func TestAShortNameIsWithheldAsAWordOnly(t *testing.T) {
	e := listing(1, "Anna is in Savannah. A n n a too. ANNA-1 and hannah.")
	e.Listing.Vendor = "anna"
	got := read(t, apply(t, rule("*", "vendor"), e)[0]).Listing.Description
	if strings.Count(got, "[withheld ") != 3 || !strings.Contains(got, "Savannah") || !strings.Contains(got, "hannah") {
		t.Errorf("got %q", got)
	}
}

func TestAWordIsWithheldWhole(t *testing.T) {
	e := listing(1, "Ask the Quicksilverish one.")
	e.Listing.Vendor = seller
	if got := read(t, apply(t, rule("*", "vendor"), e)[0]).Listing.Description; strings.Contains(got, "ish") {
		t.Errorf("the rest of the word tells what it was: %q", got)
	}
}

func TestANumberIsFoundWithoutItsCountryCode(t *testing.T) {
	a, b := listing(1, "Call "+phone), listing(2, "Call 07700-900-123 or (07700) 900123 or 447700900123 or (077) 00900123.")
	got := read(t, apply(t, rule("*", "identifier:phone"), a, b)[1]).Listing.Description
	if strings.Contains(got, "77") {
		t.Errorf("got %q", got)
	}
	if strings.Count(got, "[withheld ") != 4 {
		t.Errorf("got %q", got)
	}
}

func TestAShortTextIsWithheldInItsPlace(t *testing.T) {
	e := listing(1, "ok")
	if got := read(t, apply(t, rule("*", "text"), e)[0]).Listing; got.Description == "ok" || strings.Contains(got.Title, "lot") {
		t.Errorf("got %+v", got)
	}
}

func TestADisguisedIdentifierIsFoundByTheScanner(t *testing.T) {
	a, b := listing(1, "Write to "+email), listing(2, "Or (nobody.at.all [at] example [dot] org), at night.")
	r, err := redact.New(rules(t, rule("*", "identifiers")), redact.Options{Key: key(), Parent: parent, Scan: identifier.Scan})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []vigil.Exhibit{a, b} {
		if err := r.Gather(records(t, e)); err != nil {
			t.Fatal(err)
		}
	}
	var last redact.Redacted
	for _, e := range []vigil.Exhibit{a, b} {
		if last, err = r.Apply(records(t, e), e.Page.Body); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, last).Listing.Description; !strings.Contains(got, "[withheld ") || strings.Contains(got, "example") {
		t.Errorf("got %q", got)
	}
}

func TestAPartOfALongTextIsFoundElsewhere(t *testing.T) {
	text := "A quiet house by the water, three rooms, papers are kept by the landlord until the debt is paid, no questions are asked of anybody who comes."
	a := listing(1, text)
	b := listing(2, "As I wrote: PAPERS ARE KEPT by the landlord until the debt is paid, no questions. Something else.")
	got := read(t, apply(t, rule(a.Listing.ID, "text"), a, b)[1]).Listing.Description
	if strings.Contains(strings.ToLower(got), "landlord") || !strings.Contains(got, "Something else") {
		t.Errorf("got %q", got)
	}
}

func TestWhatFollowsFromAFieldGoesWithIt(t *testing.T) {
	e := listing(1, "Nothing.")
	e.Listing.ShipsFrom, e.Listing.ShipsFromCountry = "the Netherlands", "NL"
	e.Listing.PostedAt, e.Listing.Posted = "3 days ago", &vigil.Moment{At: "2026-11-07T00:00:00Z", Precision: vigil.ToTheDay, Text: "3 days ago"}
	got := read(t, apply(t, rule("*", "span", `field = "ships_from"`)+rule("*", "span", `field = "posted_at"`), e)[0]).Listing
	for _, s := range []string{got.ShipsFrom, got.ShipsFromCountry, got.PostedAt, got.Posted.At, got.Posted.Text} {
		if !strings.HasPrefix(s, "[withheld ") {
			t.Errorf("%q still shows", s)
		}
	}
}

// restored puts back what the items of a redacted record withhold.
func restored(t testing.TB, original, doc []byte, prefix string, items []redact.Item) []byte {
	t.Helper()
	var was, is any
	for _, x := range []struct {
		text []byte
		into *any
	}{{original, &was}, {doc, &is}} {
		d := json.NewDecoder(bytes.NewReader(x.text))
		d.UseNumber()
		if err := d.Decode(x.into); err != nil {
			t.Fatal(err)
		}
	}
	for i := len(items) - 1; i >= 0; i-- { // from the end, so that places hold
		it := items[i]
		pointer, ok := strings.CutPrefix(it.Pointer, prefix)
		if !ok || it.Form == redact.Record || it.Form == redact.Absent {
			continue
		}
		at, err := key().Spot(parent, it)
		if err != nil {
			t.Fatal(err)
		}
		value, err := redact.Value(original, doc, prefix, it, at)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := key().Open(parent, it, at, value); err != nil {
			t.Fatal(err)
		}
		put(t, is, strings.Split(pointer, "/")[1:], it, string(value))
	}
	out, err := json.Marshal(is)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := json.Marshal(was)
	if !bytes.Equal(out, want) {
		t.Errorf("put back, it is\n%s\nwant\n%s", out, want)
	}
	return out
}

// put puts the value of an item back into a tree of JSON.
func put(t testing.TB, tree any, way []string, it redact.Item, value string) {
	t.Helper()
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	change := func(old any) any {
		switch {
		case it.Form == redact.Moved:
			return json.Number(value)
		case it.At == nil:
			return value
		}
		s := old.(string)
		rest := s[*it.At:]
		end := strings.IndexByte(rest, ']') + 1
		if it.Form == redact.ByName {
			end = len("withheld-")
			for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
				end++
			}
		}
		return s[:*it.At] + value + rest[end:]
	}
	switch node := tree.(type) {
	case map[string]any:
		k := unescape.Replace(way[0])
		switch {
		case len(way) > 1:
			put(t, node[k], way[1:], it, value)
		case it.Form == redact.ByKey:
			node[value] = node[k]
			delete(node, k)
		default:
			node[k] = change(node[k])
		}
	case []any:
		var k int
		fmt.Sscan(way[0], &k)
		if len(way) > 1 {
			put(t, node[k], way[1:], it, value)
		} else {
			node[k] = change(node[k])
		}
	}
}

// putBack checks that an exhibit and its items give the original.
func putBack(t testing.TB, e vigil.Exhibit, r redact.Redacted) {
	t.Helper()
	was := records(t, e)
	docs := []struct{ was, is []byte }{{was.Page, r.Exhibit.Page}, {was.Listing, r.Exhibit.Listing}, {was.Assessment, r.Assessment}}
	for i := range was.Decisions {
		docs = append(docs, struct{ was, is []byte }{was.Decisions[i], r.Decisions[i]})
	}
	k := -1
	by := map[int][]redact.Item{}
	prefix := map[int]string{}
	for _, it := range r.Items {
		if it.Form == redact.Record {
			switch {
			case strings.HasPrefix(it.File, "data/captures/"):
				k = 0
			case strings.HasPrefix(it.File, "data/listings/"):
				k = 1
			case strings.HasPrefix(it.File, "data/classification/"):
				k = 2
			default:
				var n int
				fmt.Sscanf(it.Pointer, "/%d", &n)
				k, prefix[3+n] = 3+n, it.Pointer
			}
		}
		by[k] = append(by[k], it)
	}
	for k, d := range docs {
		restored(t, d.was, d.is, prefix[k], by[k])
		if err := redact.Compare(d.was, d.is, prefix[k], by[k]); err != nil {
			t.Errorf("compare: %v", err)
		}
		inside := by[k]
		if len(inside) > 0 && inside[0].Form == redact.Record {
			inside = inside[1:]
		}
		if err := redact.CheckMarks(d.is, prefix[k], inside); err != nil {
			t.Errorf("check marks: %v", err)
		}
	}
}

func TestTheItemsGiveTheOriginalBack(t *testing.T) {
	e := listing(1, "Before. Call "+phone+" at <night>, or "+email+". By "+seller+", \u2028 "+captive+"; [withheld 3: minor] is the page's own.", "Before", "Call "+phone, "By "+seller)
	e.Listing.Vendor, e.Listing.URL = seller, "http://"+host+"/listing/"+seller
	e.Listing.Contact = []string{"write: " + email, phone + " " + seller + " " + phone}
	e.Page.Response["X-"+seller] = []string{phone, "é " + seller}
	e.Page.Response["X/~"+captive] = []string{"no"}
	e.Decisions[0].Note = "rang " + phone
	putBack(t, e, apply(t, rule("*", "identifiers")+rule("*", "vendor")+rule("*", "span", `exact = "`+captive+`"`), e)[0])
}

func TestAChangedItemOrRecordIsFound(t *testing.T) {
	e := listing(1, "Call "+phone+" or "+captive+" at night.", "at night")
	r := apply(t, rule("*", "identifiers")+rule("*", "span", `exact = "`+captive+`"`), e)[0]
	var items []redact.Item
	for _, it := range r.Items {
		if strings.HasPrefix(it.File, "data/listings/") && it.Form != redact.Record {
			items = append(items, it)
		}
	}
	was, is := records(t, e).Listing, r.Exhibit.Listing
	for name, change := range map[string]func() ([]byte, []redact.Item){
		"a word changed": func() ([]byte, []redact.Item) {
			return bytes.Replace(is, []byte("at night"), []byte("at noon!"), 1), items
		},
		"a word before a mark changed": func() ([]byte, []redact.Item) { return bytes.Replace(is, []byte("Call "), []byte("Cull "), 1), items },
		"a word gone":                  func() ([]byte, []redact.Item) { return bytes.Replace(is, []byte("Call "), nil, 1), items },
		"a field without item": func() ([]byte, []redact.Item) {
			return bytes.Replace(is, []byte("Papers, lot"), []byte("Papers? lot"), 1), items
		},
		"a field more": func() ([]byte, []redact.Item) {
			return bytes.Replace(is, []byte(`"title"`), []byte(`"lang":"en","title"`), 1), items
		},
		"an item less": func() ([]byte, []redact.Item) { return is, items[:1] },
		"another mark": func() ([]byte, []redact.Item) {
			return bytes.Replace(is, []byte("third-party]"), []byte("third-party)"), 1), items
		},
	} {
		doc, its := change()
		if bytes.Equal(doc, is) && len(its) == len(items) {
			t.Fatalf("%s: nothing has changed", name)
		}
		if err := redact.Compare(was, doc, "", its); err == nil {
			t.Errorf("%s: not found", name)
		}
	}
	moved := append([]redact.Item{}, items...)
	at := *moved[1].At + 1
	moved[1].At = &at
	if err := redact.CheckMarks(is, "", moved); err == nil {
		t.Error("an item that points beside its mark is not found")
	}
	moved[1].At, moved[1].Pointer = items[1].At, "/nowhere"
	if err := redact.CheckMarks(is, "", moved); err == nil {
		t.Error("an item that points nowhere is not found")
	}
}

func TestLogLinesThatNameOrHashWhatIsWithheldAreLeftOut(t *testing.T) {
	a, b := listing(1, "Call "+phone), listing(2, "Nothing to call.")
	a.Decisions[0].Page = "0123456789abcdef0123456789abcdef" // an older capture
	r, err := redact.New(rules(t, rule("*", "identifiers")), redact.Options{Key: key(), Parent: parent})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []vigil.Exhibit{a, b} {
		if err := r.Gather(records(t, e)); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range []vigil.Exhibit{a, b} {
		if _, err := r.Apply(records(t, e), e.Page.Body); err != nil {
			t.Fatal(err)
		}
	}
	sum := func(v any) string { b, _ := json.Marshal(v); return vigil.SumHex(b) }
	for _, c := range []struct {
		name         string
		e            vigil.Event
		out, guarded bool
	}{
		{"the page", vigil.Event{Action: vigil.ActFetch, Object: vigil.Object{Type: vigil.TypePage, ID: a.Page.ID, SHA256: sum(a.Page)}}, true, true},
		{"an older page", vigil.Event{Action: vigil.ActFetch, Object: vigil.Object{Type: vigil.TypePage, ID: a.Decisions[0].Page, SHA256: sum("older")}}, true, true},
		{"the listing with its page", vigil.Event{Action: vigil.ActExtract, Object: vigil.Object{Type: vigil.TypeListing, ID: a.Listing.ID, SHA256: sum(a.Listing)}, Details: map[string]string{"page": a.Page.ID}}, true, true},
		{"the listing", vigil.Event{Action: vigil.ActExtract, Object: vigil.Object{Type: vigil.TypeListing, ID: a.Listing.ID, SHA256: sum(a.Listing)}}, false, false},
		{"an older listing", vigil.Event{Action: vigil.ActExtract, Object: vigil.Object{Type: vigil.TypeListing, ID: a.Listing.ID, SHA256: sum("older")}}, true, false},
		{"the decision", vigil.Event{Action: vigil.ActDecide, Object: vigil.Object{Type: vigil.TypeDecision, ID: a.Listing.ID, SHA256: sum(a.Decisions[0])}}, false, false},
		{"a reason with the number", vigil.Event{Action: vigil.ActView, Object: vigil.Object{Type: vigil.TypeListing, ID: b.Listing.ID}, Reason: "rang 07700 900 123"}, true, false},
		{"the other listing", vigil.Event{Action: vigil.ActExtract, Object: vigil.Object{Type: vigil.TypeListing, ID: b.Listing.ID, SHA256: sum(b.Listing)}, Details: map[string]string{"page": b.Page.ID}}, false, false},
	} {
		d, out := r.Line(vigil.Entry{Event: c.e})
		if out != c.out || d.Guarded != c.guarded {
			t.Errorf("%s: left out %v, guarded %v, want %v, %v", c.name, out, d.Guarded, c.out, c.guarded)
		}
	}
}

func TestSaltsDifferByPlaceAndValue(t *testing.T) {
	k, at := key(), redact.Spot{Listing: 1, Start: 2, Len: 3}
	base := k.Salt(parent, "f", "/p", at, []byte("v"))
	for name, other := range map[string][32]byte{
		"parent": k.Salt(parent[:63]+"0", "f", "/p", at, []byte("v")), "file": k.Salt(parent, "g", "/p", at, []byte("v")),
		"pointer": k.Salt(parent, "f", "/q", at, []byte("v")), "value": k.Salt(parent, "f", "/p", at, []byte("w")),
		"place": k.Salt(parent, "f", "/p", redact.Spot{Listing: 1, Start: 3, Len: 3}, []byte("v")), "key": redact.NewKey().Salt(parent, "f", "/p", at, []byte("v")),
		"border": k.Salt(parent, "f/", "p", at, []byte("v")),
	} {
		if other == base {
			t.Errorf("another %s, and the same salt", name)
		}
	}
	if k.Salt(parent, "f", "/p", at, []byte("v")) != base {
		t.Error("the same input gives another salt")
	}
	if again, err := redact.ParseKey(k.Text()); err != nil || again != k {
		t.Errorf("the key reads back as %v", err)
	}
	if s := fmt.Sprintf("%v %x %s", k, k, k); strings.Contains(s, "74686520") || strings.Contains(s, "the key") {
		t.Errorf("a key shows in a message: %s", s)
	}
}

func FuzzApply(f *testing.F) {
	f.Add("Before. Call "+phone+" now.", 3, 9, "Before", "Quicksilver")
	f.Add("Ann & Ann%20Ann \\u0041nn <b>A</b>nn QW5uIGlzIGhlcmU=", 0, 3, "is", "Ann")
	f.Add("été \u202e x\xff", 0, 3, "x", "été")
	f.Fuzz(func(t *testing.T, text string, start, end int, quote, vendor string) {
		if len(text) > 4096 || !utf8.ValidString(text) {
			return
		}
		e := listing(1, text)
		if at := strings.Index(text, quote); at >= 0 && utf8.ValidString(quote) {
			e.Assessment.Findings = append(e.Assessment.Findings, vigil.Finding{Field: vigil.FieldDescription, Start: at, End: at + len(quote), Text: quote})
		}
		e.Listing.Vendor, e.Listing.Contact = vendor, []string{text, vendor}
		e.Page.Response["X-Note"] = []string{text}
		how := ""
		if start >= 0 && start < end && end <= len(text) {
			how = rule(e.Listing.ID, "span", `field = "description"`, fmt.Sprintf("start = %d", start), fmt.Sprintf("end = %d", end))
		}
		if vendor != "" {
			how += rule("*", "vendor")
		}
		if how == "" {
			return
		}
		got, err := tryApply(t, how, e)
		if err != nil {
			return
		}
		if err := quotesHold(read(t, got[0])); err != nil {
			t.Error(err)
		}
		if got[0].Changed {
			putBack(t, e, got[0])
		}
	})
}

func FuzzParseItem(f *testing.F) {
	for _, it := range apply(f, rule("*", "identifiers"), listing(1, "Call "+phone))[0].Items {
		line, _ := json.Marshal(it)
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		it, err := redact.ParseItem(line)
		if err != nil {
			return
		}
		if again, err := json.Marshal(it); err != nil || !bytes.Equal(again, line) {
			t.Errorf("%s reads as %s", line, again)
		}
	})
}

func FuzzCompare(f *testing.F) {
	r := apply(f, rule("*", "identifiers"), listing(1, "Call "+phone))[0]
	f.Add(records(f, listing(1, "Call "+phone)).Listing, r.Exhibit.Listing, "/description", 5)
	f.Fuzz(func(t *testing.T, was, is []byte, pointer string, at int) {
		if at < 0 { // no item says so
			return
		}
		its := []redact.Item{{N: 9, Form: redact.ByMark, Pointer: pointer, At: &at, Reason: redact.ThirdParty}}
		_ = redact.CheckMarks(is, "", its)
		if err := redact.Compare(was, is, "", its); err == nil && !bytes.Equal(was, is) && redact.Compare(was, is, "", nil) == nil {
			// Only blanks between values may differ.
			var a, b bytes.Buffer
			if json.Compact(&a, was) == nil && json.Compact(&b, is) == nil && !bytes.Equal(a.Bytes(), b.Bytes()) && !bytes.Contains(was, []byte{'\\'}) {
				t.Errorf("%s and %s compare as equal", was, is)
			}
		}
		_, _ = redact.Value(was, is, "", its[0], redact.Spot{Start: at, Len: 1})
	})
}

package redact_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/redact"
)

const host = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"

// The number is of a range kept for fiction (Ofcom: 07700 900000 to 900999).
const (
	phone   = "+44 7700 900123"
	phoneE  = "+447700900123"
	email   = "nobody.at.all@example.org"
	seller  = "Quicksilver"
	captive = "Wilhelmina Storchenfels"
)

var parent = strings.Repeat("ab", 32)

func key() (k redact.Key) {
	copy(k[:], "the key of a test, 32 bytes long")
	return k
}

// records returns an exhibit in bytes.
func records(t testing.TB, e vigil.Exhibit) redact.Exhibit {
	t.Helper()
	marshal := func(v any) []byte {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	out := redact.Exhibit{Page: marshal(e.Page), Listing: marshal(e.Listing), Assessment: marshal(e.Assessment)}
	for _, d := range e.Decisions {
		out.Decisions = append(out.Decisions, marshal(d))
	}
	return out
}

// listing returns an invented listing whose description is text, with the places of
// quotes as findings, and of the phone and the mail, if they are there.
func listing(n int, text string, quotes ...string) vigil.Exhibit {
	url := fmt.Sprintf("http://%s/listing/%d", host, n)
	source := "ORD-TEST-1/market-a"
	e := vigil.Exhibit{Page: vigil.Page{
		Source: source, URL: url, FinalURL: url, Method: vigil.ByFetch, Status: 200, CapturedAt: time.Date(2026, 11, 10, 12, n, 0, 123456789, time.UTC),
		Request: http.Header{"User-Agent": {"Mozilla/5.0"}}, Response: http.Header{"Content-Type": {"text/html"}},
		Body: fmt.Appendf(nil, "<html><p>%s</p></html>", html.EscapeString(text)),
	}}
	p := &e.Page
	p.RawSHA256, p.BodySHA256 = vigil.SumHex(p.Body), vigil.SumHex(p.Body)
	p.RawSize, p.BodySize = int64(len(p.Body)), int64(len(p.Body))
	p.ID = vigil.NewPageID(*p)
	e.Listing = vigil.Listing{ID: vigil.NewListingID(source, url), Source: source, Page: p.ID, URL: url, PageType: vigil.PageListing, Title: fmt.Sprintf("Papers, lot %d", n), Description: text}
	e.Assessment = vigil.Assessment{ID: e.Listing.ID, Source: source, Page: p.ID, Level: vigil.LevelReview, Genre: vigil.GenreOfferService, Lang: "en", Model: "test 1"}
	for _, q := range quotes {
		at := strings.Index(text, q)
		e.Assessment.Findings = append(e.Assessment.Findings, vigil.Finding{Indicator: "T-1", Polarity: vigil.For, Field: vigil.FieldDescription, Start: at, End: at + len(q), Text: q})
	}
	for _, id := range []vigil.Identifier{
		{Kind: "phone", Value: phoneE, Key: "tel:" + phoneE, Raw: phone}, {Kind: "email", Value: email, Key: "email:" + email, Raw: email},
	} {
		if at := strings.Index(text, id.Raw); at >= 0 {
			id.Field, id.Start, id.End, id.Class, id.Method = vigil.FieldDescription, at, at+len(id.Raw), vigil.ClassB, "plain"
			e.Assessment.Identifiers = append(e.Assessment.Identifiers, id)
		}
	}
	e.Decisions = []vigil.Decision{{
		Listing: e.Listing.ID, Source: source, Page: p.ID, Model: "test 1", Level: vigil.LevelReview, Verdict: vigil.Relevant, Reason: "R1",
		Reviewer: "reviewer-1", Time: p.CapturedAt.Add(time.Hour),
	}}
	return e
}

func rules(t testing.TB, text string) redact.Rules {
	t.Helper()
	rs, err := redact.Parse("rules.toml", []byte("version = 1\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

// rule writes one.
func rule(listing, what string, more ...string) string {
	return fmt.Sprintf("[[withhold]]\nlisting = %q\nwhat = %q\nreason = \"third-party\"\n%s\n", listing, what, strings.Join(more, "\n"))
}

// apply redacts exhibits by rules.
func apply(t testing.TB, text string, es ...vigil.Exhibit) []redact.Redacted {
	t.Helper()
	out, err := tryApply(t, text, es...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryApply(t testing.TB, text string, es ...vigil.Exhibit) ([]redact.Redacted, error) {
	t.Helper()
	r, err := redact.New(rules(t, text), redact.Options{Key: key(), Parent: parent, Hosts: []string{host}})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range es {
		if err := r.Gather(records(t, e)); err != nil {
			return nil, err
		}
	}
	if _, err := r.Ready([]byte("id = \"ORD-TEST-1\"\nhosts = [\"" + host + "\"]\n")); err != nil {
		return nil, err
	}
	var out []redact.Redacted
	for _, e := range es {
		x, err := r.Apply(records(t, e), e.Page.Body)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	return out, nil
}

// all returns every byte of what the other side gets of exhibits.
func all(rs []redact.Redacted) []byte {
	var b bytes.Buffer
	for _, r := range rs {
		for _, doc := range append([][]byte{r.Exhibit.Page, r.Exhibit.Listing, r.Assessment}, r.Decisions...) {
			b.Write(append(doc, '\n'))
		}
		for _, it := range r.Items {
			line, _ := json.Marshal(it)
			b.Write(append(line, '\n'))
		}
	}
	return b.Bytes()
}

// spellings are ways to write a text so that a search for it fails.
func spellings(s string) map[string]string {
	spaced := strings.Join(strings.Split(s, ""), " ")
	var percent, entities, unicode strings.Builder
	for _, r := range s {
		fmt.Fprintf(&percent, "%%%02X", r)
		fmt.Fprintf(&entities, "&#%d;", r)
		fmt.Fprintf(&unicode, `\u%04x`, r)
	}
	wide := strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r + 0xfee0
		}
		return r
	}, s)
	return map[string]string{
		"plain": s, "capitals": strings.ToUpper(s), "small": strings.ToLower(s), "spaced": spaced, "dashed": strings.ReplaceAll(s, "", "-"),
		"zero-width": strings.Join(strings.Split(s, ""), "\u200b"), "full-width": wide,
		"look-alikes": strings.NewReplacer("o", "о", "e", "е", "a", "а", "i", "і").Replace(s), // Cyrillic
		"percent":     percent.String(), "percent twice": strings.ReplaceAll(percent.String(), "%", "%25"),
		"entities": entities.String(), "escaped twice": html.EscapeString(entities.String()), "unicode": unicode.String(),
		"base64": base64.StdEncoding.EncodeToString([]byte("call " + s + " now")), "base64 0": base64.StdEncoding.EncodeToString([]byte(s)),
		"base64 2": base64.RawURLEncoding.EncodeToString([]byte("??" + s)), "hex": hex.EncodeToString([]byte("x" + s)), "tags": strings.ReplaceAll(s, "a", "a<b></b>"),
	}
}

func TestAValueIsWithheldInEverySpelling(t *testing.T) {
	for value, how := range map[string]string{
		phone: rule("*", "identifier:phone"), email: rule("*", "identifiers"), captive: rule("*", "span", `exact = "`+captive+`"`), seller: rule("*", "vendor"),
	} {
		for name, spelt := range spellings(value) {
			e := listing(1, "Ask for "+spelt+" here. "+phone+" or "+email+" or "+captive+".", "Ask for")
			e.Listing.Vendor = seller
			e.Listing.Links = []string{"http://" + host + "/a?b=" + spelt}
			e.Listing.Category = []string{spelt}
			e.Listing.MediaURLs = []string{"/img/" + spelt + ".jpg"}
			e.Page.Problem = "stopped at " + spelt
			e.Page.Response["X-Note"] = []string{spelt}
			e.Decisions[0].Note = "see " + spelt
			got := all(apply(t, how, e))
			for _, needle := range []string{spelt, value, e.Page.ID, e.Page.RawSHA256} {
				if quoted, _ := json.Marshal(needle); bytes.Contains(got, quoted[1:len(quoted)-1]) {
					t.Errorf("%s of %q: %q is still there:\n%.3000s", name, value, needle, got)
				}
			}
		}
	}
}

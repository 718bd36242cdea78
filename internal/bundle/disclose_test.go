package bundle

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/redact"
)

// The number is of a range kept for fiction (Ofcom: 07700 900000 to 900999).
const (
	secretPhone  = "+44 7700 900123"
	secretVendor = "Quicksilver"
	secretName   = "Wilhelmina Storchenfels"
)

// withSecrets returns exhibits of which the first two hold what a disclosure withholds,
// and the third does not.
func withSecrets() []vigil.Exhibit {
	return sortedByID([]vigil.Exhibit{
		exhibit(1, func(e *vigil.Exhibit) {
			text := "Papers are kept by the agency. Ask " + secretName + ", " + secretPhone + ", at night."
			e.Listing.Description, e.Listing.Vendor = text, secretVendor
			at := strings.Index(text, secretPhone)
			e.Assessment.Findings = []vigil.Finding{
				{Indicator: "T-1", Polarity: vigil.For, Field: vigil.FieldDescription, Start: 0, End: 15, Text: text[:15], Weight: 1.5},
				{Indicator: "T-2", Polarity: vigil.For, Field: vigil.FieldDescription, Start: at - 10, End: len(text), Text: text[at-10:], Weight: 1},
				{Indicator: "T-4", Polarity: vigil.For, Field: vigil.FieldDescription, Start: 35, End: 45, Withheld: vigil.Withhold(text[35:45]), Weight: 1},
			}
			e.Assessment.Identifiers = []vigil.Identifier{{
				Kind: "phone", Value: "+447700900123", Key: "tel:+447700900123", Class: vigil.ClassB, Method: "plain",
				Field: vigil.FieldDescription, Start: at, End: at + len(secretPhone), Raw: secretPhone,
			}}
			e.Decisions[0].Note = "called 07700 900123, no answer"
			e.Page.Body = []byte("<p>" + text + "</p>")
		}),
		exhibit(2, func(e *vigil.Exhibit) { // the vendor's page, and every spelling that hides
			e.Listing.URL = "http://" + host + "/listing/of-" + strings.ToLower(secretVendor)
			e.Page.URL = e.Listing.URL
			e.Listing.ID = vigil.NewListingID(e.Listing.Source, e.Listing.URL)
			e.Assessment.ID, e.Decisions[0].Listing = e.Listing.ID, e.Listing.ID
			e.Listing.Description = strings.Join([]string{
				"Papers are kept by the agency.\nPay to addr", strings.ToUpper(secretName), html.EscapeString("<" + secretName + ">"), url.QueryEscape(secretName),
				base64.StdEncoding.EncodeToString([]byte("ask " + secretName)), strings.Join(strings.Split(secretName, ""), "."), "٠٧٧٠٠ ٩٠٠١٢٣", "𝐐uicksilver",
			}, " | ")
			e.Assessment.Findings, e.Assessment.Identifiers = nil, nil
			e.Listing.Links = []string{"http://" + host + "/vendor/" + secretVendor, "http://" + host + "/tel/%30%37%37%30%30900123"}
			e.Page.Response["X-"+secretVendor] = []string{"yes"}
		}),
		exhibit(3, nil),
	})
}

const disclosureRules = `version = 1
[[withhold]]
listing = "*"
what = "identifier:phone"
reason = "victim-identity"
[[withhold]]
listing = "*"
what = "span"
exact = "` + secretName + `"
reason = "third-party"
note = "a bystander"
[[withhold]]
listing = "LISTING"
what = "vendor"
reason = "other-proceedings"
`

// A discloser makes disclosures of a world's bundle.
type discloser struct {
	world
	dir string
	key redact.Key
}

func newDiscloser(t testing.TB, es ...vigil.Exhibit) discloser {
	t.Helper()
	d := discloser{world: newWorld(t, es...)}
	d.dir = d.write(t)
	copy(d.key[:], "the key of a test, 32 bytes long")
	return d
}

// first returns the ID of the listing with the telephone number.
func (d discloser) first() string {
	for _, e := range d.exhibits {
		if len(e.Assessment.Identifiers) > 0 && e.Assessment.Identifiers[0].Kind == "phone" {
			return e.Listing.ID
		}
	}
	return ""
}

func (d discloser) plan(t testing.TB, rules string) (*Disclosing, error) {
	t.Helper()
	or, err := OpenOriginal(d.dir, d.trust(t))
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { or.Close() })
	rs, err := redact.Parse("rules.toml", []byte(strings.ReplaceAll(rules, "LISTING", d.first())))
	if err != nil {
		t.Fatal(err)
	}
	return or.Disclose(DisclosureOptions{Rules: rs, Key: d.key})
}

// disclose writes a disclosure into a fresh folder.
func (d discloser) disclose(t testing.TB, rules string) string {
	t.Helper()
	plan, err := d.plan(t, rules)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "disclosure")
	c := Contents{ID: "disclosure-test-1", Tool: "vigil test", Made: sealed, WACZKey: waczTestKey(t)}
	if err := plan.WriteDisclosure(dir, c, d.sealing()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// everyByte calls visit for each file of a folder, and for what is packed in it.
func everyByte(t testing.TB, dir string, visit func(name string, data []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		visit(name, data)
		for rest := data; ; { // every gzip member, wherever it begins
			k := bytes.Index(rest, []byte{0x1f, 0x8b, 8})
			if k < 0 {
				return nil
			}
			if z, err := gzip.NewReader(bytes.NewReader(rest[k:])); err == nil {
				text, _ := io.ReadAll(z)
				visit(name+" unpacked", text)
			}
			rest = rest[k+1:]
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNothingThatIsWithheldIsInTheDisclosure(t *testing.T) {
	d := newDiscloser(t, withSecrets()...)
	dir := d.disclose(t, disclosureRules)
	needles := []string{
		secretPhone, "7700 900123", "7700900123", "900123", secretVendor, strings.ToLower(secretVendor), "uicksilver", "icksilv", secretName, "Wilhelmina", "WILHELMINA",
		"Storchen", "W.i.l", url.QueryEscape(secretName), base64.StdEncoding.EncodeToString([]byte("ask " + secretName))[:12], "٩٠٠١٢٣", "%30%37", "X-Q",
	}
	for _, e := range d.exhibits {
		if e.Listing.Vendor == secretVendor || strings.Contains(e.Page.URL, "quicksilver") {
			needles = append(needles, e.Page.ID, e.Page.RawSHA256)
		}
	}
	hidden := 0
	everyByte(t, d.dir, func(_ string, data []byte) {
		for _, n := range needles {
			if bytes.Contains(data, []byte(n)) {
				hidden++
			}
		}
	})
	if hidden < len(needles) {
		t.Fatalf("the original holds only %d of %d needles", hidden, len(needles))
	}
	everyByte(t, dir, func(name string, data []byte) {
		for _, n := range needles {
			if bytes.Contains(data, []byte(n)) {
				t.Errorf("%s holds %q", name, n)
			}
		}
	})
}

func TestADisclosureVerifies(t *testing.T) {
	d := newDiscloser(t, withSecrets()...)
	dir := d.disclose(t, disclosureRules)
	o := d.trust(t)
	o.Parent = d.dir
	r, err := Verify(dir, o)
	if err != nil || !r.OK() || r.Kind != Disclosure {
		t.Fatalf("%+v, %v", r, err)
	}
	for _, l := range r.Layers {
		switch l.Name {
		case "withheld", "parent", "records", "findings", "captures", "custody log":
			if l.Result != Pass {
				t.Errorf("%s: %s: %s", l.Name, l.Result, l.Detail)
			}
		}
	}
}

func TestTheSameInputGivesTheSameDisclosure(t *testing.T) {
	d := newDiscloser(t, withSecrets()...)
	read := func(dir string) map[string]string {
		files := map[string]string{}
		everyByte(t, dir, func(name string, data []byte) { files[strings.TrimPrefix(name, dir)] = vigil.SumHex(data) })
		return files
	}
	a, b := read(d.disclose(t, disclosureRules)), read(d.disclose(t, disclosureRules))
	if len(a) == 0 || fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("two disclosures differ:\n%v\n%v", a, b)
	}
}

func TestANumberCannotBeFoundByTryingAll(t *testing.T) {
	d := newDiscloser(t, withSecrets()...)
	dir := d.disclose(t, disclosureRules)
	// Whoever guesses the number, and knows everything else, tries it in the record as the
	// disclosure shows it, and against every hash in it.
	hashes := map[string]bool{}
	everyByte(t, dir, func(_ string, data []byte) {
		for _, word := range strings.FieldsFunc(string(data), func(c rune) bool { return !strings.ContainsRune("0123456789abcdef", c) }) {
			if len(word) == 64 {
				hashes[word] = true
			}
		}
	})
	for _, e := range d.exhibits {
		if e.Listing.ID != d.first() {
			continue
		}
		for _, guess := range []string{secretPhone, "+447700900123", "tel:+447700900123", secretVendor, secretName} {
			if hashes[vigil.SumHex([]byte(guess))] {
				t.Errorf("the plain hash of %q is in the disclosure", guess)
			}
		}
		for typ, record := range map[string]any{"page": e.Page, "listing": e.Listing, "assessment": e.Assessment, "decision": e.Decisions[0]} {
			text, _ := json.Marshal(record)
			guess := strings.ReplaceAll(string(text), e.Page.ID, shownPage(t, dir, e.Listing.ID))
			if hashes[vigil.SumHex([]byte(guess))] {
				t.Errorf("the hash of the %s with the number guessed is in the disclosure", typ)
			}
			if typ == "page" && hashes[vigil.SumHex(text)] {
				t.Error("the log's line of the page is in the disclosure")
			}
		}
	}
}

// shownPage returns the ID under which a disclosure shows the page of a listing.
func shownPage(t testing.TB, dir, listing string) string {
	t.Helper()
	var l vigil.Listing
	data, err := os.ReadFile(filepath.Join(dir, listingDir, listing+".json"))
	if err == nil {
		err = json.Unmarshal(data, &l)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l.Page
}

func TestADisclosureOfABadBundleIsRefused(t *testing.T) {
	d := newDiscloser(t, withSecrets()...)
	name := filepath.Join(d.dir, "data/listings", d.first()+".txt")
	if err := os.WriteFile(name, []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.plan(t, disclosureRules); !errors.Is(err, vigil.ErrTampered) {
		t.Errorf("got %v, want %v", err, vigil.ErrTampered)
	}
}

func TestADisclosureOfADisclosureIsRefused(t *testing.T) {
	d := newDiscloser(t, withSecrets()...)
	d.dir = d.disclose(t, disclosureRules)
	if _, err := d.plan(t, disclosureRules); err == nil || !strings.Contains(err.Error(), "evidential") {
		t.Errorf("got %v", err)
	}
}

func TestAnItemIsUnveiledAsItsHashSays(t *testing.T) {
	d := newDiscloser(t, withSecrets()...)
	plan, err := d.plan(t, disclosureRules)
	if err != nil {
		t.Fatal(err)
	}
	dir := d.disclose(t, disclosureRules)
	values := map[string]bool{}
	for _, it := range plan.Items {
		got, err := Unveil(dir, plan.or, d.key, it.N)
		if err != nil {
			t.Fatalf("%+v: %v", it, err)
		}
		if sum := sha256.Sum256(got.Bytes()); fmt.Sprintf("%x", sum) != it.SHA256 {
			t.Errorf("item %d: salt and value have the SHA-256 %x, want %s", it.N, sum, it.SHA256)
		}
		values[string(got.Value)] = true
	}
	for _, want := range []string{secretPhone, "07700 900123", secretVendor, secretName, "tel:+447700900123", "X-" + secretVendor} {
		if !values[want] {
			t.Errorf("no item is %q", want)
		}
	}
	wrong := d.key
	wrong[0]++
	if _, err := Unveil(dir, plan.or, wrong, 1); !errors.Is(err, vigil.ErrTampered) {
		t.Errorf("with another key: %v", err)
	}
}

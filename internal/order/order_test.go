package order_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/order"
	"vigil/internal/signature"
)

// Example names of rend-spec-v3 (torproject/torspec, CC0).
const (
	hostA = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion"
	hostB = "sp3k262uwy4r2k3ycr5awluarykdpag6a7y33jxop4cs2lu5uz5sseqd.onion"
)

const good = `version = 1
id = "ORD-2026-0117"
case = "CASE-2026-031"
authority = "a court that does not exist, file number 0"
legal_basis = "invented"
purpose = "to test"
not_before = 2026-11-01T00:00:00Z
not_after = 2027-02-01T01:00:00+01:00
retention_days = 365
signatures_required = 1

[[source]]
name = "market-a"
hosts = ["` + hostA + `"]
start = ["http://` + hostA + `/listings"]
paths = ["/listings*", "/listing/*"]
deny_paths = ["*logout*"]
max_pages = 5000
max_depth = 6
interval = "1.5s"
concurrency = 4
profile = "plain"

[[source]]
name = "market-b"
hosts = ["` + hostB + `:8080"]
start = ["http://` + hostB + `:8080/"]
paths = ["/*"]
max_pages = 10
max_depth = 0
session_allowed = true
cookie_file = "cookies.txt"
`

var noon = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)

func TestParse(t *testing.T) {
	got, err := order.Parse("order.toml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	begin, end := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC)
	want := vigil.Order{
		Version: 1, ID: "ORD-2026-0117", Case: "CASE-2026-031", Authority: "a court that does not exist, file number 0",
		LegalBasis: "invented", Purpose: "to test", NotBefore: begin, NotAfter: end,
		RetentionDays: 365, SignaturesRequired: 1, File: []byte(good),
		Sources: []vigil.Source{
			{
				Order: "ORD-2026-0117", Name: "market-a", Hosts: []string{hostA}, Start: []string{"http://" + hostA + "/listings"},
				Paths: []string{"/listings*", "/listing/*"}, DenyPaths: []string{"*logout*"}, NotBefore: begin, NotAfter: end,
				MaxPages: 5000, MaxDepth: 6, Interval: 1500 * time.Millisecond, Concurrency: 4, Profile: "plain",
			},
			{
				Order: "ORD-2026-0117", Name: "market-b", Hosts: []string{hostB + ":8080"}, Start: []string{"http://" + hostB + ":8080/"},
				Paths: []string{"/*"}, NotBefore: begin, NotAfter: end, MaxPages: 10,
				Interval: 2 * time.Second, Concurrency: 1, Profile: "auto", SessionAllowed: true, CookieFile: "cookies.txt",
			},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// change returns the good order with the first old replaced by new.
func change(t *testing.T, old, new string) string {
	t.Helper()
	if !strings.Contains(good, old) {
		t.Fatalf("the good order has no %q", old)
	}
	return strings.Replace(good, old, new, 1)
}

func TestParseNamesWhatIsWrong(t *testing.T) {
	tests := []struct{ old, new, want string }{
		{"version = 1", "version = 2", "order.toml: version is 2, want 1"},
		{"version = 1", "verison = 1", `order.toml:1: unknown key "verison": did you mean "version"?`},
		{`"ORD-2026-0117"`, `"../ORD"`, `order.toml: id "../ORD": want up to 64 letters`},
		{`"ORD-2026-0117"`, `17`, "order.toml:2: id: want a string, got the number 17"},
		{`authority = "a court`, `authority = "a ` + "\u202e" + `court`, "order.toml:4: invisible or control character U+202E"},
		{`authority = "a court`, `authority = "a \u202ecourt`, "authority holds control or invisible characters"},
		{`version = 1`, "# signed by a judge \u2066 not\nversion = 1", "order.toml:1: invisible or control character U+2066"},
		{`version = 1`, "version = 1\n# a\u3164b\n", "order.toml:2: invisible or control character U+3164"},
		{"2027-02-01T01:00:00+01:00", "9999-12-31T23:59:59Z", "not_after is 9999-12-31T23:59:59Z, want a year from 1970 to 2999"},
		{"2026-11-01T00:00:00Z", "0026-11-01T00:00:00Z", "not_before is 0026-11-01T00:00:00Z, want a year"},
		{`purpose = "to test"`, `purpose = " "`, "order.toml: purpose is empty"},
		{"2026-11-01T00:00:00Z", "2026-11-01", "order.toml:7: not_before: want a date and time with its zone"},
		{"2026-11-01T00:00:00Z", "2027-02-01T00:00:00Z", "not_after 2027-02-01T01:00:00+01:00 is not later than not_before 2027-02-01T00:00:00Z"},
		{"retention_days = 365", "retention_days = 0", "order.toml: retention_days is 0, want 1 to 36600"},
		{"signatures_required = 1", "signatures_required = 0", "order.toml: signatures_required is 0, want 1 to 16"},
		{"signatures_required = 1", "signatures_required = -1", "signatures_required is -1"},
		{`name = "market-a"`, `name = "market b"`, `[[source]] "market b": name: want up to 64 letters`},
		{`name = "market-a"`, `nam = "market-a"`, `order.toml:13: unknown key "nam" in source[0]: did you mean "name"?`},
		{`name = "market-a"`, ``, `order.toml: [[source]] 1: required key name is missing`},
		{`name = "market-a"`, `name = "Market-B"`, `[[source]] "market-b": name is given twice`},
		{`hosts = ["` + hostA + `"]`, `hosts = []`, `[[source]] "market-a": hosts is empty: an empty list allows nothing`},
		{`hosts = ["` + hostA + `"]`, `hosts = ["*.onion"]`, "wildcards are refused"},
		{`hosts = ["` + hostA + `"]`, `hosts = ["127.0.0.1"]`, `[[source]] "market-a": hosts: `},
		{`hosts = ["` + hostA + `"]`, `hosts = ["` + hostB + `"]`, `[[source]] "market-a": start: refused: out of scope: host`},
		{`paths = ["/listings*", "/listing/*"]`, `paths = []`, `[[source]] "market-a": paths is empty`},
		{"max_pages = 5000", "max_pages = 0", `[[source]] "market-a": max_pages: want 1 or more`},
		{"max_depth = 6", "", `[[source]] "market-a": required key max_depth is missing`},
		{`interval = "1.5s"`, `interval = 2`, `order.toml:20: source[0].interval: want a duration with its unit`},
		{`interval = "1.5s"`, `interval = "-1s"`, `[[source]] "market-a": interval: want 0s or more`},
		{`interval = "1.5s"`, `interval = "9000h"`, `[[source]] "market-a": interval 9000h0m0s is as long as the order's period`},
		{"concurrency = 4", "max_bytes = 0", `[[source]] "market-a": max_bytes: 0: want 1 or more, or leave it out`},
		{"concurrency = 4", "max_bytes = -5", `max_bytes: -5: want 1 or more`},
		{"concurrency = 4", "max_bytes = 1.5", `max_bytes: 1.5: want a whole number of bytes`},
		{"concurrency = 4", "max_bytes = []", `max_bytes: []: want a whole number of bytes`},
		{"concurrency = 4", `max_bytes = "2 gigs"`, `max_bytes: "2 gigs": want a whole number of bytes, or one with its unit, such as "500MB"`},
		{"concurrency = 4", `robots = "maybe"`, `[[source]] "market-a": robots "maybe": want "obey" or "ignore"`},
		{"concurrency = 4", `robots = ""`, `[[source]] "market-a": robots "": want "obey" or "ignore"`},
		{"concurrency = 4", `media = true`, `unknown key "media"`},
		{`deny_paths = ["*logout*"]`, `deny_paths = ["logout"]`, `[[source]] "market-a": deny_paths: pattern "logout": want a leading / or *: as it stands, it denies nothing`},
		{`deny_paths = ["*logout*"]`, `deny_paths = ["*list*"]`, `[[source]] "market-a": start: refused: out of scope: path "/listings" is denied by pattern "*list*"`},
		{"concurrency = 4", "concurrency = 0", `[[source]] "market-a": concurrency: want 1 to 64`},
		{`profile = "plain"`, `profile = ""`, `[[source]] "market-a": profile ""`},
		{"session_allowed = true", "session_allowed = false", `[[source]] "market-b": cookie_file needs session_allowed = true`},
	}
	for _, tt := range tests {
		t.Run(tt.new, func(t *testing.T) {
			o, err := order.Parse("order.toml", []byte(change(t, tt.old, tt.new)))
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant …%s…", err, tt.want)
			}
			if len(o.Sources) > 0 {
				t.Error("a refused order has sources")
			}
		})
	}
}

func TestParseReadsBytesAndRobots(t *testing.T) {
	for text, want := range map[string]int64{
		"max_bytes = 1": 1, "max_bytes = 2147483648": 2 << 30, `max_bytes = "2GiB"`: 2 << 30, `max_bytes = "2 GiB"`: 2 << 30,
		`max_bytes = "500MB"`: 500e6, `max_bytes = "500kB"`: 500e3, `max_bytes = "7B"`: 7, `max_bytes = "9223372TB"`: 9223372e12, "": 0,
	} {
		o, err := order.Parse("order.toml", []byte(change(t, "concurrency = 4", text)))
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got := o.Sources[0].MaxBytes; got != want {
			t.Errorf("%s: %d bytes, want %d", text, got, want)
		}
	}
	for _, text := range []string{`"9223373TB"`, `"0B"`, `"-1B"`, `"1.5GB"`, `"1e3B"`, `"GB"`, `"1  GB"`, `" 1GB"`, `"1 GB "`, `"0x1B"`, `"1gb"`, `"99999999999999999999B"`, "true"} {
		if o, err := order.Parse("order.toml", []byte(change(t, "concurrency = 4", "max_bytes = "+text))); err == nil {
			t.Errorf("max_bytes = %s: read as %d", text, o.Sources[0].MaxBytes)
		}
	}
	for text, want := range map[string]vigil.Robots{"": vigil.ObeyRobots, `robots = "obey"`: vigil.ObeyRobots, `robots = "ignore"`: vigil.IgnoreRobots} {
		o, err := order.Parse("order.toml", []byte(change(t, "concurrency = 4", text)))
		if err != nil || o.Sources[0].Robots != want {
			t.Errorf("%s: %+v, %v", text, o.Sources, err)
		}
	}
}

// An order whose lines end as on Windows, and one in Persian with its joiners,
// are as good as any.
func TestParseReadsOrdersAsPeopleWriteThem(t *testing.T) {
	for name, text := range map[string]string{
		"line ends": strings.ReplaceAll(good, "\n", "\r\n"),
		"joiners":   change(t, "to test", "می\u200cخواهم"),
	} {
		if _, err := order.Parse("order.toml", []byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWarnings(t *testing.T) {
	tests := []struct{ old, new, want string }{
		{"", "", `source market-b: paths "/*" covers every page of its hosts, and no deny_paths`},
		{"", "", "source market-b: session_allowed: pages are fetched in the name of an account"},
		{`interval = "1.5s"`, `interval = "0s"`, "source market-a: interval is 0s: requests follow each other without a pause"},
		{`interval = "1.5s"`, `interval = "1h"`, "source market-a: max_pages cannot be reached: 5000 pages at one every 1h0m0s"},
		{"max_pages = 5000", "max_pages = 100001", "source market-a: max_pages is 100001, more than 100000"},
		{"2027-02-01T01:00:00+01:00", "2028-02-01T01:00:00+01:00", "it is in force for 457 days, more than a year"},
		{`hosts = ["` + hostA + `"]`, `hosts = ["` + hostA + `", "www.` + hostA + `"]`, "source market-a: host www." + hostA + " has labels before the onion name"},
		{`hosts = ["` + hostA + `"]`, `hosts = ["` + hostA + `", "` + hostB + `:8080"]`, "source market-b: host " + hostB + ":8080 is of source market-a as well"},
		{"concurrency = 4", `robots = "ignore"`, `source market-a: robots is "ignore"`},
	}
	for _, tt := range tests {
		o, err := order.Parse("order.toml", []byte(change(t, tt.old, tt.new)))
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, w := range order.Warnings(o) {
			all = append(all, w.String())
		}
		if !strings.Contains(strings.Join(all, "\n"), tt.want) {
			t.Errorf("%s: warnings\n%s\nwant …%s…", tt.new, strings.Join(all, "\n"), tt.want)
		}
		if tt.new == "" && len(all) != 2 {
			t.Errorf("the good order has the warnings %q", all)
		}
	}
}

func TestParseNamesEveryMissingKey(t *testing.T) {
	_, err := order.Parse("order.toml", []byte("[[source]]\nname = \"a\"\n"))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, key := range []string{
		"version", "id", "case", "authority", "legal_basis", "purpose", "not_before", "not_after", "retention_days", "signatures_required",
	} {
		if want := "order.toml: required key " + key + " is missing"; !strings.Contains(err.Error(), want) {
			t.Errorf("error does not say %q", want)
		}
	}
	for _, key := range []string{"hosts", "start", "paths", "max_pages", "max_depth"} {
		if want := `order.toml: [[source]] "a": required key ` + key + " is missing"; !strings.Contains(err.Error(), want) {
			t.Errorf("error does not say %q", want)
		}
	}
	if _, err := order.Parse("order.toml", nil); err == nil || !strings.Contains(err.Error(), "no [[source]]") {
		t.Errorf("an empty file: %v", err)
	}
}

// signer is a person with a key.
type signer struct {
	key  []byte
	line string
}

func newSigner(t *testing.T, principal string) signer {
	t.Helper()
	private, public, err := signature.GenerateKey("test")
	if err != nil {
		t.Fatal(err)
	}
	return signer{private, fmt.Sprintf("%s namespaces=\"%s\" %s", principal, signature.Order, public)}
}

func (s signer) sign(t *testing.T, message, namespace string) []byte {
	t.Helper()
	sig, err := signature.Sign(s.key, []byte(message), namespace)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func TestAuthorize(t *testing.T) {
	judge, clerk, stranger := newSigner(t, "judge"), newSigner(t, "clerk"), newSigner(t, "stranger")
	second := newSigner(t, "judge") // the judge's other key
	alias := strings.Replace(judge.line, "judge", "alias", 1)
	two := change(t, "signatures_required = 1", "signatures_required = 2")
	list := func(lines ...string) string { return strings.Join(lines, "") }
	sigs := func(s ...[]byte) [][]byte { return s }
	tests := []struct {
		name, text, signers string
		sigs                [][]byte
		by                  []string
		want                string
	}{
		{"one of one", good, list(judge.line), sigs(judge.sign(t, good, signature.Order)), []string{"judge"}, ""},
		{"a wrong one beside a right one", good, list(judge.line),
			sigs(stranger.sign(t, good, signature.Order), judge.sign(t, good, signature.Order)), []string{"judge"}, ""},
		{"two of two", two, list(judge.line, clerk.line),
			sigs(judge.sign(t, two, signature.Order), clerk.sign(t, two, signature.Order)), []string{"judge", "clerk"}, ""},
		{"none", good, list(judge.line), nil, nil, "ORD-2026-0117 has 0 of 1 required signatures: there are no others"},
		{"no allowed signers", good, "", sigs(judge.sign(t, good, signature.Order)), nil, "signature 1: signed by a key that is not an allowed signer's: SHA256:"},
		{"a stranger's", good, list(judge.line), sigs(stranger.sign(t, good, signature.Order)), nil, "signature 1: signed by a key"},
		{"over another order", good, list(judge.line), sigs(judge.sign(t, two, signature.Order)), nil, "signature 1: signature of judge does not fit the signed bytes"},
		{"for another namespace", good, list(judge.line), sigs(judge.sign(t, good, signature.Bundle)), nil, `signature 1: signed for namespace "vigil-bundle"`},
		{"one of two", two, list(judge.line, clerk.line), sigs(judge.sign(t, two, signature.Order)), nil, "1 of 2 required signatures: there are no others"},
		{"one twice", two, list(judge.line, clerk.line),
			sigs(judge.sign(t, two, signature.Order), judge.sign(t, two, signature.Order)), nil, "1 of 2 required signatures: signature 2: judge has signed already"},
		{"one person, two keys", two, list(judge.line, second.line),
			sigs(judge.sign(t, two, signature.Order), second.sign(t, two, signature.Order)), nil, "signature 2: judge has signed already"},
		{"one key, two names", two, list(judge.line, alias),
			sigs(judge.sign(t, two, signature.Order), judge.sign(t, two, signature.Order)), nil, "signature 2: judge has signed already"},
		{"no signature at all", good, list(judge.line), sigs([]byte("yes")), nil, "signature 1: no OpenSSH signature"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o, err := order.Parse("order.toml", []byte(tt.text))
			if err != nil {
				t.Fatal(err)
			}
			allowed, err := signature.ParseAllowedSigners(strings.NewReader(tt.signers))
			if err != nil {
				t.Fatal(err)
			}
			got, err := order.Authorize(o, tt.sigs, allowed, noon)
			if tt.want != "" {
				if !errors.Is(err, vigil.ErrUnsigned) || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v\nwant ErrUnsigned, …%s…", err, tt.want)
				}
				if got.ID != "" || len(got.Sources) > 0 {
					t.Error("a refused order was returned")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.by, got.SignedBy); diff != "" {
				t.Error(diff)
			}
			if got.SHA256 != vigil.SumHex([]byte(tt.text)) || len(got.Signatures) != len(tt.by) {
				t.Errorf("SHA256 %s, %d signatures", got.SHA256, len(got.Signatures))
			}
		})
	}
}

func TestAuthorizeGoesByTheSignedBytes(t *testing.T) {
	judge := newSigner(t, "judge")
	o, err := order.Parse("order.toml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	allowed, err := signature.ParseAllowedSigners(strings.NewReader(judge.line))
	if err != nil {
		t.Fatal(err)
	}
	o.SignaturesRequired, o.NotAfter, o.Sources = 0, noon.AddDate(9, 0, 0), nil
	if _, err := order.Authorize(o, nil, allowed, noon); !errors.Is(err, vigil.ErrUnsigned) {
		t.Errorf("without signatures: %v, want ErrUnsigned", err)
	}
	got, err := order.Authorize(o, [][]byte{judge.sign(t, good, signature.Order)}, allowed, noon)
	if err != nil {
		t.Fatal(err)
	}
	if got.SignaturesRequired != 1 || len(got.Sources) != 2 || got.NotAfter.Year() != 2027 {
		t.Errorf("got %+v", got)
	}
}

func TestAuthorizeAndTime(t *testing.T) {
	judge := newSigner(t, "judge")
	o, err := order.Parse("order.toml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	allowed, err := signature.ParseAllowedSigners(strings.NewReader(judge.line))
	if err != nil {
		t.Fatal(err)
	}
	sigs := [][]byte{judge.sign(t, good, signature.Order)}
	if _, err := order.Authorize(o, sigs, allowed, o.NotAfter); !errors.Is(err, vigil.ErrNotInForce) {
		t.Errorf("at its end: %v, want ErrNotInForce", err)
	}
	early, err := order.Authorize(o, sigs, allowed, o.NotBefore.Add(-time.Hour))
	if err != nil {
		t.Fatalf("before it begins: %v", err)
	}
	if err := early.Sources[0].InForce(o.NotBefore.Add(-time.Hour)); !errors.Is(err, vigil.ErrNotInForce) {
		t.Errorf("its source before it begins: %v, want ErrNotInForce", err)
	}
	if _, err := order.Authorize(vigil.Order{}, nil, allowed, noon); err == nil {
		t.Error("the zero order was authorised")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("version = 1\nid = \"a\"\n[[source]]\nname = \"b\"\nhosts = []\n"))
	f.Add([]byte(strings.Replace(good, "concurrency = 4", "max_bytes = '2GiB'\nrobots = 'ignore'", 1)))
	f.Add([]byte("# \u202e\nsource = [{max_bytes=[{a=1}]}]"))
	f.Add([]byte("source = [{name='x', interval='1h'}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		o, err := order.Parse("order.toml", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "order.toml:") {
				t.Errorf("error without the file's name: %v", err)
			}
			return
		}
		if o.SignaturesRequired < 1 || o.RetentionDays < 1 || len(o.Sources) == 0 || !o.NotBefore.Before(o.NotAfter) {
			t.Errorf("accepted %+v", o)
		}
		order.Warnings(o)
		if _, err := json.Marshal(o); err != nil {
			t.Errorf("accepted what no store can keep: %v", err)
		}
		for _, s := range o.Sources {
			if err := s.Check(); err != nil || s.Order != o.ID {
				t.Errorf("source %q: %v", s.ID(), err)
			}
		}
	})
}

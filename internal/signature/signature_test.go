package signature_test

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"vigil/internal/signature"
)

var noon = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)

// newKey returns a fresh key and its allowed_signers line for principal.
func newKey(t *testing.T, principal, options string) (private []byte, line string) {
	t.Helper()
	private, public, err := signature.GenerateKey("test key")
	if err != nil {
		t.Fatal(err)
	}
	return private, strings.Join(strings.Fields(principal+" "+options+" "+string(public)), " ") + "\n"
}

func signers(t *testing.T, lines ...string) signature.Signers {
	t.Helper()
	s, err := signature.ParseAllowedSigners(strings.NewReader(strings.Join(lines, "")))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sign(t *testing.T, key []byte, message, namespace string) []byte {
	t.Helper()
	sig, err := signature.Sign(key, []byte(message), namespace)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func TestVerifyNamesTheSigner(t *testing.T) {
	key, line := newKey(t, "judge@court.example", `namespaces="vigil-order"`)
	_, other := newKey(t, "clerk@court.example", "")
	sig := sign(t, key, "the order", signature.Order)
	principal, fingerprint, err := signature.Verify([]byte("the order"), sig, signature.Order, signers(t, other, line), noon)
	if err != nil {
		t.Fatal(err)
	}
	if principal != "judge@court.example" {
		t.Errorf("principal %q", principal)
	}
	if want, err := signature.Fingerprint(key); err != nil || fingerprint != want {
		t.Errorf("fingerprint %q, want %q (%v)", fingerprint, want, err)
	}
}

func TestSignIsDeterministic(t *testing.T) {
	key, _ := newKey(t, "a", "")
	if a, b := sign(t, key, "m", signature.Order), sign(t, key, "m", signature.Order); !bytes.Equal(a, b) {
		t.Error("two signatures of one message differ")
	}
}

func TestVerifyRefuses(t *testing.T) {
	key, line := newKey(t, "judge", `namespaces="vigil-order"`)
	_, stranger := newKey(t, "judge", "")
	sig := sign(t, key, "m", signature.Order)
	public := line[strings.Index(line, "ssh-ed25519"):]
	tests := []struct {
		name, message, namespace, signers string
		sig                               []byte
		want                              string
	}{
		{"no signers", "m", signature.Order, "", sig, "not an allowed signer's"},
		{"another's key", "m", signature.Order, stranger, sig, "not an allowed signer's"},
		{"another message", "M", signature.Order, line, sig, "does not fit the signed bytes"},
		{"empty message", "", signature.Order, line, sig, "does not fit the signed bytes"},
		{"another namespace wanted", "m", signature.Bundle, line, sig, `signed for namespace "vigil-order", want "vigil-bundle"`},
		{"namespace not granted", "m", signature.Bundle, line, sign(t, key, "m", signature.Bundle), `judge may not sign for namespace "vigil-bundle"`},
		{"namespace excluded", "m", signature.Order, `judge namespaces="vigil-*,!vigil-order" ` + public, sig, "may not sign for"},
		{"not yet valid", "m", signature.Order, `judge valid-after="20261111Z" ` + public, sig, "valid only from 2026-11-11"},
		{"no longer valid", "m", signature.Order, `judge valid-before="202611101159Z" ` + public, sig, "valid only until 2026-11-10T11:59:00Z"},
		{"empty signature", "m", signature.Order, line, nil, "no OpenSSH signature"},
		{"other PEM", "m", signature.Order, line, pem.EncodeToMemory(&pem.Block{Type: "SIGNATURE"}), "no OpenSSH signature"},
		{"text before", "m", signature.Order, line, append([]byte("x\n"), sig...), "no OpenSSH signature"},
		{"text after", "m", signature.Order, line, append(bytes.Clone(sig), 'x'), "not spelt"},
		{"second signature after", "m", signature.Order, line, append(bytes.Clone(sig), sig...), "not spelt"},
		{"line ends", "m", signature.Order, line, bytes.ReplaceAll(sig, []byte("\n"), []byte("\r\n")), "no OpenSSH signature"},
		{"blank in the base64", "m", signature.Order, line, bytes.Replace(sig, []byte("U1NI"), []byte("U1 NI"), 1), ""},
		{"too long", "m", signature.Order, line, bytes.Repeat([]byte("A"), 1<<20), "want at most"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			principal, _, err := signature.Verify([]byte(tt.message), tt.sig, tt.namespace, signers(t, tt.signers), noon)
			if err == nil || principal != "" {
				t.Fatalf("accepted as of %q", principal)
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want …%s…", err, tt.want)
			}
		})
	}
}

func TestVerifyFindsEveryChangedBit(t *testing.T) {
	key, line := newKey(t, "judge", "")
	sig := sign(t, key, "m", signature.Order)
	allowed := signers(t, line)
	for i := range sig {
		for bit := range 8 {
			changed := bytes.Clone(sig)
			changed[i] ^= 1 << bit
			if _, _, err := signature.Verify([]byte("m"), changed, signature.Order, allowed, noon); err == nil {
				t.Fatalf("accepted with bit %d of byte %d flipped", bit, i)
			}
		}
	}
}

func TestUnknownSignerIsNamedByFingerprint(t *testing.T) {
	key, _ := newKey(t, "judge", "")
	_, fingerprint, err := signature.Verify([]byte("m"), sign(t, key, "m", signature.Order), signature.Order, nil, noon)
	if !errors.Is(err, signature.ErrUnknownSigner) || !strings.HasPrefix(fingerprint, "SHA256:") || !strings.Contains(err.Error(), fingerprint) {
		t.Errorf("got %q, %v", fingerprint, err)
	}
}

func TestSelfNamesTheKeyWithoutTrust(t *testing.T) {
	key, _ := newKey(t, "judge", "")
	sig := sign(t, key, "m", signature.Order)
	want, err := signature.Fingerprint(key)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := signature.Self([]byte("m"), sig, signature.Order); err != nil || got != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	if _, err := signature.Self([]byte("M"), sig, signature.Order); err == nil {
		t.Error("accepted for another message")
	}
	if _, err := signature.Self([]byte("m"), sig, signature.Bundle); err == nil {
		t.Error("accepted for another namespace")
	}
}

func TestFor(t *testing.T) {
	_, a := newKey(t, "a", `namespaces="vigil-order"`)
	_, b := newKey(t, "b", "")
	all := signers(t, a, b)
	if got := all.For(signature.Bundle); len(got) != 1 || got[0].Principal != "b" {
		t.Errorf("for bundles: %+v", got)
	}
	if got := all.For(signature.Order); len(got) != 2 {
		t.Errorf("for orders: %+v", got)
	}
}

func TestValidityIncludesBothEnds(t *testing.T) {
	key, line := newKey(t, "judge", `valid-after="20261101Z",valid-before="20261130235959Z"`)
	sig := sign(t, key, "m", signature.Order)
	for at, want := range map[string]bool{
		"2026-10-31T23:59:59Z": false, "2026-11-01T00:00:00Z": true,
		"2026-11-30T23:59:59Z": true, "2026-12-01T00:00:00Z": false,
		"2026-12-01T00:30:00+01:00": true,
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := signature.Verify([]byte("m"), sig, signature.Order, signers(t, line), when); (err == nil) != want {
			t.Errorf("at %s: %v", at, err)
		}
	}
}

func TestParseAllowedSignersReadsWhatOpenSSHReads(t *testing.T) {
	_, line := newKey(t, "X", "")
	public := strings.TrimPrefix(strings.TrimSpace(line), "X ")
	s := signers(t, "# comment\n\n \t\r\n"+
		"a@x "+public+"\n"+
		"  b@x\tNamespaces=\"vigil-order,vigil-b*\",valid-after=\"20260101Z\"\t "+public+"\r\n")
	if len(s) != 2 || s[0].Principal != "a@x" || s[1].Principal != "b@x" {
		t.Fatalf("got %+v", s)
	}
	if s[0].Fingerprint != s[1].Fingerprint || len(s[1].Namespaces) != 2 || s[1].ValidAfter.Year() != 2026 {
		t.Errorf("got %+v", s[1])
	}
}

func TestParseAllowedSignersNamesTheLine(t *testing.T) {
	_, line := newKey(t, "X", "")
	public := strings.TrimPrefix(strings.TrimSpace(line), "X ")
	blob := strings.Fields(public)[1]
	tests := map[string]string{
		"a":                                  "line 2: want PRINCIPAL [OPTIONS] KEYTYPE KEY",
		"a ssh-ed25519":                      "line 2: want PRINCIPAL",
		"* " + public:                        `line 2: principal "*": want one name`,
		"a,b " + public:                      `line 2: principal "a,b": want one name`,
		"a\x01 " + public:                    `line 2: principal "a\x01": control characters`,
		"a cert-authority " + public:         "line 2: option cert-authority: certificates are not supported",
		`a namespaces=vigil-order ` + public: `line 2: option namespaces: want namespaces="…"`,
		`a namespaces="" ` + public:          "line 2: option namespaces",
		`a namespaces="a",namespaces="b" ` + public:                    "line 2: option namespaces is given twice",
		`a namespaces="a"x ` + public:                                  "line 2: option namespaces: want a comma",
		`a valid-before="20270101" ` + public:                          `line 2: option valid-before: "20270101": want a time in UTC`,
		`a valid-before="20271301Z" ` + public:                         "line 2: option valid-before",
		`a valid-after="2028Z" ` + public:                              "line 2: option valid-after",
		`a valid-after="20280101Z",valid-before="20270101Z" ` + public: "line 2: valid-before is earlier",
		"a no-touch-required " + public:                                `line 2: unknown option "no-touch-required"`,
		"a ssh-ed25519 !!!":                                            "line 2: key of a: not base64",
		"a ssh-ed25519 " + blob[:20]:                                   "line 2: key of a: ",
		"a ssh-rsa " + blob:                                            "line 2: key of a: says ssh-rsa but is of type ssh-ed25519",
		"a " + strings.Repeat("x", 1<<16):                              "line 2: bufio.Scanner: token too long",
	}
	for in, want := range tests {
		_, err := signature.ParseAllowedSigners(strings.NewReader("# first\n" + in + "\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %s", in, err, want)
		}
	}
}

func TestSplit(t *testing.T) {
	key, _ := newKey(t, "a", "")
	one, two := sign(t, key, "1", signature.Order), sign(t, key, "2", signature.Order)
	for name, in := range map[string]string{
		"one after the other": string(one) + string(two),
		"blank lines":         "\n" + string(one) + "\n\n" + string(two) + "\n",
		"CR LF":               strings.ReplaceAll(string(one)+string(two), "\n", "\r\n"),
		"no last line end":    strings.TrimSpace(string(one) + string(two)),
	} {
		got, err := signature.Split([]byte(in))
		if err != nil || len(got) != 2 || !bytes.Equal(got[0], one) || !bytes.Equal(got[1], two) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for in, want := range map[string]string{
		"":                            "the file is empty",
		" \n":                         "signature 1: want -----BEGIN",
		string(one) + "x":             "signature 2: want -----BEGIN",
		string(one[:60]):              "signature 1: no -----END",
		string(one) + string(one[:9]): "signature 2: want -----BEGIN",
	} {
		if got, err := signature.Split([]byte(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %q, %v, want %s", in, got, err, want)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	key, _ := newKey(t, "a", "")
	if _, err := signature.Sign(key, []byte("m"), ""); err == nil {
		t.Error("signed without a namespace")
	}
	if _, err := signature.Sign([]byte("no key"), []byte("m"), signature.Order); err == nil {
		t.Error("signed without a key")
	}
}

func FuzzParseAllowedSigners(f *testing.F) {
	f.Add("a@x namespaces=\"vigil-order,!x?\",valid-before=\"20270101Z\" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGnm7s0dqmxrYvwXbi0tz+1hzzSEYK7FJvBC1/af11H6 c\n")
	f.Add("# c\n\r\na cert-authority ecdsa-sha2-nistp256 AAAA\n\" \" x=\"")
	f.Fuzz(func(t *testing.T, in string) {
		s, err := signature.ParseAllowedSigners(strings.NewReader(in))
		if err != nil && !strings.HasPrefix(err.Error(), "line ") {
			t.Errorf("error without a line: %v", err)
		}
		for _, e := range s {
			if e.Principal == "" || e.Fingerprint == "" {
				t.Errorf("signer without name or key: %+v", e)
			}
		}
	})
}

func FuzzVerify(f *testing.F) {
	private, public, err := signature.GenerateKey("k")
	if err != nil {
		f.Fatal(err)
	}
	allowed, err := signature.ParseAllowedSigners(strings.NewReader(fmt.Sprintf("a %s", public)))
	if err != nil {
		f.Fatal(err)
	}
	good, err := signature.Sign(private, []byte("m"), signature.Order)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, sig []byte) {
		_, _, err := signature.Verify([]byte("m"), sig, signature.Order, allowed, noon)
		if err == nil && !bytes.Equal(sig, good) && len(sig) == len(good) {
			t.Errorf("accepted %q", sig)
		}
		if _, err := signature.Split(sig); err != nil && len(sig) > 0 && bytes.Equal(sig, good) {
			t.Error(err)
		}
	})
}

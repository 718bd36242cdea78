package release_test

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/needs"
	"vigil/internal/release"
	"vigil/internal/signature"
)

var noon = time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)

func statement() release.Statement {
	return release.Statement{
		SHA256: strings.Repeat("0123456789abcdef", 4), Bundle: "bundle-0123456789abcdef", Case: "CASE <1> & Söhne", Order: "ORD-1",
		Kind: release.Evidential, Sealed: noon, Exporter: "exporter@unit.example",
	}
}

// A person has a key and a line of a list.
type person struct {
	key  *signature.Key
	line string
}

func newPerson(t testing.TB, principal string) person {
	t.Helper()
	private, public, err := signature.GenerateKey("test")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(name, private, 0o600); err != nil {
		t.Fatal(err)
	}
	k, err := signature.OpenKey(name)
	if err != nil {
		t.Fatal(err)
	}
	return person{k, principal + ` namespaces="vigil-release" ` + string(public)}
}

func (p person) sign(t testing.TB, e *release.Envelope) {
	t.Helper()
	sig, err := p.key.Sign(t.Context(), e.PAE(), signature.Release)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.AddArmored(sig); err != nil {
		t.Fatal(err)
	}
}

func trust(t testing.TB, ps ...person) signature.Signers {
	t.Helper()
	var text strings.Builder
	for _, p := range ps {
		text.WriteString(p.line)
	}
	s, err := signature.ParseAllowedSigners(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func envelope(t testing.TB, by ...person) *release.Envelope {
	t.Helper()
	e, err := release.New(statement())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range by {
		p.sign(t, e)
	}
	return e
}

func TestTwoPeopleReleaseABundle(t *testing.T) {
	exporter, approver := newPerson(t, "exporter@unit.example"), newPerson(t, "chief@unit.example")
	e := envelope(t, exporter, approver)
	again, err := release.Parse(e.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if again.Statement != e.Statement || !bytes.Equal(again.PAE(), e.PAE()) {
		t.Errorf("%+v", again.Statement)
	}
	if err := again.Fit(nil); err != nil {
		t.Error(err)
	}
	by, err := again.By(trust(t, approver, exporter))
	if err != nil || len(by) != 2 || by[0].Principal != "exporter@unit.example" || by[1].Principal != "chief@unit.example" || by[1].Key != approver.key.Fingerprint() {
		t.Fatalf("%+v, %v", by, err)
	}
	if want := approver.key.Line("chief@unit.example", signature.Release); by[1].Line != want {
		t.Errorf("line %q, want %q", by[1].Line, want)
	}
	if err := again.FourEyes(by); err != nil {
		t.Error(err)
	}
}

// TestOnePersonIsNotTwo tries every way in which one person looks like two.
func TestOnePersonIsNotTwo(t *testing.T) {
	exporter, second, stranger := newPerson(t, "exporter@unit.example"), newPerson(t, "exporter@unit.example"), newPerson(t, "x@unit.example")
	twin := person{exporter.key, strings.Replace(exporter.line, "exporter@", "chief@", 1)}
	chief, deputy := newPerson(t, "chief@unit.example"), newPerson(t, "deputy@unit.example")
	for name, c := range map[string]struct {
		by      []person
		trusted []person
		want    string
	}{
		"exporter alone":           {[]person{exporter}, []person{exporter}, "alone"},
		"exporter with two keys":   {[]person{exporter, second}, []person{exporter, second}, "alone"},
		"one key under two names":  {[]person{exporter}, []person{exporter, twin}, "alone"},
		"others, not the exporter": {[]person{chief, deputy}, []person{exporter, chief, deputy}, "has not signed"},
		"nobody":                   {nil, nil, "has not signed"},
	} {
		e := envelope(t, c.by...)
		by, err := e.By(trust(t, c.trusted...))
		if err != nil {
			t.Fatal(err)
		}
		if err := e.FourEyes(by); !errors.Is(err, release.ErrOnePerson) || !errors.Is(err, vigil.ErrRefused) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	e := envelope(t, exporter)
	same := []release.Signer{{Principal: "exporter@unit.example", Key: "SHA256:one"}, {Principal: "chief@unit.example", Key: "SHA256:one"}}
	if err := e.FourEyes(same); !errors.Is(err, release.ErrOnePerson) {
		t.Errorf("one key of two people: %v", err)
	}
	e = envelope(t, exporter, stranger)
	if _, err := e.By(trust(t, exporter)); !errors.Is(err, signature.ErrUnknownSigner) {
		t.Errorf("a stranger's signature: %v", err)
	}
	if _, err := e.By(nil); !errors.Is(err, signature.ErrUnknownSigner) {
		t.Errorf("nobody is trusted: %v", err)
	}
	sig, err := exporter.key.Sign(t.Context(), e.PAE(), signature.Release)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.AddArmored(sig); err == nil || !strings.Contains(err.Error(), "signed already") {
		t.Errorf("the same key again: %v", err)
	}
}

func TestOnlyASignatureForThisStatementCounts(t *testing.T) {
	p := newPerson(t, "exporter@unit.example")
	e := envelope(t)
	for want, message := range map[string]struct {
		bytes []byte
		ns    string
	}{
		"namespace":                     {e.PAE(), signature.Bundle},
		"does not fit the signed bytes": {[]byte("DSSEv1"), signature.Release},
	} {
		sig, err := p.key.Sign(t.Context(), message.bytes, message.ns)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.AddArmored(sig); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		// One that is put in by force is found.
		blob, err := signature.Unarmor(sig)
		if err != nil {
			t.Fatal(err)
		}
		forged := envelope(t)
		if err := forged.Add(release.Signature{KeyID: p.key.Fingerprint(), Sig: blob}); err != nil {
			t.Fatal(err)
		}
		if err := forged.Fit(nil); !errors.Is(err, vigil.ErrTampered) {
			t.Errorf("fit: %v", err)
		}
		if _, err := forged.By(trust(t, p)); err == nil {
			t.Error("it counts")
		}
	}
	other := envelope(t, p)
	other.Signatures[0].KeyID = newPerson(t, "x").key.Fingerprint()
	if err := other.Fit(nil); err == nil || !strings.Contains(err.Error(), "is said to be by") {
		t.Errorf("another key's name: %v", err)
	}
	if _, err := other.By(trust(t, p)); err == nil || !strings.Contains(err.Error(), "is said to be by") {
		t.Errorf("another key's name: %v", err)
	}
	if err := envelope(t).Fit(nil); err == nil {
		t.Error("no signature fits")
	}
	late := p
	late.line = strings.Replace(p.line, `"vigil-release"`, `"vigil-release",valid-after="20261111Z"`, 1)
	if _, err := envelope(t, p).By(trust(t, late)); err == nil || !strings.Contains(err.Error(), "valid only from") {
		t.Errorf("a key of later than the sealing: %v", err)
	}
}

// TestEveryChangeOfAnEnvelopeIsFound changes each bit of each byte, and cuts it.
func TestEveryChangeOfAnEnvelopeIsFound(t *testing.T) {
	exporter, approver := newPerson(t, "exporter@unit.example"), newPerson(t, "chief@unit.example")
	data := envelope(t, exporter, approver).Bytes()
	trusted := trust(t, exporter, approver)
	good := func(b []byte) bool {
		e, err := release.Parse(b)
		if err != nil || e.Fit(nil) != nil {
			return false
		}
		by, err := e.By(trusted)
		return err == nil && e.FourEyes(by) == nil
	}
	if !good(data) {
		t.Fatal("the envelope itself is refused")
	}
	for i := range data {
		for _, bit := range []byte{1, 2, 4, 32} {
			bad := bytes.Clone(data)
			bad[i] ^= bit
			if good(bad) {
				t.Fatalf("byte %d changed from %q to %q", i, data[i], bad[i])
			}
		}
	}
	for n := 0; n < len(data); n += 13 {
		if good(data[:n]) {
			t.Fatalf("cut to %d bytes", n)
		}
	}
}

func TestEnvelopesAreReadStrictly(t *testing.T) {
	p := newPerson(t, "exporter@unit.example")
	text := string(envelope(t, p).Bytes())
	inside := func(old, to string) string {
		i := strings.Index(text, `"payload":"`) + len(`"payload":"`)
		j := i + strings.IndexByte(text[i:], '"')
		payload, err := base64.StdEncoding.DecodeString(text[i:j])
		if err != nil || !bytes.Contains(payload, []byte(old)) {
			t.Fatalf("%s: %v", old, err)
		}
		return text[:i] + base64.StdEncoding.EncodeToString(bytes.Replace(payload, []byte(old), []byte(to), 1)) + text[j:]
	}
	sig := text[strings.Index(text, `{"keyid"`):strings.LastIndex(text, `]`)]
	for name, c := range map[string]struct{ text, want string }{
		"unknown field":         {strings.Replace(text, `{"payloadType"`, `{"x":1,"payloadType"`, 1), "unknown field"},
		"twice a field":         {strings.Replace(text, `{"payloadType"`, `{"payloadType":"x","payloadType"`, 1), "not spelt"},
		"another case":          {strings.Replace(text, `"payloadType"`, `"payloadtype"`, 1), "not spelt"},
		"a blank":               {strings.Replace(text, `,"signatures"`, `, "signatures"`, 1), "not spelt"},
		"no line end":           {text[:len(text)-1], "no line end"},
		"two values":            {text[:len(text)-1] + "{}\n", "bytes after its end"},
		"another type":          {strings.Replace(text, "in-toto", "in-tota", 1), "payload of type"},
		"no signature":          {strings.Replace(text, sig, "", 1), "nobody signed it"},
		"a signature twice":     {strings.Replace(text, sig, sig+","+sig, 1), "signed already"},
		"another payload":       {inside("Statement/v1", "Statement/v2"), "want https://in-toto.io"},
		"another predicate":     {inside("release/v1", "release/v2"), "want https://in-toto.io"},
		"another subject":       {inside("tagmanifest-sha256.txt", "tagmanifest-sha512.txt"), "want one subject"},
		"two subjects":          {inside(`"subject":[`, `"subject":[{"name":"x","digest":{"sha256":"00"}},`), "want one subject"},
		"another digest":        {inside(`"sha256":"`, `"sha512":"00","sha256":"`), "unknown field"},
		"a digest in capitals":  {inside("0123456789abcdef", "0123456789ABCDEF"), "lower-case hex"},
		"a short digest":        {inside("0123456789abcdef", "0123456789"), "64 digits"},
		"another kind":          {inside("evidential", "evidence"), "want evidential or disclosure"},
		"another word":          {inside("I agree", "I object"), "it says"},
		"another time":          {inside("2026-11-10T12:00:00Z", "2026-11-10T13:00:00+01:00"), "not spelt"},
		"no time":               {inside("2026-11-10T12:00:00Z", "noon"), "want a time"},
		"no exporter":           {inside("exporter@unit.example", ""), "want 1 to 512 bytes"},
		"a control character":   {inside("ORD-1", `ORD\u00071`), "without control characters"},
		"a long name":           {inside("ORD-1", strings.Repeat("x", 513)), "want 1 to 512 bytes"},
		"escaped":               {inside("ORD-1", `\u004fRD-1`), "not spelt"},
		"more in the predicate": {inside(`"bundle":`, `"by":"x","bundle":`), "unknown field"},
		"too long":              {text + strings.Repeat(" ", release.MaxEnvelope), "at most"},
	} {
		if _, err := release.Parse([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	e := envelope(t)
	for i := range release.MaxSignatures {
		if err := e.Add(release.Signature{KeyID: string(rune('a' + i)), Sig: bytes.Repeat([]byte{byte(i)}, 64)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Add(release.Signature{KeyID: "z", Sig: make([]byte, 64)}); err == nil {
		t.Error("there is no end of signatures")
	}
}

// TestOthersCheckAnEnvelope has ssh-keygen and openssl check the two kinds of
// signature over the bytes that DSSE signs.
func TestOthersCheckAnEnvelope(t *testing.T) {
	needs.Program(t, "ssh-keygen", "openssl")
	dir := t.TempDir()
	put := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(stdin []byte, name string, args ...string) error {
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Stdin = dir, bytes.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		t.Logf("%s: %s", name, out)
		return err
	}
	exporter := newPerson(t, "exporter@unit.example")
	e := envelope(t, exporter)
	put("release.pae", e.PAE())
	put("release.1.sig", e.Signatures[0].Armored())
	put("allowed", []byte(exporter.line))
	if err := run(e.PAE(), "ssh-keygen", "-Y", "verify", "-f", "allowed", "-I", "exporter@unit.example", "-n", "vigil-release", "-s", "release.1.sig"); err != nil {
		t.Error(err)
	}

	lab := newPlain(t, filepath.Join(dir, "lab.pem"), "lab@unit.example")
	if err := run(nil, "openssl", "pkeyutl", "-sign", "-rawin", "-inkey", "lab.pem", "-in", "release.pae", "-out", "release.2.sig"); err != nil {
		t.Fatal(err)
	}
	sig, err := os.ReadFile(filepath.Join(dir, "release.2.sig"))
	if err != nil {
		t.Fatal(err)
	}
	all := trust(t, exporter, lab)
	if err := e.Add(release.Signature{KeyID: all[1].Fingerprint, Sig: sig}); err != nil {
		t.Fatal(err)
	}
	again, err := release.Parse(e.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	by, err := again.By(all)
	if err := errors.Join(err, again.Fit(all), again.FourEyes(by)); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(again.Signatures[1].Armored(), sig) {
		t.Error("a plain signature is written otherwise than openssl reads it")
	}
	if err := again.Fit(trust(t, exporter)); err == nil {
		t.Error("a plain signature fits without its key")
	}
	key, err := all[1].Key()
	if b, _ := pem.Decode(key); err != nil || b == nil {
		t.Fatal(err)
	}
	put("lab.pub", key)
	put("2.sig", again.Signatures[1].Armored())
	if err := run(nil, "openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", "lab.pub", "-in", "release.pae", "-sigfile", "2.sig"); err != nil {
		t.Error(err)
	}
}

func TestTheSameStatementAndKeyGiveTheSameBytes(t *testing.T) {
	p := newPerson(t, "exporter@unit.example")
	if !bytes.Equal(envelope(t, p).Bytes(), envelope(t, p).Bytes()) {
		t.Error("they differ")
	}
	const want = `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"tagmanifest-sha256.txt","digest":{"sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}}],"predicateType":"https://vigil.invalid/release/v1","predicate":{"bundle":"bundle-0123456789abcdef","case":"CASE <1> & Söhne","order":"ORD-1","kind":"evidential","sealed":"2026-11-10T12:00:00Z","exporter":"exporter@unit.example","statement":"I have examined this bundle, and I agree to its release for the purpose of its order."}}`
	if got := string(envelope(t).PAE()); got != "DSSEv1 28 application/vnd.in-toto+json 506 "+want {
		t.Errorf("PAE %s\nwant %s of %d bytes", got, want, len(want))
	}
}

func FuzzParse(f *testing.F) {
	p := newPerson(f, "exporter@unit.example")
	trusted := trust(f, p)
	signed := envelope(f, p)
	f.Add(signed.Bytes())
	f.Add(envelope(f, p, newPerson(f, "chief@unit.example")).Bytes())
	f.Add([]byte(`{"payloadType":"application/vnd.in-toto+json","payload":"e30=","signatures":[{"keyid":"","sig":""}]}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := release.Parse(b)
		if err != nil {
			return
		}
		if !bytes.Equal(e.Bytes(), b) {
			t.Fatal("it has two spellings")
		}
		if by, err := e.By(trusted); err == nil && len(by) > 0 && !bytes.Equal(e.PAE(), signed.PAE()) {
			t.Fatal("a statement that nobody signed counts")
		}
		_ = e.Fit(trusted)
	})
}

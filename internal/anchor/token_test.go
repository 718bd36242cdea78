package anchor_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/anchor"
	"vigil/internal/needs"
	"vigil/internal/timestamp"
)

// An authority is a time-stamping authority that the real openssl plays, in a
// folder of its own.
type authority struct {
	t   *testing.T
	dir string
}

// tsaConfig is an authority as openssl-ts(1) wants it described.
const tsaConfig = `[ req ]
distinguished_name = dn
[ dn ]
[ ca ]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[ tsa ]
extendedKeyUsage = critical,timeStamping
[ loose ]
extendedKeyUsage = timeStamping
[ web ]
extendedKeyUsage = critical,serverAuth
[ tsa_config ]
serial = serial
signer_digest = DIGEST
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500
ordering = no
ess_cert_id_alg = ESS
`

// curve is a kind of key that is quickly made.
const curve = "ec -pkeyopt ec_paramgen_curve:P-256"

// newAuthority makes an authority whose key is of the kind, and whose
// certificate is for what usage names; of tsaConfig.
func newAuthority(t *testing.T, kind, digest, ess, usage string) *authority {
	t.Helper()
	needs.Program(t, "openssl")
	a := &authority{t, t.TempDir()}
	config := strings.NewReplacer("DIGEST", digest, "ESS", ess).Replace(tsaConfig)
	if err := os.WriteFile(filepath.Join(a.dir, "tsa.cnf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	shell(t, a.dir, `openssl req -config tsa.cnf -x509 -newkey `+kind+` -nodes -keyout ca.key -out ca.pem -subj "/CN=Invented Root" -days 30 -extensions ca &&
		openssl req -config tsa.cnf -newkey `+kind+` -nodes -keyout tsa.key -out tsa.csr -subj "/O=Office of Clocks/CN=Invented TSA" &&
		openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile tsa.cnf -extensions `+usage+` -out tsa.pem &&
		echo 01 > serial`)
	return a
}

// stamp answers the request for the exported checkpoint in dir, as the page
// there says how to ask.
func (a *authority) stamp(dir, base string) []byte {
	a.t.Helper()
	shell(a.t, dir, command(a.t, exported(a.t, dir), "openssl ts -query"))
	a.reply(filepath.Join(dir, base+".tsq"), filepath.Join(dir, base+".tsr"))
	shell(a.t, dir, "cp "+filepath.Join(a.dir, "ca.pem")+" TSA.pem")
	if out := shell(a.t, dir, command(a.t, exported(a.t, dir), "openssl ts -verify")); !strings.Contains(out, "OK") {
		a.t.Fatal(out)
	}
	b, err := os.ReadFile(filepath.Join(dir, base+".tsr"))
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

func (a *authority) reply(query, reply string) {
	a.t.Helper()
	shell(a.t, a.dir, `openssl ts -reply -config tsa.cnf -section tsa_config -queryfile `+query+` -inkey tsa.key -signer tsa.pem -chain ca.pem -out `+reply)
}

func (w *world) trustAuthority(a *authority) {
	w.t.Helper()
	text, err := os.ReadFile(filepath.Join(a.dir, "ca.pem"))
	w.must(err)
	w.trust.Authorities, err = timestamp.ParseRoots(text)
	w.must(err)
}

// exportedWorld returns a world with one checkpoint, exported to a folder.
func exportedWorld(t *testing.T) (w *world, dir, base string) {
	w = newWorld(t)
	w.grow(5)
	w.sign()
	dir = t.TempDir()
	_, err := w.folder.Export(t.Context(), w, []string{order}, dir, w.trust.Keys)
	w.must(err)
	return w, dir, order + "-5"
}

func TestAnAuthorityDatesACheckpoint(t *testing.T) {
	for _, c := range []struct{ kind, digest, ess string }{
		{"rsa:2048", "sha256", "sha256"},
		{"rsa:2048", "sha512", "sha1"},
		{curve, "sha256", "sha256"},
		{"ec -pkeyopt ec_paramgen_curve:P-384", "sha384", "sha512"},
	} {
		t.Run(c.kind[:3]+c.digest+c.ess, func(t *testing.T) {
			a := newAuthority(t, c.kind, c.digest, c.ess, "tsa")
			w, dir, base := exportedWorld(t)
			data := a.stamp(dir, base)
			if _, err := w.take(data); !errors.Is(err, vigil.ErrRefused) {
				t.Errorf("no authority is known: %v", err)
			}
			w.trustAuthority(a)
			got, err := w.take(data)
			if err != nil || got.Size != 5 || !strings.Contains(got.By, "CN=Invented TSA") {
				t.Fatalf("%+v, %v", got, err)
			}
			w.says("time stamps", anchor.Pass, "1; the newest checkpoint stamped has 5 entries, there by 20")
			w.trust.Authorities = nil
			w.says("time stamps", anchor.NotChecked, "whose authority that is was not checked")
		})
	}
}

func TestEveryChangeOfAStampIsFound(t *testing.T) {
	a := newAuthority(t, curve, "sha256", "sha256", "tsa")
	w, dir, base := exportedWorld(t)
	w.trustAuthority(a)
	data := a.stamp(dir, base)
	w.write("5.x.tsr", data)
	honest := w.verify()["time stamps"]
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 1
		w.write("5.x.tsr", bad)
		// What is not signed, such as the order of names for the same hash, may
		// change; what the token says may not.
		if c := w.verify()["time stamps"]; c.Result == anchor.Pass && c != honest {
			t.Fatalf("byte %d changed: %+v\nwant a failure, or %+v", i, c, honest)
		}
	}
	for n := 0; n < len(data); n += 17 {
		w.write("5.x.tsr", data[:n])
		if c := w.verify()["time stamps"]; c.Result != anchor.Fail {
			t.Fatalf("cut to %d bytes: %+v", n, c)
		}
	}
	w.write("5.x.tsr", append(bytes.Clone(data), 0))
	w.says("time stamps", anchor.Fail, "bytes after its end")
	signature := bytes.Clone(data)
	signature[len(data)-1] ^= 1 // the signature is the last of a token
	w.write("5.x.tsr", signature)
	w.says("time stamps", anchor.Fail, "its signature does not fit")
}

// TestAForgedTimeIsFound moves the time of a token by a year: alone, and with
// the digest of what is signed put right.
func TestAForgedTimeIsFound(t *testing.T) {
	a := newAuthority(t, curve, "sha256", "sha256", "tsa")
	w, dir, base := exportedWorld(t)
	w.trustAuthority(a)
	data := a.stamp(dir, base)
	at := bytes.Index(data, []byte("\x18\x0f20")) // GeneralizedTime of 15 bytes
	begin := bytes.LastIndex(data[:at], []byte{2, 1, 1}) - 2
	for ; data[begin] != 0x30; begin-- {
	}
	info := data[begin:]
	if n := int(info[1]); n < 0x80 {
		info = info[:2+n]
	} else {
		info = info[:3+int(info[2])]
	}
	sum := sha256.Sum256(info)
	digest := bytes.Index(data, sum[:])
	if digest < 0 {
		t.Fatal("the token's digest is not found")
	}
	forged := bytes.Clone(data)
	forged[at+5]++
	w.write("5.x.tsr", forged)
	w.says("time stamps", anchor.Fail, "changed after it was signed")
	sum = sha256.Sum256(forged[begin : begin+len(info)])
	copy(forged[digest:], sum[:])
	w.write("5.x.tsr", forged)
	w.says("time stamps", anchor.Fail, "its signature does not fit")
}

func TestAStampOverOtherBytesIsRefused(t *testing.T) {
	a := newAuthority(t, curve, "sha256", "sha256", "tsa")
	w, dir, base := exportedWorld(t)
	w.trustAuthority(a)
	data := a.stamp(dir, base)
	other, _, _ := exportedWorld(t)
	other.trustAuthority(a)
	if got, err := other.take(data); !errors.Is(err, vigil.ErrRefused) || !strings.Contains(err.Error(), "dates no checkpoint") {
		t.Errorf("%+v, %v", got, err)
	}
	other.write("5.x.tsr", data)
	other.says("time stamps", anchor.Fail, "it dates other bytes")
	w.write("5.tsr", data)
	w.must(os.Remove(w.file("5")))
	w.says("time stamps", anchor.Fail, "a checkpoint that does not stand")
}

// forge makes a response whose time stamp is that of another response, but
// signed anew by the authority's certificate, whatever that is for.
func (a *authority) forge(response []byte) []byte {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, "in.tsr"), response, 0o600); err != nil {
		a.t.Fatal(err)
	}
	shell(a.t, a.dir, `openssl ts -reply -in in.tsr -token_out -out in.token &&
		openssl cms -verify -noverify -inform DER -in in.token -out info.der &&
		openssl cms -sign -binary -nodetach -cades -md sha256 -econtent_type 1.2.840.113549.1.9.16.1.4 -in info.der -signer tsa.pem -inkey tsa.key -outform DER -out out.token`)
	token, err := os.ReadFile(filepath.Join(a.dir, "out.token"))
	if err != nil {
		a.t.Fatal(err)
	}
	granted := append([]byte{0x30, 3, 2, 1, 0}, token...)
	return append([]byte{0x30, 0x82, byte(len(granted) >> 8), byte(len(granted))}, granted...)
}

func TestOnlyCertificatesForTimeStampingCount(t *testing.T) {
	w, dir, base := exportedWorld(t)
	wants := map[string]string{"tsa": "", "loose": "marked as critical", "web": "incompatible key usage"}
	as := map[string]*authority{}
	for usage := range wants {
		as[usage] = newAuthority(t, curve, "sha256", "sha256", usage)
	}
	data := newAuthority(t, curve, "sha256", "sha256", "tsa").stamp(dir, base) // the last: no certificate is younger than its time
	for usage, want := range wants {
		a := as[usage]
		w.trustAuthority(a)
		got, err := w.take(a.forge(data))
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", usage, err)
		case want != "" && (!errors.Is(err, vigil.ErrRefused) || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %+v, %v, want %q", usage, got, err, want)
		}
	}
	if got, err := w.take(data); !errors.Is(err, vigil.ErrRefused) || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("an authority that is not trusted: %+v, %v", got, err)
	}
}

// TestTheSignatureNamesItsCertificate puts another certificate for the same key,
// of the same issuer and number, in the place of the authority's.
func TestTheSignatureNamesItsCertificate(t *testing.T) {
	a := newAuthority(t, "rsa:2048", "sha256", "sha256", "tsa")
	issue := func(name, days string) {
		shell(t, a.dir, "openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -set_serial 4711 -days "+days+" -extfile tsa.cnf -extensions tsa -out "+name+".pem && openssl x509 -in "+name+".pem -outform DER -out "+name+".der")
	}
	issue("tsa", "10")
	issue("twin", "20")
	w, dir, base := exportedWorld(t)
	w.trustAuthority(a)
	data := a.stamp(dir, base)
	own, err := os.ReadFile(filepath.Join(a.dir, "tsa.der"))
	w.must(err)
	twin, err := os.ReadFile(filepath.Join(a.dir, "twin.der"))
	w.must(err)
	if len(own) != len(twin) || !bytes.Contains(data, own) {
		t.Fatalf("certificates of %d and %d bytes", len(own), len(twin))
	}
	w.write("5.x.tsr", data)
	w.says("time stamps", anchor.Pass, "1;")
	w.write("5.x.tsr", bytes.Replace(data, own, twin, 1))
	w.says("time stamps", anchor.Fail, "names another certificate")
}

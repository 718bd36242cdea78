package bundle

import (
	"bytes"
	"crypto/x509"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/needs"
	"vigil/internal/timestamp"
)

// A clock is a time-stamping authority that the real openssl plays.
type clock struct {
	t   *testing.T
	dir string
}

const clockConfig = `[ req ]
distinguished_name = dn
[ dn ]
[ ca ]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[ tsa ]
extendedKeyUsage = critical,timeStamping
[ tsa_config ]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
`

func newClock(t *testing.T) *clock {
	t.Helper()
	needs.Program(t, "openssl")
	c := &clock{t, t.TempDir()}
	put(t, filepath.Join(c.dir, "tsa.cnf"), []byte(clockConfig))
	const key = "ec -pkeyopt ec_paramgen_curve:P-256"
	c.run(`openssl req -config tsa.cnf -x509 -newkey ` + key + ` -nodes -keyout ca.key -out ca.pem -subj "/CN=Invented Root" -days 30 -extensions ca &&
		openssl req -config tsa.cnf -newkey ` + key + ` -nodes -keyout tsa.key -out tsa.csr -subj "/CN=Invented TSA" &&
		openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile tsa.cnf -extensions tsa -out tsa.pem &&
		echo 01 > serial`)
	return c
}

func (c *clock) run(line string) string {
	c.t.Helper()
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = c.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

func (c *clock) answer(request []byte) []byte {
	c.t.Helper()
	put(c.t, filepath.Join(c.dir, "q.tsq"), request)
	c.run("openssl ts -reply -config tsa.cnf -section tsa_config -queryfile q.tsq -inkey tsa.key -signer tsa.pem -out r.tsr")
	b, err := os.ReadFile(filepath.Join(c.dir, "r.tsr"))
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

func (c *clock) roots() *x509.CertPool {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, "ca.pem"))
	if err != nil {
		c.t.Fatal(err)
	}
	pool, err := timestamp.ParseRoots(text)
	if err != nil {
		c.t.Fatal(err)
	}
	return pool
}

// sealedAt writes a bundle that was sealed so long ago, by the clock of this machine:
// openssl stamps by that clock.
func (w world) sealedAt(t *testing.T, at time.Time) (dir string, s *Signing) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "bundle")
	sealing := w.sealing()
	sealing.At = at.UTC().Truncate(time.Second)
	if err := Write(dir, w.contents, sealing); err != nil {
		t.Fatal(err)
	}
	s, err := OpenSigning(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir, s
}

func now(roots *x509.CertPool) VerifyOptions {
	return VerifyOptions{Now: time.Now(), Authorities: roots}
}

// dated asks c and keeps what it answers.
func dated(t *testing.T, c *clock, s *Signing) (reply []byte) {
	t.Helper()
	der, err := s.StampRequest()
	if err != nil {
		t.Fatal(err)
	}
	reply = c.answer(der)
	tok, err := s.CheckStamp(reply, c.roots(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PutStamp(reply, tok); err != nil {
		t.Fatal(err)
	}
	return reply
}

func TestAnAuthorityDatesABundle(t *testing.T) {
	w, c := newWorld(t), newClock(t)
	dir, s := w.sealedAt(t, time.Now().Add(-time.Minute))
	wants(t, dir, now(nil), "timestamp", NotChecked, "the time of sealing is the exporter's word")
	if err := s.PutNoStamp(NoAnswer); err != nil {
		t.Fatal(err)
	}
	wants(t, dir, now(nil), "timestamp", NotChecked, "gave no answer that could be used")
	one, err := s.StampRequest()
	if err != nil {
		t.Fatal(err)
	}
	wants(t, dir, now(nil), "timestamp", NotChecked, "one was asked for")
	if again, err := s.StampRequest(); err != nil || !bytes.Equal(one, again) {
		t.Errorf("the request changes: %v", err)
	}
	dated(t, c, s)
	wants(t, dir, now(c.roots()), "timestamp", Pass, `says "CN=Invented TSA"`)
	wants(t, dir, now(nil), "timestamp", NotChecked, "learn from elsewhere whose root certificate that is")
	wants(t, dir, now(newClock(t).roots()), "timestamp", Fail, "unknown authority")
	if r := mustVerify(t, dir, now(c.roots())); !r.OK() || !s.Stamped() {
		t.Errorf("%+v", r.Layers)
	}
	if err := s.PutNoStamp(NotAsked); err != nil {
		t.Fatal(err)
	}
	wants(t, dir, now(c.roots()), "timestamp", Pass, "")
	// As the folder's VERIFY.txt says, with openssl alone.
	put(t, filepath.Join(dir, "ca.pem"), read(t, filepath.Join(c.dir, "ca.pem")))
	cmd := exec.Command("openssl", "ts", "-verify", "-data", "tagmanifest-sha256.txt", "-in", "signatures/tagmanifest-sha256.txt.tsr",
		"-CAfile", "ca.pem", "-untrusted", "signatures/tsa-chain.pem")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("openssl: %s", out)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAStampOfATimeThatCannotBeIsFound(t *testing.T) {
	w, c := newWorld(t), newClock(t)
	// The exporter's clock was an hour ahead.
	dir, s := w.sealedAt(t, time.Now().Add(time.Hour))
	der, err := s.StampRequest()
	if err != nil {
		t.Fatal(err)
	}
	reply := c.answer(der)
	if _, err := s.CheckStamp(reply, c.roots(), time.Now()); !errors.Is(err, vigil.ErrTampered) || !strings.Contains(err.Error(), "before what it dates") {
		t.Errorf("%v", err)
	}
	tok, err := timestamp.Parse(reply)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PutStamp(reply, tok); err != nil {
		t.Fatal(err)
	}
	o := now(c.roots())
	o.Now = time.Now().Add(2 * time.Hour)
	wants(t, dir, o, "timestamp", Fail, "before what it dates is said to have been made")

	// Whoever checks lives an hour before the stamp was made.
	dir, s = w.sealedAt(t, time.Now().Add(-2*time.Hour))
	dated(t, c, s)
	o.Now = time.Now().Add(-time.Hour)
	wants(t, dir, o, "timestamp", Fail, "in the future")
}

func TestAStampForAnotherRequestIsFound(t *testing.T) {
	w, c := newWorld(t), newClock(t)
	dir, s := w.sealedAt(t, time.Now().Add(-time.Minute))
	if _, err := s.CheckStamp(nil, c.roots(), time.Now()); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("an answer to nothing: %v", err)
	}
	reply := dated(t, c, s)
	query := filepath.Join(dir, "signatures", "tagmanifest-sha256.txt.tsq")
	good := read(t, query)
	again, err := timestamp.NewRequest(s.tags)
	if err != nil {
		t.Fatal(err)
	}
	other, err := timestamp.NewRequest([]byte("other"))
	if err != nil {
		t.Fatal(err)
	}
	for want, der := range map[string][]byte{"its nonce differs": again, "over other bytes": other, "no request in DER": nil} {
		put(t, query, der)
		wants(t, dir, now(c.roots()), "timestamp", Fail, want)
		if _, err := s.CheckStamp(reply, c.roots(), time.Now()); err == nil {
			t.Errorf("%s: taken", want)
		}
	}
	put(t, query, good)
	put(t, filepath.Join(dir, "signatures", "tagmanifest-sha256.txt.tsr"), c.answer(other))
	wants(t, dir, now(c.roots()), "timestamp", Fail, "it dates other bytes")
	if _, err := s.CheckStamp(reply, newClock(t).roots(), time.Now()); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("an authority that nobody trusts: %v", err)
	}
}

// TestEveryChangeOfAStampIsFound changes bytes of each file of a time stamp, and takes
// each away.
func TestEveryChangeOfAStampIsFound(t *testing.T) {
	w, c := newWorld(t), newClock(t)
	dir, s := w.sealedAt(t, time.Now().Add(-time.Minute))
	dated(t, c, s)
	o := now(c.roots())
	honest := layerOf(mustVerify(t, dir, o), "timestamp")
	for _, name := range []string{"tagmanifest-sha256.txt.tsq", "tagmanifest-sha256.txt.tsr", "tsa-chain.pem"} {
		file := filepath.Join(dir, "signatures", name)
		good := read(t, file)
		for i := 0; i < len(good); i += every(17) {
			bad := bytes.Clone(good)
			bad[i] ^= 1
			put(t, file, bad)
			// What a token does not sign may be spelt otherwise; what it says may not.
			if l := layerOf(mustVerify(t, dir, o), "timestamp"); l.Result != Fail && (l != honest || !strings.HasSuffix(name, ".tsr")) {
				t.Fatalf("%s: byte %d changed: %+v", name, i, l)
			}
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if mustVerify(t, dir, o).OK() {
			t.Errorf("%s taken away", name)
		}
		put(t, file, good)
	}
	no := filepath.Join(dir, "signatures", "no-timestamp.txt")
	put(t, no, []byte(NotAsked+"\n"))
	wants(t, dir, o, "timestamp", Fail, "no-timestamp.txt beside")
	for _, name := range []string{"tagmanifest-sha256.txt.tsq", "tagmanifest-sha256.txt.tsr", "tsa-chain.pem"} {
		if err := os.Remove(filepath.Join(dir, "signatures", name)); err != nil {
			t.Fatal(err)
		}
	}
	wants(t, dir, o, "timestamp", NotChecked, string(NotAsked))
	for i := range len(NotAsked) + 1 {
		bad := []byte(NotAsked + "\n")
		bad[i] ^= 1
		put(t, no, bad)
		wants(t, dir, o, "timestamp", Fail, "none of the reasons")
	}
	put(t, no, []byte(NotAsked))
	wants(t, dir, o, "timestamp", Fail, "none of the reasons")
	if err := s.PutNoStamp("for no reason"); err == nil {
		t.Error("any reason will do")
	}
}

func layerOf(r Report, name string) Layer {
	for _, l := range r.Layers {
		if l.Name == name {
			return l
		}
	}
	return Layer{}
}

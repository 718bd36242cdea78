package timestamp_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/needs"
	"vigil/internal/timestamp"
	"vigil/internal/tor"
	"vigil/internal/tor/simnet"
)

// tsaConfig is an authority as openssl-ts(1) wants it described.
const tsaConfig = `[ req ]
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
other_policies = 1.2.3.4.5
digests = sha256, sha384, sha512
accuracy = secs:1, millisecs:500
ess_cert_id_alg = sha256
`

// An authority is a time-stamping authority that the real openssl plays.
type authority struct {
	t   *testing.T
	dir string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	needs.Program(t, "openssl")
	a := &authority{t, t.TempDir()}
	a.write("tsa.cnf", []byte(tsaConfig))
	const key = "ec -pkeyopt ec_paramgen_curve:P-256"
	a.shell(`openssl req -config tsa.cnf -x509 -newkey ` + key + ` -nodes -keyout ca.key -out ca.pem -subj "/CN=Invented Root" -days 30 -extensions ca &&
		openssl req -config tsa.cnf -newkey ` + key + ` -nodes -keyout tsa.key -out tsa.csr -subj "/O=Office of Clocks/CN=Invented TSA" &&
		openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile tsa.cnf -extensions tsa -out tsa.pem &&
		echo 01 > serial`)
	return a
}

func (a *authority) write(name string, data []byte) {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), data, 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) read(name string) []byte {
	a.t.Helper()
	b, err := os.ReadFile(filepath.Join(a.dir, name))
	if err != nil {
		a.t.Fatal(err)
	}
	return b
}

func (a *authority) shell(script string) string {
	a.t.Helper()
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = a.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		a.t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}

const replyCommand = `openssl ts -reply -config tsa.cnf -section tsa_config -queryfile q.tsq -inkey tsa.key -signer tsa.pem -chain ca.pem -out r.tsr`

// reply answers a request.
func (a *authority) reply(request []byte) []byte {
	a.t.Helper()
	a.write("q.tsq", request)
	a.shell(replyCommand)
	return a.read("r.tsr")
}

// ServeHTTP answers as RFC 3161, section 3.4, says.
func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Type") != timestamp.QueryType {
		http.Error(w, "no query", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", timestamp.ReplyType)
	w.Write(a.reply(body))
}

func (a *authority) roots() *x509.CertPool {
	a.t.Helper()
	pool, err := timestamp.ParseRoots(a.read("ca.pem"))
	if err != nil {
		a.t.Fatal(err)
	}
	return pool
}

func request(t *testing.T, data string) ([]byte, timestamp.Request) {
	t.Helper()
	der, err := timestamp.NewRequest([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	r, err := timestamp.ParseRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	return der, r
}

func parse(t *testing.T, response []byte) *timestamp.Token {
	t.Helper()
	tok, err := timestamp.Parse(response)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestAnAuthorityAnswersThroughTor asks openssl behind a web server behind a SOCKS
// proxy, and has openssl check what came of it.
func TestAnAuthorityAnswersThroughTor(t *testing.T) {
	a := newAuthority(t)
	seed := sha256.Sum256([]byte("authority"))
	host := vigil.OnionName(ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey))
	sim, err := simnet.Start(map[string]http.Handler{host: a})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	n, err := tor.New(tor.Config{Proxy: sim.Addr(), Now: time.Now, Secret: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	way, err := n.Authority("http://" + host + "/tsa")
	if err != nil {
		t.Fatal(err)
	}
	client := timestamp.Client{HTTP: &http.Client{Transport: way}, URL: "http://" + host + "/tsa"}
	before := time.Now()
	der, req := request(t, "the manifest")
	response, err := client.Ask(t.Context(), der)
	if err != nil {
		t.Fatal(err)
	}
	tok := parse(t, response)
	if err := errors.Join(req.Answered(tok), tok.Trust(a.roots()), tok.Within(before.Truncate(time.Second), time.Now())); err != nil {
		t.Error(err)
	}
	if !tok.Covers([]byte("the manifest")) || tok.Covers([]byte("the manifest\n")) || !req.Covers([]byte("the manifest")) || req.Covers(nil) {
		t.Error("the token is over other bytes")
	}
	if tok.Accuracy != 1500*time.Millisecond || tok.Policy != "1.2.3.4.1" || !strings.Contains(tok.Authority(), "CN=Invented TSA") {
		t.Errorf("accuracy %v, policy %s, authority %s", tok.Accuracy, tok.Policy, tok.Authority())
	}
	a.write("data", []byte("the manifest"))
	a.write("chain.pem", tok.Chain())
	a.write("kept.tsr", response)
	if out := a.shell(`openssl ts -verify -data data -in kept.tsr -CAfile ca.pem -untrusted chain.pem`); !strings.Contains(out, "Verification: OK") {
		t.Errorf("openssl says %s", out)
	}
	if out := a.shell(`openssl ts -verify -queryfile q.tsq -in kept.tsr -CAfile ca.pem`); !strings.Contains(out, "Verification: OK") {
		t.Errorf("openssl says %s of the nonce", out)
	}
}

func TestAnAnswerToAnotherRequestIsFound(t *testing.T) {
	a := newAuthority(t)
	der, req := request(t, "the manifest")
	tok := parse(t, a.reply(der))
	if err := req.Answered(tok); err != nil {
		t.Fatal(err)
	}
	_, again := request(t, "the manifest")
	_, other := request(t, "another")
	a.write("data", []byte("the manifest"))
	a.shell("openssl ts -query -data data -sha256 -cert -no_nonce -out plain.tsq && openssl ts -query -data data -sha512 -cert -out long.tsq && openssl ts -query -data data -sha256 -cert -tspolicy 1.2.3.4.5 -out policy.tsq")
	byFile := func(name string) timestamp.Request {
		r, err := timestamp.ParseRequest(a.read(name))
		if err != nil {
			t.Fatal(err)
		}
		if !r.Covers([]byte("the manifest")) {
			t.Errorf("%s is over other bytes", name)
		}
		return r
	}
	plain, policy := byFile("plain.tsq"), byFile("policy.tsq")
	for name, c := range map[string]struct {
		req  timestamp.Request
		want string
	}{
		"another nonce": {again, "its nonce differs"}, "other data": {other, "another hash"}, "no nonce": {plain, "its nonce differs"},
		"another hash": {byFile("long.tsq"), "another hash"},
	} {
		if err := c.req.Answered(tok); !errors.Is(err, vigil.ErrTampered) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	under := parse(t, a.reply(a.read("policy.tsq")))
	if err := policy.Answered(under); err != nil || under.Policy != "1.2.3.4.5" {
		t.Errorf("policy %s: %v", under.Policy, err)
	}
	policy.Policy = "1.2.3.4.1"
	if err := policy.Answered(under); err == nil || !strings.Contains(err.Error(), "under policy 1.2.3.4.5") {
		t.Errorf("another policy: %v", err)
	}
	if err := plain.Answered(parse(t, a.reply(a.read("plain.tsq")))); err != nil {
		t.Errorf("a request without nonce: %v", err)
	}
}

func TestARefusalSaysWhy(t *testing.T) {
	a := newAuthority(t)
	a.write("data", []byte("x"))
	a.shell("openssl ts -query -data data -sha1 -cert -out q.tsq; " + replyCommand + " || true")
	_, err := timestamp.Parse(a.read("r.tsr"))
	if err == nil || !strings.Contains(err.Error(), `the authority refused: status 2: "Message digest algorithm is not supported."`) {
		t.Errorf("got %v", err)
	}
}

func TestAStampIsOfATimeThatCanBe(t *testing.T) {
	at := time.Date(2026, 11, 10, 12, 0, 0, 0, time.UTC)
	tok := &timestamp.Token{At: at, Accuracy: 2 * time.Second}
	for _, c := range []struct {
		made, now time.Duration // from at
		want      string
	}{
		{0, 0, ""}, {-time.Hour, time.Hour, ""}, {2 * time.Second, time.Hour, ""},
		{3 * time.Second, time.Hour, "before what it dates"},
		{-time.Hour, -timestamp.Skew - 2*time.Second, ""},
		{-time.Hour, -timestamp.Skew - 3*time.Second, "in the future"},
	} {
		err := tok.Within(at.Add(c.made), at.Add(c.now))
		if c.want == "" && err != nil || c.want != "" && (!errors.Is(err, vigil.ErrTampered) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("made %v, now %v: %v, want %q", c.made, c.now, err, c.want)
		}
	}
}

func TestRequestsDifferInTheirNonceAlone(t *testing.T) {
	one, a := request(t, "x")
	two, b := request(t, "x")
	if bytes.Equal(one, two) || a.Nonce.Cmp(b.Nonce) == 0 || len(one) != len(two) || a.Nonce.BitLen() != 127 {
		t.Errorf("%x\n%x", one, two)
	}
}

func TestRequestsAreReadStrictly(t *testing.T) {
	good, _ := request(t, "x")
	flip := func(at int, to byte) []byte {
		b := bytes.Clone(good)
		b[at] = to
		return b
	}
	for want, der := range map[string][]byte{
		"no request in DER":             nil,
		"bytes after its end":           append(bytes.Clone(good), 0),
		"version 2":                     flip(4, 2),
		"does not ask for":              append([]byte{0x30, good[1] - 3}, good[2:len(good)-3]...),
		"not spelt as DER":              flip(len(good)-1, 0),
		"at most 4096":                  make([]byte, 5000),
		"parameters":                    flip(bytes.Index(good, []byte{5, 0}), 4),
		"want SHA-256, SHA-384 or SHA-": flip(bytes.Index(good, []byte{0x60, 0x86, 0x48})+8, 4),
	} {
		if _, err := timestamp.ParseRequest(der); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%x: %v, want %q", der, err, want)
		}
	}
}

func TestAClientTakesNothingButAnswers(t *testing.T) {
	seed := sha256.Sum256([]byte("authority"))
	host := vigil.OnionName(ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey))
	var handler http.HandlerFunc
	sim, err := simnet.Start(map[string]http.Handler{host: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler(w, r) })})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	n, err := tor.New(tor.Config{Proxy: sim.Addr(), Now: time.Now, Secret: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	way, err := n.Authority("http://" + host + "/")
	if err != nil {
		t.Fatal(err)
	}
	client := timestamp.Client{HTTP: &http.Client{Transport: way}, URL: "http://" + host + "/"}
	reply := func(typ string, size int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", typ)
			w.Write(make([]byte, size))
		}
	}
	for want, h := range map[string]http.HandlerFunc{
		"status 404":            http.NotFound,
		`answered with "text/h`: reply("text/html", 10),
		"longer than 65536":     reply(timestamp.ReplyType, 1<<17),
		"answered with \"\"":    func(w http.ResponseWriter, _ *http.Request) { w.Header()["Content-Type"] = nil },
	} {
		handler = h
		if b, err := client.Ask(t.Context(), []byte("q")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes, %v, want %q", len(b), err, want)
		}
	}
	handler = reply(timestamp.ReplyType+"; x=y", 10)
	if b, err := client.Ask(t.Context(), []byte("q")); err != nil || len(b) != 10 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	if _, err := new(timestamp.Client).Ask(t.Context(), []byte("q")); err == nil {
		t.Error("the zero Client asks somebody")
	}
}

// FuzzRequest holds that a request covers no more than the hash in it.
func FuzzRequest(f *testing.F) {
	der, err := timestamp.NewRequest([]byte("x"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der)
	f.Add(append(bytes.Clone(der), 0))
	f.Add([]byte{0x30, 0x80, 2, 1, 1})
	sum := sha256.Sum256([]byte("x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := timestamp.ParseRequest(b)
		if err == nil && r.Covers([]byte("x")) && !bytes.Contains(b, sum[:]) {
			t.Fatal("it covers what it does not hold")
		}
	})
}

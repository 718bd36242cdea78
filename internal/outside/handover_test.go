package outside

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vigil/internal/needs"
)

// A clock is a time-stamping authority that openssl plays, with the files of a folder.
type clock struct{ dir string }

const clockConfig = `[ req ]
distinguished_name = name
[ name ]
[ root ]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[ clock ]
extendedKeyUsage = critical,timeStamping
[ service ]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
`

func newClock(t *testing.T) *clock {
	t.Helper()
	c := &clock{t.TempDir()}
	put(t, filepath.Join(c.dir, "clock.cnf"), []byte(clockConfig))
	const key = "ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
	must(t, c.dir, "sh", "-e", "-c", `
openssl req -config clock.cnf -x509 -newkey `+key+` -keyout root.key -out root.pem -subj "/CN=Invented Root" -days 2 -extensions root
openssl req -config clock.cnf -newkey `+key+` -keyout clock.key -out clock.csr -subj "/CN=Invented Clock"
openssl x509 -req -in clock.csr -CA root.pem -CAkey root.key -CAcreateserial -days 2 -extfile clock.cnf -extensions clock -out clock.pem
echo 01 > serial`)
	return c
}

// stamp answers a request, and writes the answer to a file.
func (c *clock) stamp(t *testing.T, request, answer string) {
	t.Helper()
	must(t, c.dir, "openssl", "ts", "-reply", "-config", "clock.cnf", "-section", "service",
		"-inkey", "clock.key", "-signer", "clock.pem", "-chain", "root.pem", "-queryfile", request, "-out", answer)
}

// handedOver does what an operator does before a bundle leaves the house: another
// draft of the same listings is made, the exporter seals it and signs, a time stamp is
// carried by hand, a second person approves, and the bundle is packed for a court. Whoever gets it opens it with age and unzip, and checks
// it with openssl, ssh-keygen and VERIFY.txt.
func (e *evidence) handedOver(t *testing.T) {
	needs.Program(t, "age", "age-keygen", "openssl", "unzip", "ssh-keygen")
	desk := t.TempDir() // files of the people in this test
	dir := filepath.Join(desk, "draft")
	clock := newClock(t)
	e.people(t, desk, "exporter", "approver")
	put(t, filepath.Join(e.demo, "case", "log_tsa.pem"), read(t, filepath.Join(clock.dir, "root.pem")))
	vigil := func(args ...string) {
		t.Helper()
		must(t, desk, e.vigil, append([]string{"--case", filepath.Join(e.demo, "case"), "bundle"}, args...)...)
	}
	request, answer := filepath.Join(desk, "request.tsq"), filepath.Join(desk, "answer.tsr")
	draft := []string{"--draft", "--undecided", "-o", dir}
	for _, c := range e.captured(t) {
		draft = append(draft, c.listing)
	}
	vigil(draft...)
	vigil("seal", dir, "--sign-key", "exporter")
	vigil("timestamp", dir, "--request", request)
	clock.stamp(t, request, answer)
	vigil("timestamp", dir, "--response", answer)
	vigil("approve", dir, "--sign-key", "approver")
	must(t, desk, "age-keygen", "-o", "court.key")
	recipient := strings.TrimSpace(must(t, desk, "age-keygen", "-y", "court.key"))
	vigil("release", dir, "-o", "bundle.zip.age", "--to", "Regional Court", "--recipient", recipient)

	t.Run("age", func(t *testing.T) { opened(t, desk) })
	got := unpackedAtCourt(t, desk)
	t.Run("openssl on the time stamp", func(t *testing.T) { stamped(t, got, clock) })
	t.Run("ssh-keygen on the release", func(t *testing.T) { approved(t, got, desk) })
	t.Run("VERIFY.txt at the court", func(t *testing.T) {
		said := paste(t, got)
		for number, want := range good {
			if number == "5" {
				want = `(?s)Verification: OK\n.*Time stamp: `
			}
			if !regexp.MustCompile(want).MatchString(said[number]) {
				t.Errorf("section %q prints %q, want %s", number, said[number], want)
			}
		}
	})
}

// people makes keys, and lists them in the case as those of who may release bundles.
func (e *evidence) people(t *testing.T, desk string, names ...string) {
	t.Helper()
	roster := filepath.Join(e.demo, "case", "allowed_signers")
	text := read(t, roster)
	for _, name := range names {
		must(t, desk, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", name)
		text = append(text, name+`@unit.example namespaces="vigil-release" `+string(read(t, filepath.Join(desk, name+".pub")))...)
	}
	put(t, roster, text)
}

// opened checks that the court's key opens what was handed over, and no other does,
// nor the court's a file that was changed.
func opened(t *testing.T, desk string) {
	must(t, desk, "age", "-d", "-i", "court.key", "-o", "bundle.zip", "bundle.zip.age")
	must(t, desk, "age-keygen", "-o", "other.key")
	if out, err := run(t, desk, "age", "-d", "-i", "other.key", "-o", "other.zip", "bundle.zip.age"); err == nil {
		t.Errorf("another key opens the bundle: %s", out)
	}
	if bytes.Contains(read(t, filepath.Join(desk, "bundle.zip.age")), []byte("bag-info.txt")) {
		t.Error("the encrypted file names its files")
	}
	put(t, filepath.Join(desk, "changed.age"), read(t, filepath.Join(desk, "bundle.zip.age")))
	flip(t, filepath.Join(desk, "changed.age"))
	if out, err := run(t, desk, "age", "-d", "-i", "court.key", "-o", "changed.zip", "changed.age"); err == nil {
		t.Errorf("age opens a file that was changed: %s", out)
	}
}

// unpackedAtCourt unpacks what age gave, and returns the bundle's folder in it.
func unpackedAtCourt(t *testing.T, desk string) string {
	t.Helper()
	must(t, desk, "unzip", "-tq", "bundle.zip")
	must(t, desk, "unzip", "-q", "bundle.zip", "-d", "court")
	found, err := filepath.Glob(filepath.Join(desk, "court", "*", "bagit.txt"))
	if err != nil || len(found) != 1 {
		t.Fatalf("the released file has %d bundles: %v", len(found), err)
	}
	flip(t, filepath.Join(desk, "bundle.zip"))
	if out, err := run(t, desk, "unzip", "-tq", "bundle.zip"); err == nil {
		t.Errorf("unzip sees nothing where a bit of the bundle changed: %s", out)
	}
	return filepath.Dir(found[0])
}

// stamped checks the time stamp with the authority's root, which the court has from
// elsewhere.
func stamped(t *testing.T, dir string, c *clock) {
	verify := func(dir, root string) (string, error) {
		return run(t, dir, "openssl", "ts", "-verify", "-data", "tagmanifest-sha256.txt",
			"-in", "signatures/tagmanifest-sha256.txt.tsr", "-CAfile", root, "-untrusted", "signatures/tsa-chain.pem")
	}
	root := filepath.Join(c.dir, "root.pem")
	if out, err := verify(dir, root); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	must(t, dir, "openssl", "ts", "-verify", "-queryfile", "signatures/tagmanifest-sha256.txt.tsq",
		"-in", "signatures/tagmanifest-sha256.txt.tsr", "-CAfile", root, "-untrusted", "signatures/tsa-chain.pem")
	if out, err := verify(dir, filepath.Join(newClock(t).dir, "root.pem")); err == nil {
		t.Errorf("openssl takes the stamp for another authority's: %s", out)
	}
	changed := filepath.Join(t.TempDir(), "changed")
	if err := os.CopyFS(changed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	answer := filepath.Join(changed, "signatures", "tagmanifest-sha256.txt.tsr")
	good := read(t, answer)
	bad := bytes.Clone(good)
	bad[len(bad)-1] ^= 1 // in its signature, which stands last
	put(t, answer, bad)
	if out, err := verify(changed, root); err == nil {
		t.Errorf("openssl accepts a changed time stamp: %s", out)
	}
	put(t, answer, good)
	flip(t, filepath.Join(changed, "tagmanifest-sha256.txt"))
	if out, err := verify(changed, root); err == nil {
		t.Errorf("openssl takes the stamp for another bundle's: %s", out)
	}
}

// approved checks both signatures under the release with the keys of the two people.
func approved(t *testing.T, dir, desk string) {
	var roster []byte
	for _, name := range []string{"exporter", "approver"} {
		roster = append(roster, name+`@unit.example namespaces="vigil-release" `+string(read(t, filepath.Join(desk, name+".pub")))...)
	}
	put(t, filepath.Join(desk, "roster"), roster)
	pae := filepath.Join(dir, "signatures", "release.pae")
	verify := func(n, name, file string) (string, error) {
		return run(t, dir, "sh", "-c", "ssh-keygen -Y verify -f "+filepath.Join(desk, "roster")+" -I "+name+"@unit.example -n vigil-release -s signatures/release."+n+".sig < "+file)
	}
	for n, name := range map[string]string{"1": "exporter", "2": "approver"} {
		if out, err := verify(n, name, pae); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
	if out, err := verify("1", "approver", pae); err == nil {
		t.Errorf("the exporter's signature passes for the approver's: %s", out)
	}
	changed := filepath.Join(desk, "changed.pae")
	put(t, changed, read(t, pae))
	flip(t, changed)
	if out, err := verify("2", "approver", changed); err == nil {
		t.Errorf("ssh-keygen accepts another statement: %s", out)
	}
}

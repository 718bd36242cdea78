package anchor_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"vigil"
	"vigil/internal/anchor"
	"vigil/internal/needs"
	"vigil/internal/signature"
)

// witness is another party with the implementation of transparency-dev/formats,
// which witnesses of public logs run.
func witness(t *testing.T, name string) (note.Signer, string) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := fnote.NewSignerForCosignatureV1(skey)
	if err != nil {
		t.Fatal(err)
	}
	timed, err := fnote.VKeyToCosignatureV1(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return s, timed
}

// plainWitness signs notes without a time.
func plainWitness(t *testing.T, name string) (note.Signer, string) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	return s, vkey
}

// cosign adds a signature to a signed note.
func (w *world) cosign(signed []byte, by note.Signer) []byte {
	w.t.Helper()
	var own []note.Verifier
	for _, line := range w.trust.Keys.Lines {
		v, err := note.NewVerifier(line)
		w.must(err)
		own = append(own, v)
	}
	n, err := note.Open(signed, note.VerifierList(own...))
	w.must(err)
	out, err := note.Sign(n, by)
	w.must(err)
	return out
}

func (w *world) know(lines ...string) {
	w.t.Helper()
	var err error
	w.trust.Witnesses, err = anchor.ParseWitnesses([]byte(strings.Join(lines, "\n") + "\n"))
	w.must(err)
}

func (w *world) take(data []byte) (anchor.Taken, error) {
	return w.folder.Take(w.t.Context(), w, data, w.trust)
}

func TestAWitnessCountersigns(t *testing.T) {
	w := newWorld(t)
	w.grow(5)
	w.sign()
	w.grow(5)
	w.sign()
	one, key1 := witness(t, "witness.example/w1")
	two, key2 := plainWitness(t, "registry.example")
	w.know("# second parties", key1, key2)
	got, err := w.take(w.cosign(w.read("5"), one))
	if err != nil || got.Size != 5 || got.Log != order || got.Known || !strings.HasPrefix(got.By, "witness.example/w1 on 20") {
		t.Fatalf("%+v, %v", got, err)
	}
	w.says("cosignatures", anchor.Pass, "1 by other parties; the newest checkpoint signed so has 5 entries, by witness.example/w1 on 20")
	if _, err := w.take(w.cosign(w.read("10"), two)); err != nil {
		t.Fatal(err)
	}
	w.says("cosignatures", anchor.Pass, "2 by other parties; the newest checkpoint signed so has 10 entries, by registry.example")
	again, err := w.take(w.cosign(w.read("10"), two))
	if err != nil || !again.Known {
		t.Errorf("the same again: %+v, %v", again, err)
	}

	// A change of what was kept is found, whichever byte it is in.
	kept := filepath.Base(got.File)
	data := w.read(kept)
	for i := range data {
		bad := bytes.Clone(data)
		bad[i] ^= 1
		w.write(kept, bad)
		if c := w.verify()["cosignatures"]; c.Result == anchor.Pass && !strings.HasPrefix(c.Detail, "1 by other parties") {
			// A changed signature of ours in the witness's copy is not what it vouches for.
			own := bytes.Index(data, []byte("— vigil-log-"))
			end := own + bytes.IndexByte(data[own:], '\n')
			if i < own || i > end {
				t.Fatalf("byte %d, %q, changed: %+v", i, data[i], c)
			}
		}
	}
	w.write(kept, data)
	w.must(os.WriteFile(w.file("5.cosigned.x"), w.read(filepath.Base(again.File)), 0o644))
	w.says("cosignatures", anchor.Fail, "it signs another checkpoint")
	w.must(os.Remove(w.file("5.cosigned.x")))
	w.know(key2)
	w.says("cosignatures", anchor.Pass, "1 by keys that log_witnesses does not name")
	w.know()
	w.says("cosignatures", anchor.NotChecked, "2 by keys that log_witnesses does not name")
}

func TestOnlyWitnessesCount(t *testing.T) {
	w := newWorld(t)
	w.grow(5)
	w.sign()
	one, key := witness(t, "witness.example/w1")
	stranger, _ := witness(t, "witness.example/w1")
	refused := func(what string, data []byte) {
		t.Helper()
		if got, err := w.take(data); !errors.Is(err, vigil.ErrRefused) {
			t.Errorf("%s: %+v, %v, want ErrRefused", what, got, err)
		}
	}
	cosigned := w.cosign(w.read("5"), one)
	refused("nobody is known", cosigned)
	w.know(key)
	refused("a stranger of the same name", w.cosign(w.read("5"), stranger))
	refused("our own signature alone", w.read("5"))
	refused("text", []byte("hello\n"))
	refused("nothing", nil)
	w.know(key, w.trust.Keys.Lines[0])
	refused("our own signature, and our key among the witnesses'", w.read("5"))
	other := newWorld(t) // a log of which the witness saw another version
	other.trust.Keys, other.signer = w.trust.Keys, w.signer
	other.grow(4)
	_, err := other.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "else", Action: vigil.ActView, Order: order}})
	w.must(err)
	other.sign()
	refused("another version of the log", w.cosign(other.read("5"), one))
	other.grow(1)
	other.sign()
	if got, err := w.take(w.cosign(other.read("6"), one)); err == nil {
		t.Errorf("a checkpoint that the case does not have: %+v", got)
	}
	if _, err := w.take(cosigned); err != nil {
		t.Error(err)
	}
	if _, err := w.take(bytes.Repeat([]byte("x"), 1<<20)); err == nil {
		t.Error("took a megabyte")
	}
}

func TestWitnessesAreReadStrictly(t *testing.T) {
	_, timed := witness(t, "w")
	_, plain := plainWitness(t, "w")
	for name, c := range map[string]struct{ in, want string }{
		"a word":        {"witness", "line 1: no key of a witness"},
		"twice":         {timed + "\n" + timed, "line 2: key"},
		"another ID":    {strings.Replace(timed, "+", "+0", 1)[:len(timed)], "line 1: "},
		"another name":  {"v" + timed, "its ID is"},
		"a plain name":  {"v" + plain, "do not belong together"},
		"another type":  {"w+00000000+Bqqq", "is of type 6"},
		"a short key":   {"w+00000000+BKqq", "a key of 32 bytes"},
		"no name":       {timed[1:], "a name"},
		"ssh, half":     {"\n\nsomebody ssh-ed25519", "line 3: "},
		"ssh, patterns": {"* ssh-ed25519 AAAA", "line 1: "},
		"too many":      {many(t, 65), "line 65: more than 64"},
	} {
		if w, err := anchor.ParseWitnesses([]byte(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v, want %q", name, w, err, c.want)
		}
	}
}

func many(t *testing.T, n int) string {
	t.Helper()
	var lines []string
	for range n {
		_, line := plainWitness(t, "w")
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// TestASecondPartyWithSSHKeygen follows the exported page.
func TestASecondPartyWithSSHKeygen(t *testing.T) {
	needs.Program(t, "ssh-keygen")
	w := newWorld(t)
	w.grow(5)
	w.sign()
	dir := t.TempDir()
	if n, err := w.folder.Export(t.Context(), w, []string{"", order}, dir, w.trust.Keys); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	shell(t, dir, "ssh-keygen -q -t ed25519 -N '' -C x -f KEY")
	page := exported(t, dir)
	shell(t, dir, command(t, page, "ssh-keygen -Y sign"))
	sig, err := os.ReadFile(filepath.Join(dir, order+"-5.text.sig"))
	w.must(err)
	public, err := os.ReadFile(filepath.Join(dir, "KEY.pub"))
	w.must(err)
	if _, err := w.take(sig); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("nobody is known: %v", err)
	}
	w.know(`registrar@court.example namespaces="vigil-log" ` + strings.TrimSpace(string(public)))
	got, err := w.take(sig)
	if err != nil || got.Size != 5 || got.By != "registrar@court.example" {
		t.Fatalf("%+v, %v", got, err)
	}
	w.says("cosignatures", anchor.Pass, "by registrar@court.example")
	kept := filepath.Base(got.File)
	w.write(kept, bytes.Replace(sig, []byte("U1NI"), []byte("U1NJ"), 1))
	w.says("cosignatures", anchor.Fail, kept)
	w.write(kept, sig)
	w.know(`registrar@court.example namespaces="vigil-order" ` + strings.TrimSpace(string(public)))
	if c := w.verify()["cosignatures"]; c.Result == anchor.Pass {
		t.Errorf("a key for orders alone counts: %+v", c)
	}
	other := newWorld(t)
	other.grow(7)
	other.sign()
	other.trust.Witnesses = w.trust.Witnesses
	if got, err := other.take(sig); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("a signature over another log: %+v, %v", got, err)
	}
}

func TestOurOpenSSHSignatureIsGood(t *testing.T) {
	needs.Program(t, "ssh-keygen")
	w := newWorld(t)
	w.grow(5)
	w.sign()
	public, err := os.ReadFile(w.file("5"))
	w.must(err)
	text, _, _ := strings.Cut(string(public), "\n\n")
	dir := t.TempDir()
	_, line, err := signature.GenerateKey("x") // another's, to see that the check can fail
	w.must(err)
	w.must(os.WriteFile(filepath.Join(dir, "text"), []byte(text+"\n"), 0o600))
	w.must(os.WriteFile(filepath.Join(dir, "sig"), w.read("5.sig"), 0o600))
	w.must(os.WriteFile(filepath.Join(dir, "key"), w.ssh, 0o600))
	w.must(os.WriteFile(filepath.Join(dir, "stranger"), []byte("vigil-case "+string(line)), 0o600))
	shell(t, dir, `(printf 'vigil-case '; ssh-keygen -y -f key) > allowed`)
	shell(t, dir, `ssh-keygen -Y verify -f allowed -I vigil-case -n vigil-log -s sig < text`)
	cmd := exec.Command("sh", "-c", `ssh-keygen -Y verify -f stranger -I vigil-case -n vigil-log -s sig < text`)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err == nil {
		t.Errorf("good for a stranger's key: %s", out)
	}
}

// shell runs a command line in dir, which must succeed.
func shell(t *testing.T, dir, line string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", line, err, out)
	}
	return string(out)
}

// exported returns the page that an export wrote.
func exported(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "ANCHOR-*.txt"))
	if err != nil || len(names) != 1 {
		t.Fatalf("pages %q, %v", names, err)
	}
	b, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// command returns the line of a page that begins with words.
func command(t *testing.T, page, words string) string {
	t.Helper()
	for line := range strings.Lines(page) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, words) {
			return line
		}
	}
	t.Fatalf("no command %q on the page:\n%s", words, page)
	return ""
}

// TestAWitnessTakesTheRequest plays the server of c2sp.org/tlog-witness over the
// exported request: it finds the proof good, and its answer goes behind the
// checkpoint as the page says.
func TestAWitnessTakesTheRequest(t *testing.T) {
	w := newWorld(t)
	one, key := witness(t, "witness.example/w1")
	w.know(key)
	var seen *tree
	for _, n := range []int{5, 3, 9} {
		w.grow(n)
		size := w.sign()
		dir := t.TempDir()
		_, err := w.folder.Export(t.Context(), w, []string{order}, dir, w.trust.Keys)
		w.must(err)
		names, err := filepath.Glob(filepath.Join(dir, "*.add-checkpoint"))
		if err != nil || len(names) != 1 {
			t.Fatal(names, err)
		}
		request, err := os.ReadFile(names[0])
		w.must(err)
		seen = addCheckpoint(t, seen, string(request))
		base := strings.TrimSuffix(names[0], ".add-checkpoint")
		signed := w.cosign(w.read(filepath.Base(strings.TrimPrefix(filepath.Base(base), order+"-"))), one)
		ours, err := os.ReadFile(base + ".checkpoint")
		w.must(err)
		w.must(os.WriteFile(base+".answer", bytes.TrimPrefix(signed, ours), 0o644))
		shell(t, dir, command(t, exported(t, dir), "cat "))
		data, err := os.ReadFile(base + ".cosigned")
		w.must(err)
		if got, err := w.take(data); err != nil || got.Size != size {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	w.says("cosignatures", anchor.Pass, "3 by other parties; the newest checkpoint signed so has 17 entries")
}

package keyring_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"filippo.io/age"

	"vigil/internal/keyring"
	"vigil/internal/needs"
)

func TestEachRecipientOpensWhatIsEncryptedToAll(t *testing.T) {
	one, two, other := identity(t), identity(t), identity(t)
	var sealed bytes.Buffer
	w, err := keyring.EncryptTo(&sealed, one.Recipient(), two.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	text := bytes.Repeat([]byte("the bundle "), 100_000)
	for part := range bytes.Lines(text) {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, id := range []*keyring.Identity{one, two} {
		if got, err := id.Open(sealed.Bytes()); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
	if _, err := other.Open(sealed.Bytes()); err == nil {
		t.Error("somebody else opens it")
	}
	if bytes.Contains(sealed.Bytes(), []byte("the bundle")) {
		t.Error("it is not encrypted")
	}
}

func identity(t *testing.T) *keyring.Identity {
	t.Helper()
	id, err := keyring.NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestHybridRecipientsOpenToo(t *testing.T) {
	id, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	w, err := keyring.EncryptTo(&sealed, id.Recipient().String())
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "the bundle")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(&sealed, id)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || string(b) != "the bundle" {
		t.Errorf("%q, %v", b, err)
	}
	if w, err := keyring.EncryptTo(io.Discard, id.Recipient().String(), identity(t).Recipient()); err == nil {
		t.Errorf("%v: both kinds in one file weaken the stronger", w)
	}
}

func TestRecipientsAreReadStrictly(t *testing.T) {
	a := identity(t)
	for want, to := range map[string][]string{
		"0 recipients":    nil,
		"65 recipients":   make([]string, 65),
		"is no recipient": {"age1x"},
		"named twice":     {a.Recipient(), a.Recipient()},
		`"ssh-ed25519`:    {"ssh-ed25519 AAAA"},
		`"AGE-SECRET-KEY`: {"AGE-SECRET-KEY-1X"},
		`"age1pq1x"`:      {"age1pq1x"},
	} {
		if _, err := keyring.EncryptTo(io.Discard, to...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", to, err, want)
		}
		if err := keyring.CheckRecipients(to...); err == nil {
			t.Errorf("%v passes", to)
		}
	}
}

func TestAgeOpensWhatWeEncrypt(t *testing.T) {
	needs.Program(t, "age")
	dir := t.TempDir()
	id := identity(t)
	var sealed bytes.Buffer
	w, err := keyring.EncryptTo(&sealed, id.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "the bundle")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"id": id.File("test"), "b.age": sealed.Bytes()} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("age", "-d", "-i", "id", "b.age")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "the bundle" {
		t.Errorf("%q, %v", out, err)
	}
}

// BenchmarkEncryptTo shows that memory stays flat.
func BenchmarkEncryptTo(b *testing.B) {
	id, err := keyring.NewIdentity()
	if err != nil {
		b.Fatal(err)
	}
	block := make([]byte, 1<<20)
	b.SetBytes(256 << 20)
	for b.Loop() {
		w, err := keyring.EncryptTo(io.Discard, id.Recipient())
		if err != nil {
			b.Fatal(err)
		}
		for range 256 {
			if _, err := w.Write(block); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapSys)/(1<<20), "MB-heap")
}

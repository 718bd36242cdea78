package keyring

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)

func identity(t testing.TB) *Identity {
	t.Helper()
	id, err := NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// newRing makes a ring for some identities.
func newRing(t testing.TB, ids ...*Identity) *Ring {
	t.Helper()
	var to []Recipient
	for i, id := range ids {
		to = append(to, Recipient{Key: id.Recipient(), Comment: fmt.Sprint("number ", i)})
	}
	r, err := Make(filepath.Join(t.TempDir(), "vigil.db.keys"), now, to...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// opened reads r's file and opens it.
func opened(t testing.TB, r *Ring, id *Identity) (*Ring, error) {
	t.Helper()
	again, err := Read(r.path)
	if err != nil {
		return nil, err
	}
	return again, again.Unlock(id)
}

func wantKeys(t *testing.T, r *Ring, id *Identity, want ...Key) {
	t.Helper()
	got, err := opened(t, r, id)
	if err != nil {
		t.Error(err)
		return
	}
	if len(got.Keys()) != len(want) {
		t.Errorf("%d keys, want %d", len(got.Keys()), len(want))
		return
	}
	for i, k := range got.Keys() {
		if k != want[i] {
			t.Errorf("key %d is another: %s, want %s", i, k, want[i])
		}
	}
}

func TestARingOpensForItsRecipients(t *testing.T) {
	a, b, c := identity(t), identity(t), identity(t)
	r := newRing(t, a, b)
	keys := r.Keys()
	if len(keys) != 1 || keys[0] == (Key{}) || keys[0].Secret == newRing(t, a).Keys()[0].Secret {
		t.Fatalf("keys %v: want one, and a fresh one each time", keys)
	}
	wantKeys(t, r, a, keys...)
	wantKeys(t, r, b, keys...)
	if _, err := opened(t, r, c); !errors.Is(err, ErrOtherKey) {
		t.Errorf("a stranger: %v, want ErrOtherKey", err)
	}
	locked, err := Read(r.path)
	if err != nil || len(locked.Keys()) != 0 || len(locked.Recipients()) != 2 || len(locked.Infos()) != 1 {
		t.Errorf("locked: %v, %v", locked, err)
	}
	if info, err := os.Stat(r.path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v; want mode 600", info, err)
	}
	if err := r.UnlockWith("phrase"); !errors.Is(err, ErrPassphrase) {
		t.Errorf("a passphrase: %v, want ErrPassphrase", err)
	}
}

func TestRecipientsComeAndGo(t *testing.T) {
	a, b := identity(t), identity(t)
	r := newRing(t, a)
	keys := r.Keys()
	if err := r.Add(now, Recipient{Key: b.Recipient(), Comment: "the court"}); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, r, a, keys...)
	wantKeys(t, r, b, keys...)
	if err := r.Add(now, Recipient{Key: b.Recipient()}); err == nil {
		t.Error("one recipient twice: no error")
	}
	if err := r.Add(now, Recipient{Key: "age1nonsense"}); err == nil {
		t.Error("no recipient: no error")
	}
	if err := r.Remove(a.Recipient()); err != nil {
		t.Fatal(err)
	}
	if _, err := opened(t, r, a); !errors.Is(err, ErrOtherKey) {
		t.Errorf("who was removed: %v, want ErrOtherKey", err)
	}
	wantKeys(t, r, b, keys...)
	if err := r.Remove(a.Recipient()); err == nil {
		t.Error("removed twice: no error")
	}
	if err := r.Remove(b.Recipient()); err == nil {
		t.Error("the last was removed")
	}
	wantKeys(t, r, b, keys...)
}

func TestALockedRingChangesNothing(t *testing.T) {
	a := identity(t)
	r := newRing(t, a)
	before, err := os.ReadFile(r.path)
	if err != nil {
		t.Fatal(err)
	}
	locked, err := Read(r.path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = locked.Next(now)
	for what, err := range map[string]error{"next": err, "add": locked.Add(now, Recipient{Key: identity(t).Recipient()}), "settle another": locked.Settle([4]byte{})} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if after, err := os.ReadFile(r.path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was changed, %v", err)
	}
}

func TestARotationHasBothKeysUntilItIsSettled(t *testing.T) {
	a := identity(t)
	r := newRing(t, a)
	old := r.Keys()[0]
	next, err := r.Next(now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	wantKeys(t, r, a, old, next)
	if infos := r.Infos(); len(infos) != 2 || infos[0].State != Current || infos[1].State != Next || infos[1].ID != next.ID {
		t.Errorf("infos %+v", infos)
	}
	// Given up: the old one stays. It takes no key to say so.
	given, err := Read(r.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := given.Settle(old.ID); err != nil {
		t.Fatal(err)
	}
	wantKeys(t, r, a, old)
	if r, err = opened(t, r, a); err != nil {
		t.Fatal(err)
	}
	if next, err = r.Next(now); err != nil {
		t.Fatal(err)
	}
	if err := r.Settle(next.ID); err != nil {
		t.Fatal(err)
	}
	if keys := r.Keys(); len(keys) != 1 || keys[0] != next {
		t.Errorf("keys %v, want %v", keys, next)
	}
	wantKeys(t, r, a, next)
	text, err := os.ReadFile(r.path)
	if err != nil || strings.Contains(string(text), hexID(old.ID)) || !strings.Contains(string(text), Current) {
		t.Errorf("the file still names the old key: %s, %v", text, err)
	}
}

func TestAPassphraseOpensItsRing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys")
	r, err := MakeWithPassphrase(path, now, "correct horse", 8)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Read(path)
	if err != nil || !again.ByPassphrase() {
		t.Fatal(again, err)
	}
	if err := again.UnlockWith("wrong horse"); !errors.Is(err, ErrPassphrase) {
		t.Errorf("a wrong passphrase: %v, want ErrPassphrase", err)
	}
	if err := again.Unlock(identity(t)); !errors.Is(err, ErrOtherKey) {
		t.Errorf("an identity: %v, want ErrOtherKey", err)
	}
	if err := again.UnlockWith("correct horse"); err != nil || again.Keys()[0] != r.Keys()[0] {
		t.Errorf("the passphrase: %v", err)
	}
	again.work = 8
	next, err := again.Next(now)
	if err != nil {
		t.Fatal(err)
	}
	if again, err = Read(path); err != nil {
		t.Fatal(err)
	}
	if err := again.UnlockWith("correct horse"); err != nil || again.Keys()[1] != next {
		t.Errorf("after a rotation: %v", err)
	}
	if err := again.Add(now, Recipient{Key: identity(t).Recipient()}); err == nil {
		t.Error("a recipient beside a passphrase: no error")
	}
}

// TestAnAlteredKeyFileIsFoundOut: nobody adds himself for the next rotation.
func TestAnAlteredKeyFileIsFoundOut(t *testing.T) {
	a, thief := identity(t), identity(t)
	r := newRing(t, a)
	other := newRing(t, a)
	for what, alter := range map[string]func(f *file){
		"a recipient more":   func(f *file) { f.Recipients = append(f.Recipients, Recipient{Key: thief.Recipient()}) },
		"another recipient":  func(f *file) { f.Recipients[0].Key = thief.Recipient() },
		"another comment":    func(f *file) { f.Recipients[0].Comment = "the court" },
		"another's MAC":      func(f *file) { f.Keys[0].MAC = other.f.Keys[0].MAC },
		"no MAC":             func(f *file) { f.Keys[0].MAC = "" },
		"another ID":         func(f *file) { f.Keys[0].ID = "00000000" },
		"another's key":      func(f *file) { f.Keys[0].Age = other.f.Keys[0].Age },
		"no age file":        func(f *file) { f.Keys[0].Age = "" },
		"a byte of the wrap": func(f *file) { f.Keys[0].Age = strings.Replace(f.Keys[0].Age, "A", "B", 1) },
		"a longer key":       func(f *file) { f.Keys[0].Age = wrappedFor(t, a, 33) },
		"a shorter key":      func(f *file) { f.Keys[0].Age = wrappedFor(t, a, 31) },
		"a key of the thief's": func(f *file) {
			f.Recipients = append(f.Recipients, Recipient{Key: thief.Recipient()})
			f.Keys = append(f.Keys, other.f.Keys...)
		},
	} {
		var bad file
		text, err := json.Marshal(r.f)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &bad); err != nil {
			t.Fatal(err)
		}
		alter(&bad)
		path := filepath.Join(t.TempDir(), "keys")
		changed := &Ring{path: path, f: bad}
		if text, err = json.Marshal(bad); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := opened(t, changed, a)
		if !errors.Is(err, ErrAltered) || got != nil && len(got.Keys()) > 0 {
			t.Errorf("%s: %v, want ErrAltered", what, err)
		}
	}
}

func wrappedFor(t *testing.T, id *Identity, n int) string {
	t.Helper()
	text, err := armored(make([]byte, n), id.x.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAnExistingFileIsLeftAlone(t *testing.T) {
	r := newRing(t, identity(t))
	if _, err := Make(r.path, now, Recipient{Key: identity(t).Recipient()}); !errors.Is(err, os.ErrExist) {
		t.Errorf("made again: %v, want ErrExist", err)
	}
	if _, err := Make(filepath.Join(t.TempDir(), "k"), now); err == nil {
		t.Error("a ring for nobody: no error")
	}
	if err := os.Chmod(r.path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(r.path); !errors.Is(err, ErrExposed) {
		t.Errorf("readable by others: %v, want ErrExposed", err)
	}
}

func TestIdentityFilesAreReadWithCare(t *testing.T) {
	id := identity(t)
	name := filepath.Join(t.TempDir(), "case.agekey")
	for what, tt := range map[string]struct {
		text string
		mode os.FileMode
		want error
	}{
		"good": {string(id.File("a comment")), 0o600, nil}, "read by the group": {string(id.File("")), 0o640, ErrExposed}, "read by others": {string(id.File("")), 0o604, ErrExposed},
		"empty": {"", 0o600, errors.ErrUnsupported}, "two": {string(id.File("")) + string(identity(t).File("")), 0o600, errors.ErrUnsupported},
		"cut": {string(id.File(""))[:120], 0o600, errors.ErrUnsupported}, "too long": {strings.Repeat("#\n", maxIdentity), 0o600, errors.ErrUnsupported},
	} {
		os.Remove(name)
		if err := os.WriteFile(name, []byte(tt.text), tt.mode); err != nil {
			t.Fatal(err)
		}
		got, err := ReadIdentity(name)
		switch {
		case tt.want == nil && (err != nil || got.Recipient() != id.Recipient()):
			t.Errorf("%s: %v", what, err)
		case tt.want == ErrExposed && !errors.Is(err, ErrExposed), tt.want != nil && err == nil:
			t.Errorf("%s: %v, want %v", what, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "AGE-SECRET") {
			t.Errorf("%s: %v quotes the key", what, err)
		}
	}
	if _, err := ReadIdentity(t.TempDir()); err == nil {
		t.Error("a folder: no error")
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	id := identity(t)
	k := Key{ID: [4]byte{1}, Secret: [32]byte{0: 222, 1: 173}}
	secret := strings.TrimSpace(strings.SplitN(string(id.File("")), "AGE-SECRET-KEY-", 2)[1])
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
		for _, x := range []any{id, k, []Key{k}, struct{ *Identity }{id}} {
			got := fmt.Sprintf(verb, x)
			if strings.Contains(got, secret[:20]) || strings.Contains(got, "dead") || strings.Contains(got, "222 173") {
				t.Errorf("%s of %T shows %s", verb, x, got)
			}
		}
	}
	if b, err := json.Marshal(id); err == nil || strings.Contains(string(b), secret[:20]) {
		t.Errorf("JSON: %s, %v", b, err)
	}
}

func TestSealedTextOpensForItsIdentity(t *testing.T) {
	a, b := identity(t), identity(t)
	data, err := a.Seal([]byte("synthetic"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := a.Open(data); err != nil || string(got) != "synthetic" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := b.Open(data); err == nil {
		t.Error("another's key opens it")
	}
	data[len(data)-1] ^= 1
	if _, err := a.Open(data); err == nil {
		t.Error("a damaged file opens")
	}
}

// FuzzKeyFile reads files as whoever can write to the folder may leave them there:
// what is read is written again as the same, and opens for nobody new.
func FuzzKeyFile(f *testing.F) {
	id := identity(f)
	r := newRing(f, id)
	text, err := os.ReadFile(r.path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"version":1,"recipients":[{"key":"passphrase"}],"keys":[{"id":"00000000","state":"current"}]}`))
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(`{"version":1}{}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := parse(b)
		if err != nil {
			return
		}
		again, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parse(again); err != nil {
			t.Errorf("%s is read, and as %s refused: %v", b, again, err)
		}
		ring := &Ring{f: got}
		if ring.Unlock(id) == nil && ring.Keys()[0].Secret == r.Keys()[0].Secret && fmt.Sprint(got.Recipients) != fmt.Sprint(r.f.Recipients) {
			t.Errorf("opens with other recipients: %s", b)
		}
	})
}

// TestAChangeByAnotherProcessIsSeen before a ring that was read earlier writes it over.
func TestAChangeByAnotherProcessIsSeen(t *testing.T) {
	id := identity(t)
	mine := newRing(t, id)
	if err := mine.Fresh(); err != nil {
		t.Errorf("as it was made: %v", err)
	}
	other, err := opened(t, mine, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Next(time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := mine.Fresh(); err == nil {
		t.Error("another has added a key, and it was not seen")
	}
	if err := other.Fresh(); err != nil {
		t.Errorf("the other's own change: %v", err)
	}
	if err := other.Delete(); err != nil {
		t.Fatal(err)
	}
	if err := mine.Fresh(); err == nil {
		t.Error("the file is gone, and that was not seen")
	}
}

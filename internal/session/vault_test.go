package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil"
)

// sealedFile is where the session of testSource("a") lies.
func sealedFile(v *Vault) string { return filepath.Join(v.dir, "ORD-1+a.age") }

// anew returns a vault over the same files that knows nothing yet.
func (v *Vault) anew(t testing.TB, phrase string) *Vault {
	t.Helper()
	return testVault(t, Config{Dir: v.dir, KeyFile: v.keyFile, Passphrase: phrase, Now: v.now})
}

func saved(t testing.TB, v *Vault, text string) *Jar {
	t.Helper()
	j := imported(t, v, text)
	if err := j.Save(); err != nil {
		t.Fatal(err)
	}
	return j
}

func open(t testing.TB, v *Vault) *Jar {
	t.Helper()
	j, err := v.Open(testSource("a"))
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// all spells every cookie of j out, in order.
func all(j *Jar) string {
	var lines []string
	for _, e := range j.lasting() {
		lines = append(lines, e.show()+" since "+e.created.UTC().Format(time.RFC3339))
	}
	return strings.Join(lines, "\n")
}

func TestASessionOutlivesTheProgram(t *testing.T) {
	v := testVault(t, Config{})
	cookies, err := Parse(strings.NewReader(strings.ReplaceAll(login+
		"#HttpOnly_.MARKET\tTRUE\t/a\tTRUE\t1900000000\tq\t\"x\"\n#HttpOnly_.MARKET\tTRUE\t/b\tFALSE\t0\tr\t\n", "MARKET", market)))
	if err != nil {
		t.Fatal(err)
	}
	j, _, err := v.Import(cookies, testSource("a"), "Mozilla/5.0 (invented)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Open(testSource("a")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before it was saved: %v, want fs.ErrNotExist", err)
	}
	if err := j.Save(); err != nil {
		t.Fatal(err)
	}
	got := open(t, v.anew(t, ""))
	if all(got) != all(j) || len(got.entries) != 3 {
		t.Errorf("opened\n%s\nsaved\n%s", all(got), all(j))
	}
	if got.ID() != j.ID() || got.UserAgent() != j.UserAgent() || got.Info() != j.Info() {
		t.Errorf("opened %+v, saved %+v", got.Info(), j.Info())
	}
	u := parsed(t, "http://"+market+"/")
	got.SetCookies(u, []*http.Cookie{{Name: "sid", Value: "renewed", Path: "/"}})
	if err := got.Save(); err != nil {
		t.Fatal(err)
	}
	again := open(t, v.anew(t, ""))
	if sent(t, again, u.String()) != "sid=renewed" || again.ID() != j.ID() {
		t.Errorf("sent %q after the service renewed the login", sent(t, again, u.String()))
	}
	before, _ := os.ReadFile(sealedFile(v))
	if err := again.Save(); err != nil {
		t.Fatal(err)
	}
	if after, _ := os.ReadFile(sealedFile(v)); !bytes.Equal(before, after) {
		t.Error("a session that did not change was written again")
	}
}

func TestFilesAreSealedAndTheirOwnersOnly(t *testing.T) {
	v := testVault(t, Config{})
	saved(t, v, login)
	for name, mode := range map[string]fs.FileMode{
		v.dir: 0o700 | fs.ModeDir, filepath.Dir(v.keyFile): 0o700 | fs.ModeDir, v.keyFile: 0o600, sealedFile(v): 0o600,
	} {
		st, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if st.Mode() != mode {
			t.Errorf("%s has mode %v, want %v", name, st.Mode(), mode)
		}
	}
	data, err := os.ReadFile(sealedFile(v))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{needle, market, "sid", "ORD-1"} {
		if bytes.Contains(data, []byte(s)) {
			t.Errorf("the sealed file shows %s", s)
		}
	}
	if files, _ := os.ReadDir(v.dir); len(files) != 1 {
		t.Errorf("%d files, want one", len(files))
	}
}

func TestOpenRefuses(t *testing.T) {
	v := testVault(t, Config{})
	saved(t, v, login)
	good, err := os.ReadFile(sealedFile(v))
	if err != nil {
		t.Fatal(err)
	}
	b := testSource("b")
	moved := filepath.Join(v.dir, "ORD-1+b.age")
	if err := os.WriteFile(moved, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Open(b); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("a file moved to another source: %v, want a refusal", err)
	}
	b.Name, b.SessionAllowed = "a", false
	if _, err := v.Open(b); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("an order without session: %v, want a refusal", err)
	}
	for _, name := range []string{"../a", "", ".", "a/b", "a+b", strings.Repeat("a", 65)} {
		b := testSource(name)
		if _, err := v.Open(b); !errors.Is(err, vigil.ErrRefused) {
			t.Errorf("source %q: %v, want a refusal", name, err)
		}
	}
	for i := 0; i < len(good); i += 7 {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if err := os.WriteFile(sealedFile(v), bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Open(testSource("a")); err == nil {
			t.Fatalf("byte %d of %d changed: opened", i, len(good))
		}
	}
	if err := os.WriteFile(sealedFile(v), good[:len(good)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Open(testSource("a")); err == nil {
		t.Error("cut short: opened")
	}
}

// Dots may stand in the names of orders and sources; their files stay apart.
func TestNamesWithDotsDoNotMeet(t *testing.T) {
	v := testVault(t, Config{})
	x, y := vigil.Source{Order: "A.B", Name: "C"}, vigil.Source{Order: "A", Name: "B.C"}
	fx, _ := v.file(x)
	fy, _ := v.file(y)
	if fx == fy || fx == "" {
		t.Errorf("%s/%s and %s/%s both lie in %s", x.Order, x.Name, y.Order, y.Name, fx)
	}
}

// Whoever seals a file for the key is not thereby believed.
func TestOpenChecksWhatWasSealed(t *testing.T) {
	v := testVault(t, Config{})
	saved(t, v, login)
	cookie := func(c sealedCookie) string {
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	good := sealedCookie{Name: "a", Value: needle, Domain: market, Path: "/"}
	injected, foreign, nameless := good, good, good
	injected.Value, foreign.Domain, nameless.Name = needle+"\r\nX: y", "shop.example", ""
	head := `{"version":1,"order":"ORD-1","source":"a","id":"00112233445566778899aabbccddeeff","imported":"2026-11-02T12:00:00Z","cookies":[`
	for name, x := range map[string]struct {
		text string
		ok   bool
	}{
		"good":              {head + cookie(good) + "]}", true},
		"a header line":     {head + cookie(injected) + "]}", false},
		"a foreign domain":  {head + cookie(foreign) + "]}", false},
		"no name":           {head + cookie(nameless) + "]}", false},
		"too many":          {head + strings.Repeat(cookie(good)+",", maxCookies) + cookie(good) + "]}", false},
		"an unknown key":    {head + `],"` + needle + `":1}`, false},
		"text after it":     {head + "]}" + needle, false},
		"a brace after it":  {head + "]}}", false},
		"a text as version": {strings.Replace(head, ":1,", `:"`+needle+`",`, 1) + "]}", false},
		"another version":   {strings.Replace(head, ":1,", ":2,", 1) + "]}", false},
		"a short ID":        {strings.Replace(head, "00112233", "", 1) + "]}", false},
		"a bad user agent":  {strings.Replace(head, `"cookies"`, `"user_agent":"x\r\ny","cookies"`, 1) + "]}", false},
	} {
		data, err := v.key.Seal([]byte(x.text))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(sealedFile(v), data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = v.Open(testSource("a"))
		if (err == nil) != x.ok || err != nil && strings.Contains(err.Error(), needle) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheKeyFileIsGuarded(t *testing.T) {
	v := testVault(t, Config{})
	j := saved(t, v, login)
	key, err := os.ReadFile(v.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o601} {
		if err := os.Chmod(v.keyFile, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := v.anew(t, "").Open(testSource("a")); !errors.Is(err, ErrExposed) {
			t.Errorf("mode %#o: %v, want ErrExposed", mode, err)
		}
		if _, _, err := v.anew(t, "").Import(cookiesOf(j), testSource("a"), ""); !errors.Is(err, ErrExposed) {
			t.Errorf("mode %#o: import: %v, want ErrExposed", mode, err)
		}
	}
	if err := os.Chmod(v.keyFile, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty": "", "garbage": "AGE-SECRET-KEY-1" + needle, "two keys": string(key) + string(key), "larger than any": strings.Repeat("#\n", maxKey),
	} {
		if err := os.WriteFile(v.keyFile, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := v.anew(t, "").Open(testSource("a"))
		if err == nil || strings.Contains(err.Error(), needle) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := os.Remove(v.keyFile); err != nil {
		t.Fatal(err)
	}
	if _, err := v.anew(t, "").Open(testSource("a")); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the key is gone: %v, must not read as: there is no session", err)
	}
	if _, _, err := v.anew(t, "").Import(cookiesOf(j), testSource("a"), ""); err == nil {
		t.Error("the key is gone: an import would have hidden that the other sessions are lost")
	}
}

func cookiesOf(j *Jar) (cookies []Cookie) {
	for _, e := range j.lasting() {
		cookies = append(cookies, e.Cookie)
	}
	return cookies
}

func TestAPassphraseGuardsTheKey(t *testing.T) {
	v := testVault(t, Config{})
	v.passphrase = hide("correct horse")
	saved(t, v, login)
	key, err := os.ReadFile(v.keyFile)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(key, []byte("AGE-SECRET-KEY")) {
		t.Error("the key file shows the key")
	}
	if got := sent(t, open(t, v.anew(t, "correct horse")), "http://"+market+"/"); got != "sid="+needle {
		t.Errorf("sent %q", got)
	}
	for _, phrase := range []string{"", "wrong horse"} {
		if _, err := v.anew(t, phrase).Open(testSource("a")); !errors.Is(err, ErrPassphrase) || strings.Contains(err.Error(), "horse") {
			t.Errorf("passphrase %q: %v", phrase, err)
		}
	}
	plain := testVault(t, Config{})
	saved(t, plain, login)
	if _, err := plain.anew(t, "correct horse").Open(testSource("a")); !errors.Is(err, ErrPassphrase) {
		t.Errorf("a passphrase for a key that is not wrapped: %v", err)
	}
}

func TestForget(t *testing.T) {
	v := testVault(t, Config{})
	saved(t, v, login)
	src, src2 := testSource("a"), testSource("b")
	j2, _, err := v.Import(cookiesOf(imported(t, v, login)), src2, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := j2.Save(); err != nil {
		t.Fatal(err)
	}
	witness := filepath.Join(t.TempDir(), "witness") // the same blocks under another name
	keyWitness := witness + "-key"
	if err := errors.Join(os.Link(sealedFile(v), witness), os.Link(v.keyFile, keyWitness)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(sealedFile(v)+partial, []byte("left by a crash"), 0o600); err != nil {
		t.Fatal(err)
	}
	fresh := v.anew(t, "wrong, and not needed")
	if !fresh.Has(src) {
		t.Error("Has says no")
	}
	if err := fresh.Forget(src); err != nil {
		t.Fatal(err)
	}
	if fresh.Has(src) {
		t.Error("Has still says yes")
	}
	if left, _ := os.ReadFile(witness); len(left) == 0 || len(bytes.Trim(left, "\x00")) != 0 {
		t.Errorf("%d bytes were not overwritten", len(bytes.Trim(left, "\x00")))
	}
	if files, _ := os.ReadDir(v.dir); len(files) != 1 {
		t.Errorf("%d files, want the other session's", len(files))
	}
	if err := fresh.Forget(src); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("forgotten twice: %v", err)
	}
	if _, err := v.anew(t, "").Open(src2); err != nil {
		t.Errorf("the other session: %v", err)
	}
	if err := fresh.Forget(src2); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadFile(keyWitness); len(left) == 0 || len(bytes.Trim(left, "\x00")) != 0 {
		t.Error("the key was not overwritten with the last session")
	}
	if _, err := os.Stat(v.keyFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the key file: %v", err)
	}
}

func TestASaveThatFailsLeavesTheOldSession(t *testing.T) {
	v := testVault(t, Config{})
	j := saved(t, v, login)
	if err := os.MkdirAll(filepath.Join(sealedFile(v)+partial, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	u := parsed(t, "http://"+market+"/")
	j.SetCookies(u, []*http.Cookie{{Name: "sid", Value: "renewed", Path: "/"}})
	if err := j.Save(); err == nil {
		t.Fatal("saved")
	}
	if got := sent(t, open(t, v.anew(t, "")), u.String()); got != "sid="+needle {
		t.Errorf("sent %q, want the old login", got)
	}
	if err := os.RemoveAll(sealedFile(v) + partial); err != nil {
		t.Fatal(err)
	}
	if err := j.Save(); err != nil {
		t.Fatal(err)
	}
	if got := sent(t, open(t, v.anew(t, "")), u.String()); got != "sid=renewed" {
		t.Errorf("sent %q: what could not be saved was not saved later", got)
	}
}

func TestAJarIsUsedFromManySides(t *testing.T) {
	v := testVault(t, Config{})
	j := imported(t, v, login)
	u := parsed(t, "http://"+market+"/")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 20 {
				j.SetCookies(u, []*http.Cookie{{Name: fmt.Sprint("n", i), Value: fmt.Sprint(n)}})
				j.Cookies(u)
				if err := j.Save(); err != nil {
					t.Error(err)
				}
				if _, err := v.Open(testSource("a")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	want := "sid=" + needle
	if got := sent(t, open(t, v.anew(t, "")), u.String()); !strings.HasPrefix(got, want) || strings.Count(got, "=19") != 8 {
		t.Errorf("sent %q, want the login and the last of each", got)
	}
}

// A session that was saved must never be too large to be opened.
func TestTheLargestCookieFitsItsBound(t *testing.T) {
	j := imported(t, testVault(t, Config{}), login)
	c := Cookie{
		name: "n", value: hide(strings.Repeat("&", maxCookie-1)), quoted: true, hostOnly: true, secure: true, httpOnly: true,
		domain: strings.Repeat("a", maxAttribute-len(market)-1) + "." + market, path: "/" + strings.Repeat(`"`, maxAttribute-1),
		expires: today.Add(time.Nanosecond),
	}
	if !c.sound() {
		t.Fatal("the largest cookie is not sound")
	}
	one, err := j.text([]entry{{Cookie: c, created: c.expires}})
	if err != nil {
		t.Fatal(err)
	}
	none, err := j.text(nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(one) - len(none); n > maxSealedCookie || n < maxSealedCookie-512 {
		t.Errorf("a cookie is sealed as %d bytes, at most %d", n, maxSealedCookie)
	}
}

func FuzzSealed(f *testing.F) {
	v := testVault(f, Config{})
	good, err := imported(f, v, login).text(imported(f, v, login).lasting())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(good))
	f.Add(strings.Replace(string(good), needle, "\\u000d\\n", 1))
	f.Fuzz(func(t *testing.T, text string) {
		j, err := v.parse([]byte(text), testSource("a"))
		if err != nil {
			return
		}
		for _, e := range j.entries {
			if !e.sound() {
				t.Fatalf("took %s", e.show())
			}
		}
		again, err := j.text(j.sorted())
		if err != nil {
			return // a year that JSON reads but does not write
		}
		k, err := v.parse(again, testSource("a"))
		if err != nil || all(k) != all(j) {
			t.Fatalf("sealed anew: %v", err)
		}
	})
}

package bolt_test

import (
	"bytes"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// TestACaseOfVersion3StaysPlain: all that was there is as it was, the bodies too,
// and can be sealed afterwards.
func TestACaseOfVersion3StaysPlain(t *testing.T) {
	path := oldCaseOf(t, "3")
	before := contents(t, path)
	s := openAt(t, path, time.Date(2026, 11, 3, 9, 0, 14, 0, time.UTC)) // when it was closed
	r, err := store.Verify(t.Context(), s, nil)
	if err != nil || r.Entries != 9 || r.Records != 8 || r.Bodies != 2 || r.Mentions != 2 || r.Rows != 2 {
		t.Errorf("verify: %+v, %v; want 9 entries, 8 records, 2 bodies, mentions and rows", r, err)
	}
	if _, encrypted := s.KeyID(); encrypted {
		t.Error("said to be encrypted")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(before, contents(t, path+".v3")) {
		t.Error("the copy is not what was there")
	}
	if info, err := os.Stat(path + ".v3"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v; want mode 600", info, err)
	}
	after := contents(t, path)
	for at, v := range before {
		if at.bucket != "meta" && after[at] != v {
			t.Errorf("%+v went from %q to %q", at, v, after[at])
		}
	}
	if v, c := after[spot{"meta", "", "version"}], after[spot{"meta", "", "cipher"}]; v != "5" || c != "none" {
		t.Errorf("version %q, cipher %q; want 5 and none", v, c)
	}

	if err := rewrite(t, path, bolt.Rewriting{To: testKey(1)}); err != nil {
		t.Fatal(err)
	}
	all := show(t, path, testKey(1))
	if len(all.Items) != 2 || len(all.Mentions) != 2 || len(all.Listed) != 1 || all.Sources[0].Because == "" || !strings.HasPrefix(string(all.Page.Body), "<p>synthetic") {
		t.Errorf("sealed, it shows %+v", all)
	}
	if b, err := os.ReadFile(path); err != nil || bytes.Contains(b, []byte("harbour")) {
		t.Errorf("a word can be read in it (%v)", err)
	}
}

// TestABodyIsStoredSmall: and comes back as it was, if nobody changed it.
func TestABodyIsStoredSmall(t *testing.T) {
	for name, keys := range ciphers() {
		path := t.TempDir() + "/vigil.db"
		s, err := bolt.Create(path, bolt.Options{Keys: keys})
		if err != nil {
			t.Fatal(err)
		}
		p := wordyPage("ORD-1/m", 1)
		if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActImport}, Record: p}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		at := spot{"bodies", p.BodySHA256, "zstd"}
		stored := contents(t, path)[at]
		if len(stored) == 0 || len(stored) > pageSize/2 {
			t.Errorf("cipher %s: stored in %d bytes, want it compressed", name, len(stored))
		}
		if s, err = bolt.Open(path, bolt.Options{Keys: keys}); err != nil {
			t.Fatal(err)
		}
		got, err := s.Page(t.Context(), p.ID)
		if err != nil || !bytes.Equal(got.Body, p.Body) {
			t.Errorf("cipher %s: %d bytes came back, %v", name, len(got.Body), err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(stored); i += 1 + len(stored)/20 {
			at := spot{"bodies", p.BodySHA256, "zstd"}
			wantTampered(t, path, at, []byte(stored), "flipped", putter(at, flipped([]byte(stored), i)))
		}
	}
}

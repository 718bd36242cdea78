package bolt_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/bbolt"

	"vigil"
	"vigil/store"
	"vigil/store/bolt"
)

// oldMentions says what the case of layout version 2 mentions: key, listing and
// minute of the capture, vendor, model and place.
func oldMentions() []string {
	return []string{
		`h160:pkh:01 a 1 "harbour" m2 10`,
		`h160:pkh:01 a 2 "harbour two" m2 12`,
		`h160:pkh:01 b 3 "" m2 20`,
		`h160:pkh:01 b 3 "" m2 60`,
		`tg:alfa b 3 "" m2 0`,
		`xmr:02 a 1 "harbour" m2 90`,
	}
}

// mentioned returns what a case mentions, spelt like oldMentions.
func mentioned(t *testing.T, s *bolt.Store) (out []string) {
	t.Helper()
	names := map[string]string{}
	for _, n := range []string{"a", "b", "c"} {
		names[vigil.NewListingID("ORD-1/market-a", "http://x.onion/"+n)] = n
	}
	for m, err := range s.Mentions(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		minute := int(m.At.Sub(time.Date(2026, 11, 3, 9, 0, 0, 0, time.UTC)).Minutes())
		out = append(out, fmt.Sprintf("%s %s %d %q %s %d", m.Identifier.Key, names[m.Listing], minute, m.Vendor, m.Model, m.Identifier.Start))
		id := m.Identifier
		if id.Value != id.Key+" value" || id.Raw != "raw <"+id.Key+">" || id.End != id.Start+5 || len(id.Readings) != 2 || m.Source != "ORD-1/market-a" {
			t.Errorf("mention %+v is not as it was assessed", m)
		}
	}
	return out
}

func TestACaseOfVersion2GetsItsMentions(t *testing.T) {
	path := oldCaseOf(t, "2")
	before := contents(t, path)
	s := openAt(t, path, oldNow.Add(6*time.Second)) // when it was closed: no clock is set back
	got := mentioned(t, s)
	slices.Sort(got) // listings came in the order of their IDs, which are hashes
	if diff := cmp.Diff(oldMentions(), got); diff != "" {
		t.Errorf("mentions (-want +got):\n%s", diff)
	}
	r, err := store.Verify(t.Context(), s, nil)
	if err != nil || r.Mentions != 6 || r.Records != 15 || r.Bodies != 4 {
		t.Errorf("verify: %+v, %v; want 6 mentions, 15 records, 4 bodies", r, err)
	}
	a := vigil.NewListingID("ORD-1/market-a", "http://x.onion/a")
	for page, want := range map[string][2]string{"1": {"m2", "a first"}, "2": {"m2", "a second"}} {
		id := pageAt(t, s, "http://x.onion/a", page)
		as, err := s.AssessmentOf(t.Context(), a, id)
		if err != nil || as.Model != want[0] || as.Page != id {
			t.Errorf("assessment of capture %s is %+v, %v", page, as, err)
		}
		l, err := s.ListingOf(t.Context(), a, id)
		if err != nil || l.Title != want[1] {
			t.Errorf("listing of capture %s is %+v, %v", page, l, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(before, contents(t, path+".v2")) {
		t.Error("the copy is not what was there")
	}
	if info, err := os.Stat(path + ".v2"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy: %v, %v; want mode 600", info, err)
	}
	// All that was there is as it was.
	after := contents(t, path)
	for at, v := range before {
		if at.bucket != "meta" && after[at] != v {
			t.Errorf("%+v went from %q to %q", at, v, after[at])
		}
	}
}

// pageAt returns the ID of the page of an address that was captured at a minute.
func pageAt(t *testing.T, s *bolt.Store, url, minute string) string {
	t.Helper()
	for p, err := range s.Pages(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if p.URL == url && p.CapturedAt.Format("4") == minute {
			return p.ID
		}
	}
	t.Fatalf("no page of %s at minute %s", url, minute)
	return ""
}

// TestAnUpgradeThatWasCutShortBeginsAgain: some indexes are there, half filled
// and with entries of what an old program has changed since.
func TestAnUpgradeThatWasCutShortBeginsAgain(t *testing.T) {
	path := oldCaseOf(t, "2")
	edit(t, path, func(tx *bbolt.Tx) error {
		for _, name := range []string{"captures", "mentions"} {
			b, err := tx.CreateBucket([]byte(name))
			if err != nil {
				return err
			}
			if err := b.Put([]byte("stale"), []byte("stale")); err != nil {
				return err
			}
		}
		return nil
	})
	s := openOld(t, path)
	if n := len(mentioned(t, s)); n != 6 {
		t.Errorf("%d mentions, want 6", n)
	}
	if _, err := store.Verify(t.Context(), s, nil); err != nil {
		t.Error(err)
	}
}

// TestALargeCaseIsUpgradedInPieces: one of version 2 with more than a transaction
// of the upgrade takes.
func TestALargeCaseIsUpgradedInPieces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vigil.db")
	s, err := bolt.Create(path, bolt.Options{Tool: "test"})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for n := range 300 {
		wg.Go(func() {
			a := benchAssessment("page", n, 2)
			l := vigil.Listing{ID: a.ID, Source: a.Source, Page: a.Page, Vendor: fmt.Sprint("vendor ", n), Description: strings.Repeat("synthetic ", 7_000)}
			for _, r := range []vigil.Record{l, a} {
				if _, err := s.Record(t.Context(), vigil.Result{Act: vigil.Act{Actor: "w", Action: vigil.ActClassify}, Record: r}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string][]byte{}
	for _, name := range []string{"captures", "mentions"} {
		want[name] = entries(t, path, name)
	}
	edit(t, path, func(tx *bbolt.Tx) error {
		for _, name := range []string{"captures", "mentions", "rows", "listed"} {
			if err := tx.DeleteBucket([]byte(name)); err != nil {
				return err
			}
		}
		return tx.Bucket([]byte("meta")).Put([]byte("version"), []byte("2"))
	})
	if s, err = bolt.Open(path, bolt.Options{Tool: "test"}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, all := range want {
		if got := entries(t, path, name); len(all) < 300 || !maps.EqualFunc(all, got, bytes.Equal) {
			t.Errorf("%s has %d entries after the upgrade, not the %d of before", name, len(got), len(all))
		}
	}
}

// TestADamagedOldRecordIsPassedOver: the case opens, and its check tells.
func TestADamagedOldRecordIsPassedOver(t *testing.T) {
	path := oldCaseOf(t, "2")
	edit(t, path, func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("records"))
		c := b.Cursor()
		for k, _ := c.Seek([]byte("assessment\x00")); k != nil && string(k[:11]) == "assessment\x00"; k, _ = c.Next() {
			if err := b.Put(k, []byte("{")); err != nil {
				return err
			}
		}
		return nil
	})
	s := openOld(t, path)
	if n := len(mentioned(t, s)); n != 0 {
		t.Errorf("%d mentions, want none", n)
	}
	if _, err := store.Verify(t.Context(), s, nil); err == nil {
		t.Error("verify finds nothing wrong")
	}
}

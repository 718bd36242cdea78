package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.etcd.io/bbolt"
)

// emptyBucket is what a damaged file, or somebody who wants to hide something,
// does to a script's case: empty FILE BUCKET.
func emptyBucket(ts *testscript.TestScript, _ bool, args []string) {
	db, err := bbolt.Open(ts.MkAbs(args[0]), 0o600, nil)
	ts.Check(err)
	err = db.Update(func(tx *bbolt.Tx) error {
		if err := tx.DeleteBucket([]byte(args[1])); err != nil {
			return err
		}
		_, err := tx.CreateBucket([]byte(args[1]))
		return err
	})
	ts.Check(errors.Join(err, db.Close()))
}

// FuzzManifest: whatever a backup says of itself, no name leads out of its folder.
func FuzzManifest(f *testing.F) {
	hash := "0000000000000000000000000000000000000000000000000000000000000000"
	f.Add([]byte(`{"version":1,"made":"2026-11-03T09:00:00Z","tool":"t","store":"vigil.db","logs":[{"log":"","size":1,"root":"` + hash + `"}],"files":[{"name":"vigil.db","size":1,"sha256":"` + hash + `"}],"left_out":[]}`))
	f.Add([]byte(`{"version":1,"store":"../x","files":[{"name":"../x","size":1,"sha256":"` + hash + `"}]}`))
	f.Add([]byte(`{"version":1,"store":"a/../../x","files":[{"name":"a/../../x","size":1,"sha256":"` + hash + `"}]}`))
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := parseManifest(b)
		if err != nil {
			return
		}
		wantHarmless(t, m)
	})
}

// wantHarmless looks at the names as simply as can be.
func wantHarmless(t *testing.T, m manifest) {
	t.Helper()
	if len(m.Files) == 0 || m.Files[0].Name != m.Store || m.Version != 1 {
		t.Errorf("a manifest without its store was taken: %+v", m)
	}
	for _, f := range m.Files {
		for part := range strings.SplitSeq(f.Name, "/") {
			if part == "" || part == "." || part == ".." || strings.ContainsAny(part, "\\\x00") {
				t.Errorf("name %q was taken", f.Name)
			}
		}
		if len(f.SHA256) != 64 || f.Size < 0 || f.Name == manifestFile {
			t.Errorf("file %+v was taken", f)
		}
	}
}

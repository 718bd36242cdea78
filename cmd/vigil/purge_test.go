package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
	"github.com/rogpeppe/go-internal/testscript"

	"vigil"
	"vigil/internal/retention"
	"vigil/store"
	"vigil/store/bolt"
)

// agedHost is the synthetic market of an aged case.
const agedHost = "http://aged.onion/"

// fillAged puts into a new case what was collected under an order that ended ten
// days ago and allows sixty: each listing under its own name, and with needles
// that begin with it.
func fillAged(path string) (ids map[string]string, err error) {
	now := time.Now().UTC()
	ago := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	s, err := bolt.Open(path, bolt.Options{Tool: "test", Now: func() time.Time { return ago(75) }})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	put := func(action string, r vigil.Record, rows []vigil.ListRow, next ...vigil.Task) {
		if err == nil {
			_, err = s.Record(context.Background(), vigil.Result{Act: vigil.Act{Actor: "inv-04", Action: action}, Record: r, Rows: rows, Next: next})
		}
	}
	src := vigil.Source{Order: "ORD-1", Name: "m", NotBefore: ago(100), NotAfter: ago(10), Start: []string{agedHost}}
	put(vigil.ActAuthorize, vigil.Order{ID: "ORD-1", NotBefore: ago(100), NotAfter: ago(10), RetentionDays: 60, Sources: []vigil.Source{src}}, nil)
	ids = map[string]string{}
	capture := func(name string, days int, typ vigil.PageType) vigil.Page {
		u := agedHost + name + "-url"
		body := []byte("<p>" + strings.Repeat(name+"-body ", 500))
		p := vigil.Page{Source: src.ID(), URL: u, FinalURL: u, Method: vigil.ByFetch, CapturedAt: ago(days), RawSHA256: vigil.SumHex(body), BodySHA256: vigil.SumHex(body), BodySize: int64(len(body)), Body: body}
		p.ID = vigil.NewPageID(p)
		ids[name] = vigil.NewListingID(src.ID(), u)
		put(vigil.ActFetch, p, nil, vigil.NewTask(vigil.Fetch, src.ID(), u), vigil.NewTask(vigil.Extract, src.ID(), p.ID))
		put(vigil.ActExtract, vigil.Listing{ID: ids[name], Source: p.Source, Page: p.ID, URL: u, PageType: typ, Title: name + `-title <&"ä`}, nil)
		return p
	}
	assess := func(name string, days int, l vigil.Level) vigil.Page {
		p := capture(name, days, vigil.PageListing)
		var next []vigil.Task
		if l.Rank() >= vigil.LevelReview.Rank() {
			next = append(next, vigil.NewTask(vigil.Review, src.ID(), p.ID))
		}
		put(vigil.ActClassify, vigil.Assessment{ID: ids[name], Source: p.Source, Page: p.ID, Level: l, Identifiers: []vigil.Identifier{{Kind: "btc", Key: "btc:" + name + "-key", Value: name + "-key"}}}, nil, next...)
		return p
	}
	for _, d := range []struct {
		name string
		days int
		vigil.Verdict
	}{
		{"old", 40, vigil.NotRelevant}, {"held", 40, vigil.NotRelevant}, {"exported", 40, vigil.NotRelevant}, {"tied", 40, vigil.NotRelevant}, {"other", 40, vigil.NotRelevant},
		{"young", 5, vigil.NotRelevant}, {"unsure", 70, vigil.Unsure}, {"relevant", 70, vigil.Relevant}, {"asked", 5, vigil.Relevant},
	} {
		p := assess(d.name, 72, vigil.LevelReview)
		put(vigil.ActDecide, vigil.Decision{Listing: ids[d.name], Source: p.Source, Page: p.ID, Verdict: d.Verdict, Time: ago(d.days), Note: d.name + "-note", Reviewer: "rev-1"}, nil)
	}
	assess("quiet", 50, vigil.LevelNone)
	assess("waiting", 50, vigil.LevelReview)
	capture("index", 50, vigil.PageIndex)
	put(vigil.ActTie, vigil.Tie{ID: vigil.NewTieID(vigil.TieJoin, ids["tied"], ids["other"], ""), Kind: vigil.TieJoin, A: ids["tied"], B: ids["other"]}, nil)
	rows := []vigil.ListRow{{N: 1, Raw: "listed-raw", Party: "listed-party", Parsed: []vigil.ListID{{Kind: "btc", Key: "btc:listed-key"}}}}
	w := vigil.Watchlist{Name: "list", AsOf: "2026-01-02", ID: vigil.NewWatchlistID("list", "2026-01-02", ""), Rows: 1, ImportedAt: ago(72)}
	rows[0].List, ids["list"] = w.ID, w.ID
	w.RowsSHA256, _ = vigil.HashRows(rows)
	put(vigil.ActList, w, rows)
	if err != nil {
		return nil, err
	}
	_, err = s.Record(context.Background(), vigil.Result{Act: vigil.Act{
		Actor: "inv-04", Action: vigil.ActExport, Order: "ORD-1", Object: vigil.Object{Type: "bundle", ID: "bundle-1"}, Details: map[string]string{retention.DetailExported: ids["exported"]},
	}})
	return ids, err
}

// agedCase DIR fills the new case in DIR, and sets a variable for each ID.
func agedCase(ts *testscript.TestScript, _ bool, args []string) {
	ids, err := fillAged(filepath.Join(ts.MkAbs(args[0]), "vigil.db"))
	ts.Check(err)
	for name, id := range ids {
		ts.Setenv(strings.ToUpper(name), id)
	}
}

// needle DIR TEXT… fails unless each text is in a file below DIR, in one form or
// another; with ! before it, if any is.
func needle(ts *testscript.TestScript, neg bool, args []string) {
	for _, text := range args[1:] {
		where, err := holding(ts.MkAbs(args[0]), text)
		ts.Check(err)
		if neg == (len(where) > 0) {
			ts.Fatalf("%q is in %v", text, where)
		}
	}
}

// holding returns the files below dir that hold a text as it is, or as JSON, hex,
// base64, UTF-16 or part of an URL, or any of that in zstd.
func holding(dir, text string) (names []string, err error) {
	err = filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, part := range append(unzipped(b), b) {
			for form, f := range formsOf(text) {
				if bytes.Contains(part, f) {
					names = append(names, filepath.Base(name)+" as "+form)
				}
			}
		}
		return nil
	})
	return names, err
}

func formsOf(text string) map[string][]byte {
	quoted, _ := json.Marshal(text)
	var wide []byte
	for _, u := range utf16.Encode([]rune(text)) {
		wide = binary.LittleEndian.AppendUint16(wide, u)
	}
	forms := map[string][]byte{
		"text": []byte(text), "JSON": bytes.Trim(quoted, `"`), "hex": []byte(hex.EncodeToString([]byte(text))),
		"UTF-16": wide, "URL": []byte(url.QueryEscape(text)),
	}
	for i := range 3 { // where the text begins within a group of three bytes
		enc := base64.StdEncoding.EncodeToString(append(make([]byte, i), text...))
		forms["base64+"+string(rune('0'+i))] = []byte(enc[4*min(i, 1) : len(enc)-4])
	}
	return forms
}

// unzipped returns what can be read of every zstd frame in b.
func unzipped(b []byte) (out [][]byte) {
	magic := []byte{0x28, 0xb5, 0x2f, 0xfd}
	for i := bytes.Index(b, magic); i >= 0 && i < len(b); {
		if d, err := zstd.NewReader(bytes.NewReader(b[i:]), zstd.WithDecoderMaxMemory(64<<20)); err == nil {
			plain, _ := io.ReadAll(io.LimitReader(d, 64<<20))
			out = append(out, plain)
			d.Close()
		}
		next := bytes.Index(b[i+1:], magic)
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return out
}

// What looks for needles must find them.
func TestNeedlesAreFoundInEveryForm(t *testing.T) {
	const text = `a needle <&"ä`
	for form, f := range formsOf(text) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x"), append([]byte("hay "), f...), 0o600); err != nil {
			t.Fatal(err)
		}
		if where, err := holding(dir, text); err != nil || len(where) == 0 {
			t.Errorf("as %s: not found, %v", form, err)
		}
	}
	for i := range 3 {
		enc := base64.StdEncoding.EncodeToString([]byte("hay"[:i] + text + "straw"))
		if ok := bytes.Contains([]byte(enc), formsOf(text)["base64+"+string(rune('0'+i))]); !ok {
			t.Errorf("base64 behind %d bytes: not found in %s", i, enc)
		}
	}
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	frame := w.EncodeAll([]byte(strings.Repeat("straw ", 50)+text), []byte("hay"))
	if err := os.WriteFile(filepath.Join(dir, "x"), append(frame, "more hay"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if where, err := holding(dir, text); err != nil || len(where) == 0 {
		t.Errorf("in zstd: not found, %v", err)
	}
}

// firstHold VAR SCOPE takes the ID of the first hold of a scope from "vigil hold
// list --json", which must have been the last command, into $VAR.
func firstHold(ts *testscript.TestScript, _ bool, args []string) {
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		var h vigil.Hold
		ts.Check(json.Unmarshal([]byte(line), &h))
		if string(h.Scope) == args[1] {
			ts.Setenv(args[0], h.ID)
			return
		}
	}
	ts.Fatalf("no hold of %s", args[1])
}

// halfPurge DIR LISTING erases a listing as a purge does that is killed before it
// writes the case file anew.
func halfPurge(ts *testscript.TestScript, _ bool, args []string) {
	s, err := bolt.Open(filepath.Join(ts.MkAbs(args[0]), "vigil.db"), bolt.Options{Tool: "test"})
	ts.Check(err)
	_, err = s.Erase(context.Background(), store.Erasure{What: vigil.TypeListing, ID: args[1], Act: vigil.Act{Actor: "inv-04", Action: vigil.ActErase}})
	ts.Check(errors.Join(err, s.Close()))
}

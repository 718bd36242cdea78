package bundle

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/release"
	"vigil/internal/signature"
)

// people are those who release a bundle in these tests.
type people struct {
	world
	officer, chief, stranger party
}

func newPeople(t testing.TB) people {
	return people{newWorld(t), newParty(t, "officer@unit.example", signature.Release), newParty(t, "chief@unit.example", signature.Release), newParty(t, "x@unit.example", signature.Release)}
}

func (p party) signRelease(t testing.TB, e *release.Envelope) {
	t.Helper()
	sig, err := signature.Sign(p.private, e.PAE(), signature.Release)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.AddArmored(sig); err != nil {
		t.Fatal(err)
	}
}

// release writes a bundle whose release the given people signed; as said is who the
// statement says has exported it.
func (p people) release(t testing.TB, exporter string, by ...party) (dir string, s *Signing) {
	t.Helper()
	dir = p.write(t)
	s, err := OpenSigning(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(by) == 0 {
		return dir, s
	}
	e, err := s.NewEnvelope(exporter)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range by {
		b.signRelease(t, e)
	}
	all := by[0].signers(t, by[1:]...)
	signers, err := e.By(all)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PutRelease(e, signers); err != nil {
		t.Fatal(err)
	}
	return dir, s
}

// trusting are options under which these people count, beside court and exporter.
func (p people) trusting(t testing.TB, who ...party) VerifyOptions {
	t.Helper()
	return VerifyOptions{Signers: p.court.signers(t, append([]party{p.exporter}, who...)...), Now: later}
}

// wants verifies a bundle and compares one layer.
func wants(t *testing.T, dir string, o VerifyOptions, layer string, want Result, text string) {
	t.Helper()
	for _, l := range mustVerify(t, dir, o).Layers {
		if l.Name != layer {
			continue
		}
		if l.Result != want || !strings.Contains(l.Detail, text) {
			t.Errorf("%s: %s, %s\nwant %s, …%s…", layer, l.Result, l.Detail, want, text)
		}
		return
	}
	t.Errorf("no layer %s", layer)
}

func TestTwoPeoplesReleaseVerifies(t *testing.T) {
	p := newPeople(t)
	dir, _ := p.release(t, "officer@unit.example", p.officer, p.chief)
	o := p.trusting(t, p.officer, p.chief)
	wants(t, dir, o, "release", Pass, "agreed to by officer@unit.example, key SHA256:")
	if r := mustVerify(t, dir, o); !r.OK() {
		t.Errorf("%+v", r.Layers)
	}
	wants(t, dir, VerifyOptions{Now: later}, "release", NotChecked, "said to be of chief@unit.example")
	wants(t, dir, p.trusting(t), "release", NotChecked, "have nobody for namespace vigil-release")
	wants(t, dir, p.trusting(t, p.officer), "release", Fail, "not an allowed signer's")
}

func TestAReleaseStepByStep(t *testing.T) {
	p := newPeople(t)
	dir, s := p.release(t, "")
	o := p.trusting(t, p.officer, p.chief)
	wants(t, dir, o, "release", NotChecked, "nobody has agreed to its release")
	if _, err := s.Envelope(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("envelope: %v", err)
	}
	dir, s = p.release(t, "officer@unit.example", p.officer)
	wants(t, dir, o, "release", NotChecked, "no second person has agreed yet")
	wants(t, dir, VerifyOptions{Now: later}, "release", NotChecked, "no second person has agreed yet")
	e, err := s.Envelope()
	if err != nil {
		t.Fatal(err)
	}
	p.chief.signRelease(t, e)
	by, err := e.By(p.officer.signers(t, p.chief))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PutRelease(e, by); err != nil {
		t.Fatal(err)
	}
	wants(t, dir, o, "release", Pass, "")
	// The files of a run that was cut short are put right by the next.
	put(t, filepath.Join(dir, "signatures", "release.3.sig"), []byte("x"))
	wants(t, dir, o, "release", Fail, "release.3.sig")
	if err := s.PutRelease(e, by); err != nil {
		t.Fatal(err)
	}
	wants(t, dir, o, "release", Pass, "")
}

// TestOnePersonsReleaseIsFound lets one person look like two, as far as the bundle
// goes.
func TestOnePersonsReleaseIsFound(t *testing.T) {
	p := newPeople(t)
	second := newParty(t, "officer@unit.example", signature.Release)
	alias := second
	alias.line = strings.Replace(second.line, "officer@", "chief@", 1)
	for name, c := range map[string]struct {
		exporter string
		by       []party
		trusted  []party
		want     string
	}{
		"two keys of one":                 {"officer@unit.example", []party{p.officer, second}, []party{p.officer, second}, "alone"},
		"two keys of one, and a lie":      {"officer@unit.example", []party{p.officer, alias}, []party{p.officer, second}, "is of officer@unit.example, not of chief@unit.example"},
		"the exporter has not signed":     {"officer@unit.example", []party{p.stranger, p.chief}, []party{p.stranger, p.chief}, "has not signed"},
		"a stranger":                      {"officer@unit.example", []party{p.officer, p.stranger}, []party{p.officer, p.chief}, "not an allowed signer's"},
		"one alone, and not the exporter": {"officer@unit.example", []party{p.chief}, []party{p.officer, p.chief}, "has not signed"},
	} {
		dir, _ := p.release(t, c.exporter, c.by...)
		t.Run(name, func(t *testing.T) { wants(t, dir, p.trusting(t, c.trusted...), "release", Fail, c.want) })
	}
	dir, _ := p.release(t, "officer@unit.example", p.officer, second)
	wants(t, dir, VerifyOptions{Now: later}, "release", Fail, "alone")
}

func TestAReleaseOfAnotherBundleIsFound(t *testing.T) {
	p := newPeople(t)
	dir, _ := p.release(t, "officer@unit.example", p.officer, p.chief)
	o := p.trusting(t, p.officer, p.chief)
	for text, change := range map[string]func(*release.Statement){
		"has the SHA-256 00": func(s *release.Statement) { s.SHA256 = strings.Repeat("0", 64) },
		`bundle "other"`:     func(s *release.Statement) { s.Bundle = "other" },
		`case "other"`:       func(s *release.Statement) { s.Case = "other" },
		`order "other"`:      func(s *release.Statement) { s.Order = "other" },
		`kind "disclosure"`:  func(s *release.Statement) { s.Kind = release.Disclosure },
		"sealed 2026-11-20 09:30:01": func(s *release.Statement) {
			s.Sealed = s.Sealed.Add(time.Second)
		},
	} {
		s, err := OpenSigning(dir)
		if err != nil {
			t.Fatal(err)
		}
		st := s.statement("officer@unit.example")
		change(&st)
		e, err := release.New(st)
		if err != nil {
			t.Fatal(err)
		}
		p.officer.signRelease(t, e)
		p.chief.signRelease(t, e)
		by, err := e.By(p.officer.signers(t, p.chief))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.PutRelease(e, by); err != nil {
			t.Fatal(err)
		}
		wants(t, dir, o, "release", Fail, text)
		if _, err := s.Envelope(); !errors.Is(err, vigil.ErrTampered) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestEveryChangeOfAReleaseIsFound changes each byte of each file of a release, and
// takes each away.
func TestEveryChangeOfAReleaseIsFound(t *testing.T) {
	p := newPeople(t)
	dir, _ := p.release(t, "officer@unit.example", p.officer, p.chief)
	o := p.trusting(t, p.officer, p.chief)
	for _, name := range []string{"release.dsse.json", "release.pae", "release.1.sig", "release.2.sig", "allowed_signers"} {
		file := filepath.Join(dir, "signatures", name)
		good, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(good); i += every(23) {
			bad := bytes.Clone(good)
			bad[i] ^= 1
			put(t, file, bad)
			if mustVerify(t, dir, o).OK() {
				t.Fatalf("%s: byte %d changed from %q to %q", name, i, good[i], bad[i])
			}
		}
		for what, bad := range map[string][]byte{"more": append(bytes.Clone(good), '\n'), "less": good[:len(good)-1], "nothing": {}} {
			put(t, file, bad)
			if mustVerify(t, dir, o).OK() {
				t.Errorf("%s with %s at its end", name, what)
			}
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if mustVerify(t, dir, o).OK() {
			t.Errorf("%s taken away", name)
		}
		put(t, file, good)
	}
	// A second key in the list has signed nothing.
	list := filepath.Join(dir, "signatures", "allowed_signers")
	good, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	more, err := signersFile(good, []byte(p.stranger.line))
	if err != nil {
		t.Fatal(err)
	}
	put(t, list, more)
	wants(t, dir, o, "release", Fail, "want the keys that signed the release")
	put(t, list, good)
	wants(t, dir, o, "release", Pass, "")
}

func TestADraftIsNotSigned(t *testing.T) {
	w := newWorld(t)
	dir := filepath.Join(t.TempDir(), "draft")
	if err := Draft(dir, w.contents); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSigning(dir); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("got %v", err)
	}
	in, err := ReadInfo(dir)
	if err != nil || !in.Sealed.IsZero() || in.ID != w.contents.ID || in.Order != w.contents.Order.ID || in.Kind != Evidential {
		t.Errorf("%+v, %v", in, err)
	}
	wants(t, dir, VerifyOptions{Now: later, Draft: true}, "release", NotChecked, "a draft")
	wants(t, dir, VerifyOptions{Now: later, Draft: true}, "timestamp", NotChecked, "a draft")
	if _, err := OpenSigning(t.TempDir()); err == nil {
		t.Error("an empty folder is signed")
	}
}

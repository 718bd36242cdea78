package custody_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vigil"
	"vigil/internal/custody"
	"vigil/internal/needs"
)

// provenLog returns a log of n true events with its checkpoint as an unsigned note.
func provenLog(t testing.TB, n int) (*log, vigil.Checkpoint, []byte) {
	t.Helper()
	var l log
	for i := range n {
		e := event()
		e.Seq = int64(i)
		line, err := custody.Line(e)
		if err != nil {
			t.Fatal(err)
		}
		first, hs, err := custody.Append(int64(i), line, l.read)
		if err != nil || first != int64(len(l.hashes)) {
			t.Fatal(first, err)
		}
		l.lines, l.hashes = append(l.lines, line), append(l.hashes, hs...)
	}
	c := vigil.Checkpoint{Log: event().Order, Size: int64(n), Root: mth(l.lines)}
	text, err := custody.Format(c)
	if err != nil {
		t.Fatal(err)
	}
	return &l, c, append(text, "\n— somebody AAAAAAAA\n"...)
}

// prove returns the proof of line seq.
func (l *log) prove(t testing.TB, c vigil.Checkpoint, note []byte, seq int64) custody.Proof {
	t.Helper()
	hashes, err := custody.Prove(c.Size, seq, l.read)
	if err != nil {
		t.Fatal(err)
	}
	e, err := custody.ParseLine(l.lines[seq])
	if err != nil {
		t.Fatal(err)
	}
	p, err := custody.NewProof(vigil.Entry{Event: e, Line: l.lines[seq]}, c, hashes, note)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func text(t testing.TB, p custody.Proof) []byte {
	t.Helper()
	b, err := p.Text()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestProofIsReadBackAndChecks(t *testing.T) {
	l, c, note := provenLog(t, 11)
	var file []byte
	for seq := range c.Size {
		file = append(file, text(t, l.prove(t, c, note, seq))...)
	}
	ps, err := custody.ReadProofs(bytes.NewReader(file))
	if err != nil || len(ps) != 11 {
		t.Fatalf("%d proofs, %v", len(ps), err)
	}
	for i, p := range ps {
		if e, err := p.Check(); err != nil || e.Seq != int64(i) || e.Actor != "inv-04" {
			t.Errorf("proof %d: %+v, %v", i, e, err)
		}
	}
}

func TestProofFindsEveryChange(t *testing.T) {
	l, c, note := provenLog(t, 11)
	for name, spoil := range map[string]func(*custody.Proof){
		"the line":             func(p *custody.Proof) { p.Line = strings.Replace(p.Line, "inv-04", "inv-05", 1) },
		"the place":            func(p *custody.Proof) { p.Index++ },
		"the log":              func(p *custody.Proof) { p.Log = "ORD-9" },
		"the size":             func(p *custody.Proof) { p.Size++ },
		"the root":             func(p *custody.Proof) { p.Root = make([]byte, 32) },
		"no root":              func(p *custody.Proof) { p.Root = nil },
		"a node":               func(p *custody.Proof) { p.Hashes[1] = make([]byte, 32) },
		"a node too many":      func(p *custody.Proof) { p.Hashes = append(p.Hashes, make([]byte, 32)) },
		"the checkpoint's log": func(p *custody.Proof) { p.Checkpoint = strings.Replace(p.Checkpoint, "ORD-", "ORE-", 1) },
	} {
		p := l.prove(t, c, note, 4)
		spoil(&p)
		if _, err := p.Check(); !errors.Is(err, vigil.ErrTampered) {
			t.Errorf("%s changed: %v, want ErrTampered", name, err)
		}
	}
	for name, spoil := range map[string]func(*custody.Proof){
		"no checkpoint":   func(p *custody.Proof) { p.Checkpoint = "" },
		"a short node":    func(p *custody.Proof) { p.Hashes[0] = []byte{1} },
		"too many nodes":  func(p *custody.Proof) { p.Hashes = make([][]byte, 65) },
		"the zero Proof":  func(p *custody.Proof) { *p = custody.Proof{} },
		"extension lines": func(p *custody.Proof) { p.Checkpoint = strings.Replace(p.Checkpoint, "\n\n", "\nmore\n\n", 1) },
	} {
		p := l.prove(t, c, note, 4)
		spoil(&p)
		if e, err := p.Check(); err == nil {
			t.Errorf("%s: shows %+v, want an error", name, e)
		}
	}
}

// TestALineOutOfItsPlaceProvesNothing proves a line that is in the tree, at a
// place other than the one that it states.
func TestALineOutOfItsPlaceProvesNothing(t *testing.T) {
	var l log
	line, err := custody.Line(event()) // number 7 of its log, it says
	if err != nil {
		t.Fatal(err)
	}
	l.append(t, line)
	c := vigil.Checkpoint{Log: event().Order, Size: 1, Root: mth(l.lines)}
	note, err := custody.Format(c)
	if err != nil {
		t.Fatal(err)
	}
	e := vigil.Entry{Event: event(), Line: line}
	e.Seq = 0
	if p, err := custody.NewProof(e, c, nil, append(note, "\n— somebody AAAAAAAA\n"...)); !errors.Is(err, vigil.ErrTampered) {
		t.Errorf("%+v, %v, want ErrTampered", p, err)
	}
}

func TestReadProofsRefusesASecondSpelling(t *testing.T) {
	l, c, note := provenLog(t, 3)
	good := string(text(t, l.prove(t, c, note, 1)))
	for name, bad := range map[string]string{
		"nothing":           "",
		"no JSON":           "proof\n",
		"a blank":           strings.Replace(good, `"index":`, `"index": `, 1),
		"a member twice":    strings.Replace(good, `"index":1`, `"index":0,"index":1`, 1),
		"another spelling":  strings.Replace(good, `"index":1`, `"Index":1`, 1),
		"an unknown member": strings.Replace(good, `"index":1`, `"index":1,"note":"x"`, 1),
		"another version":   strings.Replace(good, `"vigil_proof":1`, `"vigil_proof":2`, 1),
		"an empty line":     good + "\n" + good,
		"a long line":       `{"vigil_proof":1,"log":"` + strings.Repeat("x", 1<<20) + `"}`,
	} {
		if ps, err := custody.ReadProofs(strings.NewReader(bad)); err == nil {
			t.Errorf("%s: %+v, want an error", name, ps)
		}
	}
	if _, err := custody.ReadProofs(strings.NewReader(good)); err != nil {
		t.Error(err)
	}
}

// TestTheRecipeNeedsNoVigil runs the Python program of PROOF.md as it stands.
func TestTheRecipeNeedsNoVigil(t *testing.T) {
	needs.Program(t, "python3")
	page, err := os.ReadFile("PROOF.md")
	if err != nil {
		t.Fatal(err)
	}
	program := regexp.MustCompile("(?s)```python\n(.*?)```").FindSubmatch(page)[1]
	dir := t.TempDir()
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func() string {
		cmd := exec.Command("python3", "proof.py", "proofs")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	l, c, note := provenLog(t, 13)
	var file []byte
	for seq := range c.Size {
		file = append(file, text(t, l.prove(t, c, note, seq))...)
	}
	write("proof.py", program)
	write("proofs", file)
	if out := run(); strings.Count(out, " ok\n") != 13 {
		t.Errorf("13 true proofs: %s", out)
	}
	write("proofs", bytes.Replace(file, []byte("inv-04"), []byte("inv-05"), 1))
	if out := run(); strings.Count(out, "NOT IN THE LOG") != 1 || strings.Count(out, " ok\n") != 12 {
		t.Errorf("one changed line: %s", out)
	}
}

func FuzzReadProofs(f *testing.F) {
	l, c, note := provenLog(f, 5)
	f.Add(text(f, l.prove(f, c, note, 3)))
	f.Add([]byte(`{"vigil_proof":1}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		ps, err := custody.ReadProofs(bytes.NewReader(file))
		if err != nil {
			return
		}
		for _, p := range ps {
			if b := text(t, p); !json.Valid(b) {
				t.Fatalf("%q", b)
			}
			if e, err := p.Check(); err == nil && (e.Seq != p.Index || e.Order != p.Log) {
				t.Fatalf("%+v shows %+v", p, e)
			}
		}
	})
}

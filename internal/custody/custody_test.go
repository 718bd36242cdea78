package custody_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/custody"
)

// log is a custody log in memory.
type log struct {
	lines  [][]byte
	hashes [][custody.HashSize]byte
}

func (l *log) read(indexes []int64) ([][custody.HashSize]byte, error) {
	var out [][custody.HashSize]byte
	for _, i := range indexes {
		if i >= int64(len(l.hashes)) {
			return nil, fmt.Errorf("hash %d is not stored", i)
		}
		out = append(out, l.hashes[i])
	}
	return out, nil
}

func (l *log) append(t *testing.T, line []byte) {
	t.Helper()
	first, hs, err := custody.Append(int64(len(l.lines)), line, l.read)
	if err != nil {
		t.Fatal(err)
	}
	if first != int64(len(l.hashes)) {
		t.Fatalf("hashes of line %d begin at %d, want %d", len(l.lines), first, len(l.hashes))
	}
	l.lines, l.hashes = append(l.lines, line), append(l.hashes, hs...)
}

// mth and path are RFC 6962, sections 2.1 and 2.1.1, word for word, without
// the code under test.
func mth(d [][]byte) [32]byte {
	switch n := len(d); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, d[0]...))
	default:
		l, r := mth(d[:split(n)]), mth(d[split(n):])
		return sha256.Sum256(append(append([]byte{1}, l[:]...), r[:]...))
	}
}

func path(m int, d [][]byte) [][32]byte {
	if len(d) <= 1 {
		return nil
	}
	if k := split(len(d)); m < k {
		return append(path(m, d[:k]), mth(d[k:]))
	} else {
		return append(path(m-k, d[k:]), mth(d[:k]))
	}
}

// split returns the largest power of two less than n.
func split(n int) int {
	k := 1
	for k*2 < n {
		k *= 2
	}
	return k
}

func TestRootsAndProofsAreThoseOfRFC6962(t *testing.T) {
	var (
		l    log
		tree custody.Tree
	)
	for n := 0; n <= 70; n++ {
		want := mth(l.lines)
		got, err := custody.Root(int64(n), l.read)
		if err != nil || got != want {
			t.Fatalf("root of %d lines: %x, %v; want %x", n, got, err, want)
		}
		if tree.Root() != want || tree.Size() != int64(n) {
			t.Fatalf("Tree of %d lines: %x, want %x", tree.Size(), tree.Root(), want)
		}
		for seq := range n {
			proof, err := custody.Prove(int64(n), int64(seq), l.read)
			if err != nil {
				t.Fatal(err)
			}
			if want := path(seq, l.lines); !slices.Equal(proof, want) {
				t.Fatalf("proof of %d in %d:\ngot  %x\nwant %x", seq, n, proof, want)
			}
		}
		line := fmt.Appendf(nil, "line %d", n)
		l.append(t, line)
		tree.Add(line)
	}
}

// The leaves, the root of all eight and the path of leaf 0 in a tree of 8 are the
// published test data of the Certificate Transparency log server
// (google/certificate-transparency, merkletree tests; Apache 2.0).
func TestPublishedTree(t *testing.T) {
	var l log
	for _, s := range []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"} {
		leaf, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		l.append(t, leaf)
	}
	root, err := custody.Root(8, l.read)
	if got, want := hex.EncodeToString(root[:]), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"; err != nil || got != want {
		t.Errorf("root %s, %v; want %s", got, err, want)
	}
	proof, err := custody.Prove(8, 0, l.read)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{
		"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
		"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
		"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
	} {
		if got := hex.EncodeToString(proof[i][:]); got != want {
			t.Errorf("node %d of the proof: %s, want %s", i, got, want)
		}
	}
}

func TestCheckProofFindsEveryChange(t *testing.T) {
	var l log
	for i := range 11 {
		l.append(t, fmt.Appendf(nil, "line %d", i))
	}
	c := vigil.Checkpoint{Size: 11, Root: mth(l.lines)}
	for seq := range int64(11) {
		proof, err := custody.Prove(11, seq, l.read)
		if err != nil {
			t.Fatal(err)
		}
		line := l.lines[seq]
		if err := custody.CheckProof(c, seq, line, proof); err != nil {
			t.Fatalf("true proof: %v", err)
		}
		refused := func(what string, c vigil.Checkpoint, seq int64, line []byte, proof [][32]byte) {
			t.Helper()
			if err := custody.CheckProof(c, seq, line, proof); !errors.Is(err, vigil.ErrTampered) {
				t.Errorf("line %d, %s: %v, want ErrTampered", seq, what, err)
			}
		}
		refused("another line", c, seq, []byte("line x"), proof)
		refused("another place", c, (seq+1)%11, line, proof)
		refused("place -1", c, -1, line, proof)
		refused("place beyond the end", c, 11, line, proof)
		refused("shorter proof", c, seq, line, proof[1:])
		refused("longer proof", c, seq, line, append(proof[:len(proof):len(proof)], [32]byte{}))
		refused("another root", vigil.Checkpoint{Size: 11}, seq, line, proof)
		refused("no size", vigil.Checkpoint{Root: c.Root}, seq, line, proof)
		refused("huge size", vigil.Checkpoint{Size: math.MaxInt64, Root: c.Root}, seq, line, proof)
		for i := range proof {
			bad := append([][32]byte{}, proof...)
			bad[i][7] ^= 1
			refused("changed node", c, seq, line, bad)
		}
	}
}

func TestTreeRefusesSizesThatNoLogHas(t *testing.T) {
	var l log
	for _, size := range []int64{-1, custody.MaxSize, math.MaxInt64} {
		if _, _, err := custody.Append(size, nil, l.read); err == nil {
			t.Errorf("Append to %d lines: no error", size)
		}
		if _, err := custody.Root(size, l.read); err == nil {
			t.Errorf("Root of %d lines: no error", size)
		}
		if _, err := custody.Prove(size, 0, l.read); err == nil {
			t.Errorf("Prove in %d lines: no error", size)
		}
	}
	if _, err := custody.Root(3, nil); err == nil {
		t.Error("Root without stored hashes: no error")
	}
}

func event() vigil.Event {
	return vigil.Event{
		V: 1, Seq: 7, Actor: "inv-04", Action: vigil.ActDecide, Order: "ORD-2026-0117", Reason: "R2", Tool: "vigil 1.0",
		Time:    time.Date(2026, 11, 3, 10, 0, 0, 5, time.FixedZone("CET", 3600)),
		Object:  vigil.Object{Type: "decision", ID: "9f2c", SHA256: "ab"},
		Details: map[string]string{"b": "<2>", "a": "1"},
	}
}

func TestLineIsStable(t *testing.T) {
	const want = `{"v":1,"seq":7,"time":"2026-11-03T09:00:00.000000005Z","actor":"inv-04","action":"decide",` +
		`"object":{"type":"decision","id":"9f2c","sha256":"ab"},"authorisation":"ORD-2026-0117","reason":"R2","tool":"vigil 1.0",` +
		`"details":{"a":"1","b":"\u003c2\u003e"}}`
	got, err := custody.Line(event())
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	back, err := custody.ParseLine(got)
	if err != nil {
		t.Fatal(err)
	}
	e := event()
	e.Time = e.Time.UTC()
	if diff := cmp.Diff(e, back); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}

func TestLineRefuses(t *testing.T) {
	for name, spoil := range map[string]func(*vigil.Event){
		"the zero version":  func(e *vigil.Event) { e.V = 0 },
		"a negative number": func(e *vigil.Event) { e.Seq = -1 },
		"a huge reason":     func(e *vigil.Event) { e.Reason = strings.Repeat("x", custody.MaxLine) },
		"a year of 5 digits": func(e *vigil.Event) {
			e.Time = time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)
		},
	} {
		e := event()
		spoil(&e)
		if line, err := custody.Line(e); err == nil {
			t.Errorf("%s: %s, want an error", name, line)
		}
	}
}

func TestCheckpointText(t *testing.T) {
	c := vigil.Checkpoint{Log: "ORD-2026-0117", Size: 1842, Root: mth(nil)}
	const want = "vigil/ORD-2026-0117\n1842\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
	text, err := custody.Format(c)
	if err != nil || string(text) != want {
		t.Fatalf("got %q, %v; want %q", text, err, want)
	}
	if got, err := custody.Parse(text); err != nil || got != c {
		t.Errorf("read back: %+v, %v", got, err)
	}
	if text, err := custody.Format(vigil.Checkpoint{Root: c.Root}); err != nil || !bytes.HasPrefix(text, []byte("vigil\n0\n")) {
		t.Errorf("log of the case: %q, %v", text, err)
	}
	for _, bad := range []vigil.Checkpoint{{Log: "a\nb"}, {Log: "a\u202eb"}, {Log: "\xff"}, {Size: -1}, {Log: strings.Repeat("x", 600)}} {
		if text, err := custody.Format(bad); err == nil {
			t.Errorf("%+v: %q, want an error", bad, text)
		}
	}
}

func TestParseRefusesASecondSpelling(t *testing.T) {
	const root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	for _, text := range []string{
		"", "vigil", "vigil\n1\n" + root, "vigil\n1\n" + root + "\n\n", "vigil\n1\n" + root + "\nextension\n",
		"other\n1\n" + root + "\n", "vigil/\n1\n" + root + "\n", "vigil\n01\n" + root + "\n", "vigil\n+1\n" + root + "\n",
		"vigil\n-1\n" + root + "\n", "vigil\n9223372036854775807\n" + root + "\n", "vigil\n1\n" + root[:43] + "\n",
		"vigil\n1\n" + strings.Replace(root, "FU=", "FV=", 1) + "\n", "vigil\r\n1\n" + root + "\n", "vigil\n1\nAAAA\n",
	} {
		if c, err := custody.Parse([]byte(text)); err == nil {
			t.Errorf("%q: %+v, want an error", text, c)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("vigil/ORD-1\n3\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"))
	f.Add([]byte("vigil\n0\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := custody.Parse(text)
		if err != nil {
			return
		}
		again, err := custody.Format(c)
		if err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%q → %+v → %q, %v", text, c, again, err)
		}
	})
}

func FuzzParseLine(f *testing.F) {
	line, _ := custody.Line(event())
	f.Add(line)
	f.Add([]byte(`{"v":1,"time":"2026-11-03T09:00:00+25:00"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		e, err := custody.ParseLine(line)
		if err != nil || e.Seq < 0 || e.Seq >= custody.MaxSize {
			return
		}
		one, err := custody.Line(e)
		if err != nil {
			return // longer once written our way, or a time that JSON cannot hold
		}
		back, err := custody.ParseLine(one)
		if err != nil {
			t.Fatalf("%s: %v", one, err)
		}
		if two, err := custody.Line(back); err != nil || !bytes.Equal(one, two) {
			t.Fatalf("%s → %s, %v", one, two, err)
		}
	})
}

func FuzzCheckProof(f *testing.F) {
	f.Add(int64(8), int64(3), []byte("line"), bytes.Repeat([]byte{1}, 96))
	f.Add(int64(math.MaxInt64), int64(0), []byte(nil), []byte(nil))
	f.Fuzz(func(t *testing.T, size, seq int64, line, nodes []byte) {
		var proof [][32]byte
		for len(nodes) >= 32 {
			proof, nodes = append(proof, [32]byte(nodes)), nodes[32:]
		}
		c := vigil.Checkpoint{Size: size, Root: sha256.Sum256([]byte("no tree has this root"))}
		if err := custody.CheckProof(c, seq, line, proof); !errors.Is(err, vigil.ErrTampered) {
			t.Fatalf("got %v, want ErrTampered", err)
		}
	})
}

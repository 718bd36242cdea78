package custody

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"vigil"
)

// ProofVersion is the version of the form of proofs that this program writes
// and reads; PROOF.md describes it.
const ProofVersion = 1

// Bounds of a file of proofs: the length of a proof in bytes, a log line in
// JSON being at most six times as long as by itself, and their number.
const (
	maxProofText = 8 * MaxLine
	maxProofs    = 100_000
	maxHashes    = 64 // more than the depth of any tree that MaxSize allows
)

// A Proof shows to somebody without a case that a line is in a log: the line,
// its place, the nodes that lead from it to the root, and the signed checkpoint
// that states this root. The zero Proof proves nothing.
type Proof struct {
	V          int      `json:"vigil_proof"`
	Log        string   `json:"log"` // order ID; empty for the log of the case itself
	Index      int64    `json:"index"`
	Size       int64    `json:"size"`
	Root       []byte   `json:"root"`
	Line       string   `json:"line"`       // the logged bytes
	Hashes     [][]byte `json:"hashes"`     // RFC 6962, section 2.1.1, lowest node first
	Checkpoint string   `json:"checkpoint"` // signed note; see c2sp.org/tlog-checkpoint
}

// NewProof returns the proof that e is in the log that c states. note is the
// signed checkpoint c as a signed note. It returns an error unless the proof
// checks.
func NewProof(e vigil.Entry, c vigil.Checkpoint, hashes [][HashSize]byte, note []byte) (Proof, error) {
	p := Proof{
		V: ProofVersion, Log: c.Log, Index: e.Seq, Size: c.Size, Root: c.Root[:],
		Line: string(e.Line), Hashes: [][]byte{}, Checkpoint: string(note),
	}
	for _, h := range hashes {
		p.Hashes = append(p.Hashes, h[:])
	}
	_, err := p.Check()
	return p, err
}

// Check reports why p does not show that its line is in the log that its
// checkpoint states, and returns the event that it does show. It checks no
// signature. An error about what does not fit wraps [vigil.ErrTampered].
func (p Proof) Check() (vigil.Event, error) {
	text, _, _ := strings.Cut(p.Checkpoint, "\n\n")
	c, err := Parse([]byte(text + "\n"))
	if err != nil {
		return vigil.Event{}, fmt.Errorf("proof of line %d of log %q: %w", p.Index, p.Log, err)
	}
	if c.Log != p.Log || c.Size != p.Size || !bytes.Equal(c.Root[:], p.Root) {
		return vigil.Event{}, fmt.Errorf("proof of line %d of log %q: %w: its checkpoint states another log, size or root", p.Index, p.Log, vigil.ErrTampered)
	}
	hashes, err := p.hashes()
	if err != nil {
		return vigil.Event{}, err
	}
	if err := CheckProof(c, p.Index, []byte(p.Line), hashes); err != nil {
		return vigil.Event{}, err
	}
	e, err := ParseLine([]byte(p.Line))
	if err == nil && (e.Seq != p.Index || e.Order != p.Log) {
		err = fmt.Errorf("%w: the line says that it is line %d of log %q", vigil.ErrTampered, e.Seq, e.Order)
	}
	if err != nil {
		return vigil.Event{}, fmt.Errorf("proof of line %d of log %q: %w", p.Index, p.Log, err)
	}
	return e, nil
}

func (p Proof) hashes() ([][HashSize]byte, error) {
	if len(p.Hashes) > maxHashes {
		return nil, fmt.Errorf("proof of line %d of log %q: %d hashes, at most %d", p.Index, p.Log, len(p.Hashes), maxHashes)
	}
	hs := make([][HashSize]byte, len(p.Hashes))
	for i, h := range p.Hashes {
		if len(h) != HashSize {
			return nil, fmt.Errorf("proof of line %d of log %q: hash of %d bytes, want %d", p.Index, p.Log, len(h), HashSize)
		}
		copy(hs[i][:], h)
	}
	return hs, nil
}

// Text returns p as one line of JSON, with its line end.
func (p Proof) Text() ([]byte, error) {
	if !utf8.ValidString(p.Line) || !utf8.ValidString(p.Checkpoint) {
		return nil, fmt.Errorf("write proof of line %d of log %q: its bytes are not UTF-8, as JSON must be", p.Index, p.Log)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p); err != nil {
		return nil, fmt.Errorf("write proof: %w", err)
	}
	return b.Bytes(), nil
}

// ReadProofs reads a file of proofs, one a line. It takes exactly what
// [Proof.Text] writes, byte for byte, so that no two readers can see different
// proofs in one file. Errors name the line.
func ReadProofs(r io.Reader) ([]Proof, error) {
	var ps []Proof
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, maxProofText)
	for sc.Scan() {
		if len(ps) == maxProofs {
			return nil, fmt.Errorf("read proofs: more than %d", maxProofs)
		}
		p, err := parseProof(sc.Bytes())
		if err != nil {
			return nil, fmt.Errorf("read proofs: line %d: %w", len(ps)+1, err)
		}
		ps = append(ps, p)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("read proofs: line %d: %w", len(ps)+1, err)
	}
	if len(ps) == 0 {
		return nil, errors.New("read proofs: there is none")
	}
	return ps, nil
}

func parseProof(text []byte) (p Proof, err error) {
	if err := json.Unmarshal(text, &p); err != nil {
		return p, err
	}
	if p.V != ProofVersion {
		return p, fmt.Errorf("version %d of a proof, this program reads version %d", p.V, ProofVersion)
	}
	again, err := p.Text()
	if err != nil {
		return p, err
	}
	if !bytes.Equal(again[:len(again)-1], text) {
		return p, errors.New("not spelt as vigil log prove writes it")
	}
	return p, nil
}

package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"vigil"
	"vigil/internal/custody"
)

// Limits of a proof.
const (
	maxProof     = 64      // hashes: more than the depth of any tree that custody allows
	maxProofLine = 8 << 10 // bytes
)

// A proof is one line of proofs.jsonl.
type proof struct {
	Seq    int64    `json:"seq"`
	Hashes [][]byte `json:"hashes"`
}

func parseProven(line, proofLine []byte) (e ProvenEntry, err error) {
	if e.Event, err = custody.ParseLine(line); err != nil {
		return e, err
	}
	e.Line = line
	var p proof
	if err := json.Unmarshal(proofLine, &p); err != nil {
		return e, fmt.Errorf("proof: %w", err)
	}
	if p.Seq != e.Seq || len(p.Hashes) > maxProof {
		return e, fmt.Errorf("proof of %d hashes for line %d, but the line is %d", len(p.Hashes), p.Seq, e.Seq)
	}
	for _, h := range p.Hashes {
		if len(h) != custody.HashSize {
			return e, fmt.Errorf("proof with a hash of %d bytes", len(h))
		}
		e.Proof = append(e.Proof, [32]byte(h))
	}
	return e, nil
}

// A logReading is what one reading of the excerpts found out.
type logReading struct {
	entries    int
	registered time.Time        // when the order was, by the last entry that says so
	point      vigil.Checkpoint // of the order's log
	err        error            // the first fault
}

// log reads the excerpts of the logs, once. It strikes the records that they
// tell of from those that they must tell of.
func (v *verifier) log() *logReading {
	if v.read != nil {
		return v.read
	}
	v.read = &logReading{}
	for _, dir := range v.logDirs() {
		if v.read.err == nil {
			v.read.err = v.readLog(dir)
		}
	}
	return v.read
}

func (v *verifier) logDirs() []string {
	if v.bag.has(caseLogDir + pointName) {
		return []string{orderLogDir, caseLogDir}
	}
	return []string{orderLogDir}
}

// readLog checks that an excerpt is of the log that its folder stands for, in
// order, and proved.
func (v *verifier) readLog(dir string) error {
	text, err := v.bag.verified(dir + pointName)
	if err != nil {
		return err
	}
	point, err := custody.Parse(text)
	if err != nil {
		return fmt.Errorf("%s: %w", dir+pointName, err)
	}
	want := v.ord.ID
	if dir == caseLogDir {
		want = ""
	} else {
		v.read.point = point
	}
	if point.Log != want {
		return fmt.Errorf("%s: is of log %q, want %q", dir+pointName, point.Log, want)
	}
	events, err := v.bag.lines(dir+eventsName, custody.MaxLine)
	if err != nil {
		return err
	}
	defer events.close()
	proofs, err := v.bag.lines(dir+proofsName, maxProofLine)
	if err != nil {
		return err
	}
	defer proofs.close()
	last := int64(-1)
	for n := 1; ; n++ {
		line, err := events.next()
		if errors.Is(err, io.EOF) {
			if _, err = proofs.next(); !errors.Is(err, io.EOF) {
				return fmt.Errorf("%s: more proofs than lines in %s", dir+proofsName, eventsName)
			}
			return nil
		}
		if err != nil {
			return err
		}
		proofLine, err := proofs.next()
		if err != nil {
			return fmt.Errorf("%s: no proof of line %d: %w", dir+proofsName, n, err)
		}
		e, err := parseProven(line, proofLine)
		switch {
		case err != nil:
			return fmt.Errorf("%s: line %d: %w", dir+eventsName, n, err)
		case e.Seq <= last:
			return errors.New(dir + eventsName + ": lines are not in the order of their numbers")
		case e.Event.Order != want:
			return fmt.Errorf("%s: line %d is of log %q, want %q", dir+eventsName, e.Seq, e.Event.Order, want)
		}
		last = e.Seq
		if err := custody.CheckProof(point, e.Seq, e.Line, e.Proof); err != nil {
			return fmt.Errorf("%s: %w", dir+eventsName, err)
		}
		v.told(e.Event)
	}
}

// told notes what an entry says.
func (v *verifier) told(e vigil.Event) {
	v.read.entries++
	delete(v.kept, keyOf(e.Object.Type, e.Object.ID, e.Object.SHA256))
	if e.Action == vigil.ActAuthorize && e.Object.Type == vigil.TypeOrder && e.Object.ID == v.ord.ID {
		v.read.registered = e.Time
	}
}

// custodyLog checks the inclusion proofs, and that the log tells of every
// record of the bundle.
func (v *verifier) custodyLog() (string, error) {
	read := v.log()
	if read.err != nil {
		return "", read.err
	}
	for _, file := range v.kept {
		return "", fmt.Errorf("%s: no entry of the log tells of a record in it; so it is with %d records", file, len(v.kept))
	}
	return fmt.Sprintf("%d entries are in the log, and tell of all %d records", read.entries, v.count), nil
}

// checkpoint says with what the state of the log can be compared. The bundle
// alone cannot show that the log was never rewritten before the export.
func (v *verifier) checkpoint() (string, error) {
	p := v.log().point
	state := fmt.Sprintf("log %q had %d lines and the root %x", p.Log, p.Size, p.Root)
	signed := ""
	for _, dir := range v.logDirs() {
		if !v.bag.has(dir + noteName) {
			continue
		}
		name, err := v.signedPoint(dir)
		if err != nil {
			return "", fmt.Errorf("%s: %w", dir+noteName, err)
		}
		if dir == orderLogDir {
			signed = name
		}
	}
	switch {
	case signed != "":
		return fmt.Sprintf("%s; signed by %s", state, signed), nil
	case v.bag.has(orderLogDir + noteName):
		return "", unchecked("signed, but no log keys given; %s", state)
	}
	return "", unchecked("compare with a checkpoint kept elsewhere: %s", state)
}

// signedPoint checks that a signed note states the checkpoint beside it, and
// returns who signed it, if the caller knows a key.
func (v *verifier) signedPoint(dir string) (signer string, err error) {
	note, err := v.bag.verified(dir + noteName)
	if err != nil {
		return "", err
	}
	point, err := v.bag.verified(dir + pointName)
	if err != nil {
		return "", err
	}
	if text, sigs, ok := strings.Cut(string(note), "\n\n"); !ok || text+"\n" != string(point) || sigs == "" {
		return "", fmt.Errorf("not %s with signatures", pointName)
	}
	if len(v.LogKeys.Lines) == 0 {
		return "", nil
	}
	c, err := v.LogKeys.Open(note)
	if err != nil {
		return "", err
	}
	if again, err := custody.Format(c); err != nil || !bytes.Equal(again, point) {
		return "", errors.New("states another checkpoint")
	}
	return v.LogKeys.Name(note), nil
}

package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"vigil"
	"vigil/internal/custody"
	"vigil/internal/order"
	"vigil/internal/signature"
)

// order checks the order file, that the record says the same, and who signed.
func (v *verifier) order() (string, error) {
	file, err := v.bag.verified(orderName)
	if err != nil {
		return "", err
	}
	o, err := order.Parse(orderName, file)
	if err != nil {
		return "", err
	}
	armored, err := v.bag.verified(orderSigName)
	if err != nil {
		return "", err
	}
	switch {
	case !bytes.Equal(v.ord.File, file) || v.ord.ID != o.ID || v.ord.SHA256 != vigil.SumHex(file):
		return "", fmt.Errorf("%s is not the order of %s", orderRecName, orderName)
	case v.infoValue(labelOrder) != o.ID || v.infoValue(labelOrderHash) != v.ord.SHA256 || v.infoValue(labelCase) != oneLine(o.Case):
		return "", fmt.Errorf("%s names another order or case", infoName)
	case strings.Join(v.ord.Signatures, "") != string(armored):
		return "", fmt.Errorf("%s are not the signatures of %s", orderSigName, orderRecName)
	}
	sigs, err := signature.Split(armored)
	if err != nil {
		return "", fmt.Errorf("%s: %w", orderSigName, err)
	}
	return v.orderSigners(o, sigs)
}

// orderSigners checks an order's signatures against those whom the caller
// trusts to sign orders, as of the time of its registration.
func (v *verifier) orderSigners(o vigil.Order, sigs [][]byte) (string, error) {
	var found []string
	for i, sig := range sigs {
		key, err := signature.Self(o.File, sig, signature.Order)
		if err != nil {
			return "", fmt.Errorf("signature %d: %w", i+1, err)
		}
		found = append(found, key)
	}
	trusted := v.Signers.For(signature.Order)
	if len(trusted) == 0 {
		return "", unchecked("signed by %s; no signers given that may sign orders: learn from elsewhere whose keys these are", strings.Join(found, ", "))
	}
	at := v.registered()
	signed, err := order.Authorize(o, sigs, trusted, at)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("order %s, signed by %s, trusted on %s", o.ID, strings.Join(signed.SignedBy, ", "), at.UTC().Format(time.RFC3339)), nil
}

// registered returns when the log says that the order was registered; the
// custody log's layer checks the entry. Without one, it is the time of sealing.
func (v *verifier) registered() time.Time {
	at := v.sealed
	ex, err := v.readLog(orderLogDir)
	if err != nil {
		return at
	}
	for _, e := range ex.entries {
		if e.Action == vigil.ActAuthorize && e.Object.Type == vigil.TypeOrder && e.Object.ID == v.ord.ID {
			at = e.Time
		}
	}
	return at
}

// authority checks that the order covered each address that was visited for a
// capture, at the time.
func (v *verifier) authority() (string, error) {
	file, err := v.bag.verified(orderName)
	if err != nil {
		return "", err
	}
	o, err := order.Parse(orderName, file)
	if err != nil {
		return "", err
	}
	sources := map[string]vigil.Source{}
	for _, s := range o.Sources {
		sources[s.ID()] = s
	}
	for _, e := range v.exhibits {
		s, ok := sources[e.Page.Source]
		if !ok {
			return "", fmt.Errorf("page %s: the order has no source %q", e.Page.ID, e.Page.Source)
		}
		for _, raw := range append([]string{e.Page.URL, target(e.Page)}, e.Page.Redirects...) {
			u, err := vigil.ParseURL(raw)
			if err != nil {
				return "", fmt.Errorf("page %s: %w", e.Page.ID, err)
			}
			if err := s.Allows(u, e.Page.CapturedAt); err != nil {
				return "", fmt.Errorf("page %s, captured %s: %w", e.Page.ID, e.Page.CapturedAt.UTC().Format(time.RFC3339), err)
			}
		}
	}
	return fmt.Sprintf("order %s covered every page when it was captured", o.ID), nil
}

// captures checks each WARC file against its page's record.
func (v *verifier) captures() (string, error) {
	for _, e := range v.exhibits {
		name := captureDir + e.Page.ID + ".warc.gz"
		data, err := v.bag.verified(name)
		if err != nil {
			return "", err
		}
		if _, err := checkWarc(data, e.Page, v.Limits.Read); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
	}
	return fmt.Sprintf("%d pages have the body that their records state", len(v.exhibits)), nil
}

// An excerpt is a part of a log, as read.
type excerpt struct {
	point   vigil.Checkpoint
	entries []ProvenEntry
}

// readLog reads an excerpt. It checks no proof.
func (v *verifier) readLog(dir string) (ex excerpt, err error) {
	point, err := v.bag.verified(dir + pointName)
	if err != nil {
		return ex, err
	}
	if ex.point, err = custody.Parse(point); err != nil {
		return ex, fmt.Errorf("%s: %w", dir+pointName, err)
	}
	events, err := v.jsonLines(dir + eventsName)
	if err != nil {
		return ex, err
	}
	proofs, err := v.jsonLines(dir + proofsName)
	if err != nil {
		return ex, err
	}
	if len(events) != len(proofs) {
		return ex, fmt.Errorf("%s: %d lines, but %d proofs", dir+eventsName, len(events), len(proofs))
	}
	for i := range events {
		e, err := parseProven(events[i], proofs[i])
		if err != nil {
			return ex, fmt.Errorf("%s: line %d: %w", dir+eventsName, i+1, err)
		}
		ex.entries = append(ex.entries, e)
	}
	return ex, nil
}

// jsonLines returns the lines of a file, each of which ends with LF.
func (v *verifier) jsonLines(name string) ([][]byte, error) {
	data, err := v.bag.verified(name)
	if err != nil || len(data) == 0 {
		return nil, err
	}
	data, ok := bytes.CutSuffix(data, []byte("\n"))
	if !ok {
		return nil, fmt.Errorf("%s: the last line has no end", name)
	}
	return bytes.Split(data, []byte("\n")), nil
}

// maxProof is more than the depth of any tree that custody allows.
const maxProof = 64

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

// custodyLog checks the inclusion proofs, and that the order's log tells of
// every record of the bundle.
func (v *verifier) custodyLog() (string, error) {
	told := map[string]bool{}
	n := 0
	for _, dir := range v.logDirs() {
		ex, err := v.readLog(dir)
		if err != nil {
			return "", err
		}
		if err := v.checkExcerpt(dir, ex); err != nil {
			return "", err
		}
		for _, e := range ex.entries {
			told[e.Object.Type+"\x00"+e.Object.ID+"\x00"+e.Object.SHA256] = true
		}
		n += len(ex.entries)
	}
	for _, r := range v.kept {
		if !told[r.typ+"\x00"+r.id+"\x00"+r.sha256] {
			return "", fmt.Errorf("%s: no entry of the log tells of %s %s with the SHA-256 %s", r.file, r.typ, r.id, r.sha256)
		}
	}
	return fmt.Sprintf("%d entries are in the log, and tell of all %d records", n, len(v.kept)), nil
}

func (v *verifier) logDirs() []string {
	if v.has(caseLogDir + pointName) {
		return []string{orderLogDir, caseLogDir}
	}
	return []string{orderLogDir}
}

// checkExcerpt checks that ex is of the log that its folder stands for, in
// order, and proved.
func (v *verifier) checkExcerpt(dir string, ex excerpt) error {
	want := v.ord.ID
	if dir == caseLogDir {
		want = ""
	}
	if ex.point.Log != want {
		return fmt.Errorf("%s: is of log %q, want %q", dir+pointName, ex.point.Log, want)
	}
	last := int64(-1)
	for _, e := range ex.entries {
		if e.Seq <= last {
			return errors.New(dir + eventsName + ": lines are not in the order of their numbers")
		}
		last = e.Seq
		if e.Event.Order != want {
			return fmt.Errorf("%s: line %d is of log %q, want %q", dir+eventsName, e.Seq, e.Event.Order, want)
		}
		if err := custody.CheckProof(ex.point, e.Seq, e.Line, e.Proof); err != nil {
			return fmt.Errorf("%s: %w", dir+eventsName, err)
		}
	}
	return nil
}

// checkpoint says with what the state of the log can be compared. The bundle
// alone cannot show that the log was never rewritten before the export.
func (v *verifier) checkpoint() (string, error) {
	ex, err := v.readLog(orderLogDir)
	if err != nil {
		return "", err
	}
	return "", unchecked("compare with a checkpoint kept elsewhere: log %q had %d lines and the root %x", ex.point.Log, ex.point.Size, ex.point.Root)
}

package anchor

import (
	"crypto/x509"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/custody"
	"vigil/internal/signature"
	"vigil/internal/timestamp"
)

// A Result is what became of a check.
type Result string

// Results.
const (
	Pass       Result = "PASS"
	Fail       Result = "FAIL"
	NotChecked Result = "NOT CHECKED"
)

// A Check is one thing that was held against a log, and what came of it. What
// failed is a contradiction that only a change of log or files explains.
type Check struct {
	Name   string `json:"check"`
	Log    string `json:"log"` // order ID; empty for the log of the case itself
	Result Result `json:"result"`
	Detail string `json:"detail"`
}

// A Trust says whose signatures count.
type Trust struct {
	Keys        Keys              // the case's log keys
	CaseKey     signature.Signers // the case key; nil leaves its signatures unchecked
	Witnesses   Witnesses
	Authorities *x509.CertPool // roots of time-stamping authorities; nil leaves them unchecked
}

// Verify holds a log against every file that the folder has of it: checkpoints,
// other parties' signatures, time stamps. present is the log's size, and lines
// are its entries from the first on.
func (f Folder) Verify(log string, present int64, lines iter.Seq2[vigil.Entry, error], t Trust) []Check {
	v := &verifier{f: f, log: log, present: present, trust: t}
	v.trust.Witnesses = t.Witnesses.without(t.Keys)
	k, err := f.kept(log)
	if err == nil {
		v.states, err = States(lines, k.sizes)
	}
	if err != nil {
		return []Check{{"checkpoints", log, Fail, err.Error()}}
	}
	v.kept = k
	return []Check{v.checkpoints(), v.cosignatures(), v.timestamps()}
}

// A verifier checks what a folder has of one log.
type verifier struct {
	f       Folder
	log     string
	present int64
	trust   Trust
	kept    kept
	states  map[int64]State
	points  map[int64]point
}

// A point is a checkpoint that was read and is signed.
type point struct {
	note, text []byte
}

// entries counts entries in words.
func entries(n int64) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// maxProblems bounds the problems that a check lists.
const maxProblems = 20

// verdict makes a check of its problems; with none, of what it says otherwise.
func (v *verifier) verdict(name string, problems []string, result Result, detail string) Check {
	if n := len(problems); n > 0 {
		result, detail = Fail, strings.Join(problems[:min(n, maxProblems)], "; ")
		if n > maxProblems {
			detail += fmt.Sprintf("; and %d more", n-maxProblems)
		}
	}
	return Check{name, v.log, result, detail}
}

// checkpoints checks that each checkpoint is signed, and that the log begins
// with what it states: they are then consistent with one another, too.
func (v *verifier) checkpoints() Check {
	const name = "checkpoints"
	v.points = map[int64]point{}
	n := len(v.kept.sizes)
	switch {
	case n == 0:
		return v.verdict(name, nil, NotChecked, fmt.Sprintf("it has %s, and no signed checkpoint; vigil log checkpoint signs one", entries(v.present)))
	case len(v.trust.Keys.list) == 0:
		return v.verdict(name, nil, NotChecked, fmt.Sprintf("no log key to check %d of them with", n))
	}
	var problems []string
	for _, size := range v.kept.sizes {
		if err := v.checkpoint(size); err != nil {
			problems = append(problems, fmt.Sprintf("checkpoint of %s: %v", entries(size), err))
		}
	}
	last := v.kept.sizes[n-1]
	detail := fmt.Sprintf("the log begins with what they state: %d signed, the newest of %s", n, entries(last))
	if since := v.present - last; since > 0 {
		detail += fmt.Sprintf("; %d more are in none yet", since)
	}
	if s := len(v.kept.strays); s > 0 {
		detail += fmt.Sprintf("; %d files among them are no checkpoints, such as %q", s, v.kept.strays[0])
	}
	return v.verdict(name, problems, Pass, detail)
}

func (v *verifier) checkpoint(size int64) error {
	c, note, err := v.f.Checkpoint(v.log, size, v.trust.Keys)
	if err != nil {
		return err
	}
	if size > v.present {
		return fmt.Errorf("the log has only %d: entries were cut off", v.present)
	}
	if v.states[size].Root != c.Root {
		return errors.New("the log's first entries have another root: they were changed since")
	}
	text, err := custody.Format(c)
	if err != nil {
		return err
	}
	v.points[size] = point{note, text}
	for _, suffix := range v.kept.beside[size] {
		if suffix != suffixSSH || v.trust.CaseKey == nil {
			continue
		}
		sig, err := v.f.read(v.log, size, suffix)
		if err == nil {
			_, _, err = signature.Verify(text, sig, signature.Checkpoint, v.trust.CaseKey, v.states[size].Last)
		}
		if err != nil {
			return fmt.Errorf("the case key's signature: %w", err)
		}
	}
	return nil
}

// cosignatures checks what other parties signed.
func (v *verifier) cosignatures() Check {
	const name = "cosignatures"
	var problems []string
	var newest Cosignature
	n, unknown, at := 0, 0, int64(-1)
	for size, suffix := range v.besides() {
		if !strings.HasPrefix(suffix, suffixCosigned+".") && !strings.HasPrefix(suffix, suffixWitness+".") {
			continue
		}
		c, err := v.cosignature(size, suffix)
		switch {
		case errors.Is(err, errUnknownKey) || errors.Is(err, signature.ErrUnknownSigner):
			unknown++
		case err != nil:
			problems = append(problems, fmt.Sprintf("%s: %v", v.f.name(v.log, size, suffix), err))
		default:
			n, at, newest = n+1, size, c
		}
	}
	strangers := ""
	if unknown > 0 {
		strangers = fmt.Sprintf("%d by keys that log_witnesses does not name", unknown)
	}
	switch {
	case n == 0 && unknown > 0:
		return v.verdict(name, problems, NotChecked, strangers)
	case n == 0:
		return v.verdict(name, problems, NotChecked, "no other party has signed a checkpoint; vigil log anchor --export DIR says how one does")
	}
	detail := fmt.Sprintf("%d by other parties; the newest checkpoint signed so has %s, by %s", n, entries(at), newest)
	if unknown > 0 {
		detail += "; " + strangers
	}
	return v.verdict(name, problems, Pass, detail)
}

// besides yields what stands beside the log's checkpoints, by size.
func (v *verifier) besides() iter.Seq2[int64, string] {
	return func(yield func(int64, string) bool) {
		for _, size := range slices.Sorted(maps.Keys(v.kept.beside)) {
			for _, suffix := range v.kept.beside[size] {
				if !yield(size, suffix) {
					return
				}
			}
		}
	}
}

func (v *verifier) cosignature(size int64, suffix string) (Cosignature, error) {
	p, ok := v.points[size]
	if !ok {
		return Cosignature{}, errors.New("it signs a checkpoint that does not stand")
	}
	data, err := v.f.read(v.log, size, suffix)
	if err != nil {
		return Cosignature{}, err
	}
	if strings.HasPrefix(suffix, suffixWitness) {
		return v.trust.Witnesses.overText(p.text, data, v.states[size].Last)
	}
	text, found, err := v.trust.Witnesses.inNote(data)
	if err != nil {
		return Cosignature{}, err
	}
	if string(text) != string(p.text) {
		return Cosignature{}, fmt.Errorf("%w: it signs another checkpoint", vigil.ErrTampered)
	}
	return found[len(found)-1], nil
}

// skew is how far two honest clocks may be apart before it is worth a word.
const skew = 2 * time.Minute

// timestamps checks RFC 3161 tokens over the signed checkpoints.
func (v *verifier) timestamps() Check {
	const name = "time stamps"
	var problems []string
	var newest *timestamp.Token
	n, at := 0, int64(-1)
	for size, suffix := range v.besides() {
		if !strings.HasSuffix(suffix, suffixTimestamp) {
			continue
		}
		t, err := v.timestamp(size, suffix)
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", v.f.name(v.log, size, suffix), err))
			continue
		}
		n, at, newest = n+1, size, t
	}
	if n == 0 {
		return v.verdict(name, problems, NotChecked, "no checkpoint has one; vigil log anchor --export DIR says how to get one")
	}
	detail := fmt.Sprintf("%d; the newest checkpoint stamped has %s, there by %s, says %q",
		n, entries(at), newest.At.UTC().Format(time.RFC3339), newest.Authority())
	if ahead := v.states[at].Last.Sub(newest.At); ahead > skew {
		detail += fmt.Sprintf("; the last says that it was written %s later: the case's clock was ahead", ahead.Round(time.Second))
	}
	if v.trust.Authorities == nil {
		return v.verdict(name, problems, NotChecked, detail+"; whose authority that is was not checked, for log_tsa.pem has no root")
	}
	return v.verdict(name, problems, Pass, detail)
}

func (v *verifier) timestamp(size int64, suffix string) (*timestamp.Token, error) {
	p, ok := v.points[size]
	if !ok {
		return nil, errors.New("it dates a checkpoint that does not stand")
	}
	data, err := v.f.read(v.log, size, suffix)
	if err != nil {
		return nil, err
	}
	t, err := timestamp.Parse(data)
	if err != nil {
		return nil, err
	}
	if !t.Covers(p.note) {
		return nil, fmt.Errorf("%w: it dates other bytes", vigil.ErrTampered)
	}
	if v.trust.Authorities != nil {
		return t, t.Trust(v.trust.Authorities)
	}
	return t, nil
}

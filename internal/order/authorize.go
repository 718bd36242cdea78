package order

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"vigil"
	"vigil/internal/signature"
)

// Authorize decides whether o is in order: signed by as many allowed signers as
// it requires, and not past. It returns the order that the signed bytes state,
// with SHA256, Signatures and SignedBy set to those that counted.
//
// It reads o.File afresh and goes by nothing else in o: what was signed counts,
// not what a caller made of it.
//
// Two signatures count as two only if they are of different principals and of
// different keys. An order that has not begun may be authorised; its sources
// refuse until then. The error wraps [vigil.ErrNotInForce] if the order is past,
// or [vigil.ErrUnsigned], and then says of each signature why it did not count.
func Authorize(o vigil.Order, sigs [][]byte, signers signature.Signers, now time.Time) (vigil.Order, error) {
	signed, err := Parse("order "+o.ID, o.File)
	if err != nil {
		return vigil.Order{}, err
	}
	if !now.Before(signed.NotAfter) {
		return vigil.Order{}, fmt.Errorf("%w: order %s ended %s", vigil.ErrNotInForce, signed.ID, signed.NotAfter.Format(time.RFC3339))
	}
	var refused []string
	for i, v := range Judge(signed, sigs, signers, now) {
		if v.Err != nil {
			refused = append(refused, fmt.Sprintf("signature %d: %v", i+1, v.Err))
			continue
		}
		signed.Signatures = append(signed.Signatures, string(sigs[i]))
		signed.SignedBy = append(signed.SignedBy, v.Principal)
	}
	if err := enough(signed, refused); err != nil {
		return vigil.Order{}, err
	}
	signed.SHA256 = vigil.SumHex(signed.File)
	return signed, nil
}

// A Verdict says whether a signature counts.
type Verdict struct {
	Principal string // who signed; empty if that is not known
	Key       string // fingerprint, "SHA256:…"; empty if the signature cannot be read
	Err       error  // why it does not count
}

// Judge says of each signature over o.File whether it counts at time now. A
// signature counts once for each principal and once for each key.
func Judge(o vigil.Order, sigs [][]byte, signers signature.Signers, now time.Time) []Verdict {
	names, keys := map[string]bool{}, map[string]bool{}
	verdicts := make([]Verdict, len(sigs))
	for i, sig := range sigs {
		who, key, err := signature.Verify(o.File, sig, signature.Order, signers, now)
		switch {
		case err != nil:
		case names[who]:
			err = fmt.Errorf("%s has signed already", who)
		case keys[key]:
			err = fmt.Errorf("key %s of %s has signed already", key, who)
		default:
			names[who], keys[key] = true, true
		}
		verdicts[i] = Verdict{who, key, err}
	}
	return verdicts
}

// enough reports that too few signatures counted.
func enough(o vigil.Order, refused []string) error {
	if o.SignaturesRequired < 1 {
		return errors.New("an order that requires no signature authorises nothing")
	}
	n := len(o.SignedBy)
	if n >= o.SignaturesRequired {
		return nil
	}
	if len(refused) == 0 {
		refused = []string{"there are no others"}
	}
	return fmt.Errorf("%w: order %s has %d of %d required signatures: %s",
		vigil.ErrUnsigned, o.ID, n, o.SignaturesRequired, strings.Join(refused, "; "))
}

package bundle

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"vigil"
	"vigil/internal/order"
	"vigil/internal/signature"
)

// order checks the order file, that the record says the same, and who signed.
func (v *verifier) order() (string, error) {
	if v.file.err != nil {
		return "", v.file.err
	}
	o, file := v.file.Order, v.file.Order.File
	armored, err := v.bag.verified(orderSigName)
	if err != nil {
		return "", err
	}
	switch {
	case !bytes.Equal(v.ord.File, file) || v.ord.ID != o.ID || v.ord.SHA256 != vigil.SumHex(file):
		return "", fmt.Errorf("%s is not the order of %s", orderRecName, orderName)
	case v.info[labelOrder] != o.ID || v.info[labelOrderHash] != v.ord.SHA256 || v.info[labelCase] != oneLine(o.Case):
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
	switch at := v.log().registered; {
	case !at.IsZero():
		return at
	case !v.sealed.IsZero():
		return v.sealed
	}
	return v.Now
}

// authorised checks that the order covered each address that was visited for a
// capture, at the time.
func (v *verifier) authorised(p vigil.Page) error {
	if v.file.err != nil {
		return v.file.err
	}
	s, ok := v.file.sources[p.Source]
	if !ok {
		return fmt.Errorf("page %s: the order has no source %q", p.ID, p.Source)
	}
	if _, changed := v.substituted(captureDir+p.ID+".json", 0); changed {
		v.unseen++
		return nil
	}
	for _, raw := range append([]string{p.URL, target(p)}, p.Redirects...) {
		u, err := vigil.ParseURL(raw)
		if err != nil {
			return fmt.Errorf("page %s: %w", p.ID, err)
		}
		if err := s.Allows(u, p.CapturedAt); err != nil {
			return fmt.Errorf("page %s, captured %s: %w", p.ID, p.CapturedAt.UTC().Format(time.RFC3339), err)
		}
	}
	return nil
}

// authority says what [verifier.authorised] found out.
func (v *verifier) authority() (string, error) {
	detail := fmt.Sprintf("order %s covered every page when it was captured", v.ord.ID)
	if v.unseen > 0 {
		detail += fmt.Sprintf("; %d pages with withheld parts were left out of this", v.unseen)
	}
	return detail, v.authorityErr
}

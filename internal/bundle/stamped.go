package bundle

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"vigil"
	"vigil/internal/timestamp"
)

// NoStamp is why a bundle has no time stamp, in one of the sentences that
// no-timestamp.txt may hold. They are fixed, since nothing covers that file.
type NoStamp string

// The reasons.
const (
	NoAuthority NoStamp = "No time stamp: no time-stamping authority is configured for the case."
	NotAsked    NoStamp = "No time stamp: the exporter has asked no time-stamping authority."
	NoAnswer    NoStamp = "No time stamp: the time-stamping authority gave no answer that could be used."
)

// timestamp checks the time stamp of the seal.
func (v *verifier) timestamp() (string, error) {
	if v.sealed.IsZero() {
		return "", unchecked("a draft: nobody has sealed it")
	}
	if !v.bag.has(stampReplyName) {
		return "", v.unstamped()
	}
	if v.bag.has(noStampName) {
		return "", fmt.Errorf("%s beside %s", noStampName, stampReplyName)
	}
	request, err := v.stampRequest()
	if err != nil {
		return "", err
	}
	reply, err := v.bag.read(stampReplyName, timestamp.MaxResponse)
	if err != nil {
		return "", err
	}
	t, err := stampOf(v.tags, v.sealed, v.Now, request, reply)
	if err != nil {
		return "", fmt.Errorf("%s: %w", stampReplyName, err)
	}
	chain, err := v.bag.read(stampChainName, maxSmall)
	if err != nil {
		return "", err
	}
	if !bytes.Equal(chain, t.Chain()) {
		return "", fmt.Errorf("%s: %w: it is not what the time stamp carries", stampChainName, vigil.ErrTampered)
	}
	detail := fmt.Sprintf("there by %s, says %.200q", t.At.UTC().Format(time.RFC3339), t.Authority())
	if v.Authorities == nil {
		return "", unchecked("%s; no trusted authorities given: learn from elsewhere whose root certificate that is", detail)
	}
	if err := t.Trust(v.Authorities); err != nil {
		return "", fmt.Errorf("%s: %w", stampReplyName, err)
	}
	return fmt.Sprintf("%s, with an accuracy of %v; whether its certificate was revoked was not asked", detail, t.Accuracy), nil
}

// unstamped says why there is no time stamp.
func (v *verifier) unstamped() error {
	if v.bag.has(stampChainName) {
		return fmt.Errorf("%s without %s", stampChainName, stampReplyName)
	}
	asked := ""
	if v.bag.has(stampQueryName) {
		if _, err := v.stampRequest(); err != nil {
			return err
		}
		asked = "; one was asked for"
	}
	if !v.bag.has(noStampName) {
		return unchecked("no time stamp: the time of sealing is the exporter's word%s", asked)
	}
	text, err := v.bag.read(noStampName, maxSmall)
	if err != nil {
		return err
	}
	why := NoStamp(bytes.TrimSuffix(text, []byte("\n")))
	if !why.known() || len(text) != len(why)+1 {
		return fmt.Errorf("%s: it says %.200q, which is none of the reasons of this format", noStampName, text)
	}
	return unchecked("%s The time of sealing is the exporter's word%s", why, asked)
}

func (n NoStamp) known() bool { return slices.Contains([]NoStamp{NoAuthority, NotAsked, NoAnswer}, n) }

// stampRequest reads what the authority was asked.
func (v *verifier) stampRequest() (timestamp.Request, error) {
	data, err := v.bag.read(stampQueryName, timestamp.MaxRequest)
	if err != nil {
		return timestamp.Request{}, err
	}
	r, err := timestamp.ParseRequest(data)
	if err == nil && !r.Covers(v.tags) {
		err = fmt.Errorf("%w: it asks for a time stamp over other bytes than %s", vigil.ErrTampered, signedName)
	}
	if err != nil {
		return r, fmt.Errorf("%s: %w", stampQueryName, err)
	}
	return r, nil
}

// stampOf reads a response and checks it against what was asked, and when. Whose it
// is, it leaves open.
func stampOf(tags []byte, sealed, now time.Time, request timestamp.Request, reply []byte) (*timestamp.Token, error) {
	t, err := timestamp.Parse(reply)
	if err != nil {
		return nil, err
	}
	if !t.Covers(tags) {
		return nil, fmt.Errorf("%w: it dates other bytes than %s", vigil.ErrTampered, signedName)
	}
	if err := request.Answered(t); err != nil {
		return nil, err
	}
	return t, t.Within(sealed, now)
}

// readAuthorities reads root certificates of time-stamping authorities.
func readAuthorities(name string) (*x509.CertPool, error) {
	text, err := readSmall(name)
	if err != nil {
		return nil, err
	}
	return timestamp.ParseRoots(text)
}

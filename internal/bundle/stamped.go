package bundle

import (
	"crypto/x509"
	"fmt"

	"vigil/internal/anchor"
)

// timestamp checks the time stamp of the seal.
func (v *verifier) timestamp() (string, error) {
	if !v.bag.has(stampReplyName) {
		return "", unchecked("no time stamp: the time of sealing is the exporter's word")
	}
	return "", fmt.Errorf("%s: this program cannot check it", stampReplyName)
}

// readAuthorities reads root certificates of time-stamping authorities.
func readAuthorities(name string) (*x509.CertPool, error) {
	text, err := readSmall(name)
	if err != nil {
		return nil, err
	}
	return anchor.ParseAuthorities(text)
}

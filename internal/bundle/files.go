package bundle

import (
	"fmt"
	"io"
	"os"
	"time"

	"vigil/internal/anchor"
	"vigil/internal/signature"
)

// TrustFiles names the files that hold what the caller of [Verify] trusts. Each
// may be empty.
type TrustFiles struct {
	Signers     string // in OpenSSH's allowed_signers format
	Authorities string // root certificates of time-stamping authorities, in PEM
	LogKeys     string // public keys of the case's checkpoints, a vkey a line
	Parent      string // folder or ZIP file of the bundle that a disclosure was made from
}

// Options reads the files.
func (f TrustFiles) Options(now time.Time) (o VerifyOptions, err error) {
	o.Now, o.Parent = now, f.Parent
	if f.Signers != "" {
		if o.Signers, err = readSigners(f.Signers); err != nil {
			return o, err
		}
	}
	if f.Authorities != "" {
		if o.Authorities, err = readAuthorities(f.Authorities); err != nil {
			return o, fmt.Errorf("%s: %w", f.Authorities, err)
		}
	}
	if f.LogKeys != "" {
		text, err := readSmall(f.LogKeys)
		if err != nil {
			return o, err
		}
		if o.LogKeys, err = anchor.ParseKeys(text); err != nil {
			return o, fmt.Errorf("%s: %w", f.LogKeys, err)
		}
	}
	return o, nil
}

// readSigners reads a file in OpenSSH's allowed_signers format.
func readSigners(name string) (signature.Signers, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s, err := signature.ParseAllowedSigners(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if s == nil {
		s = signature.Signers{} // an empty list trusts nobody; none leaves trust unchecked
	}
	return s, nil
}

// readSmall reads a file of keys or certificates.
func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSmall+1))
	if err == nil && len(text) > maxSmall {
		err = fmt.Errorf("%s: more than %d bytes", name, maxSmall)
	}
	return text, err
}

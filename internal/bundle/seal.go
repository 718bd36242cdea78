package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"vigil/internal/signature"
)

// A Sealing fixes a draft: from then on only signatures are added.
type Sealing struct {
	At       time.Time // to the second
	Exporter string    // account of who exports
	// Signer is the line of an allowed_signers file of the key that signs, in the
	// namespace vigil-bundle: PRINCIPAL namespaces="vigil-bundle" TYPE KEY.
	Signer []byte
	// Sign signs a message in the namespace vigil-bundle.
	Sign func(message []byte) (armored []byte, err error)
}

func (s Sealing) check() error {
	switch {
	case s.At.IsZero() || !s.At.Equal(s.At.Truncate(time.Second)):
		return errors.New("seal: no time to the second")
	case s.Exporter == "" || oneLine(s.Exporter) != s.Exporter:
		return errors.New("seal: no exporter")
	case s.Sign == nil:
		return errors.New("seal: no key")
	}
	return nil
}

// Seal seals the draft in folder dir, if it verifies. The same draft, Sealing
// and Ed25519 key give the same bytes. If it is cut short, it can be run again.
func Seal(dir string, s Sealing) error {
	if err := s.check(); err != nil {
		return err
	}
	r, err := Verify(dir, VerifyOptions{Now: s.At, Draft: true})
	if err != nil {
		return fmt.Errorf("seal %s: %w", dir, err)
	}
	if !r.OK() {
		return fmt.Errorf("seal %s: check the draft: %s", dir, r.failures())
	}
	return seal(dir, s)
}

// Write writes a sealed bundle with c to the folder dir, which must not exist:
// [Draft] and [Seal] at once. It is made in a folder beside dir and renamed when
// it is whole and verifies, so that dir is a good bundle or is not there.
func Write(dir string, c Contents, s Sealing) error {
	if err := s.check(); err != nil {
		return err
	}
	return whole(dir, func(tmp string) error {
		if err := draft(tmp, c); err != nil {
			return err
		}
		if err := seal(tmp, s); err != nil {
			return err
		}
		r, err := Verify(tmp, VerifyOptions{Now: s.At})
		if err != nil {
			return fmt.Errorf("check the bundle: %w", err)
		}
		if !r.OK() {
			return fmt.Errorf("check the bundle: %s", r.failures())
		}
		return nil
	})
}

// seal seals a draft that was checked.
func seal(dir string, s Sealing) error {
	signers, err := signersFile(s.Signer)
	if err != nil {
		return fmt.Errorf("seal: the signer's line: %w", err)
	}
	allowed, err := signature.ParseAllowedSigners(bytes.NewReader(signers))
	if err != nil || len(allowed) != 1 {
		return fmt.Errorf("seal: want one line of an allowed_signers file as signer: %w", err)
	}
	files, err := sealedTags(dir, s, allowed[0])
	if err != nil {
		return err
	}
	signed := files[signedName]
	sig, err := s.Sign(signed)
	if err != nil {
		return fmt.Errorf("sign the bundle: %w", err)
	}
	if _, _, err := signature.Verify(signed, sig, signature.Bundle, allowed, s.At); err != nil {
		return fmt.Errorf("sign the bundle: by its own allowed_signers: %w", err)
	}
	files[sigName], files[signersName] = sig, signers
	for _, name := range slices.Sorted(keys(files)) {
		if err := replaceFile(dir, name, files[name]); err != nil {
			return fmt.Errorf("seal: %w", err)
		}
	}
	return syncDir(dir)
}

// sealedTags returns bag-info.txt of the sealed bundle, and the tag manifests
// over it.
func sealedTags(dir string, s Sealing, signer signature.Signer) (map[string][]byte, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	src := newFolder(root)
	defer src.Close()
	t, err := openTree(src, Limits{}.orDefault())
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	text, err := t.read(infoName, maxInfo)
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	fields, err := parseInfo(text)
	if err != nil {
		return nil, fmt.Errorf("seal: %s: %w", infoName, err)
	}
	if t.has(sigName) {
		return nil, fmt.Errorf("seal: %s is sealed already", dir)
	}
	// A sealing that was cut short has left its labels.
	fields = slices.DeleteFunc(fields, func(f field) bool {
		return f.label == "" || slices.Contains([]string{labelSealed, labelExporter, labelSigner}, f.label)
	})
	fields = append(fields, field{labelSealed, s.At.UTC().Format(time.RFC3339)}, field{labelExporter, s.Exporter},
		field{labelSigner, signer.Principal + " " + signer.Fingerprint})
	files := map[string][]byte{infoName: renderInfo(fields)}
	tags := map[string]sums{infoName: sumsOf(files[infoName])}
	for _, name := range []string{bagitName, "manifest-sha256.txt", "manifest-sha512.txt"} {
		d := newSummer()
		err := t.copy(d, name)
		tags[name] = d.sums()
		if err != nil {
			return nil, fmt.Errorf("seal: %w", err)
		}
	}
	for _, a := range bundleAlgorithms {
		files["tagmanifest-"+a+".txt"] = manifestOf(tags, a).render()
	}
	return files, nil
}

// replaceFile writes a file of the bag in dir, whole or not at all. It is made beside
// the bag: what a crash leaves of it is no part of the bag.
func replaceFile(dir, slashed string, data []byte) error {
	dir, err := filepath.Abs(dir) // "." lies beside nothing
	if err != nil {
		return err
	}
	name := filepath.Join(dir, filepath.FromSlash(slashed))
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(dir), ".vigil-seal-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), name)
}

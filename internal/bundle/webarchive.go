package bundle

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"vigil"
)

// maxPackage bounds datapackage.json, in bytes.
const maxPackage = 1 << 20

// lineKey stands for a line of the index of addresses.
func lineKey(line string) [16]byte {
	sum := sha256.Sum256([]byte(line))
	return [16]byte(sum[:16])
}

// webArchive checks what programs that show web archives go by: the package's
// own list of files, its signature, and the index of addresses.
func (v *verifier) webArchive() (string, error) {
	if v.captureErr != nil {
		return "", unchecked("because captures failed")
	}
	key, err := v.packageSigned()
	if err != nil {
		return "", err
	}
	if err := v.walk.addresses(); err != nil {
		return "", fmt.Errorf("%s: %w", cdxName, err)
	}
	return fmt.Sprintf("%d files as the package lists them; %d addresses lead to their records; signed by key %s, which the package names itself",
		len(v.walk.zip.entries)-2, v.walk.count, key), nil
}

// packageSigned checks datapackage.json and its signature, and returns the
// SHA-256 of the key.
func (v *verifier) packageSigned() (key string, err error) {
	pkg, err := v.walk.zip.read(packageName, maxPackage)
	if err != nil {
		return "", err
	}
	text, err := v.walk.zip.read(packageSumName, maxPackage)
	if err != nil {
		return "", err
	}
	var d packageDigest
	if err := strict(text, &d); err != nil {
		return "", fmt.Errorf("%s: %w", packageSumName, err)
	}
	if want := digestPrefix + vigil.SumHex(pkg); d.Path != packageName || d.Hash != want || d.Signed.Hash != want {
		return "", fmt.Errorf("%s: states the hashes %q and %q of %q, want %s", packageSumName, d.Hash, d.Signed.Hash, d.Path, want)
	}
	if err := checkWACZ(d.Signed.PublicKey, d.Signed.Signature, d.Hash); err != nil {
		return "", fmt.Errorf("%s: %w", packageSumName, err)
	}
	return vigil.SumHex([]byte(d.Signed.PublicKey)), v.walk.listed(pkg)
}

// listed checks that a package lists its files as they are.
func (w *captureWalk) listed(text []byte) error {
	var p dataPackage
	if err := strict(text, &p); err != nil {
		return fmt.Errorf("%s: %w", packageName, err)
	}
	if p.Profile != packageProfile || p.Version != packageVersion {
		return fmt.Errorf("%s: profile %q, version %q, want %s and %s", packageName, p.Profile, p.Version, packageProfile, packageVersion)
	}
	var want []resource
	for n := 1; n <= w.n; n++ {
		name := archiveName(n)
		want = append(want, newResource(name, w.sums[name], w.zip.byName[name].size))
	}
	for _, name := range []string{cdxName, pagesName} {
		f, err := w.zip.open(name)
		if err != nil {
			return err
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, f); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		want = append(want, newResource(name, hex.EncodeToString(sum.Sum(nil)), w.zip.byName[name].size))
	}
	if !slices.Equal(p.Resources, want) {
		got, _ := json.Marshal(p.Resources)
		return fmt.Errorf("%s: lists %.500s, which is not what the package holds", packageName, got)
	}
	if n := len(w.zip.entries) - 2; n != len(want) {
		return fmt.Errorf("the package holds %d files, but lists %d", n, len(want))
	}
	return nil
}

// addresses checks that the index of addresses has a line for each page, and no
// other.
func (w *captureWalk) addresses() error {
	f, err := w.zip.open(cdxName)
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(f, maxIndexLine)
	var last []byte
	for n := 1; ; n++ {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			break
		}
		if err != nil {
			return fmt.Errorf("line %d: no end within %d bytes", n, maxIndexLine)
		}
		if bytes.Compare(line, last) <= 0 {
			return fmt.Errorf("line %d: not sorted", n)
		}
		last = append(last[:0], line...)
		if _, err := parseCDX(line[:len(line)-1]); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if !w.lines[lineKey(string(line))] {
			return fmt.Errorf("line %d leads to no record of a page, or says something else of it", n)
		}
		delete(w.lines, lineKey(string(line)))
	}
	if len(w.lines) > 0 {
		return fmt.Errorf("%d pages have no line", len(w.lines))
	}
	return nil
}

// derived says which files of the bundle are renderings.
func (v *verifier) derived() (string, error) {
	n := 0
	for _, name := range v.bag.names {
		if DerivedName(name) && name != withheldName {
			n++
		}
	}
	if n == 0 {
		return "", unchecked("none")
	}
	return "", unchecked("%d files made from the records are as they were sealed; whether they say what the records say is not checked", n)
}

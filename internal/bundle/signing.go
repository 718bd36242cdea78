package bundle

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/release"
	"vigil/internal/signature"
)

// statement returns what the release statement of a bundle must say.
func (in Info) statement(exporter string) release.Statement {
	return release.Statement{
		SHA256: in.SHA256, Bundle: in.ID, Case: in.Case, Order: in.Order,
		Kind: string(in.Kind), Sealed: in.Sealed.UTC(), Exporter: exporter,
	}
}

// releaseFiles returns what stands beside an envelope for those who have ssh-keygen
// or openssl alone: the bytes that are signed, and each signature.
func releaseFiles(e *release.Envelope) map[string][]byte {
	files := map[string][]byte{releasePAEName: e.PAE()}
	for i, s := range e.Signatures {
		files[fmt.Sprintf("%srelease.%d.sig", sigDir, i+1)] = s.Armored()
	}
	return files
}

// An Info is what the bag-info.txt of a bundle says.
type Info struct {
	ID, Case, Order string
	Kind            Kind
	Supersedes      string // bundle ID; empty if it stands in no other's place
	Parent          string // bundle ID, of a disclosure
	Exporter        string // account; empty of a draft
	Sealed          time.Time
	SHA256          string // of tagmanifest-sha256.txt, in hex
}

// ReadInfo reads what the bundle in folder dir says of itself, and checks nothing of
// it: see [Verify].
func ReadInfo(dir string) (Info, error) {
	in, tags, err := readLabels(dir)
	if err != nil {
		return Info{}, err
	}
	return in.public(tags), nil
}

func readLabels(dir string) (in info, tags []byte, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	text, err := readTag(root, infoName, maxInfo)
	if err != nil {
		return nil, nil, err
	}
	fields, err := parseInfo(text)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", infoName, err)
	}
	tags, err = readTag(root, signedName, maxSmall)
	return readInfo(fields), tags, err
}

// readTag reads a small file of a bundle, which must be one.
func readTag(root *os.Root, name string, most int64) ([]byte, error) {
	st, err := root.Lstat(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > most {
		return nil, fmt.Errorf("%s: want a file of at most %d bytes", name, most)
	}
	return root.ReadFile(filepath.FromSlash(name))
}

func (m info) public(tags []byte) Info {
	sealed, _ := time.Parse(time.RFC3339, m[labelSealed]) // zero of a draft
	return Info{
		ID: m[labelID], Case: m[labelCase], Order: m[labelOrder], Kind: Kind(m[labelKind]), Supersedes: m[labelSupersedes],
		Parent: m[labelParent], Exporter: m[labelExporter], Sealed: sealed, SHA256: vigil.SumHex(tags),
	}
}

// A Signing is what is added to a sealed bundle in a folder: signatures under its
// release, and a time stamp. Its methods expect that [Verify] found nothing wrong with
// the rest. They change nothing but files in signatures/.
type Signing struct {
	Info
	dir  string
	tags []byte
}

// OpenSigning reads what is to be signed of the sealed bundle in folder dir. Of a
// draft, the error wraps [vigil.ErrRefused].
func OpenSigning(dir string) (*Signing, error) {
	in, tags, err := readLabels(dir)
	if err != nil {
		return nil, err
	}
	if !in.sealed() {
		return nil, fmt.Errorf("%s: %w: a draft, which nobody has sealed", dir, vigil.ErrRefused)
	}
	return &Signing{Info: in.public(tags), dir: dir, tags: tags}, nil
}

// Envelope returns the release statement that the bundle holds, with its signatures;
// an error that wraps [fs.ErrNotExist] if it has none.
func (s *Signing) Envelope() (*release.Envelope, error) {
	data, err := os.ReadFile(s.path(envelopeName))
	if err != nil {
		return nil, err
	}
	e, err := release.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", envelopeName, err)
	}
	if e.Statement != s.statement(e.Statement.Exporter) {
		return nil, fmt.Errorf("%s: %w: it is about another bundle", envelopeName, vigil.ErrTampered)
	}
	return e, nil
}

// NewEnvelope returns the release statement for the bundle, by an exporter's
// principal, without a signature.
func (s *Signing) NewEnvelope(exporter string) (*release.Envelope, error) {
	return release.New(s.statement(exporter))
}

// PutRelease writes an envelope and the files beside it, with the lines of an
// allowed_signers file of those who signed it. The envelope is written first: cut
// short, it can be run again.
func (s *Signing) PutRelease(e *release.Envelope, signers []release.Signer) error {
	own, err := os.ReadFile(s.path(signersName))
	if err != nil {
		return err
	}
	var lines [][]byte
	for line := range strings.Lines(string(own)) {
		if strings.Contains(line, fmt.Sprintf(" namespaces=%q ", signature.Bundle)) {
			lines = append(lines, []byte(line))
		}
	}
	for _, g := range signers {
		lines = append(lines, []byte(g.Line))
	}
	list, err := signersFile(lines...)
	if err != nil {
		return fmt.Errorf("%s: %w", signersName, err)
	}
	files := releaseFiles(e)
	files[signersName] = list
	if err := replaceFile(s.dir, envelopeName, e.Bytes()); err != nil {
		return err
	}
	for _, name := range slices.Sorted(keys(files)) {
		if err := replaceFile(s.dir, name, files[name]); err != nil {
			return err
		}
	}
	for n := len(e.Signatures) + 1; n <= release.MaxSignatures+1; n++ {
		if err := os.Remove(s.path(fmt.Sprintf("%srelease.%d.sig", sigDir, n))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return syncDir(filepath.Dir(s.path(envelopeName)))
}

func (s *Signing) path(name string) string { return filepath.Join(s.dir, filepath.FromSlash(name)) }

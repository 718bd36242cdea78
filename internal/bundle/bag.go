package bundle

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// algorithms are the digests that BagIt names. MD5 and SHA-1 are here to read
// bags of other makers; a bundle is refused without SHA-256 and SHA-512.
var algorithms = map[string]func() hash.Hash{
	"md5":    md5.New,
	"sha1":   sha1.New,
	"sha224": sha256.New224,
	"sha256": sha256.New,
	"sha384": sha512.New384,
	"sha512": sha512.New,
}

// Limits of tag files.
const (
	maxTagFile = 64 << 20
	maxBagit   = 1 << 10
	maxInfo    = 64 << 10
)

// A bag is a BagIt bag (RFC 8493, and its drafts from 0.93 on).
type bag struct {
	*tree
	version string
	info    []field
	payload map[string]manifest // by algorithm
	tags    map[string]manifest
	digests map[string][sha256.Size]byte // SHA-256 of each file, as computed
}

// A manifest says which digest each file should have, as raw bytes.
type manifest map[string]string

// A field is one line of bag-info.txt.
type field struct{ label, value string }

var manifestName = regexp.MustCompile(`^(tag)?manifest-([a-z0-9]+)\.txt$`)

// readBag reads the tag files of a bag. It computes no digests yet.
func readBag(t *tree) (*bag, error) {
	b := &bag{tree: t, payload: map[string]manifest{}, tags: map[string]manifest{}, digests: map[string][sha256.Size]byte{}}
	text, err := t.read(bagitName, maxBagit)
	if err != nil {
		return nil, err
	}
	if b.version, err = parseBagit(text); err != nil {
		return nil, fmt.Errorf("%s: %w", bagitName, err)
	}
	for _, name := range t.names {
		switch m := manifestName.FindStringSubmatch(name); {
		case name == "fetch.txt":
			return nil, errors.New("fetch.txt: a bag with parts elsewhere is refused")
		case name == infoName:
			if text, err = t.read(name, maxInfo); err == nil {
				b.info, err = parseInfo(text)
			}
		case m != nil && algorithms[m[2]] == nil:
			err = errors.New("unknown algorithm: want md5, sha1 or one of SHA-2")
		case m != nil:
			err = b.readManifest(name, m[2], m[1] == "tag")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if len(b.payload) == 0 {
		return nil, errors.New("no manifest-….txt")
	}
	return b, b.checkOxum()
}

func (b *bag) readManifest(name, algorithm string, tags bool) error {
	text, err := b.read(name, maxTagFile)
	if err != nil {
		return err
	}
	m, err := parseManifest(text, algorithm, tags, b.lim.Files)
	if tags {
		b.tags[algorithm] = m
	} else {
		b.payload[algorithm] = m
	}
	return err
}

var bagitLines = regexp.MustCompile(`^BagIt-Version: (0\.9[3-7]|1\.0)\r?\nTag-File-Character-Encoding: ([A-Za-z0-9-]+)(?:\r?\n)?$`)

// parseBagit reads bagit.txt and returns the version.
func parseBagit(text []byte) (version string, err error) {
	m := bagitLines.FindSubmatch(text)
	if m == nil {
		return "", errors.New("want the lines \"BagIt-Version: 1.0\" and \"Tag-File-Character-Encoding: UTF-8\", without byte order mark or other blanks")
	}
	if !strings.EqualFold(string(m[2]), "UTF-8") {
		return "", fmt.Errorf("tag files in %s: want UTF-8", m[2])
	}
	return string(m[1]), nil
}

// parseInfo reads bag-info.txt. Lines that begin with a blank continue the one
// before.
func parseInfo(text []byte) ([]field, error) {
	var fs []field
	for n, line := range lines(text) {
		if !utf8.ValidString(line) || strings.ContainsAny(line, "\x00\ufeff") {
			return nil, fmt.Errorf("line %d: want UTF-8 without byte order mark", n+1)
		}
		if line == "" {
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(fs) == 0 {
				return nil, fmt.Errorf("line %d: continues nothing", n+1)
			}
			fs[len(fs)-1].value += " " + strings.TrimSpace(line)
			continue
		}
		label, value, ok := strings.Cut(line, ":")
		if label = strings.TrimRight(label, " \t"); !ok || label == "" {
			return nil, fmt.Errorf("line %d: want LABEL: VALUE", n+1)
		}
		fs = append(fs, field{label, strings.TrimSpace(value)})
	}
	return fs, nil
}

// parseManifest reads a manifest: on each line a digest, blanks, and a path.
func parseManifest(text []byte, algorithm string, tags bool, most int) (manifest, error) {
	m := manifest{}
	for n, line := range lines(text) {
		if line == "" {
			continue
		}
		digest, name, ok := strings.Cut(line, " ")
		if i := strings.IndexByte(digest, '\t'); i >= 0 {
			digest, name, ok = line[:i], line[i+1:], true
		}
		sum, err := hex.DecodeString(digest)
		if !ok || err != nil || len(sum) != algorithms[algorithm]().Size() {
			return nil, fmt.Errorf("line %d: want a %s digest, blanks and a path", n+1, algorithm)
		}
		// md5sum and its kin put a * before the names of binary files.
		name = strings.TrimPrefix(strings.TrimLeft(name, " \t"), "*")
		name = unescape(strings.TrimPrefix(name, "./"))
		if err := localName(name); err != nil {
			return nil, fmt.Errorf("line %d: path %q: %w", n+1, name, err)
		}
		if strings.HasPrefix(name, "data/") == tags {
			return nil, fmt.Errorf("line %d: path %q: a manifest lists files in data/, a tagmanifest those outside", n+1, name)
		}
		if _, twice := m[name]; twice {
			return nil, fmt.Errorf("line %d: path %q is listed twice", n+1, name)
		}
		// Cloned, so that the line is not kept.
		if m[strings.Clone(name)] = string(sum); len(m) > most {
			return nil, fmt.Errorf("more than %d files", most)
		}
	}
	return m, nil
}

// unescape undoes the only escapes of RFC 8493, section 2.1.3. Names with
// line ends are refused by localName afterwards.
func unescape(name string) string {
	if !strings.Contains(name, "%") {
		return name
	}
	return strings.NewReplacer("%0A", "\n", "%0a", "\n", "%0D", "\r", "%0d", "\r", "%25", "%").Replace(name)
}

// lines yields the lines of text by their numbers, from 0. They end at LF, CR LF
// or CR. No line keeps the text in memory.
func lines(text []byte) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for n := 0; ; n++ {
			i := bytes.IndexAny(text, "\r\n")
			if i < 0 {
				yield(n, string(text))
				return
			}
			if !yield(n, string(text[:i])) {
				return
			}
			if text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n' {
				i++
			}
			text = text[i+1:]
		}
	}
}

// checkOxum compares Payload-Oxum, the number of bytes and files in data/,
// where bag-info.txt states it.
func (b *bag) checkOxum() error {
	var size, files int64
	for name, n := range b.sizes {
		if strings.HasPrefix(name, "data/") {
			size, files = size+n, files+1
		}
	}
	for _, f := range b.info {
		if strings.EqualFold(f.label, "Payload-Oxum") && f.value != oxum(size, files) {
			return fmt.Errorf("%s: Payload-Oxum is %q, but data/ holds %s", infoName, f.value, oxum(size, files))
		}
	}
	return nil
}

func oxum(size, files int64) string {
	return strconv.FormatInt(size, 10) + "." + strconv.FormatInt(files, 10)
}

// checkPayload compares data/ with every manifest, byte for byte.
func (b *bag) checkPayload() error {
	for algorithm, m := range b.payload {
		for _, name := range b.names {
			if _, ok := m[name]; !ok && strings.HasPrefix(name, "data/") {
				return fmt.Errorf("%q is not listed in manifest-%s.txt", name, algorithm)
			}
		}
	}
	return b.check("manifest", b.payload)
}

// checkTags compares the tag files with every tagmanifest.
func (b *bag) checkTags() error { return b.check("tagmanifest", b.tags) }

// check computes the digests of every listed file and compares them. It reads
// several files at a time; the error is that of the first by name.
func (b *bag) check(kind string, ms map[string]manifest) error {
	algs := slices.Sorted(keys(ms))
	listed := map[string]bool{}
	for _, m := range ms {
		for name := range m {
			listed[name] = true
		}
	}
	names := slices.Sorted(keys(listed))
	found := make([][sha256.Size]byte, len(names))
	errs := make([]error, len(names))
	var next atomic.Int64
	var failed atomic.Bool
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for !failed.Load() {
				i := int(next.Add(1) - 1)
				if i >= len(names) {
					return
				}
				if found[i], errs[i] = b.compare(kind, names[i], algs, ms); errs[i] != nil {
					failed.Store(true)
				}
			}
		})
	}
	wait.Wait()
	for i, name := range names {
		if errs[i] != nil {
			return errs[i]
		}
		b.digests[name] = found[i]
	}
	return nil
}

// compare holds a file against the manifests, and returns its SHA-256; zeros
// where no manifest has that.
func (b *bag) compare(kind, name string, algs []string, ms map[string]manifest) (sum [sha256.Size]byte, err error) {
	sums, err := b.digest(name, algs)
	if err != nil {
		return sum, err
	}
	for i, a := range algs {
		want, ok := ms[a][name]
		if ok && want != string(sums[i]) {
			return sum, fmt.Errorf("%q has the %s digest %x, but %s-%s.txt says %x", name, a, sums[i], kind, a, want)
		}
		if a == "sha256" {
			sum = [sha256.Size]byte(sums[i])
		}
	}
	return sum, nil
}

// digest computes a file's digests, all in one reading.
func (b *bag) digest(name string, algs []string) ([][]byte, error) {
	hs := make([]hash.Hash, len(algs))
	for i, a := range algs {
		hs[i] = algorithms[a]()
	}
	d := newDigester(hs...)
	err := b.copy(d, name)
	return d.end(), err
}

// verified returns the bytes of a listed file, which are sure to be those
// that its SHA-256 was computed of.
func (b *bag) verified(name string) ([]byte, error) {
	data, err := b.read(name, b.lim.Read)
	if err != nil {
		return nil, err
	}
	if want, ok := b.digests[name]; !ok || want != sha256.Sum256(data) {
		return nil, fmt.Errorf("%q changed while it was read", name)
	}
	return data, nil
}

// writeTo writes a manifest in the one spelling that bundles have.
func (m manifest) writeTo(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, name := range slices.Sorted(keys(m)) {
		fmt.Fprintf(out, "%x  %s\n", m[name], name)
	}
	return out.Flush()
}

// render returns what writeTo writes.
func (m manifest) render() []byte {
	var out bytes.Buffer
	_ = m.writeTo(&out) // a buffer takes everything
	return out.Bytes()
}

package bundle

import (
	"bytes"
	"fmt"
	"time"

	"vigil"
	"vigil/internal/signature"
)

// tagFiles adds the files outside data/ to files.
func tagFiles(files map[string][]byte, c Contents, sign func([]byte) ([]byte, error), signers []byte) error {
	var size int64
	for _, data := range files {
		size += int64(len(data))
	}
	payload := sums(files)
	info := infoFile(c, size, len(files))
	tags := map[string][]byte{
		bagitName:   []byte("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"),
		infoName:    info,
		signersName: signers,
	}
	for a, m := range payload {
		tags["manifest-"+a+".txt"] = m.render()
	}
	signed := sums(tags)
	for a, m := range signed {
		tags["tagmanifest-"+a+".txt"] = m.render()
	}
	for name, data := range tags {
		files[name] = data
	}
	sig, err := sign(files[signedName])
	if err != nil {
		return fmt.Errorf("sign the bundle: %w", err)
	}
	allowed, err := signature.ParseAllowedSigners(bytes.NewReader(signers))
	if err != nil {
		return fmt.Errorf("the bundle's own allowed_signers: %w", err)
	}
	if _, _, err := signature.Verify(files[signedName], sig, signature.Bundle, allowed, c.Sealed); err != nil {
		return fmt.Errorf("sign the bundle: by its own allowed_signers: %w", err)
	}
	files[sigName] = sig
	return nil
}

// bundleAlgorithms are the digests of a bundle's manifests.
var bundleAlgorithms = []string{"sha256", "sha512"}

// sums returns a manifest of files for each algorithm of bundles.
func sums(files map[string][]byte) map[string]manifest {
	ms := map[string]manifest{}
	for _, a := range bundleAlgorithms {
		ms[a] = manifest{}
		for name, data := range files {
			h := algorithms[a]()
			h.Write(data)
			ms[a][name] = fmt.Sprintf("%x", h.Sum(nil))
		}
	}
	return ms
}

// Labels of bag-info.txt that verification reads.
const (
	labelID        = "External-Identifier"
	labelCase      = "Bag-Group-Identifier"
	labelFormat    = "X-Format"
	labelSealed    = "X-Sealed"
	labelOrder     = "X-Authorisation-Id"
	labelOrderHash = "X-Authorisation-SHA256"
)

// infoFile returns bag-info.txt.
func infoFile(c Contents, size int64, n int) []byte {
	var b bytes.Buffer
	for _, f := range []field{
		{"Bag-Software-Agent", c.Tool},
		{"Bagging-Date", c.Sealed.UTC().Format(time.DateOnly)},
		{labelID, c.ID},
		{labelCase, oneLine(c.Order.Case)},
		{"Payload-Oxum", oxum(size, int64(n))},
		{labelFormat, Format},
		{labelSealed, c.Sealed.UTC().Format(time.RFC3339)},
		{"X-Exporter", c.Exporter},
		{labelOrder, c.Order.ID},
		{labelOrderHash, vigil.SumHex(c.Order.File)},
	} {
		fmt.Fprintf(&b, "%s: %s\n", f.label, f.value)
	}
	return b.Bytes()
}

package bundle

import (
	"bytes"
	"fmt"
	"time"

	"vigil"
)

// Labels of bag-info.txt, in the order in which they stand there.
const (
	labelTool       = "Bag-Software-Agent"
	labelDate       = "Bagging-Date"
	labelID         = "External-Identifier"
	labelCase       = "Bag-Group-Identifier"
	labelOxum       = "Payload-Oxum"
	labelFormat     = "X-Format"
	labelKind       = "X-Kind"
	labelSupersedes = "X-Supersedes"    // only if the bundle stands in another's place
	labelParent     = "X-Parent"        // only of a disclosure
	labelParentHash = "X-Parent-SHA256" // only of a disclosure
	labelOrder      = "X-Authorisation-Id"
	labelOrderHash  = "X-Authorisation-SHA256"
	labelSealed     = "X-Sealed"   // RFC 3339, UTC; from here on only if sealed
	labelExporter   = "X-Exporter" // account
	labelSigner     = "X-Signer"   // principal and key's fingerprint
)

// infoFile returns bag-info.txt of a draft.
func infoFile(c Contents, size int64, n int) []byte {
	fields := []field{
		{labelTool, c.Tool},
		{labelDate, c.Made.UTC().Format(time.DateOnly)},
		{labelID, c.ID},
		{labelCase, oneLine(c.Order.Case)},
		{labelOxum, oxum(size, int64(n))},
		{labelFormat, Format},
		{labelKind, string(c.Kind)},
	}
	if c.Supersedes != "" {
		fields = append(fields, field{labelSupersedes, c.Supersedes})
	}
	if c.Kind == Disclosure {
		fields = append(fields, field{labelParent, c.Parent.ID}, field{labelParentHash, c.Parent.SHA256})
	}
	fields = append(fields, field{labelOrder, c.Order.ID}, field{labelOrderHash, vigil.SumHex(c.Order.File)})
	return renderInfo(fields)
}

func renderInfo(fields []field) []byte {
	var b bytes.Buffer
	for _, f := range fields {
		fmt.Fprintf(&b, "%s: %s\n", f.label, f.value)
	}
	return b.Bytes()
}

// info is what bag-info.txt says, each label once.
type info map[string]string

// readInfo maps labels to values. A label that is there twice has none.
func readInfo(fields []field) info {
	m, seen := info{}, map[string]bool{}
	for _, f := range fields {
		if seen[f.label] {
			delete(m, f.label)
			continue
		}
		seen[f.label], m[f.label] = true, f.value
	}
	return m
}

// sealed reports whether the bag says that somebody has sealed it.
func (m info) sealed() bool {
	_, ok := m[labelSealed]
	return ok
}

// check refuses an info that no bundle has.
func (m info) check() error {
	_, supersedes := m[labelSupersedes]
	_, parent := m[labelParent]
	switch k := Kind(m[labelKind]); {
	case !plainID.MatchString(m[labelID]):
		return fmt.Errorf("%s: %s is %q, want an ID of a-z, 0-9, . _ and -", infoName, labelID, m[labelID])
	case k != Evidential && k != Disclosure:
		return fmt.Errorf("%s: %s is %q, want %s or %s", infoName, labelKind, k, Evidential, Disclosure)
	case parent != (k == Disclosure):
		return fmt.Errorf("%s: a disclosure, and only one, has %s", infoName, labelParent)
	case parent && (!plainID.MatchString(m[labelParent]) || !isHash(m[labelParentHash])):
		return fmt.Errorf("%s: %s is %q and %s is %q, want an ID and a SHA-256", infoName, labelParent, m[labelParent], labelParentHash, m[labelParentHash])
	case supersedes && !plainID.MatchString(m[labelSupersedes]):
		return fmt.Errorf("%s: %s is %q, want an ID", infoName, labelSupersedes, m[labelSupersedes])
	}
	return nil
}

// isHash reports whether s is a SHA-256 in lower-case hex.
func isHash(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

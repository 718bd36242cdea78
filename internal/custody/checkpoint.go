package custody

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"vigil"
)

// origin begins the first line of every checkpoint of ours.
const origin = "vigil"

// maxOrigin bounds the name of a log in a checkpoint, in bytes.
const maxOrigin = 512

// Format returns the text of c in the form of c2sp.org/tlog-checkpoint, to be
// signed as it stands:
//
//	vigil/ORD-2026-0117
//	1842
//	CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//
// Those are the log, its size and the base64 of its root. The log of the case
// itself, whose name is empty, has the first line "vigil".
func Format(c vigil.Checkpoint) ([]byte, error) {
	if err := checkLogName(c.Log); err != nil {
		return nil, fmt.Errorf("write checkpoint: %w", err)
	}
	if err := checkSize(c.Size); err != nil {
		return nil, fmt.Errorf("write checkpoint of log %q: %w", c.Log, err)
	}
	first := origin
	if c.Log != "" {
		first += "/" + c.Log
	}
	return fmt.Appendf(nil, "%s\n%d\n%s\n", first, c.Size, base64.StdEncoding.EncodeToString(c.Root[:])), nil
}

// Parse reads the text of a checkpoint. It takes exactly what [Format] writes,
// byte for byte: no extension lines, no signatures, no second spelling.
func Parse(text []byte) (vigil.Checkpoint, error) {
	c, err := parse(text)
	if err != nil {
		return vigil.Checkpoint{}, fmt.Errorf("read checkpoint: %w", err)
	}
	again, err := Format(c)
	if err != nil || !bytes.Equal(again, text) {
		return vigil.Checkpoint{}, errors.New("read checkpoint: not in canonical form")
	}
	return c, nil
}

func parse(text []byte) (c vigil.Checkpoint, err error) {
	const longest = maxOrigin + 128
	if len(text) > longest {
		return c, fmt.Errorf("%d bytes, at most %d", len(text), longest)
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) != 4 || lines[3] != "" {
		return c, fmt.Errorf("want 3 lines (origin, size, root), each with its line end; have %d", len(lines)-1)
	}
	name, ok := strings.CutPrefix(lines[0], origin+"/")
	if !ok && lines[0] != origin || ok && name == "" {
		return c, fmt.Errorf("origin %q: want %s or %s/ORDER", lines[0], origin, origin)
	}
	if ok {
		c.Log = name
	}
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return c, fmt.Errorf("size %q: want a decimal number", lines[1])
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != HashSize {
		return c, fmt.Errorf("root %q: want the base64 of %d bytes", lines[2], HashSize)
	}
	copy(c.Root[:], root)
	return c, nil
}

// checkLogName refuses names that would break the text's lines or deceive
// whoever reads it.
func checkLogName(name string) error {
	if len(name) > maxOrigin-len(origin)-1 {
		return fmt.Errorf("log name of %d bytes, at most %d", len(name), maxOrigin-len(origin)-1)
	}
	if !utf8.ValidString(name) {
		return fmt.Errorf("log name %q is not UTF-8", name)
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("log name %q: character %q", name, r)
		}
	}
	return nil
}

package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"

	"vigil"
)

// Bounds of a watchlist: its rows are kept in one transaction, and so in memory
// at one time. An engine may need some 3 KB for each while it is imported.
const (
	MaxRows     = 1_000_000
	MaxRowBytes = 64 << 10 // of a row's JSON
)

// A RowHash computes what [vigil.HashRows] does, of rows that come one by one.
// Its zero value has seen no rows.
type RowHash struct {
	sum  hash.Hash
	line bytes.Buffer
}

// Add adds the next row and returns its JSON, as it is hashed but for the line
// feed behind it. The bytes are good until the next call.
func (h *RowHash) Add(r vigil.ListRow) ([]byte, error) {
	h.line.Reset()
	e := json.NewEncoder(&h.line)
	e.SetEscapeHTML(false)
	if err := e.Encode(r); err != nil {
		return nil, fmt.Errorf("row %d of watchlist %s: %w", r.N, r.List, err)
	}
	if h.sum == nil {
		h.sum = sha256.New()
	}
	h.sum.Write(h.line.Bytes())
	return bytes.TrimSuffix(h.line.Bytes(), []byte{'\n'}), nil
}

// Sum returns the hash of the rows so far, in hex.
func (h *RowHash) Sum() string {
	if h.sum == nil {
		return vigil.SumHex(nil)
	}
	return hex.EncodeToString(h.sum.Sum(nil))
}

// CheckRows returns each row's JSON, or why they are not the rows of w.
func CheckRows(w vigil.Watchlist, rows []vigil.ListRow) ([][]byte, error) {
	if len(rows) != w.Rows || len(rows) > MaxRows {
		return nil, fmt.Errorf("%d rows: the list says %d, and at most %d are kept", len(rows), w.Rows, MaxRows)
	}
	var h RowHash
	lines := make([][]byte, len(rows))
	for i, r := range rows {
		if r.List != w.ID || r.N != i+1 {
			return nil, fmt.Errorf("row %d is number %d of list %q: want number %d of this one", i+1, r.N, r.List, i+1)
		}
		line, err := h.Add(r)
		if err != nil {
			return nil, err
		}
		if !stable(line) {
			return nil, fmt.Errorf("row %d is not UTF-8: want texts that read back as they are hashed", r.N)
		}
		if len(line) > MaxRowBytes {
			return nil, fmt.Errorf("row %d has %d bytes of JSON, at most %d", r.N, len(line), MaxRowBytes)
		}
		lines[i] = bytes.Clone(line)
	}
	if sum := h.Sum(); sum != w.RowsSHA256 {
		return nil, fmt.Errorf("the rows have SHA-256 %s, the list says %q: %w", sum, w.RowsSHA256, vigil.ErrTampered)
	}
	return lines, nil
}

// stable reports whether a row's JSON is the same after it was read back. It is
// not if a text is not UTF-8: encoding/json writes an escape in its place, but
// the character itself once it was read.
func stable(line []byte) bool {
	if !bytes.Contains(line, []byte(`\ufffd`)) {
		return true
	}
	var (
		r vigil.ListRow
		h RowHash
	)
	if err := json.Unmarshal(line, &r); err != nil {
		return false
	}
	again, err := h.Add(r)
	return err == nil && bytes.Equal(again, line)
}

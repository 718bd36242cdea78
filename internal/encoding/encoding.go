// Package encoding turns the bytes of an answer into text: it undoes content
// encodings ([Expand]) and converts the text to UTF-8 ([Decode]).
//
// The bytes are hostile. Both functions take time linear in what goes in and
// comes out. Expand holds at most about twice its limit and, for each of at
// most two codings, the window of its decoder: 32 KiB for gzip and deflate, 16
// MiB for br (RFC 7932, section 9.1), 8 MiB for zstd (RFC 9659). Decode gives
// at most three bytes for each byte of a text, and holds about twice that while
// it works; a text in UTF-8 is not copied.
package encoding

import (
	"bytes"
	"fmt"

	"vigil"
)

// How the charset of a text was found.
const (
	ByMark   = "byte order mark"
	ByHeader = "header"
	ByPage   = "page" // a meta element or an XML declaration
	ByBytes  = "bytes"
)

// A Text is a body as text.
type Text struct {
	UTF8    []byte // without a byte order mark; valid UTF-8; may be part of the body itself
	Charset string // its name in the WHATWG Encoding Standard
	By      string // how the charset was found: ByMark and so on
	// Certain says that the charset was declared, and the bytes agree, or that
	// they can be nothing else.
	Certain bool
	// Problem says why the text may not be what its author wrote: the charset
	// is a guess, a declaration is wrong, or bytes stand for no character.
	// Empty if there is none.
	Problem string
}

// Body returns p's body with its content encodings undone, as [Expand] does,
// for whoever reads the text: p.Body holds the bytes as received. Where media
// were withheld, it holds what Expand gave, and is returned as it is.
func Body(p vigil.Page, limit int64) ([]byte, error) {
	if p.BodySHA256 != p.RawSHA256 {
		return p.Body, nil
	}
	text, err := Expand(p.Response, p.Body, limit)
	if err != nil {
		return text, fmt.Errorf("decode the body: %w", err)
	}
	return text, nil
}

// mark is the byte order mark in UTF-8.
const mark = "\ufeff"

// Mark returns a text in UTF-8 with a byte order mark before it. The mark beats
// what a header or the page declare, so that Decode reads it as what it is.
func Mark(text []byte) []byte {
	return append([]byte(mark), bytes.TrimPrefix(text, []byte(mark))...)
}

// Transparent reports whether in a charset each ASCII character is its own byte,
// and nothing that a reader drops can stand between two of them: what looks for
// ASCII text in the bytes finds all that is there.
func Transparent(charset string) bool {
	switch charset {
	case "utf-16le", "utf-16be", "iso-2022-jp":
		return false
	}
	return true
}

package rule

import (
	"bytes"

	"vigil/internal/encoding"
)

// The keys under which a body may stand in its own bucket: they say in which form.
const (
	BodyPlain = "body"
	BodyZstd  = "zstd"
)

// A Packed is a body as it is stored, but for the seal.
type Packed struct {
	Form string
	B    []byte
}

// Pack compresses a body, unless that makes it no smaller.
func Pack(z *encoding.Zstd, body []byte) Packed {
	if small := z.Compress(body); len(small) < len(body) {
		return Packed{BodyZstd, small}
	}
	return Packed{BodyPlain, body}
}

// Unpack returns a body of so many bytes.
func (p Packed) Unpack(z *encoding.Zstd, size int64) ([]byte, error) {
	if p.Form == BodyZstd {
		return z.Expand(p.B, size)
	}
	return bytes.Clone(p.B), nil
}

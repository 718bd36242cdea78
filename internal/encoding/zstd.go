package encoding

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// A Zstd compresses what is stored, and expands it again (RFC 8878). It may be
// used by several goroutines.
type Zstd struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

// NewZstd returns a compressor whose results this program of any version reads.
func NewZstd() (*Zstd, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	// One byte more than asked for is never made: see Expand.
	dec, err := zstd.NewReader(nil, zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecodeAllCapLimit(true))
	return &Zstd{enc, dec}, err
}

// Compress returns b as one frame, with a checksum.
func (z *Zstd) Compress(b []byte) []byte { return z.enc.EncodeAll(b, nil) }

// Expand undoes Compress. What is longer than size bytes is refused before it is
// made, and what is shorter afterwards.
func (z *Zstd) Expand(b []byte, size int64) ([]byte, error) {
	if size < 0 {
		return nil, fmt.Errorf("zstd: expand it to %d bytes: want 0 or more", size)
	}
	out, err := z.dec.DecodeAll(b, make([]byte, 0, size))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	if int64(len(out)) != size {
		return nil, fmt.Errorf("zstd: it expands to %d bytes, want %d", len(out), size)
	}
	return out, nil
}

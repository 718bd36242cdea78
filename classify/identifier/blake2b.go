package identifier

import (
	"encoding/binary"
	"math/bits"
)

// blake2bSize is the longest hash of BLAKE2b in bytes.
const blake2bSize = 64

var blake2bIV = [8]uint64{
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
}

// blake2bOrder says which words of a block each round takes; twelve rounds use
// the first two orders twice.
var blake2bOrder = [10][16]byte{
	{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
	{14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
	{11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
	{7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
	{9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
	{2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
	{12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
	{13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
	{6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
	{10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
}

// blake2b returns the BLAKE2b hash (RFC 7693) of msg in size bytes, with a
// personalization as in section 2.8 of the BLAKE2 paper, which
// golang.org/x/crypto/blake2b does not offer.
func blake2b(size int, personal [16]byte, msg []byte) []byte {
	h := blake2bIV
	h[0] ^= 0x01010000 ^ uint64(size)
	h[6] ^= binary.LittleEndian.Uint64(personal[:8])
	h[7] ^= binary.LittleEndian.Uint64(personal[8:])
	var block [128]byte
	done := uint64(0)
	for len(msg) > len(block) {
		copy(block[:], msg)
		msg = msg[len(block):]
		done += uint64(len(block))
		blake2bBlock(&h, &block, done, false)
	}
	clear(block[copy(block[:], msg):])
	blake2bBlock(&h, &block, done+uint64(len(msg)), true)
	var out []byte
	for _, w := range h {
		out = binary.LittleEndian.AppendUint64(out, w)
	}
	return out[:size]
}

// blake2bBlock takes a block into h; done counts the bytes so far.
func blake2bBlock(h *[8]uint64, block *[128]byte, done uint64, last bool) {
	var m, v [16]uint64
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(block[8*i:])
	}
	copy(v[:8], h[:])
	copy(v[8:], blake2bIV[:])
	v[12] ^= done
	if last {
		v[14] = ^v[14]
	}
	mix := func(a, b, c, d int, x, y uint64) {
		v[a] += v[b] + x
		v[d] = bits.RotateLeft64(v[d]^v[a], -32)
		v[c] += v[d]
		v[b] = bits.RotateLeft64(v[b]^v[c], -24)
		v[a] += v[b] + y
		v[d] = bits.RotateLeft64(v[d]^v[a], -16)
		v[c] += v[d]
		v[b] = bits.RotateLeft64(v[b]^v[c], -63)
	}
	for round := range 12 {
		o := &blake2bOrder[round%len(blake2bOrder)]
		for i := range 4 { // columns
			mix(i, 4+i, 8+i, 12+i, m[o[2*i]], m[o[2*i+1]])
		}
		for i := range 4 { // diagonals
			mix(i, 4+(i+1)%4, 8+(i+2)%4, 12+(i+3)%4, m[o[8+2*i]], m[o[9+2*i]])
		}
	}
	for i := range h {
		h[i] ^= v[i] ^ v[i+8]
	}
}

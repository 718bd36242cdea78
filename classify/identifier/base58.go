package identifier

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// base58 is an alphabet of 58 digits: for each byte its value, or -1.
type base58 [256]int8

const rippleDigits = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"

// The alphabets of Bitcoin (and all that descends from it, and Monero) and of
// the XRP Ledger.
var (
	bitcoinBase58 = newBase58("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
	rippleBase58  = newBase58(rippleDigits)
)

func newBase58(alphabet string) *base58 {
	var b base58
	for i := range b {
		b[i] = -1
	}
	for i := range len(alphabet) {
		b[alphabet[i]] = int8(i)
	}
	return &b
}

// maxBase58 is the longest text that decode reads: an extended key has 111
// characters.
const maxBase58 = 112

// limbs32 holds the value of maxBase58 digits in words of 32 bits.
const limbs32 = (maxBase58*5858/1000 + 31) / 32

// decode returns the bytes of s as one big-endian number, with a zero byte for
// each leading zero digit, if they are at least low and at most high in number.
func (b *base58) decode(s string, low, high int) ([]byte, bool) {
	zeros := 0
	for zeros < len(s) && b[s[zeros]] == 0 {
		zeros++
	}
	if len(s) > maxBase58 || !base58Fits(zeros, len(s)-zeros, low, high) {
		return nil, false
	}
	for i := range len(s) {
		if b[s[i]] < 0 {
			return nil, false
		}
	}
	words, used := b.words(s[zeros:])
	out := appendNumber(make([]byte, zeros, zeros+4*used), words[:used])
	return out, len(out) >= low && len(out) <= high
}

// base58Fits reports whether that many leading zero digits and digits after them
// can be between low and high bytes. It saves the work on most of what cannot:
// d digits lie between 58^(d-1) and 58^d, and a digit is 5.858 bits.
func base58Fits(zeros, digits, low, high int) bool {
	return zeros <= high && digits*5858 >= (low-zeros-1)*8000 && (digits-1)*5857 <= (high-zeros)*8000
}

// words returns s as a number in little-endian words, and how many it has. All
// characters must be digits.
func (b *base58) words(s string) (words [limbs32]uint32, used int) {
	for i := 0; i < len(s); {
		// Five digits at a time: 58^5 is less than 2^32.
		carry, scale := uint64(0), uint64(1)
		for n := 0; n < 5 && i < len(s); n++ {
			carry = carry*58 + uint64(b[s[i]])
			scale *= 58
			i++
		}
		for j := range used {
			carry += uint64(words[j]) * scale
			words[j] = uint32(carry)
			carry >>= 32
		}
		if carry > 0 {
			words[used] = uint32(carry)
			used++
		}
	}
	return words, used
}

// appendNumber appends little-endian words as big-endian bytes, without
// leading zero bytes.
func appendNumber(dst []byte, words []uint32) []byte {
	begin := len(dst)
	for j := len(words) - 1; j >= 0; j-- {
		dst = binary.BigEndian.AppendUint32(dst, words[j])
	}
	skip := begin
	for skip < len(dst) && dst[skip] == 0 {
		skip++
	}
	return append(dst[:begin], dst[skip:]...)
}

// base58Checksum reports whether the last four bytes of b are the checksum of
// those before: the first four of SHA-256(SHA-256(·)), as in Bitcoin Core's
// base58.cpp.
func base58Checksum(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	body, sum := b[:len(b)-4], b[len(b)-4:]
	first := sha256.Sum256(body)
	second := sha256.Sum256(first[:])
	return string(second[:4]) == string(sum)
}

// appendChecksum appends to b the checksum that base58Checksum looks for.
func appendChecksum(b []byte) []byte {
	first := sha256.Sum256(b)
	second := sha256.Sum256(first[:])
	return append(b, second[:4]...)
}

// encodeBase58Digits writes b in an alphabet: as a number, with a zero digit for
// each leading zero byte.
func encodeBase58Digits(b []byte, digits string) string {
	zeros := 0
	for zeros < len(b) && b[zeros] == 0 {
		zeros++
	}
	var out []byte // lowest digit first, as numbers in 0–57
	for _, c := range b[zeros:] {
		carry := int(c)
		for i := range out {
			carry += int(out[i]) << 8
			out[i] = byte(carry % 58)
			carry /= 58
		}
		for ; carry > 0; carry /= 58 {
			out = append(out, byte(carry%58))
		}
	}
	for range zeros {
		out = append(out, 0)
	}
	slices.Reverse(out)
	for i, d := range out {
		out[i] = digits[d]
	}
	return string(out)
}

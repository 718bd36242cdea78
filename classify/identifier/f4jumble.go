package identifier

// Lengths that ZIP-316 allows for what is shuffled; the upper one is far above
// any address.
const minJumble, maxJumble = 40, 1 << 12

// f4Unjumble undoes F4Jumble (ZIP-316): a Feistel cipher of four rounds without a
// key, made so that each bit of an address depends on all others.
func f4Unjumble(b []byte) ([]byte, bool) {
	if len(b) < minJumble || len(b) > maxJumble {
		return nil, false
	}
	out := append([]byte(nil), b...)
	cut := min(blake2bSize, len(b)/2)
	left, right := out[:cut], out[cut:]
	jumbleH(left, right, 1)
	jumbleG(right, left, 1)
	jumbleH(left, right, 0)
	jumbleG(right, left, 0)
	return out, true
}

// jumbleH adds a hash of right to left.
func jumbleH(left, right []byte, round byte) {
	sum := blake2b(len(left), personal("UA_F4Jumble_H", round, 0, 0), right)
	for i := range left {
		left[i] ^= sum[i]
	}
}

// jumbleG adds to right as many hashes of left as it takes.
func jumbleG(right, left []byte, round byte) {
	for i := 0; i*blake2bSize < len(right); i++ {
		sum := blake2b(blake2bSize, personal("UA_F4Jumble_G", round, byte(i), byte(i>>8)), left)
		part := right[i*blake2bSize:]
		for j := range min(len(part), blake2bSize) {
			part[j] ^= sum[j]
		}
	}
}

// personal returns the personalization of a hash.
func personal(name string, rest ...byte) [16]byte {
	var p [16]byte
	copy(p[copy(p[:], name):], rest)
	return p
}

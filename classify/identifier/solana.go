package identifier

import "vigil"

// Lengths that 32 bytes have in base58. Shorter ones, of a key with many zeros
// in front, are programs and no accounts.
const (
	solanaShortest = 32
	solanaLongest  = 44
)

// solana looks at text[start:end] as an account of Solana. It is a public key
// of 32 bytes in base58 with no checksum, as is nearly every text of 43 such
// characters; so a word beside it must say what it is, and it is class C. Whether
// the bytes are a point on the curve says nothing: accounts of programs are not.
func (sc *scanner) solana(start, end int) {
	s := sc.text[start:end]
	b, ok := bitcoinBase58.decode(s, 32, 32)
	if !ok || sc.wordBefore(start, 0, isSolanaWord) == "" && !isSolanaWord(sc.wordAfter(end, len(sc.text))) {
		return
	}
	if notAnAccount(b) {
		return
	}
	id := coin("sol", s, mainnet, "sol:"+s, "sol")
	id.Class = vigil.ClassC
	sc.found(start, end, end-start, plain, id)
}

func isSolanaWord(w string) bool { return coinWords[w] == "sol" }

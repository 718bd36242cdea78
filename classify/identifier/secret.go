package identifier

import "vigil"

// secretWords say that 64 hex digits are a private key, and hashWords that they
// are the hash of something.
var (
	secretWords = words{
		"private key*", "privatekey", "private_key", "priv key", "privkey", "secret key*", "secretkey", "secret_key", "spend key", "spendkey", "secret spend key",
		"privater schlüssel", "private schlüssel", "clé privée", "clef privée", "clave privada", "llave privada",
		"приватный ключ", "закрытый ключ", "секретный ключ", "приватник",
	}
	hashWords = words{"public key*", "pubkey", "tx", "txid", "transaction", "hash", "sha256", "sha-256", "checksum", "fingerprint", "block", "merkle"}
)

// hexKey looks at text[start:end], 64 hex digits from digits on, as a private
// key, or as the fingerprint of a key of version 6.
func (sc *scanner) hexKey(start, digits, end int) {
	if sc.nearest(start, secretWords, hashWords, pgpWords) == 0 {
		sc.found(start, end, end-start, plain, vigil.Identifier{
			Kind: "private-key", Class: vigil.ClassC, Readings: []string{"private-key"}, Redacted: true,
		})
		return
	}
	sc.keyID(start, digits, end)
}

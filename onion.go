package vigil

import (
	"crypto/ed25519"
	"crypto/sha3"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
)

// onionVersion is the version byte of v3 onion addresses.
const onionVersion = 3

// onionEncoding is the base32 of onion names: lower case, no padding (56
// characters hold 35 bytes exactly).
var onionEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// OnionName returns the v3 onion name of a service's public key,
// "<56 characters>.onion" (rend-spec-v3, section 6).
func OnionName(key ed25519.PublicKey) string {
	b := append([]byte(nil), key...)
	b = append(b, onionChecksum(key)...)
	b = append(b, onionVersion)
	return onionEncoding.EncodeToString(b) + ".onion"
}

// OnionKey checks host, a v3 onion name with or without labels before it, and
// returns the service's public key. The name must be in lower case.
func OnionKey(host string) (ed25519.PublicKey, error) {
	name, ok := strings.CutSuffix(host, ".onion")
	if !ok {
		return nil, fmt.Errorf("%q is no onion name: want 56 characters and .onion", host)
	}
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		name = name[i+1:]
	}
	if len(name) == 16 {
		return nil, fmt.Errorf("%q is a version 2 onion name, dead since 2021", host)
	}
	if len(name) != 56 {
		return nil, fmt.Errorf("%q is no version 3 onion name: %d characters before .onion, want 56", host, len(name))
	}
	b, err := onionEncoding.DecodeString(name)
	if err != nil {
		return nil, fmt.Errorf("%q is no onion name: base32 is a-z and 2-7", host)
	}
	key, sum, version := ed25519.PublicKey(b[:32]), string(b[32:34]), b[34]
	if version != onionVersion {
		return nil, fmt.Errorf("%q has onion version %d, want %d", host, version, onionVersion)
	}
	if sum != string(onionChecksum(key)) {
		return nil, errors.New("onion name " + host + " has a wrong checksum: is it misspelt?")
	}
	return key, nil
}

// onionChecksum is SHA3-256(".onion checksum" | key | version)[:2].
func onionChecksum(key ed25519.PublicKey) []byte {
	b := append([]byte(".onion checksum"), key...)
	sum := sha3.Sum256(append(b, onionVersion))
	return sum[:2]
}

// OnionBase returns the last two labels of a host, without its port, in lower
// case: an onion service answers under any labels before its name.
func OnionBase(host string) string {
	host, _, _ = strings.Cut(strings.ToLower(host), ":")
	if i := strings.LastIndexByte(strings.TrimSuffix(host, ".onion"), '.'); i >= 0 {
		return host[i+1:]
	}
	return host
}

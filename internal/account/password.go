package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// A Cost is what one argon2id computation takes (RFC 9106). The zero Cost is
// 64 MiB, 3 passes and 2 lanes, well above the least that OWASP's cheat sheet on
// storing passwords names.
type Cost struct {
	KiB   uint32
	Times uint32
	Lanes uint8
}

func (c Cost) orDefault() Cost {
	if c == (Cost{}) {
		return Cost{KiB: 64 << 10, Times: 3, Lanes: 2}
	}
	return c
}

// Sizes in bytes of what is kept of a password.
const (
	saltSize = 16
	keySize  = 32
)

// ErrBusy says that too many passwords are being checked at once.
var ErrBusy = errors.New("too many people are signing in at once: try again in a moment")

// A hasher computes argon2id, two at a time, as each takes memory. Few wait.
type hasher struct {
	cost  Cost
	slots chan struct{} // who computes
	line  chan struct{} // who computes or waits
}

func newHasher(c Cost) *hasher {
	return &hasher{cost: c.orDefault(), slots: make(chan struct{}, 2), line: make(chan struct{}, 32)}
}

// run calls f when it is its turn.
func (h *hasher) run(ctx context.Context, f func()) error {
	select {
	case h.line <- struct{}{}:
	default:
		return ErrBusy
	}
	defer func() { <-h.line }()
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-h.slots }()
	f()
	return nil
}

// hash returns a password's hash in the PHC string format.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltSize)
	rand.Read(salt)
	c := h.cost
	var key []byte
	if err := h.run(ctx, func() { key = argon2.IDKey([]byte(password), salt, c.Times, c.KiB, c.Lanes, keySize) }); err != nil {
		return "", err
	}
	return hashed{c, salt, key}.String(), nil
}

// matches reports whether a password has a hash. An empty hash takes the same
// work, and never matches: so nobody learns which names there are.
func (h *hasher) matches(ctx context.Context, password, encoded string) (bool, error) {
	want := hashed{cost: h.cost, salt: make([]byte, saltSize), key: make([]byte, keySize)}
	if encoded != "" {
		var err error
		if want, err = parseHash(encoded); err != nil {
			return false, err
		}
	}
	var got []byte
	err := h.run(ctx, func() {
		got = argon2.IDKey([]byte(password), want.salt, want.cost.Times, want.cost.KiB, want.cost.Lanes, uint32(len(want.key)))
	})
	return err == nil && subtle.ConstantTimeCompare(got, want.key) == 1 && encoded != "", err
}

// A hashed is a password's hash with what it was made with.
type hashed struct {
	cost      Cost
	salt, key []byte
}

// String returns the PHC string format.
func (h hashed) String() string {
	b := base64.RawStdEncoding.Strict()
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.cost.KiB, h.cost.Times, h.cost.Lanes, b.EncodeToString(h.salt), b.EncodeToString(h.key))
}

// errHash quotes nothing of what it is about.
var errHash = errors.New("password hash: want $argon2id$v=19$m=…,t=…,p=…$SALT$KEY, within bounds")

// parseHash reads the PHC string format of argon2id, and no costs that would tie
// the machine up.
func parseHash(s string) (h hashed, err error) {
	const maxText, maxKiB, maxTimes, maxLanes = 256, 1 << 20, 16, 16
	parts := strings.Split(s, "$")
	if len(s) > maxText || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.cost.KiB, &h.cost.Times, &h.cost.Lanes); err != nil {
		return h, errHash
	}
	b := base64.RawStdEncoding.Strict()
	h.salt, err = b.DecodeString(parts[4])
	if err == nil {
		h.key, err = b.DecodeString(parts[5])
	}
	c := h.cost
	if err != nil || len(h.salt) != saltSize || len(h.key) != keySize ||
		c.KiB < 8*uint32(c.Lanes) || c.KiB > maxKiB || c.Times < 1 || c.Times > maxTimes || c.Lanes < 1 || c.Lanes > maxLanes || h.String() != s {
		return hashed{}, errHash
	}
	return h, nil
}

// Bounds of passwords: characters at least, bytes at most.
const (
	MinPassword = 12
	maxPassword = 256
)

// CheckPassword reports why a person should choose another password. No kinds of
// characters are asked for (OWASP ASVS 5.0, 6.2.5): length counts.
func CheckPassword(name, password string) error {
	plain := strings.ToLower(password)
	switch {
	case !utf8.ValidString(password) || len(password) > maxPassword:
		return fmt.Errorf("the password has more than %d bytes, or is no text", maxPassword)
	case utf8.RuneCountInString(password) < MinPassword:
		return fmt.Errorf("the password is too short: want %d characters or more, such as four words", MinPassword)
	case utf8.RuneCountInString(strings.ReplaceAll(plain, name, "")) < MinPassword/2:
		return errors.New("the password is little more than the account's name: choose another")
	case isCommon(plain):
		return errors.New("the password is among those that are tried first: choose another")
	}
	return nil
}

// isCommon reports whether a password in small letters is one of the most used, one
// with digits around it, one several times over, or a run of characters.
func isCommon(plain string) bool {
	if isRun(plain) {
		return true
	}
	core := strings.TrimFunc(plain, func(r rune) bool { return !unicode.IsLetter(r) })
	for _, w := range mostUsed() {
		if strings.ReplaceAll(core, w, "") == "" && core != "" || strings.ReplaceAll(plain, w, "") == "" {
			return true
		}
	}
	return false
}

// isRun reports whether each character is the one before it, or the next.
func isRun(s string) bool {
	runes := []rune(s)
	for i := 1; i < len(runes); i++ {
		if d := runes[i] - runes[i-1]; d < -1 || d > 1 {
			// 9 goes on with 0, as on a keyboard.
			if !(runes[i-1] == '9' && runes[i] == '0') {
				return false
			}
		}
	}
	return true
}

// mostUsed are words that passwords are made of, in small letters.
func mostUsed() []string {
	return []string{
		"password", "passwort", "passw0rd", "p@ssword", "p@ssw0rd", "motdepasse", "contraseña", "contrasena", "wachtwoord", "haslo", "parola", "senha",
		"letmein", "welcome", "willkommen", "bienvenue", "changeme", "changethis", "default", "secret", "geheim", "admin", "administrator", "root",
		"user", "guest", "login", "test", "testing", "temp", "temporary", "qwerty", "qwertz", "azerty", "qwertyuiop", "qwertzuiop", "asdfghjkl",
		"asdf", "zxcvbnm", "yxcvbnm", "qazwsxedc", "1qaz2wsx", "1q2w3e4r", "q1w2e3r4", "abc123", "iloveyou", "dragon", "monkey", "football", "baseball",
		"sunshine", "princess", "superman", "batman", "starwars", "master", "shadow", "michael", "jordan", "vigil", "police", "investigator", "reviewer",
		"1234", "12345", "123456", "1234567", "12345678", "123456789", "1234567890", "123123", "112233", "121212", "654321", "987654321",
	}
}

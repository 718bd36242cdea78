package tor

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Bounds of what a control port may say.
const (
	maxReplyLine  = 4096
	maxReplyLines = 256
)

// A control asks Tor's control port (control-spec). It only ever reads: it
// knows PROTOCOLINFO, AUTHCHALLENGE, AUTHENTICATE, GETINFO and GETCONF.
type control struct {
	w io.Writer
	r *bufio.Reader
}

func newControl(rw io.ReadWriter) *control {
	return &control{rw, bufio.NewReaderSize(rw, maxReplyLine)}
}

// info returns what GETINFO says about a key (section 3.9).
func (c *control) info(key string) (string, error) {
	lines, err := c.ask("GETINFO " + key)
	if err != nil {
		return "", err
	}
	value, ok := strings.CutPrefix(lines[0], key+"=")
	if !ok {
		return "", fmt.Errorf("GETINFO %s: Tor answers %q", key, lines[0])
	}
	return value, nil
}

// conf returns the lines of an option in Tor's configuration (section 3.3).
func (c *control) conf(option string) (values []string, err error) {
	lines, err := c.ask("GETCONF " + option)
	if err != nil {
		return nil, err
	}
	for _, l := range lines {
		if v, ok := strings.CutPrefix(l, option+"="); ok {
			values = append(values, v)
		}
	}
	return values, nil
}

// ask sends a command and returns the lines of a reply that says it went well:
// at least one, without status codes.
func (c *control) ask(command string) ([]string, error) {
	word, _, _ := strings.Cut(command, " ")
	if _, err := io.WriteString(c.w, command+"\r\n"); err != nil {
		return nil, fmt.Errorf("%s: %w", word, err)
	}
	code, lines, err := readReply(c.r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", word, err)
	}
	if code != "250" {
		return nil, fmt.Errorf("%s: Tor answers %s %q", word, code, lines[0])
	}
	return lines, nil
}

var errReply = errors.New("what answers does not speak as Tor's control port does")

// readReply reads a reply (section 2.3): lines that begin with one status code,
// of which the last has a blank after it. The data that follow a line with a
// plus sign are skipped: nothing that is asked for comes in that form.
func readReply(r *bufio.Reader) (code string, lines []string, err error) {
	data := false
	for range maxReplyLines {
		b, err := r.ReadSlice('\n')
		if err != nil {
			return "", nil, fmt.Errorf("%w: %w", errReply, err)
		}
		line := string(bytes.TrimRight(b, "\r\n"))
		if data {
			data = line != "."
			continue
		}
		if len(line) < 4 || !isCode(line[:3]) || code != "" && line[:3] != code {
			return "", nil, errReply
		}
		code = line[:3]
		lines = append(lines, line[4:])
		switch line[3] {
		case ' ':
			return code, lines, nil
		case '+':
			data = true
		case '-':
		default:
			return "", nil, errReply
		}
	}
	return "", nil, fmt.Errorf("%w: more than %d lines", errReply, maxReplyLines)
}

func isCode(s string) bool {
	return len(s) == 3 && strings.Trim(s, "0123456789") == ""
}

// authenticate proves to Tor that we may ask it: without a secret if it wants
// none, or else with its cookie file. Plain cookie authentication is not done:
// it would show the content of a file to whoever names its path.
func (c *control) authenticate() error {
	lines, err := c.ask("PROTOCOLINFO 1")
	if err != nil {
		return err
	}
	methods, cookieFile, err := authMethods(lines)
	if err != nil {
		return err
	}
	switch {
	case methods["NULL"]:
		_, err = c.ask("AUTHENTICATE")
		return err
	case methods["SAFECOOKIE"]:
		cookie, err := readCookie(cookieFile)
		if err != nil {
			return err
		}
		return c.safeCookie(cookie)
	}
	return errors.New("the control port takes neither SAFECOOKIE nor no authentication: set CookieAuthentication 1 in torrc")
}

// authMethods reads the line "AUTH METHODS=A,B COOKIEFILE=…" (section 3.21).
func authMethods(lines []string) (methods map[string]bool, cookieFile string, err error) {
	for _, l := range lines {
		rest, ok := strings.CutPrefix(l, "AUTH METHODS=")
		if !ok {
			continue
		}
		names, rest, _ := strings.Cut(rest, " ")
		methods = map[string]bool{}
		for name := range strings.SplitSeq(names, ",") {
			methods[name] = true
		}
		if file, ok := strings.CutPrefix(rest, "COOKIEFILE="); ok {
			q, err := quotedPrefix(file)
			if err != nil {
				return nil, "", errReply
			}
			cookieFile = q.value
		}
		return methods, cookieFile, nil
	}
	return nil, "", errReply
}

// cookieSize is the length of Tor's cookie file in bytes. The specification
// wants other files refused: the other side names the path.
const cookieSize = 32

func readCookie(path string) ([]byte, error) {
	if !filepath.IsAbs(path) {
		return nil, fmt.Errorf("cookie file %q, as Tor names it: want an absolute path", path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("look for Tor's cookie file: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() != cookieSize {
		return nil, fmt.Errorf("cookie file %s, as Tor names it: want a file of %d bytes", path, cookieSize)
	}
	b, err := os.ReadFile(path)
	if err == nil && len(b) != cookieSize {
		err = fmt.Errorf("%s has %d bytes, want %d", path, len(b), cookieSize)
	}
	if err != nil {
		return nil, fmt.Errorf("read Tor's cookie file (is this account in Tor's group, and CookieAuthFileGroupReadable set?): %w", err)
	}
	return b, nil
}

// The keys of the two proofs (section 3.24).
const (
	serverProof = "Tor safe cookie authentication server-to-controller hash"
	clientProof = "Tor safe cookie authentication controller-to-server hash"
)

// safeCookie has each side prove that it knows the cookie, without showing it
// (section 3.24).
func (c *control) safeCookie(cookie []byte) error {
	nonce := make([]byte, 32)
	if _, err := rand.Read(nonce); err != nil {
		return err
	}
	lines, err := c.ask("AUTHCHALLENGE SAFECOOKIE " + hex.EncodeToString(nonce))
	if err != nil {
		return err
	}
	var hash, serverNonce []byte
	for f := range strings.FieldsSeq(lines[0]) {
		if v, ok := strings.CutPrefix(f, "SERVERHASH="); ok {
			hash, _ = hex.DecodeString(v) // a wrong one does not match below
		}
		if v, ok := strings.CutPrefix(f, "SERVERNONCE="); ok {
			serverNonce, _ = hex.DecodeString(v)
		}
	}
	if !hmac.Equal(hash, proof(serverProof, cookie, nonce, serverNonce)) {
		return errors.New("AUTHCHALLENGE: what answers does not know Tor's cookie: it is not that Tor")
	}
	_, err = c.ask("AUTHENTICATE " + hex.EncodeToString(proof(clientProof, cookie, nonce, serverNonce)))
	return err
}

func proof(key string, parts ...[]byte) []byte {
	m := hmac.New(sha256.New, []byte(key))
	for _, p := range parts {
		m.Write(p)
	}
	return m.Sum(nil)
}

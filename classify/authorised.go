package classify

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds on an authorised file.
const (
	maxAuthorised = 1 << 20 // bytes
	maxWatched    = 20000   // codes and groups
	maxTerm       = 100     // bytes of one
)

// A watch says what a term of an authorised file stands for.
type watch uint8

const (
	unwatched watch = iota
	code            // for an age under 18: AGE-3
	group           // an armed group: TER-1
)

// An authorised file holds what the repository must not: codes for ages and the names
// of armed groups. It is one JSON object:
//
//	{"version": 1, "authority": "who allowed it", "codes": ["…"], "groups": ["…"]}
type authorised struct {
	terms []watchedTerm
	hash  string // of the file: 12 hexadecimal digits; empty without a file
}

type watchedTerm struct {
	text string
	is   watch
}

// readAuthorised reads an authorised file. Errors name the line.
func readAuthorised(r io.Reader) (authorised, error) {
	if r == nil {
		return authorised{}, nil
	}
	b, err := io.ReadAll(io.LimitReader(r, maxAuthorised+1))
	if err != nil {
		return authorised{}, err
	}
	if len(b) > maxAuthorised {
		return authorised{}, fmt.Errorf("more than %d bytes", maxAuthorised)
	}
	p := &authorisedParser{text: b, d: json.NewDecoder(bytes.NewReader(b)), seen: make(map[string]int)}
	if err := p.file(); err != nil {
		return authorised{}, fmt.Errorf("line %d: %w", p.line(err), err)
	}
	sum := sha256.Sum256(b)
	p.out.hash = hex.EncodeToString(sum[:6])
	return p.out, nil
}

// An authorisedParser reads token by token, so that it knows the line of each.
type authorisedParser struct {
	text []byte
	d    *json.Decoder
	out  authorised
	seen map[string]int // terms and keys: the line of the first
}

// line returns the line at which reading stopped.
func (p *authorisedParser) line(err error) int {
	at := p.d.InputOffset()
	if s := (*json.SyntaxError)(nil); errors.As(err, &s) {
		at = s.Offset
	}
	return 1 + bytes.Count(p.text[:min(int(at), len(p.text))], []byte("\n"))
}

func (p *authorisedParser) file() error {
	if !utf8.Valid(p.text) {
		return errors.New("expected UTF-8")
	}
	if err := p.delim('{'); err != nil {
		return err
	}
	version, authority := false, false
	for p.d.More() {
		key, err := p.string()
		if err != nil {
			return err
		}
		if err := p.once("key " + key); err != nil {
			return err
		}
		switch key {
		case "version":
			version = true
			if t, err := p.d.Token(); err != nil || t != 1.0 {
				return cmpErr(err, fmt.Errorf("version is %v, expected 1", t))
			}
		case "authority":
			s, err := p.string()
			if err != nil {
				return err
			}
			authority = strings.TrimSpace(s) != ""
		case "codes":
			err = p.list(code)
		case "groups":
			err = p.list(group)
		default:
			err = fmt.Errorf("unknown key %q, expected version, authority, codes, groups", key)
		}
		if err != nil {
			return err
		}
	}
	if err := p.delim('}'); err != nil {
		return err
	}
	switch _, err := p.d.Token(); {
	case err != io.EOF:
		return errors.New("more than one object")
	case !version || !authority:
		return errors.New("no version, or no authority: say who allowed the list")
	}
	return nil
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// delim reads one bracket.
func (p *authorisedParser) delim(want json.Delim) error {
	t, err := p.d.Token()
	if err == nil && t != want {
		err = fmt.Errorf("expected %v", want)
	}
	return err
}

func (p *authorisedParser) string() (string, error) {
	t, err := p.d.Token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", errors.New("expected a string")
	}
	return s, nil
}

// once refuses what stood in the file before.
func (p *authorisedParser) once(what string) error {
	if line, ok := p.seen[what]; ok {
		return fmt.Errorf("stands in line %d already", line)
	}
	p.seen[what] = p.line(nil)
	return nil
}

// list reads terms. What they say is not repeated in errors.
func (p *authorisedParser) list(is watch) error {
	if err := p.delim('['); err != nil {
		return err
	}
	for p.d.More() {
		s, err := p.string()
		if err != nil {
			return err
		}
		t := canonical(s)
		bare := strings.TrimSpace(pad(t))
		switch {
		case len(s) > maxTerm:
			return fmt.Errorf("a term of %d bytes, expected at most %d", len(s), maxTerm)
		case bare == "" && (is == group || utf8.RuneCountInString(strings.TrimSpace(s)) == 0 || ascii(s)):
			return errors.New("a term without a letter or digit")
		case bare != "" && utf8.RuneCountInString(bare) < 2 || is == group && utf8.RuneCountInString(bare) < 3:
			return errors.New("a term too short to tell anything")
		case len(p.out.terms) == maxWatched:
			return fmt.Errorf("more than %d terms", maxWatched)
		}
		if bare == "" {
			t = strings.TrimSpace(s)
		}
		if err := p.once("term " + t); err != nil {
			return err
		}
		p.out.terms = append(p.out.terms, watchedTerm{t, is})
	}
	return p.delim(']')
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// sign reports whether a term is of symbols alone, which folding would drop.
func (t watchedTerm) sign() bool { return strings.TrimSpace(pad(t.text)) == "" }

package crawler

import (
	"bytes"
	"encoding/base64"
	"iter"
	"strings"
)

// A run is a stretch of base64 text. Its slice is good until the next is read.
type run struct {
	chars []byte // in the standard alphabet, escapes and white space undone
	end   int    // behind the last one and its padding
}

// A place is where base64 text stands.
type place int

const (
	inText   place = iota // white space in it is a line end with indentation around it
	inURL                 // the same, and padding does not end it
	inQuotes              // in a quoted URL: any white space may stand in it
)

// readRun reads the base64 text at b[j].
func (s *scanner) readRun(j, end int, where place) run {
	r, _ := s.readChars(j, end, where, never)
	return r
}

// readChars reads the base64 text at b[j], up to its character number most or,
// if that is never, to its end. next is where it stopped to read: at that
// character.
func (s *scanner) readChars(j, end int, where place, most int) (r run, next int) {
	chars, k := s.chars[:0], j
	r.end = j
	for k < end {
		c, n := s.b[k], 1
		if base64Chars[c] == 0 {
			c, n = unit(s.b, k)
		}
		if c = base64Chars[c]; c != 0 {
			if len(chars) == most || c == 's' && s.marked && placeholder(s.b, k) > 0 {
				break
			}
			chars = append(chars, c)
			k += n
			r.end = k
			continue
		}
		if next := s.skipPadding(k, end); next > k && len(chars) > 0 {
			r.end = next
			if where == inText {
				break
			}
			k = next
			continue
		}
		next := s.skipSpace(k, end, where == inQuotes)
		if next == k {
			break
		}
		k = next
	}
	r.chars, r.end = chars, min(r.end, end)
	s.chars = chars
	return r, k
}

// skipPadding returns where the padding at b[k] ends; k if there is none.
func (s *scanner) skipPadding(k, end int) int {
	for k < end {
		c, n := unit(s.b, k)
		if c != '=' {
			break
		}
		k += n
	}
	return k
}

// skipSpace returns where white space at b[k] ends; k if it is none that may
// stand in base64 text.
func (s *scanner) skipSpace(k, end int, anySpace bool) int {
	start, line := k, false
	for k < end {
		c, n := unit(s.b, k)
		if c == '\n' || c == '\r' {
			line = true
		} else if c != ' ' && c != '\t' {
			break
		}
		k += n
	}
	if line || anySpace {
		return k
	}
	return start
}

// base64Chars maps the characters of both base64 alphabets (RFC 4648) to the
// standard one, and all others to 0.
var base64Chars = func() (t [256]byte) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = c
	}
	t['-'], t['_'] = '+', '/'
	return t
}()

// magic64 is how media files begin in base64. Each is long enough to be rare in
// other base64 text; the bytes that it decodes to are checked in any case.
var magic64 = []struct {
	text   string
	before int // characters of the file before it
}{
	{"iVBORw0KGgo", 0}, {"/9j/", 0}, {"R0lGODlh", 0}, {"R0lGODdh", 0}, {"UklGR", 0}, {"GkXfo", 0}, {"T2dnUw", 0}, {"SUQz", 0},
	{"Z0eX", 6}, // "ftyp" behind a length of four bytes
	{"MCayd", 0}, {"JVBERi", 0}, {"UEsDB", 0}, {"d09GR", 0}, {"d09GMg", 0},
}

// runs finds base64 text that begins, or goes on after other letters, like a
// media file.
func (s *scanner) runs() {
	for _, gap := range s.gaps() {
		if s.marked {
			s.runsIn(gap.start, gap.end, gap.end)
			continue
		}
		for a, z := range stretches(s.b, gap.start, gap.end) {
			s.runsIn(a, z, gap.end)
		}
	}
}

// stretches yields the parts of b[start:end], in order, that are long enough for
// minRun characters and free of bytes that cannot stand in base64 text. It looks
// at no byte twice, and not at most of them: where the last byte of minRun is
// such a one, it need not look at those before it.
//
// Behind a byte that ends base64 text, reading begins anew, whatever stands
// before it: it ends the escape that it stands in, if any, and that escape's
// character ends the text as it would itself. So to read a stretch alone is to
// read it with all before it.
func stretches(b []byte, start, end int) iter.Seq2[int, int] {
	return func(yield func(a, z int) bool) {
		a, clean := start, start // b[a:clean] is known to be free of such bytes
		for a+minRun <= end {
			z := a + minRun
			p := z - 1
			for p >= clean && !ends64[b[p]] {
				p--
			}
			if p >= clean {
				a, clean = p+1, z
				continue
			}
			for z < end && !ends64[b[z]] {
				z++
			}
			if !yield(a, z) {
				return
			}
			a, clean = z+1, z+1
		}
	}
}

// ends64 holds the bytes that end any base64 text, wherever they stand: those
// that are no character of it, no padding and no white space, and that stand in
// an escape only as its last byte, behind a backslash, for themselves.
var ends64 = func() (t [256]bool) {
	for c := range t {
		t[c] = base64Chars[c] == 0 && strings.IndexByte("= \t\r\n%&\\#;{}", byte(c)) < 0
	}
	return t
}()

// runsIn judges the base64 texts that begin in b[i:stop] and end before end.
func (s *scanner) runsIn(i, stop, end int) {
	for i < stop {
		c, n := unit(s.b, i)
		if c == 's' && s.marked {
			if n := placeholder(s.b, i); n > 0 {
				i += n
				continue
			}
		}
		if base64Chars[c] == 0 {
			i += n
			continue
		}
		r := s.readRun(i, end, inText)
		s.judge(i, end, r)
		i = max(r.end, i+n)
	}
}

// judge notes the media in a run, which was read at b[i].
func (s *scanner) judge(i, end int, r run) {
	if len(r.chars) < minRun {
		return
	}
	k, typ := mediaStart(r.chars)
	if k < 0 {
		return
	}
	payload := decode64(r.chars[k:]) // before the slice is written to again
	_, start := s.readChars(i, end, inText, k)
	s.found = append(s.found, medium{start, r.end, typ, payload})
}

// mediaStart returns where in base64 text a media file of some length begins;
// -1 if none does.
func mediaStart(chars []byte) (k int, typ string) {
	if typ := mediaType64(chars); typ != "" {
		return 0, typ
	}
	best := -1
	for _, m := range magic64 {
		for from := 0; ; from++ {
			n := bytes.Index(chars[from:], []byte(m.text))
			if n < 0 {
				break
			}
			from += n
			k := from - m.before
			if k+minRun > len(chars) || best >= 0 && k >= best {
				break
			}
			if k >= 0 && mediaType64(chars[k:]) != "" {
				best = k
				break
			}
		}
	}
	if best < 0 {
		return -1, ""
	}
	return best, mediaType64(chars[best:])
}

// mediaType64 returns the media type of what chars decode to.
func mediaType64(chars []byte) string {
	var b [66]byte
	first := chars[:min(len(chars)/4*4, base64.RawStdEncoding.EncodedLen(len(b)))]
	n, err := base64.RawStdEncoding.Decode(b[:], first)
	if err != nil {
		return ""
	}
	return mediaType(b[:n])
}

package crawler

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"vigil"
)

// What follows is how media were first withheld: one byte after another, and
// nothing left out. It is slow and plain, and says what is right: see
// FuzzWithholdAgainstOracle. Its tables and its judges of types are the
// crawler's own.

// oldWithhold is what withhold must equal.
func oldWithhold(body []byte) ([]byte, []vigil.Withheld) { return oldWithholdNested(body, 0) }

func oldWithholdNested(body []byte, depth int) ([]byte, []vigil.Withheld) {
	s := oldScanner{b: body, depth: depth}
	s.bare()
	s.dataURLs()
	s.runs()
	if len(s.found) == 0 {
		return body, nil
	}
	return s.replace()
}

type oldMedium struct {
	start, end int
	typ        string
	payload    []byte // decoded, or the text itself if it did not decode
}

type oldScanner struct {
	b     []byte
	depth int
	found []oldMedium // in any order, not overlapping
	last  oldRun      // its memory is used again
	// unclosed holds the quotes that occur no more, so that looking for them
	// again and again stays cheap.
	unclosed map[string]bool
}

// replace puts the hash of each medium into its place.
func (s *oldScanner) replace() ([]byte, []vigil.Withheld) {
	slices.SortFunc(s.found, func(a, b oldMedium) int { return a.start - b.start })
	var out bytes.Buffer
	var list []vigil.Withheld
	at := 0
	for _, m := range s.found {
		out.Write(s.b[at:m.start])
		w := vigil.Withheld{MediaType: m.typ, SHA256: vigil.SumHex(m.payload), Bytes: len(m.payload), Offset: out.Len()}
		list = append(list, w)
		fmt.Fprintf(&out, "%s%s,bytes=%d,withheld", placeholderPrefix, w.SHA256, w.Bytes)
		at = m.end
	}
	out.Write(s.b[at:])
	return out.Bytes(), list
}

// oldPlaceholder returns the length of the text at b[i] that stands in the place
// of a medium; 0 if there is none. It is fixed text and can hide nothing.
func oldPlaceholder(b []byte, i int) int {
	const hexLen = 2 * sha256.Size
	if !bytes.HasPrefix(b[i:], []byte(placeholderPrefix)) {
		return 0
	}
	j := i + len(placeholderPrefix)
	if j+hexLen > len(b) {
		return 0
	}
	if _, err := hex.Decode(make([]byte, sha256.Size), b[j:j+hexLen]); err != nil {
		return 0
	}
	rest, ok := bytes.CutPrefix(b[j+hexLen:], []byte(",bytes="))
	if !ok {
		return 0
	}
	digits := 0
	for digits < len(rest) && digits < 12 && '0' <= rest[digits] && rest[digits] <= '9' {
		digits++
	}
	if digits == 0 || !bytes.HasPrefix(rest[digits:], []byte(",withheld")) {
		return 0
	}
	return len(b) - i - len(rest) + digits + len(",withheld")
}

// gaps yields the parts of the body that are not found to be media so far.
func (s *oldScanner) gaps() iter.Seq2[int, int] {
	taken := slices.Clone(s.found)
	slices.SortFunc(taken, func(a, b oldMedium) int { return a.start - b.start })
	return func(yield func(start, end int) bool) {
		at := 0
		for _, m := range taken {
			if !yield(at, m.start) {
				return
			}
			at = m.end
		}
		yield(at, len(s.b))
	}
}

// bare finds a media file that stands in the body as it is. It ends with the
// last byte that no text holds: what comes after may be the page again.
func (s *oldScanner) bare() {
	last := bytes.LastIndexFunc(s.b, func(r rune) bool { return r < 0x20 && binaryByte(byte(r)) })
	if last < 0 {
		return
	}
	start := -1
	for _, m := range bareMagic {
		for i := 0; i <= last; i++ {
			k := bytes.Index(s.b[i:last+1], []byte(m))
			if k < 0 || start >= 0 && i+k >= start {
				break
			}
			i += k
			if mediaType(s.b[i:min(len(s.b), i+64)]) != "" {
				start = i
				break
			}
		}
	}
	if start >= 0 {
		typ := mediaType(s.b[start:min(len(s.b), start+64)])
		s.found = append(s.found, oldMedium{start, last + 1, typ, s.b[start : last+1]})
	}
}

// dataURLs finds data URLs of media.
func (s *oldScanner) dataURLs() {
	for start, end := range s.gaps() {
		for i := start; i < end; i++ {
			switch s.b[i] {
			case 's':
				if n := oldPlaceholder(s.b, i); n > 0 {
					i += n - 1
				}
			case 'd', 'D', '%', '&', '\\':
				if next := s.dataURL(i, end); next > i {
					i = next - 1
				}
			}
		}
	}
}

// dataURL looks at the data URL at b[i] and notes it if it is a medium. It
// returns where to look on; 0 if there is no data URL.
func (s *oldScanner) dataURL(i, end int) int {
	j := i
	for k, want := range []byte("data:") {
		if k > 0 {
			j = s.skipBreaks(j, end)
		}
		if j >= end {
			return 0
		}
		c, n := oldUnit(s.b, j)
		if oldLower(c) != want {
			return 0
		}
		j += n
	}
	head, j, ok := s.dataHead(j, end)
	if !ok {
		return 0
	}
	typ, coded := dataType(head)
	if coded {
		return s.base64URL(typ, i, j, end)
	}
	return s.plainURL(typ, i, j, end)
}

// skipBreaks skips tabs and line ends, which a browser drops from any URL.
func (s *oldScanner) skipBreaks(j, end int) int {
	for j < end {
		c, n := oldUnit(s.b, j)
		if c != '\t' && c != '\n' && c != '\r' {
			break
		}
		j += n
	}
	return j
}

// dataHead returns what stands before the comma at or after j, in lower case,
// and where the payload begins.
func (s *oldScanner) dataHead(j, end int) (head string, payload int, ok bool) {
	var b [maxHead]byte
	used := 0
	for limit := min(end, j+4*maxHead); j < limit && used < maxHead; {
		c, n := oldUnit(s.b, j)
		j += n
		switch c {
		case ',':
			return string(b[:used]), j, j <= end
		case '<', '>':
			return "", 0, false
		case '\t', '\n', '\r':
		default:
			b[used] = oldLower(c)
			used++
		}
	}
	return "", 0, false
}

// base64URL judges a data URL whose base64 payload begins at j.
func (s *oldScanner) base64URL(typ string, i, j, end int) int {
	if n := oldPlaceholder(s.b, j); n > 0 {
		return j + n
	}
	where := inURL
	if q := s.quoteBefore(i); q != "" && q != "(" {
		where = inQuotes
	}
	r := s.readRun(j, end, where)
	if len(r.chars) == 0 {
		return j
	}
	payload := oldDecode64(r.chars)
	if t := mediaType(payload[:min(len(payload), sniffLen)]); t != "" || mediaURLType(typ) || s.nested(payload) {
		if !mediaURLType(typ) && t != "" {
			typ = t
		}
		s.found = append(s.found, oldMedium{j, r.end, orUnknown(typ), payload})
	}
	return r.end
}

// nested reports whether a payload that is text holds media in its turn.
func (s *oldScanner) nested(payload []byte) bool {
	if s.depth >= maxNesting {
		return true
	}
	_, found := oldWithholdNested(payload, s.depth+1)
	return len(found) > 0
}

// plainURL judges a data URL whose payload, not in base64, begins at j.
func (s *oldScanner) plainURL(typ string, i, j, end int) int {
	if !mediaURLType(typ) {
		return j // text: what media it holds stand there to be found
	}
	stop := s.plainEnd(i, j, end)
	if n := oldPlaceholder(s.b, j); n > 0 && j+n == stop {
		return stop
	}
	if stop == j {
		return j
	}
	payload := make([]byte, 0, stop-j)
	for k := j; k < stop; {
		c, n := oldUnit(s.b, k)
		payload = append(payload, c)
		k += n
	}
	s.found = append(s.found, oldMedium{j, stop, orUnknown(typ), payload})
	return stop
}

// plainEnd returns where the payload at j ends, of a URL that begins at i: at
// the quote that stood before it, or else where an unquoted URL ends.
func (s *oldScanner) plainEnd(i, j, end int) int {
	quote := s.quoteBefore(i)
	if quote == "(" {
		quote = ")"
	}
	if quote != "" && !s.unclosed[quote] {
		if k := bytes.Index(s.b[j:end], []byte(quote)); k >= 0 {
			stop := j + k
			if strings.HasPrefix(quote, "&") || quote == ")" {
				// The attribute around it may end first.
				if k := bytes.IndexAny(s.b[j:stop], `"<>`); k >= 0 {
					stop = j + k
				}
			}
			return stop
		}
		if s.unclosed == nil {
			s.unclosed = map[string]bool{}
		}
		s.unclosed[quote] = true
	}
	if k := bytes.IndexAny(s.b[j:end], " \t\r\n\f\"'<>`)"); k >= 0 {
		return j + k
	}
	return end
}

// quoteBefore returns the quote, as written, that stands before b[i]; "" if
// there is none.
func (s *oldScanner) quoteBefore(i int) string {
	for i > 0 && (s.b[i-1] == ' ' || s.b[i-1] == '\n' || s.b[i-1] == '\t' || s.b[i-1] == '\r') {
		i--
	}
	for _, q := range quotes {
		if i >= len(q) && oldHasFold(s.b, i-len(q), q) {
			return string(s.b[i-len(q) : i])
		}
	}
	return ""
}

// oldDecode64 decodes base64 without padding into new memory. If it does not
// decode, it returns the text itself.
func oldDecode64(chars []byte) []byte {
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(chars)))
	n, err := base64.RawStdEncoding.Decode(out, chars)
	if err != nil {
		return bytes.Clone(chars)
	}
	return out[:n]
}

type oldRun struct {
	chars []byte // in the standard alphabet, escapes and white space undone
	at    []int  // where each of chars stands in the body
	end   int    // behind the last one and its padding
}

// readRun reads the base64 text at b[j].
func (s *oldScanner) readRun(j, end int, where place) oldRun {
	r := oldRun{chars: s.last.chars[:0], at: s.last.at[:0], end: j}
	for k := j; k < end; {
		c, n := oldUnit(s.b, k)
		if c = base64Chars[c]; c != 0 {
			if c == 's' && oldPlaceholder(s.b, k) > 0 {
				break
			}
			r.chars = append(r.chars, c)
			r.at = append(r.at, k)
			k += n
			r.end = k
			continue
		}
		if next := s.skipPadding(k, end); next > k && len(r.chars) > 0 {
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
	r.end = min(r.end, end)
	s.last = r
	return r
}

// skipPadding returns where the padding at b[k] ends; k if there is none.
func (s *oldScanner) skipPadding(k, end int) int {
	for k < end {
		c, n := oldUnit(s.b, k)
		if c != '=' {
			break
		}
		k += n
	}
	return k
}

// skipSpace returns where white space at b[k] ends; k if it is none that may
// stand in base64 text.
func (s *oldScanner) skipSpace(k, end int, anySpace bool) int {
	start, line := k, false
	for k < end {
		c, n := oldUnit(s.b, k)
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

// runs finds base64 text that begins, or goes on after other letters, like a
// media file.
func (s *oldScanner) runs() {
	for start, end := range s.gaps() {
		for i := start; i < end; {
			c, n := oldUnit(s.b, i)
			if c == 's' {
				if n := oldPlaceholder(s.b, i); n > 0 {
					i += n
					continue
				}
			}
			if base64Chars[c] == 0 {
				i += n
				continue
			}
			r := s.readRun(i, end, inText)
			s.judge(r)
			i = max(r.end, i+n)
		}
	}
}

// judge notes the media in a run.
func (s *oldScanner) judge(r oldRun) {
	if len(r.chars) < minRun {
		return
	}
	k, typ := oldMediaStart(r.chars)
	if k < 0 {
		return
	}
	s.found = append(s.found, oldMedium{r.at[k], r.end, typ, oldDecode64(r.chars[k:])})
}

// oldMediaStart returns where in base64 text a media file of some length begins;
// -1 if none does.
func oldMediaStart(chars []byte) (k int, typ string) {
	if typ := oldMediaType64(chars); typ != "" {
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
			if k >= 0 && oldMediaType64(chars[k:]) != "" {
				best = k
				break
			}
		}
	}
	if best < 0 {
		return -1, ""
	}
	return best, oldMediaType64(chars[best:])
}

// oldMediaType64 returns the media type of what chars decode to.
func oldMediaType64(chars []byte) string {
	var b [66]byte
	first := chars[:min(len(chars)/4*4, base64.RawStdEncoding.EncodedLen(len(b)))]
	n, err := base64.RawStdEncoding.Decode(b[:], first)
	if err != nil {
		return ""
	}
	return mediaType(b[:n])
}

// oldUnit returns the character that stands at b[i] once the escapes of HTML,
// URLs, CSS and scripts are undone, and how many bytes it takes. A browser
// undoes each of them in its place; undoing all of them everywhere finds at
// least what any browser finds. A character beyond one byte is 0xff.
func oldUnit(b []byte, i int) (c byte, n int) {
	switch b[i] {
	case '%':
		if i+2 < len(b) && oldIsHex(b[i+1]) && oldIsHex(b[i+2]) {
			return oldFromHex(b[i+1])<<4 | oldFromHex(b[i+2]), 3
		}
	case '&':
		return oldEntity(b, i)
	case '\\':
		return oldEscape(b, i)
	}
	return b[i], 1
}

// oldEntity reads an HTML character reference at b[i], which is '&'. References
// to the ampersand itself are skipped, as they hide the next level.
func oldEntity(b []byte, i int) (c byte, n int) {
	j := i + 1
	for oldHasFold(b, j, "amp;") {
		j += len("amp;")
	}
	if j < len(b) && b[j] == '#' {
		if c, k := oldNumeric(b, j+1); k > 0 {
			return c, j + 1 + k - i
		}
		return b[i], 1
	}
	for _, e := range entities {
		if oldHasFold(b, j, e.name) {
			return e.c, j + len(e.name) - i
		}
	}
	return b[i], 1
}

// oldNumeric reads the digits of a character reference and the semicolon, which
// may be missing. n is 0 if there are none.
func oldNumeric(b []byte, i int) (c byte, n int) {
	j, base := i, 10
	if j < len(b) && (b[j] == 'x' || b[j] == 'X') {
		j, base = j+1, 16
	}
	start, value := j, 0
	for ; j < len(b) && oldIsHex(b[j]) && (base == 16 || b[j] <= '9'); j++ {
		value = min(value*base+int(oldFromHex(b[j])), 0xff)
	}
	if j == start {
		return 0, 0
	}
	if j < len(b) && b[j] == ';' {
		j++
	}
	return oldASCII(value), j - i
}

// oldEscape reads an escape of a script or of CSS at b[i], which is '\'.
func oldEscape(b []byte, i int) (c byte, n int) {
	j := i + 1
	for j < len(b) && b[j] == '\\' && j-i < maxBackslashes {
		j++
	}
	if j >= len(b) {
		return b[i], 1
	}
	switch b[j] {
	case 'x':
		if c, ok := oldHexAt(b, j+1, 2); ok {
			return c, j + 3 - i
		}
	case 'u':
		if c, ok := oldHexAt(b, j+1, 4); ok {
			return c, j + 5 - i
		}
		if j+1 < len(b) && b[j+1] == '{' {
			if c, k := oldCSSHex(b, j+2, '}'); k > 0 {
				return c, j + 2 + k - i
			}
		}
	case 'n', 'r', '\n', '\r':
		return '\n', j + 1 - i
	case 't':
		return '\t', j + 1 - i
	}
	if c, k := oldCSSHex(b, j, ' '); k > 0 {
		return c, j + k - i
	}
	return b[j], j + 1 - i
}

// oldCSSHex reads one to eight hex digits and the character that may end them.
func oldCSSHex(b []byte, i int, end byte) (c byte, n int) {
	j, value := i, 0
	for ; j < len(b) && j-i < 8 && oldIsHex(b[j]); j++ {
		value = min(value*16+int(oldFromHex(b[j])), 0xff)
	}
	if j == i {
		return 0, 0
	}
	if j < len(b) && b[j] == end {
		j++
	}
	return oldASCII(value), j - i
}

func oldHexAt(b []byte, i, digits int) (c byte, ok bool) {
	if i+digits > len(b) {
		return 0, false
	}
	v, err := strconv.ParseUint(string(b[i:i+digits]), 16, 32)
	return oldASCII(int(min(v, 0xff))), err == nil
}

// oldASCII returns code point v as a byte, or 0xff if it is no ASCII.
func oldASCII(v int) byte {
	if v < 0x80 {
		return byte(v)
	}
	return 0xff
}

func oldIsHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// oldFromHex returns the value of a hex digit.
func oldFromHex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}

// oldHasFold reports whether b holds the lower-case ASCII text s at i, in any case.
func oldHasFold(b []byte, i int, s string) bool {
	if i+len(s) > len(b) {
		return false
	}
	for j := range len(s) {
		if oldLower(b[i+j]) != s[j] {
			return false
		}
	}
	return true
}

func oldLower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// oldOnionNames yields the onion names that stand in a text, each as often as it does.
func oldOnionNames(text []byte) iter.Seq[string] {
	const suffix, length = ".onion", 56
	return func(yield func(string) bool) {
		for i := 0; i+len(suffix) <= len(text); i++ {
			if text[i] != '.' || !oldHasFold(text, i, suffix) || i < length {
				continue
			}
			if !yield(strings.ToLower(string(text[i-length:i])) + suffix) {
				return
			}
		}
	}
}

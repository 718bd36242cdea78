package crawler

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"vigil"
)

// minRun is the least length of a base64 text, outside a data URL, that is
// looked into.
const minRun = 512

// maxNesting bounds data URLs within data URLs.
const maxNesting = 3

// withhold returns body with inline media replaced by their hashes, and what
// was replaced. It reads bytes, not markup, so that no trick of markup hides a
// medium from it:
//
//   - data URLs whose type is no text, or whose payload begins like a media
//     file, however their letters are escaped;
//   - base64 texts of 512 characters or more that begin like a media file;
//   - media files that stand bare in the body.
//
// A second call on the result changes nothing.
func withhold(body []byte) ([]byte, []vigil.Withheld) { return withholdNested(body, 0) }

func withholdNested(body []byte, depth int) ([]byte, []vigil.Withheld) {
	s := scanner{b: body, depth: depth, marked: holdsPlaceholder(body)}
	s.bare()
	s.dataURLs()
	s.runs()
	if len(s.found) == 0 {
		return body, nil
	}
	return s.replace()
}

// carriesMedia reports whether withhold would change s, or has.
func carriesMedia(s string) bool {
	if i := strings.Index(s, placeholderPrefix); i >= 0 && placeholder([]byte(s), i) > 0 {
		return true
	}
	_, found := withhold([]byte(s))
	return len(found) > 0
}

// A medium is a part of a body that is withheld: b[start:end].
type medium struct {
	start, end int
	typ        string
	payload    []byte // decoded, or the text itself if it did not decode
}

// A scanner finds the media in a body.
type scanner struct {
	b      []byte
	depth  int
	marked bool     // b holds placeholders
	found  []medium // in any order, not overlapping
	spans  []span   // the last gaps; their memory is used again
	chars  []byte   // the last run's, likewise
	// closing holds where each quote was found last, and never for one that
	// was not, so that looking for them again and again stays cheap.
	closing map[string]int
}

// never stands in place of an index.
const never = -1

// replace puts the hash of each medium into its place.
func (s *scanner) replace() ([]byte, []vigil.Withheld) {
	slices.SortFunc(s.found, func(a, b medium) int { return a.start - b.start })
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

const placeholderPrefix = "sha256="

// placeholder returns the length of the text at b[i] that stands in the place
// of a medium; 0 if there is none. It is fixed text and can hide nothing.
func placeholder(b []byte, i int) int {
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

// holdsPlaceholder reports whether b holds a text that stands in the place of a
// medium. Pages as received hardly ever do, and are scanned in larger steps then.
func holdsPlaceholder(b []byte) bool {
	for i := 0; ; i++ {
		// Digits are rarer than letters.
		k := bytes.Index(b[i:], []byte(placeholderPrefix[len("sha"):]))
		if k < 0 {
			return false
		}
		if i += k; i >= len("sha") && placeholder(b, i-len("sha")) > 0 {
			return true
		}
	}
}

// A span is the part b[start:end] of a body.
type span struct{ start, end int }

// gaps returns the parts of the body that are not found to be media so far.
// They are good until it is called again.
func (s *scanner) gaps() []span {
	slices.SortFunc(s.found, func(a, b medium) int { return a.start - b.start })
	s.spans = s.spans[:0]
	at := 0
	for _, m := range s.found {
		s.spans = append(s.spans, span{at, m.start})
		at = m.end
	}
	s.spans = append(s.spans, span{at, len(s.b)})
	return s.spans
}

// bare finds a media file that stands in the body as it is. It ends with the
// last byte that no text holds: what comes after may be the page again.
func (s *scanner) bare() {
	last := lastBinary(s.b)
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
		s.found = append(s.found, medium{start, last + 1, typ, s.b[start : last+1]})
	}
}

// lastBinary returns where the last byte stands that no text holds; -1 if there
// is none. It looks at eight at a time: most hold no byte below a space at all.
func lastBinary(b []byte) int {
	const ones = 0x0101010101010101
	for len(b) > 0 {
		if n := len(b) - 8; n >= 0 {
			if v := binary.NativeEndian.Uint64(b[n:]); (v-ones*0x20)&^v&(ones*0x80) == 0 {
				b = b[:n]
				continue
			}
		}
		for stop := max(0, len(b)-8); len(b) > stop; b = b[:len(b)-1] {
			if binaryByte(b[len(b)-1]) {
				return len(b) - 1
			}
		}
	}
	return -1
}

// bareMagic is the magic by which bare media are looked for: long enough not
// to occur in texts.
var bareMagic = []string{"\x89PNG\r\n\x1a\n", "\xff\xd8\xff", "GIF89a", "GIF87a", "RIFF", "\x1aE\xdf\xa3", "OggS\x00", "\x30\x26\xb2\x75\x8e\x66", "PK\x03\x04", "FLV\x01", "ID3"}

// dataURLs finds data URLs of media.
func (s *scanner) dataURLs() {
	for _, gap := range s.gaps() {
		for i := gap.start; i < gap.end; {
			i = s.dataURLAfter(i, gap.end)
		}
	}
}

// dataURLAfter goes on from b[i] to where a data URL or a placeholder may
// begin, looks at it, and returns where to go on.
func (s *scanner) dataURLAfter(i, end int) int {
	first := beginnings[s.b[i]]
	for _, c := range s.b[i+1 : end] {
		ways := beginnings[c]
		if first&(ways>>8) != 0 {
			break
		}
		first = ways
		i++
	}
	switch {
	case i+1 == end:
		return end
	case s.b[i] == 's':
		return i + max(1, placeholder(s.b, i))
	case !s.mayBegin(i):
		return i + 1
	}
	return max(i+1, s.dataURL(i, end))
}

// beginnings says how the bytes take part in the first two of what dataURLAfter
// looks for. Each of the lower eight bits stands for one way to begin, and is
// set for the bytes that come first in it; eight higher, second.
var beginnings = func() (t [256]uint16) {
	for bit, way := range []struct{ first, second string }{
		{"dD", "aA%&\\\t\n\r"}, // the second letter, its escape, or what skipBreaks skips
		{"%", "46"},            // %44, %64
		{"&", "#aA"},           // a number, perhaps behind &amp;
		{"s", "h"},             // of a placeholder
	} {
		for _, c := range []byte(way.first) {
			t[c] |= 1 << bit
		}
		for _, c := range []byte(way.second) {
			t[c] |= 1 << bit << 8
		}
	}
	t['\\'] |= 1 << 7 // an escape of CSS or a script has many forms
	for c := range t {
		t[c] |= 1 << 7 << 8
	}
	return t
}()

// mayBegin looks at what stands behind b[i] and b[i+1], by which a data URL may
// begin, and reports whether it still may. It is quick, and right when it says no.
func (s *scanner) mayBegin(i int) bool {
	switch s.b[i] {
	case '%':
		return i+2 < len(s.b) && s.b[i+2] == '4'
	case '&':
		for i++; hasFold(s.b, i, "amp;"); i += len("amp;") {
		}
		return i < len(s.b) && s.b[i] == '#'
	}
	return true
}

// dataURL looks at the data URL at b[i] and notes it if it is a medium. It
// returns where to look on; 0 if there is no data URL.
func (s *scanner) dataURL(i, end int) int {
	j := i
	for k, want := range []byte("data:") {
		if k > 0 {
			j = s.skipBreaks(j, end)
		}
		if j >= end {
			return 0
		}
		c, n := unit(s.b, j)
		if lower(c) != want {
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
func (s *scanner) skipBreaks(j, end int) int {
	for j < end {
		c, n := unit(s.b, j)
		if c != '\t' && c != '\n' && c != '\r' {
			break
		}
		j += n
	}
	return j
}

// maxHead bounds what stands between "data:" and the comma.
const maxHead = 256

// dataHead returns what stands before the comma at or after j, in lower case,
// and where the payload begins.
func (s *scanner) dataHead(j, end int) (head string, payload int, ok bool) {
	var b [maxHead]byte
	used := 0
	for limit := min(end, j+4*maxHead); j < limit && used < maxHead; {
		c, n := unit(s.b, j)
		j += n
		switch c {
		case ',':
			return string(b[:used]), j, j <= end
		case '<', '>':
			return "", 0, false
		case '\t', '\n', '\r':
		default:
			b[used] = lower(c)
			used++
		}
	}
	return "", 0, false
}

// dataType takes the part of a data URL before the comma apart.
func dataType(head string) (typ string, coded bool) {
	head = strings.TrimSpace(head)
	if before, ok := strings.CutSuffix(head, "base64"); ok {
		before, coded = strings.CutSuffix(strings.TrimRight(before, " "), ";")
		if coded {
			head = before
		}
	}
	typ, _, _ = strings.Cut(head, ";")
	return strings.TrimSpace(typ), coded
}

// mediaURLType reports whether data URLs of a type are withheld whatever they hold.
func mediaURLType(typ string) bool {
	top, sub, ok := strings.Cut(typ, "/")
	if !ok || sub == "" {
		return false
	}
	switch top {
	case "image", "video", "audio", "font", "application", "model", "multipart":
		return true
	}
	return false
}

// base64URL judges a data URL whose base64 payload begins at j.
func (s *scanner) base64URL(typ string, i, j, end int) int {
	if n := placeholder(s.b, j); n > 0 {
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
	payload := decode64(r.chars)
	if t := mediaType(payload[:min(len(payload), sniffLen)]); t != "" || mediaURLType(typ) || s.nested(payload) {
		if !mediaURLType(typ) && t != "" {
			typ = t
		}
		s.found = append(s.found, medium{j, r.end, orUnknown(typ), payload})
	}
	return r.end
}

func orUnknown(typ string) string {
	if typ == "" {
		return "application/octet-stream"
	}
	return clip(typ)
}

// nested reports whether a payload that is text holds media in its turn.
func (s *scanner) nested(payload []byte) bool {
	if s.depth >= maxNesting {
		return true
	}
	_, found := withholdNested(payload, s.depth+1)
	return len(found) > 0
}

// plainURL judges a data URL whose payload, not in base64, begins at j.
func (s *scanner) plainURL(typ string, i, j, end int) int {
	if !mediaURLType(typ) {
		return j // text: what media it holds stand there to be found
	}
	stop := s.plainEnd(i, j, end)
	if n := placeholder(s.b, j); n > 0 && j+n == stop {
		return stop
	}
	if stop == j {
		return j
	}
	payload := make([]byte, 0, stop-j)
	for k := j; k < stop; {
		c, n := unit(s.b, k)
		payload = append(payload, c)
		k += n
	}
	s.found = append(s.found, medium{j, stop, orUnknown(typ), payload})
	return stop
}

// plainEnd returns where the payload at j ends, of a URL that begins at i: at
// the quote that stood before it, or else where an unquoted URL ends.
func (s *scanner) plainEnd(i, j, end int) int {
	quote := s.quoteBefore(i)
	if quote == "(" {
		quote = ")"
	}
	if stop := s.closes(quote, j, end); stop != never {
		if strings.HasPrefix(quote, "&") || quote == ")" {
			// The attribute around it may end first.
			if k := bytes.IndexAny(s.b[j:stop], `"<>`); k >= 0 {
				stop = j + k
			}
		}
		return stop
	}
	if k := bytes.IndexAny(s.b[j:end], " \t\r\n\f\"'<>`)"); k >= 0 {
		return j + k
	}
	return end
}

// closes returns where quote stands at or after j; never if it does not, or is
// empty. It is asked for growing j. A quote that was not found once is not
// looked for again.
func (s *scanner) closes(quote string, j, end int) int {
	if quote == "" {
		return never
	}
	if at, ok := s.closing[quote]; ok && (at == never || at >= j) {
		return at
	}
	if s.closing == nil {
		s.closing = map[string]int{}
	}
	at := never
	if k := bytes.Index(s.b[j:end], []byte(quote)); k >= 0 {
		at = j + k
	}
	s.closing[quote] = at
	return at
}

// quotes are what may stand before a quoted URL.
var quotes = []string{`"`, `'`, "`", "(", "&quot;", "&apos;", "&#34;", "&#39;", "&#x22;", "&#x27;", "&#039;"}

// quoteBefore returns the quote, as written, that stands before b[i]; "" if
// there is none.
func (s *scanner) quoteBefore(i int) string {
	for i > 0 && (s.b[i-1] == ' ' || s.b[i-1] == '\n' || s.b[i-1] == '\t' || s.b[i-1] == '\r') {
		i--
	}
	for _, q := range quotes {
		if i >= len(q) && hasFold(s.b, i-len(q), q) {
			return string(s.b[i-len(q) : i])
		}
	}
	return ""
}

// decode64 decodes base64 without padding into new memory. If it does not
// decode, it returns the text itself.
func decode64(chars []byte) []byte {
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(chars)))
	n, err := base64.RawStdEncoding.Decode(out, chars)
	if err != nil {
		return bytes.Clone(chars)
	}
	return out[:n]
}

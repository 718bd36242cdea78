package crawler

import "strconv"

// maxBackslashes is how many backslashes in a row are read as one escape: a
// string inside a string inside a string doubles them.
const maxBackslashes = 8

// unit returns the character that stands at b[i] once the escapes of HTML,
// URLs, CSS and scripts are undone, and how many bytes it takes. A browser
// undoes each of them in its place; undoing all of them everywhere finds at
// least what any browser finds. A character beyond one byte is 0xff.
func unit(b []byte, i int) (c byte, n int) {
	switch b[i] {
	case '%':
		if i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]) {
			return fromHex(b[i+1])<<4 | fromHex(b[i+2]), 3
		}
	case '&':
		return entity(b, i)
	case '\\':
		return escape(b, i)
	}
	return b[i], 1
}

// entity reads an HTML character reference at b[i], which is '&'. References
// to the ampersand itself are skipped, as they hide the next level.
func entity(b []byte, i int) (c byte, n int) {
	j := i + 1
	for hasFold(b, j, "amp;") {
		j += len("amp;")
	}
	if j < len(b) && b[j] == '#' {
		if c, k := numeric(b, j+1); k > 0 {
			return c, j + 1 + k - i
		}
		return b[i], 1
	}
	for _, e := range entities {
		if hasFold(b, j, e.name) {
			return e.c, j + len(e.name) - i
		}
	}
	return b[i], 1
}

// entities are the named references to the characters that matter in a data
// URL. Browsers want the semicolon for all of these.
var entities = []struct {
	name string
	c    byte
}{
	{"colon;", ':'}, {"semi;", ';'}, {"comma;", ','}, {"sol;", '/'}, {"plus;", '+'}, {"equals;", '='},
	{"newline;", '\n'}, {"tab;", '\t'}, {"lowbar;", '_'}, {"hyphen;", 0xff}, {"quot;", '"'}, {"apos;", '\''}, {"percnt;", '%'},
	{"lt;", '<'}, {"gt;", '>'}, {"lpar;", '('}, {"rpar;", ')'}, {"bsol;", '\\'}, {"period;", '.'},
}

// numeric reads the digits of a character reference and the semicolon, which
// may be missing. n is 0 if there are none.
func numeric(b []byte, i int) (c byte, n int) {
	j, base := i, 10
	if j < len(b) && (b[j] == 'x' || b[j] == 'X') {
		j, base = j+1, 16
	}
	start, value := j, 0
	for ; j < len(b) && isHex(b[j]) && (base == 16 || b[j] <= '9'); j++ {
		value = min(value*base+int(fromHex(b[j])), 0xff)
	}
	if j == start {
		return 0, 0
	}
	if j < len(b) && b[j] == ';' {
		j++
	}
	return ascii(value), j - i
}

// escape reads an escape of a script or of CSS at b[i], which is '\'.
func escape(b []byte, i int) (c byte, n int) {
	j := i + 1
	for j < len(b) && b[j] == '\\' && j-i < maxBackslashes {
		j++
	}
	if j >= len(b) {
		return b[i], 1
	}
	switch b[j] {
	case 'x':
		if c, ok := hexAt(b, j+1, 2); ok {
			return c, j + 3 - i
		}
	case 'u':
		if c, ok := hexAt(b, j+1, 4); ok {
			return c, j + 5 - i
		}
		if j+1 < len(b) && b[j+1] == '{' {
			if c, k := cssHex(b, j+2, '}'); k > 0 {
				return c, j + 2 + k - i
			}
		}
	case 'n', 'r', '\n', '\r':
		return '\n', j + 1 - i
	case 't':
		return '\t', j + 1 - i
	}
	if c, k := cssHex(b, j, ' '); k > 0 {
		return c, j + k - i
	}
	return b[j], j + 1 - i
}

// cssHex reads one to eight hex digits and the character that may end them.
func cssHex(b []byte, i int, end byte) (c byte, n int) {
	j, value := i, 0
	for ; j < len(b) && j-i < 8 && isHex(b[j]); j++ {
		value = min(value*16+int(fromHex(b[j])), 0xff)
	}
	if j == i {
		return 0, 0
	}
	if j < len(b) && b[j] == end {
		j++
	}
	return ascii(value), j - i
}

func hexAt(b []byte, i, digits int) (c byte, ok bool) {
	if i+digits > len(b) {
		return 0, false
	}
	v, err := strconv.ParseUint(string(b[i:i+digits]), 16, 32)
	return ascii(int(min(v, 0xff))), err == nil
}

// ascii returns code point v as a byte, or 0xff if it is no ASCII.
func ascii(v int) byte {
	if v < 0x80 {
		return byte(v)
	}
	return 0xff
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// fromHex returns the value of a hex digit.
func fromHex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}

// hasFold reports whether b holds the lower-case ASCII text s at i, in any case.
func hasFold(b []byte, i int, s string) bool {
	if i+len(s) > len(b) {
		return false
	}
	for j := range len(s) {
		if lower(b[i+j]) != s[j] {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

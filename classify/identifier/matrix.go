package identifier

import "strings"

// matrixWords say that @name:server is a user of Matrix.
var matrixWords = words{"matrix*", "element", "mxid", "synapse", "матрикс*", "элемент*"}

// maxMatrix is the length of the longest user ID (Matrix specification, appendix
// "User Identifiers").
const maxMatrix = 255

// matrix looks at text[start:], behind an at sign, as local part, colon and
// server. The service's name must stand before it, or begin the server's. It
// reports whether there is one.
func (sc *scanner) matrix(start int) bool {
	end, value := sc.matrixID(start)
	if value == "" || !strings.Contains(value, ":matrix.") && !sc.near(start-1, matrixWords) {
		return false
	}
	sc.handleKind(start-1, end, plain, "matrix", value, "matrix:"+value)
	return true
}

// matrixPath looks at text[path:], behind matrix.to/, as the user in #/@user:server.
func (sc *scanner) matrixPath(from, path int, method string) {
	for _, sign := range []string{"#/@", "#/%40"} {
		if !strings.HasPrefix(sc.text[path:], sign) {
			continue
		}
		if end, value := sc.matrixID(path + len(sign)); value != "" {
			sc.handleKind(from, end, method, "matrix", value, "matrix:"+value)
		}
	}
}

// matrixID reads name:server at text[start:]. Names are in lower case by the
// specification; older ones that are not are folded, as clients do.
func (sc *scanner) matrixID(start int) (end int, value string) {
	s := sc.text
	i := start
	for i < len(s) && i-start <= maxMatrix && (isAlphanumeric(s[i]) || strings.IndexByte("._=-+/", s[i]) >= 0) {
		i++
	}
	colon := i
	switch {
	case i == start:
		return 0, ""
	case strings.HasPrefix(s[i:], ":"):
		i++
	case strings.HasPrefix(s[i:], "%3A"), strings.HasPrefix(s[i:], "%3a"):
		i += 3
	default:
		return 0, ""
	}
	host, end, dots := hostAfter(s, i)
	if host == "" || dots&^dotBare != 0 || end-start > maxMatrix {
		return 0, ""
	}
	return end, "@" + strings.ToLower(s[start:colon]) + ":" + host
}

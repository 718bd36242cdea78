package rule

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxName bounds IDs in bytes, so that every key stays far below bbolt's limit.
const MaxName = 1024

// Name refuses names that cannot be part of a key.
func Name(what, name string) error {
	switch {
	case len(name) > MaxName:
		return fmt.Errorf("%s of %d bytes, at most %d", what, len(name), MaxName)
	case strings.IndexByte(name, 0) >= 0:
		return fmt.Errorf("%s %q holds a zero byte", what, name)
	case !utf8.ValidString(name):
		return fmt.Errorf("%s %q is not UTF-8", what, name)
	}
	return nil
}

package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"vigil/internal/signature"
)

// maxSmall bounds signatures, lists of signers and the like, in bytes.
const maxSmall = 1 << 20

// signersFile spells lines of an allowed_signers file as bundles do: each of
// principal, namespaces, key type and key, without a comment or another option;
// sorted; no line twice. Nothing but the signatures themselves holds that file,
// so every byte of it must be one that follows from what it says.
func signersFile(lines ...[]byte) ([]byte, error) {
	var out []string
	for line := range bytes.Lines(bytes.Join(lines, []byte("\n"))) {
		words := strings.Fields(string(line))
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		s, err := signature.ParseAllowedSigners(bytes.NewReader(line))
		switch {
		case err != nil:
			return nil, err
		case len(s) != 1 || len(s[0].Namespaces) != 1 || strings.ContainsAny(s[0].Namespaces[0], "*?!"):
			return nil, errors.New("want one namespace for each key")
		case !s[0].ValidAfter.IsZero() || !s[0].ValidBefore.IsZero() || len(words) < 4:
			return nil, errors.New("want no option but namespaces: times of validity are for who trusts the key to say")
		}
		out = append(out, fmt.Sprintf("%s namespaces=%q %s %s\n", words[0], s[0].Namespaces[0], words[2], words[3]))
	}
	slices.Sort(out)
	return []byte(strings.Join(slices.Compact(out), "")), nil
}

package bundle

import "fmt"

// A substitution is a record of a disclosure that is not as the case keeps it.
type substitution struct {
	sha256 string // of the record as the case keeps it, which the log tells of
}

// withheld reads what a disclosure says that it leaves out. Layers after it ask
// [verifier.substituted].
func (v *verifier) withheld() (string, error) {
	if Kind(v.info[labelKind]) != Disclosure {
		return "nothing: an evidential bundle", nil
	}
	return "", fmt.Errorf("%s: this program cannot check it", withheldName)
}

// substituted says what stands in the log for a record that the disclosure
// states to have changed. File is the record's; n is the line in it, from 0, for
// a file of several.
func (v *verifier) substituted(file string, n int) (substitution, bool) {
	return substitution{}, false
}

// captureWithheld reports whether the disclosure leaves the page itself out.
func (v *verifier) captureWithheld(page string) bool { return false }

// parent compares a disclosure with the bundle that it was made from.
func (v *verifier) parent() (string, error) {
	return "", unchecked("not compared with bundle %s", v.info[labelParent])
}

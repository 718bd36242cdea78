package bundle

import "fmt"

// release checks who let the bundle go out.
func (v *verifier) release() (string, error) {
	if !v.bag.has(envelopeName) {
		return "", unchecked("nobody has approved it: no %s", envelopeName)
	}
	return "", fmt.Errorf("%s: this program cannot check it", envelopeName)
}

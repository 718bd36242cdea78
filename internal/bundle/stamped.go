package bundle

import "fmt"

// timestamp checks the time stamp of the seal.
func (v *verifier) timestamp() (string, error) {
	if !v.bag.has(stampReplyName) {
		return "", unchecked("no time stamp: the time of sealing is the exporter's word")
	}
	return "", fmt.Errorf("%s: this program cannot check it", stampReplyName)
}

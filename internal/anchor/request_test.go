package anchor_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
)

// A tree is what a witness remembers of a log.
type tree struct {
	size uint64
	root []byte
}

// addCheckpoint does with a request what c2sp.org/tlog-witness has a witness do,
// with transparency-dev/merkle, and returns what the witness then remembers.
func addCheckpoint(t *testing.T, seen *tree, request string) *tree {
	t.Helper()
	head, note, ok := strings.Cut(request, "\n\n")
	if !ok {
		t.Fatalf("no blank line in %q", request)
	}
	lines := strings.Split(head, "\n")
	var old uint64
	if _, err := fmt.Sscanf(lines[0], "old %d", &old); err != nil {
		t.Fatalf("%q: %v", lines[0], err)
	}
	var hashes [][]byte
	for _, l := range lines[1:] {
		h, err := base64.StdEncoding.DecodeString(l)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, h)
	}
	var origin, root string
	now := &tree{}
	if _, err := fmt.Sscanf(note, "%s\n%d\n%s\n", &origin, &now.size, &root); err != nil {
		t.Fatalf("%q: %v", note, err)
	}
	var err error
	if now.root, err = base64.StdEncoding.DecodeString(root); err != nil {
		t.Fatal(err)
	}
	switch {
	case seen == nil && old == 0 && len(hashes) == 0:
	case seen == nil || seen.size != old:
		t.Fatalf("the request is from size %d, the witness saw %+v", old, seen)
	default:
		if err := proof.VerifyConsistency(rfc6962.DefaultHasher, old, now.size, hashes, seen.root, now.root); err != nil {
			t.Fatalf("from %d to %d: %v", old, now.size, err)
		}
	}
	return now
}

package bundle

import (
	"os"
	"path/filepath"
	"testing"
)

// genericBag checks dir as a BagIt bag of anybody's making.
func genericBag(t *testing.T, dir string) error {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	b, err := openBag(newFolder(root))
	if err != nil {
		return err
	}
	if err := b.checkPayload(); err != nil {
		return err
	}
	return b.checkTags()
}

// TestConformance runs the Library of Congress's BagIt conformance suite
// (LibraryOfCongress/bagit-conformance-suite, public domain), if it is there.
func TestConformance(t *testing.T) {
	suite := filepath.Join("..", "..", "..", "shared", "conformance", "bagit")
	if _, err := os.Stat(suite); err != nil {
		t.Skip("no BagIt conformance suite beside the checkout")
	}
	// Valid bags that are refused on purpose.
	refused := map[string]string{
		"holey-bag":                    "names files elsewhere in fetch.txt",
		"ISO-8859-1-encoded-tag-files": "tag files must be UTF-8",
		"UTF-16-encoded-tag-files":     "tag files must be UTF-8",
	}
	n := 0
	for _, kind := range []string{"valid", "invalid", "linux-only"} {
		dirs, err := filepath.Glob(filepath.Join(suite, "v*", kind, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range dirs {
			if info, err := os.Stat(dir); err != nil || !info.IsDir() {
				continue
			}
			n++
			name := filepath.Base(dir)
			t.Run(filepath.Base(filepath.Dir(filepath.Dir(dir)))+"/"+kind+"/"+name, func(t *testing.T) {
				err := genericBag(t, dir)
				want := kind == "valid" && refused[name] == ""
				if (err == nil) != want {
					t.Errorf("valid is %v, want %v: %v", err == nil, want, err)
				}
				t.Log(err)
			})
		}
	}
	if n < 20 {
		t.Errorf("only %d bags in the suite", n)
	}
}

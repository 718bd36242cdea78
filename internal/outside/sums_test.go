package outside

import (
	"path/filepath"
	"strings"
	"testing"

	"vigil/internal/needs"
)

func (e *evidence) sums(t *testing.T) {
	needs.Program(t, "sha256sum", "sha512sum")
	for _, c := range []struct{ program, manifest, covers string }{
		{"sha256sum", "manifest-sha256.txt", waczName},
		{"sha512sum", "manifest-sha512.txt", waczName},
		{"sha256sum", "tagmanifest-sha256.txt", "bag-info.txt"},
		{"sha512sum", "tagmanifest-sha512.txt", "bag-info.txt"},
	} {
		dir := e.copied(t)
		must(t, dir, c.program, "--check", "--strict", "--quiet", c.manifest)
		flip(t, filepath.Join(dir, c.covers))
		if out, err := run(t, dir, c.program, "--check", "--strict", "--quiet", c.manifest); err == nil || !strings.Contains(out, c.covers) {
			t.Errorf("%s finds %s as %s says after a change: %s", c.program, c.covers, c.manifest, out)
		}
	}
	listed := map[string]bool{}
	for _, line := range lines(string(e.file(t, "manifest-sha256.txt"))) {
		_, name, _ := strings.Cut(line, "  ")
		listed[name] = true
	}
	for _, name := range lines(must(t, e.bundle, "find", "data", "-type", "f")) {
		if !listed[name] {
			t.Errorf("no manifest lists %s", name)
		}
		delete(listed, name)
	}
	if len(listed) != 0 {
		t.Errorf("the manifest lists what is not there: %v", listed)
	}
}

// sealed checks the seal with the key that the case itself gives, not the bundle.
func (e *evidence) sealed(t *testing.T) {
	needs.Program(t, "ssh-keygen")
	keys := t.TempDir()
	trust := func(public []byte) { // a roster of one key
		put(t, filepath.Join(keys, "trusted"), append([]byte(`vigil-case namespaces="vigil-bundle" `), public...))
	}
	verify := "ssh-keygen -Y verify -f " + keys + "/trusted -I vigil-case -n vigil-bundle" +
		" -s signatures/tagmanifest-sha256.txt.sig < tagmanifest-sha256.txt"
	trust(read(t, filepath.Join(e.demo, "case", "keys", "case_ed25519.pub")))
	if out := must(t, e.bundle, "sh", "-c", verify); !strings.Contains(out, "Good") {
		t.Error(out)
	}
	for _, name := range []string{"tagmanifest-sha256.txt", "signatures/tagmanifest-sha256.txt.sig"} {
		dir := e.copied(t)
		flip(t, filepath.Join(dir, name))
		if out, err := run(t, dir, "sh", "-c", verify); err == nil {
			t.Errorf("ssh-keygen accepts a changed %s: %s", name, out)
		}
	}
	must(t, keys, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "other")
	trust(read(t, filepath.Join(keys, "other.pub")))
	if out, err := run(t, e.bundle, "sh", "-c", verify); err == nil {
		t.Errorf("ssh-keygen takes the seal for another key's: %s", out)
	}
}

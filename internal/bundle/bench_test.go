package bundle

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"vigil"
)

// benchWorld has n listings with pages of about 40 kB that hardly compress.
func benchWorld(b *testing.B, n int) world {
	b.Helper()
	var es []vigil.Exhibit
	for i := range n {
		es = append(es, exhibit(i+1, func(e *vigil.Exhibit) {
			var body bytes.Buffer
			for j := range 1000 {
				fmt.Fprintf(&body, "<p>%x</p>", recordURN(fmt.Sprint(i), fmt.Sprint(j)))
			}
			e.Page.Body = body.Bytes()[:40<<10]
		}))
	}
	return newWorld(b, sortedByID(es)...)
}

// bagSize returns the bytes of a bundle.
func bagSize(b *testing.B, dir string) (n int64) {
	b.Helper()
	for _, data := range files(b, dir) {
		n += int64(len(data))
	}
	return n
}

func BenchmarkWrite(b *testing.B) {
	w := benchWorld(b, 200)
	b.SetBytes(bagSize(b, w.write(b)))
	parent := b.TempDir()
	n := 0
	for b.Loop() {
		n++
		if err := Write(filepath.Join(parent, fmt.Sprint(n)), w.contents, w.sealing()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	w := benchWorld(b, 200)
	dir := w.write(b)
	b.SetBytes(bagSize(b, dir))
	o := w.trust(b)
	for b.Loop() {
		if r, err := Verify(dir, o); err != nil || !r.OK() {
			b.Fatal(r.failures(), err)
		}
	}
}

// BenchmarkSha256sum is what a party without the program would run.
func BenchmarkSha256sum(b *testing.B) {
	for _, tool := range []string{"sha256sum", "sha512sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			b.Skip("no " + tool)
		}
	}
	dir := benchWorld(b, 200).write(b)
	b.SetBytes(bagSize(b, dir))
	for b.Loop() {
		for _, a := range bundleAlgorithms {
			cmd := exec.Command(a+"sum", "-c", "--quiet", "manifest-"+a+".txt")
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("%v: %s", err, out)
			}
		}
	}
}

package bundle

import (
	"bufio"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"sync"
)

// bundleAlgorithms are the digests of a bundle's manifests.
var bundleAlgorithms = []string{"sha256", "sha512"}

// sums are the digests of a file.
type sums struct {
	sha256 [sha256.Size]byte
	sha512 [sha512.Size]byte
}

// raw returns the digest of one algorithm.
func (s sums) raw(algorithm string) string {
	if algorithm == "sha256" {
		return string(s.sha256[:])
	}
	return string(s.sha512[:])
}

func sumsOf(data []byte) sums { return sums{sha256.Sum256(data), sha512.Sum512(data)} }

// writers is how many small files are written at a time: each waits for the disk.
const writers = 16

// A bagWriter writes the files of a bag to a folder, for the owner's eyes only
// and down to the disk, and keeps their digests.
type bagWriter struct {
	dir  string
	jobs chan job
	wait sync.WaitGroup

	mu   sync.Mutex // of what follows
	sums map[string]sums
	size int64
	dirs map[string]bool
	err  error // the first of a small file
}

type job struct {
	name string
	data []byte
}

// newBagWriter starts to write to dir. The caller calls finish.
func newBagWriter(dir string) *bagWriter {
	w := &bagWriter{dir: dir, jobs: make(chan job), sums: map[string]sums{}, dirs: map[string]bool{}}
	for range writers {
		w.wait.Go(func() {
			for j := range w.jobs {
				w.write(j)
			}
		})
	}
	return w
}

// finish waits until everything is written. It returns err, or what went wrong
// since.
func (w *bagWriter) finish(err error) error {
	close(w.jobs)
	w.wait.Wait()
	return errors.Join(err, w.err)
}

// put writes a small file, soon; finish says whether it went well. Data must not
// change any more.
func (w *bagWriter) put(name string, data []byte) { w.jobs <- job{name, data} }

func (w *bagWriter) write(j job) {
	err := w.writeFile(j.name, j.data)
	if err == nil {
		err = w.add(j.name, sumsOf(j.data), int64(len(j.data)))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
}

func (w *bagWriter) add(name string, s sums, size int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sums[name] = s
	w.size += size
	return nil
}

func (w *bagWriter) writeFile(name string, data []byte) error {
	f, err := w.open(name)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// open creates a file that must not exist, and its folder.
func (w *bagWriter) open(name string) (*os.File, error) {
	full := filepath.Join(w.dir, filepath.FromSlash(name))
	w.mu.Lock()
	made := w.dirs[path.Dir(name)]
	w.mu.Unlock()
	if !made {
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			return nil, err
		}
		w.mu.Lock()
		w.dirs[path.Dir(name)] = true
		w.mu.Unlock()
	}
	return os.OpenFile(full, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// stream writes a file of any size.
func (w *bagWriter) stream(name string, write func(io.Writer) error) error {
	f, err := w.open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	d := newSummer()
	n := &counter{}
	out := bufio.NewWriterSize(io.MultiWriter(f, d, n), 64<<10)
	err = errors.Join(write(out), out.Flush(), f.Sync(), f.Close())
	s := d.sums()
	if err != nil {
		return err
	}
	return w.add(name, s, n.n)
}

// written reads back a file that was written in another order than it is read,
// for its digests.
func (w *bagWriter) written(name string, f *os.File) error {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	d := newSummer()
	n, err := io.Copy(d, f)
	s := d.sums()
	if err := errors.Join(err, f.Sync()); err != nil {
		return err
	}
	return w.add(name, s, n)
}

// A counter counts bytes.
type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

// tagFiles writes the files beside data/, with the given bag-info.txt, once
// everything else is finished.
func (w *bagWriter) tagFiles(info []byte) error {
	tags := map[string]sums{}
	put := func(name string, data []byte) error {
		tags[name] = sumsOf(data)
		return w.writeFile(name, data)
	}
	err := errors.Join(put(bagitName, []byte(bagitText)), put(infoName, info))
	for _, a := range bundleAlgorithms {
		err = errors.Join(err, put("manifest-"+a+".txt", manifestOf(w.sums, a).render()))
	}
	for _, a := range bundleAlgorithms {
		err = errors.Join(err, w.writeFile("tagmanifest-"+a+".txt", manifestOf(tags, a).render()))
	}
	return err
}

// bagitText is bagit.txt.
const bagitText = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

// manifestOf returns the manifest of files for one algorithm.
func manifestOf(files map[string]sums, algorithm string) manifest {
	m := manifest{}
	for name, s := range files {
		m[name] = s.raw(algorithm)
	}
	return m
}

// syncDir makes a rename in dir outlive a crash.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

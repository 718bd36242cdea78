package bundle

import (
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"sync"
)

// Sizes of what a digester hands on.
const (
	digestPart  = 256 << 10 // bytes
	digestParts = 4         // that wait for a digest
)

// A digester computes several digests of what is written to it: those of a long
// file at the same time, each by a goroutine of its own, so that the file is read
// once and no digest waits for another.
type digester struct {
	hs    []hash.Hash
	part  []byte             // collected
	parts []chan *digestText // to each digest; nil of a short file
	wait  sync.WaitGroup
	free  chan *digestText
}

// A digestText is a part of a file that several digests read.
type digestText struct {
	bytes []byte
	users sync.WaitGroup
}

// newDigester returns a digester of hs. The caller calls end.
func newDigester(hs ...hash.Hash) *digester { return &digester{hs: hs} }

// newSummer returns a digester for [sums].
func newSummer() *digester { return newDigester(sha256.New(), sha512.New()) }

func (d *digester) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		if d.part == nil {
			d.part = make([]byte, 0, min(digestPart, max(n, 4<<10)))
		}
		m := min(len(p), digestPart-len(d.part))
		d.part = append(d.part, p[:m]...)
		if p = p[m:]; len(d.part) == digestPart {
			d.flush()
		}
	}
	return n, nil
}

// flush hands on what is collected.
func (d *digester) flush() {
	if d.parts == nil {
		d.start()
	}
	t := <-d.free
	t.users.Wait()
	t.bytes, d.part = d.part, t.bytes[:0]
	t.users.Add(len(d.hs))
	for _, c := range d.parts {
		c <- t
	}
	d.free <- t
}

// start begins to hash at the same time.
func (d *digester) start() {
	d.free = make(chan *digestText, digestParts)
	for range digestParts {
		d.free <- &digestText{bytes: make([]byte, 0, digestPart)}
	}
	for _, h := range d.hs {
		c := make(chan *digestText, digestParts)
		d.parts = append(d.parts, c)
		d.wait.Go(func() {
			for t := range c {
				h.Write(t.bytes)
				t.users.Done()
			}
		})
	}
}

// end returns the digests, in the order of the hashes.
func (d *digester) end() [][]byte {
	if d.parts != nil {
		d.flush()
		for _, c := range d.parts {
			close(c)
		}
		d.wait.Wait()
	}
	var out [][]byte
	for _, h := range d.hs {
		if d.parts == nil {
			h.Write(d.part)
		}
		out = append(out, h.Sum(nil))
	}
	return out
}

// sums ends a digester that [newSummer] made.
func (d *digester) sums() sums {
	out := d.end()
	return sums{[sha256.Size]byte(out[0]), [sha512.Size]byte(out[1])}
}

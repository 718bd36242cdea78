package bundle

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"

	"vigil"
)

// pageChecks looks at the records that hold pages, several at a time: to unpack
// them is most of the work of a verification.
type pageChecks struct {
	zip     *zipReader
	jobs    chan *pageJob
	wait    sync.WaitGroup
	waiting []*pageJob // in the order of the pages
}

// A pageJob is one record to look at.
type pageJob struct {
	page vigil.Page
	line indexLine
	done chan error
}

// maxWaiting bounds how many pages are looked at or wait for it.
const maxWaiting = 64

// newPageChecks starts to look at records of z. The caller calls end.
func newPageChecks(z *zipReader, most int64) *pageChecks {
	c := &pageChecks{zip: z, jobs: make(chan *pageJob, maxWaiting)}
	for range runtime.GOMAXPROCS(0) {
		c.wait.Go(func() {
			a := newArchiveReader("", nil, most)
			for j := range c.jobs {
				j.done <- c.look(a, j)
			}
		})
	}
	return c
}

// add looks at a record soon. The error is that of an earlier page.
func (c *pageChecks) add(p vigil.Page, l indexLine) error {
	var err error
	if len(c.waiting) == maxWaiting {
		err = c.first()
	}
	j := &pageJob{p, l, make(chan error, 1)}
	c.waiting = append(c.waiting, j)
	c.jobs <- j
	return err
}

// first waits for the first page that is not done.
func (c *pageChecks) first() error {
	j := c.waiting[0]
	c.waiting = c.waiting[1:]
	if err := <-j.done; err != nil {
		return fmt.Errorf("page %s: %w", j.page.ID, err)
	}
	return nil
}

// end waits for all pages and returns the first error.
func (c *pageChecks) end() error {
	close(c.jobs)
	var err error
	for len(c.waiting) > 0 {
		if e := c.first(); err == nil {
			err = e
		}
	}
	c.wait.Wait()
	return err
}

// look checks the record that holds a page, in its place, against the page's own
// record.
func (c *pageChecks) look(a *archiveReader, j *pageJob) error {
	f, err := c.zip.open(j.line.File)
	if err != nil {
		return err
	}
	at := j.line.place
	a.at(at, io.NewSectionReader(f, at.Offset, at.Length))
	h, err := a.next()
	if err != nil {
		return err
	}
	if got := h.get("WARC-Record-ID"); got != "<"+j.line.Record+">" {
		return fmt.Errorf("%s: record %s, but %s says <%s>", at.File, got, indexName, j.line.Record)
	}
	b := newPageBlock(mainKind(j.page))
	got, err := a.block(h, b)
	if err != nil {
		return err
	}
	if got != at {
		return fmt.Errorf("%s: the record at byte %d has %d bytes, but %s says %d", at.File, at.Offset, got.Length, indexName, at.Length)
	}
	return b.fits(h, j.page)
}

// fits compares a record that holds a page with the page's own record.
func (b *pageBlock) fits(h warcHeader, p vigil.Page) error {
	kind, _, contentType := mainRecord(p)
	if err := h.common(kind, p); err != nil {
		return err
	}
	if b.more {
		return errors.New("the response has no body")
	}
	if got := hex.EncodeToString(b.sum.Sum(nil)); got != p.BodySHA256 || b.size != p.BodySize {
		return fmt.Errorf("the body has %d bytes and the SHA-256 %s, but the page's record says %d and %s", b.size, got, p.BodySize, p.BodySHA256)
	}
	if kind == warcResponse {
		if want := fmt.Sprintf("HTTP/1.1 %03d ", p.Status); !strings.HasPrefix(b.head.String(), want) {
			return fmt.Errorf("the response does not begin with %q", want)
		}
		if err := noCredentials(b.head.String()); err != nil {
			return err
		}
	}
	return h.says(field{"Content-Type", oneLine(contentType)}, field{"WARC-Payload-Digest", spellDigest(b.sum)}, field{"WARC-Truncated", truncated(p)})
}

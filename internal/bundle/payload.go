package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"vigil"
	"vigil/internal/custody"
)

// payload writes the files in data/.
func (w *bagWriter) payload(c Contents) error {
	order, err := stored(c.OrderRecord, c.Order)
	if err != nil {
		return err
	}
	manual, err := renderManual(c)
	if err != nil {
		return err
	}
	w.put(orderName, c.Order.File)
	w.put(orderSigName, []byte(strings.Join(c.Order.Signatures, "")))
	w.put(orderRecName, order)
	w.put(manualName, manual)
	if err := w.exhibits(c); err != nil {
		return err
	}
	for _, l := range c.Logs {
		if err := w.log(l); err != nil {
			return err
		}
	}
	for _, f := range c.Derived {
		if err := w.stream(f.Name, f.Write); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

// exhibits writes the listings and their captures.
func (w *bagWriter) exhibits(c Contents) error {
	f, err := w.open(waczName)
	if err != nil {
		return err
	}
	defer f.Close()
	pages, err := w.open(captureDir + ".pages")
	if err != nil {
		return err
	}
	defer pages.Close()
	if err := os.Remove(pages.Name()); err != nil {
		return err
	}
	err = w.stream(indexName, func(index io.Writer) error {
		captures, err := newCaptureWriter(c, f, index, pages)
		if err != nil {
			return err
		}
		last := ""
		for e, err := range c.Exhibits {
			if err != nil {
				return err
			}
			if e.Listing.ID <= last {
				return fmt.Errorf("listing %s after %s: want them sorted by ID, each once", e.Listing.ID, last)
			}
			last = e.Listing.ID
			if err := w.exhibit(c, e, captures); err != nil {
				return err
			}
		}
		if last == "" {
			return errors.New("bundle without listings")
		}
		return captures.close()
	})
	if err != nil {
		return err
	}
	return w.written(waczName, f)
}

func (w *bagWriter) exhibit(c Contents, e Item, captures *captureWriter) error {
	for kind, id := range map[string]string{"listing": e.Listing.ID, "page": e.Page.ID} {
		if !plainID.MatchString(id) {
			return fmt.Errorf("%s %q: an ID in a bundle has a-z, 0-9, . _ and - only", kind, id)
		}
	}
	if e.CaptureWithheld && c.Kind != Disclosure {
		return fmt.Errorf("page %s: only a disclosure leaves a capture out", e.Page.ID)
	}
	if err := checkCredentials(e.Page); err != nil {
		return err
	}
	if !e.CaptureWithheld {
		if got := vigil.SumHex(e.Page.Body); got != e.Page.BodySHA256 || int64(len(e.Page.Body)) != e.Page.BodySize {
			return fmt.Errorf("page %s: %w: the body has %d bytes and the SHA-256 %s", e.Page.ID, vigil.ErrTampered, len(e.Page.Body), got)
		}
		if err := captures.page(e.Exhibit); err != nil {
			return err
		}
	}
	for _, f := range []struct {
		name   string
		stored []byte
		record vigil.Record
	}{
		{captureDir + e.Page.ID + ".json", e.Stored.Page, e.Page},
		{listingDir + e.Listing.ID + ".json", e.Stored.Listing, e.Listing},
		{assessDir + e.Listing.ID + ".json", e.Stored.Assessment, e.Assessment},
	} {
		data, err := stored(f.stored, f.record)
		if err != nil {
			return err
		}
		w.put(f.name, data)
	}
	w.put(listingDir+e.Listing.ID+".txt", []byte(assessedText(e.Listing)))
	return w.decisions(e)
}

func (w *bagWriter) decisions(e Item) error {
	if n := len(e.Stored.Decisions); n != 0 && n != len(e.Decisions) {
		return fmt.Errorf("listing %s: %d decisions, but the stored bytes of %d", e.Listing.ID, len(e.Decisions), n)
	}
	var lines []byte
	for i, d := range e.Decisions {
		var kept []byte
		if len(e.Stored.Decisions) > 0 {
			kept = e.Stored.Decisions[i]
		}
		line, err := stored(kept, d)
		if err != nil {
			return err
		}
		if bytes.IndexByte(line, '\n') >= 0 {
			return fmt.Errorf("listing %s: decision %d holds a line end", e.Listing.ID, i+1)
		}
		lines = append(append(lines, line...), '\n')
	}
	if len(lines) > 0 {
		w.put(reviewDir+e.Listing.ID+".jsonl", lines)
	}
	return nil
}

// withheldValue is what collectors write in the place of credentials.
const withheldValue = "withheld"

// secret reports whether a header's value lets somebody in.
func secret(name string) bool {
	switch name {
	case "Cookie", "Authorization", "Proxy-Authorization", "Set-Cookie", "Set-Cookie2":
		return true
	}
	return false
}

// checkCredentials refuses a page whose headers still hold credentials: it must
// not leave the case.
func checkCredentials(p vigil.Page) error {
	for _, h := range []http.Header{p.Request, p.Response} {
		for name, values := range h {
			for _, v := range values {
				if secret(http.CanonicalHeaderKey(name)) && v != withheldValue {
					return fmt.Errorf("page %s: %w: header %s holds credentials", p.ID, vigil.ErrRefused, name)
				}
			}
		}
	}
	return nil
}

// assessedText is the text of a listing that findings point into.
func assessedText(l vigil.Listing) string { return l.Title + "\n\n" + l.Description }

// stored returns the bytes of r as the case keeps them, if they read as r; for
// nil, the JSON form of r.
func stored(kept []byte, r vigil.Record) ([]byte, error) {
	typ, id, _ := r.Ref()
	text, err := json.Marshal(r)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s %s: %w", typ, id, err)
	case kept == nil || bytes.Equal(kept, text):
		return text, nil
	case !SameRecord(kept, r):
		return nil, fmt.Errorf("%s %s: the stored bytes do not read as the record", typ, id)
	}
	return kept, nil
}

// SameRecord reports whether kept, the stored bytes of a record, reads as r.
func SameRecord(kept []byte, r vigil.Record) bool {
	text, err := json.Marshal(r)
	if err != nil {
		return false
	}
	read := func(into any) bool {
		if json.Unmarshal(kept, into) != nil {
			return false
		}
		again, err := json.Marshal(into)
		return err == nil && bytes.Equal(again, text)
	}
	switch r.(type) {
	case vigil.Order:
		return read(new(vigil.Order))
	case vigil.Page:
		return read(new(vigil.Page))
	case vigil.Listing:
		return read(new(vigil.Listing))
	case vigil.Assessment:
		return read(new(vigil.Assessment))
	case vigil.Decision:
		return read(new(vigil.Decision))
	}
	return false
}

// log writes an excerpt of a log.
func (w *bagWriter) log(l Log) error {
	point, err := custody.Format(l.Checkpoint)
	if err != nil {
		return err
	}
	dir := logDir(l.Checkpoint.Log)
	w.put(dir+pointName, point)
	if l.Note != nil {
		w.put(dir+noteName, l.Note)
	}
	return w.stream(dir+eventsName, func(events io.Writer) error {
		return w.stream(dir+proofsName, func(proofs io.Writer) error {
			return writeLog(events, proofs, l)
		})
	})
}

func writeLog(events, proofs io.Writer, l Log) error {
	for e, err := range l.Entries {
		if err != nil {
			return err
		}
		if bytes.IndexByte(e.Line, '\n') >= 0 {
			return fmt.Errorf("log line %d holds a line end", e.Seq)
		}
		p := proof{Seq: e.Seq, Hashes: [][]byte{}}
		for _, h := range e.Proof {
			p.Hashes = append(p.Hashes, h[:])
		}
		line, err := json.Marshal(p)
		if err != nil {
			return err
		}
		if _, err := events.Write(append(e.Line[:len(e.Line):len(e.Line)], '\n')); err != nil {
			return err
		}
		if _, err := proofs.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

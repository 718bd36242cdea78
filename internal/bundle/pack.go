package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"vigil"
	"vigil/internal/custody"
)

// plainID is what the IDs that become file names are made of. A leading dot or
// dash would hide a file or pass for an option.
var plainID = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,127}$`)

// check refuses contents that no bundle can state.
func (c Contents) check() error {
	switch {
	case c.ID == "" || oneLine(c.ID) != c.ID:
		return errors.New("bundle without an ID")
	case c.Sealed.IsZero() || !c.Sealed.Equal(c.Sealed.Truncate(time.Second)):
		return errors.New("bundle without a time of sealing to the second")
	case c.Tool == "" || oneLine(c.Tool) != c.Tool:
		return errors.New("bundle without the name of the program")
	case c.Exporter == "" || oneLine(c.Exporter) != c.Exporter:
		return errors.New("bundle without an exporter")
	case len(c.Exhibits) == 0:
		return errors.New("bundle without listings")
	}
	seen := map[string]bool{}
	for _, e := range c.Exhibits {
		for kind, id := range map[string]string{"listing": e.Listing.ID, "page": e.Page.ID} {
			if !plainID.MatchString(id) {
				return fmt.Errorf("%s %q: an ID in a bundle has a-z, 0-9, . _ and - only", kind, id)
			}
			if seen[kind+id] {
				return fmt.Errorf("%s %s is in the bundle twice", kind, id)
			}
			seen[kind+id] = true
		}
	}
	return c.checkLogs()
}

// checkLogs wants the order's log, and allows the case's.
func (c Contents) checkLogs() error {
	n := 0
	for i, l := range c.Logs {
		switch l.Checkpoint.Log {
		case c.Order.ID:
			n++
		case "":
			if i > 0 && c.Logs[0].Checkpoint.Log == "" {
				return errors.New("the log of the case is in the bundle twice")
			}
		default:
			return fmt.Errorf("log of order %s in a bundle of order %s", l.Checkpoint.Log, c.Order.ID)
		}
	}
	if n != 1 {
		return fmt.Errorf("%d logs of order %s: want one", n, c.Order.ID)
	}
	return nil
}

// payload returns the files in data/ by name.
func payload(c Contents, signers []byte) (map[string][]byte, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	p := &packer{c: c, files: map[string][]byte{}}
	p.add(orderName, c.Order.File)
	p.add(orderSigName, []byte(strings.Join(c.Order.Signatures, "")))
	p.record(orderRecName, c.Order)
	for _, e := range c.Exhibits {
		p.exhibit(e)
	}
	for _, l := range c.Logs {
		p.log(l)
	}
	report, err := renderReport(c)
	p.fail(err)
	p.add(reportName, report)
	manual, err := renderManual(c, signers)
	p.fail(err)
	p.add(manualName, manual)
	return p.files, p.err
}

// A packer collects files, and the first error.
type packer struct {
	c     Contents
	files map[string][]byte
	err   error
}

func (p *packer) add(name string, data []byte) { p.files[name] = data }

func (p *packer) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

func (p *packer) exhibit(e vigil.Exhibit) {
	if got := vigil.SumHex(e.Page.Body); got != e.Page.BodySHA256 {
		p.fail(fmt.Errorf("page %s: %w: the body has the SHA-256 %s", e.Page.ID, vigil.ErrTampered, got))
	}
	p.fail(checkCredentials(e.Page))
	capture, err := warcFile(p.c, e.Page)
	p.fail(err)
	p.add(captureDir+e.Page.ID+".warc.gz", capture)
	p.record(captureDir+e.Page.ID+".json", e.Page)
	p.record(listingDir+e.Listing.ID+".json", e.Listing)
	p.add(listingDir+e.Listing.ID+".txt", []byte(assessedText(e.Listing)))
	p.record(assessDir+e.Listing.ID+".json", e.Assessment)
	var decisions []byte
	for _, d := range e.Decisions {
		line, err := p.stored(d)
		p.fail(err)
		decisions = append(append(decisions, line...), '\n')
	}
	if len(decisions) > 0 {
		p.add(reviewDir+e.Listing.ID+".jsonl", decisions)
	}
}

// checkCredentials refuses a page whose headers still hold what let somebody
// in: it must not leave the case. Collectors write "withheld" in its place.
func checkCredentials(p vigil.Page) error {
	for _, h := range []http.Header{p.Request, p.Response} {
		for _, name := range []string{"Cookie", "Authorization", "Proxy-Authorization", "Set-Cookie", "Set-Cookie2"} {
			for _, v := range h.Values(name) {
				if v != "withheld" {
					return fmt.Errorf("page %s: %w: header %s holds credentials", p.ID, vigil.ErrRefused, name)
				}
			}
		}
	}
	return nil
}

// assessedText is the text of a listing that findings point into.
func assessedText(l vigil.Listing) string { return l.Title + "\n\n" + l.Description }

func (p *packer) record(name string, r vigil.Record) {
	data, err := p.stored(r)
	p.fail(err)
	p.add(name, data)
}

// stored returns the bytes of r that a log entry states the hash of: its JSON
// form, or what an entry brings along if it reads the same.
func (p *packer) stored(r vigil.Record) ([]byte, error) {
	typ, id, _ := r.Ref()
	text, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", typ, id, err)
	}
	for _, l := range p.c.Logs {
		for _, e := range l.Entries {
			o := e.Object
			if o.Type != typ || o.ID != id {
				continue
			}
			if o.SHA256 == vigil.SumHex(text) {
				return text, nil
			}
			if e.Record != nil && o.SHA256 == vigil.SumHex(e.Record) && sameRecord(e.Record, text, r) {
				return e.Record, nil
			}
		}
	}
	return nil, fmt.Errorf("%s %s: no entry of the custody log tells of this version", typ, id)
}

// sameRecord reports whether stored reads as the record that text is the JSON of.
func sameRecord(stored, text []byte, r vigil.Record) bool {
	read := func(into any) bool {
		if json.Unmarshal(stored, into) != nil {
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

// A proof is one line of proofs.jsonl.
type proof struct {
	Seq    int64    `json:"seq"`
	Hashes [][]byte `json:"hashes"`
}

func (p *packer) log(l Log) {
	point, err := custody.Format(l.Checkpoint)
	p.fail(err)
	var events, proofs bytes.Buffer
	for _, e := range l.Entries {
		if bytes.ContainsRune(e.Line, '\n') {
			p.fail(fmt.Errorf("log line %d holds a line end", e.Seq))
		}
		events.Write(append(e.Line[:len(e.Line):len(e.Line)], '\n'))
		pr := proof{Seq: e.Seq, Hashes: [][]byte{}}
		for _, h := range e.Proof {
			pr.Hashes = append(pr.Hashes, h[:])
		}
		line, err := json.Marshal(pr)
		p.fail(err)
		proofs.Write(append(line, '\n'))
	}
	dir := logDir(l.Checkpoint.Log)
	p.add(dir+eventsName, events.Bytes())
	p.add(dir+proofsName, proofs.Bytes())
	p.add(dir+pointName, point)
}

package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"vigil"
	"vigil/internal/custody"
	"vigil/internal/redact"
)

const hitsName = "data/watchlists/hits.jsonl"

// A Disclosing is a disclosure that is planned: what it withholds is known, and nothing
// is written yet.
type Disclosing struct {
	Items    []redact.Item // in the order of their numbers
	Warnings []string
	Listings []DisclosedListing // sorted by their IDs in the original

	or     *Original
	r      *redact.Redactor
	shown  []*DisclosedListing // sorted by their IDs in the disclosure
	drops  map[string]map[int64]redact.Drop
	needed map[string]string      // SHA-256 of a record that shows whole → its listing
	close  map[string]redact.Drop // see planAll
	hits   [][]byte               // lines that stay
}

// A DisclosedListing is what becomes of one listing.
type DisclosedListing struct {
	ID         string // in the original
	Name, Page string // IDs in the disclosure
	Title      string // as in the original
	Changed    bool
	NoCapture  bool
	Out        bool
	Items      []redact.Item

	at    int // in the original
	start redact.Mark
}

// DisclosureOptions says how a disclosure is made.
type DisclosureOptions struct {
	Rules  redact.Rules
	Key    redact.Key
	Scan   func(text string) []vigil.Identifier // see [redact.Options]
	Decode func(p vigil.Page, body []byte) (text string, err error)
}

// Disclose plans a disclosure of a bundle.
func (or *Original) Disclose(o DisclosureOptions) (*Disclosing, error) {
	var hosts []string
	for _, s := range or.v.file.Sources {
		hosts = append(hosts, s.Hosts...)
	}
	r, err := redact.New(o.Rules, redact.Options{Key: o.Key, Parent: or.Parent().SHA256, Scan: o.Scan, Decode: o.Decode, Hosts: hosts})
	if err != nil {
		return nil, err
	}
	for i := range or.listings {
		e, _, err := or.records(i)
		if err != nil {
			return nil, err
		}
		if err := r.Gather(e); err != nil {
			return nil, err
		}
	}
	d := &Disclosing{or: or, r: r, drops: map[string]map[int64]redact.Drop{}}
	if d.Warnings, err = r.Ready(or.v.ord.File); err != nil {
		return nil, err
	}
	for range len(or.listings) + 1 {
		if err := d.planAll(); err != nil {
			return nil, err
		}
		if len(d.close) == 0 {
			break
		}
	}
	for k := range d.Listings {
		if l := &d.Listings[k]; !l.Out {
			d.shown = append(d.shown, l)
		}
	}
	slices.SortFunc(d.shown, func(a, b *DisclosedListing) int { return strings.Compare(a.Name, b.Name) })
	return d, d.planHits()
}

// planAll plans listings and logs. Where a line of the log must stay, and its proof holds the
// hash of one that must not be guessed, d.close has the listing of which more is
// withheld the next time.
func (d *Disclosing) planAll() error {
	for listing, drop := range d.close {
		d.Warnings = append(d.Warnings, fmt.Sprintf("listing %s: its capture is withheld as well, for the log's hashes would tell what the rules withhold", listing))
		d.r.Deepen(listing, drop)
	}
	d.r.Restart()
	d.Items, d.Listings, d.needed, d.close = nil, nil, map[string]string{}, map[string]redact.Drop{}
	for i := range d.or.listings {
		if err := d.plan(i); err != nil {
			return err
		}
	}
	for _, dir := range d.or.v.logDirs() {
		if err := d.planLog(dir); err != nil {
			return err
		}
	}
	return nil
}

func (d *Disclosing) plan(i int) error {
	start := d.r.Mark()
	_, l, x, err := d.apply(i)
	if err != nil {
		return err
	}
	if !x.Out {
		for _, text := range append([][]byte{x.Exhibit.Page, x.Exhibit.Listing, x.Assessment}, x.Decisions...) {
			d.needed[vigil.SumHex(text)] = d.or.listings[i]
		}
	}
	d.Listings = append(d.Listings, DisclosedListing{
		ID: d.or.listings[i], Name: x.Listing, Page: x.Page, Title: l.Title, Changed: x.Changed, NoCapture: x.NoCapture, Out: x.Out, Items: x.Items,
		at: i, start: start,
	})
	d.Items = append(d.Items, x.Items...)
	return nil
}

// apply redacts listing i of the original.
func (d *Disclosing) apply(i int) (body []byte, l vigil.Listing, x redact.Redacted, err error) {
	e, l, err := d.or.records(i)
	if err != nil {
		return nil, l, x, err
	}
	if body, err = d.or.body(l.Page); err != nil {
		return nil, l, x, err
	}
	x, err = d.r.Apply(e, body)
	return body, l, x, err
}

// planLog finds the lines of a log that are left out: those that name what is withheld,
// and the neighbours of those that could be guessed from a hash.
func (d *Disclosing) planLog(dir string) error {
	drops := map[int64]redact.Drop{}
	d.drops[dir] = drops
	err := eachEntry(d.or.v.bag, dir, func(e ProvenEntry) bool {
		if drop, out := d.r.Line(e.Entry); out {
			drops[e.Seq] = drop
		}
		return true
	})
	if err != nil {
		return err
	}
	beside := map[int64]redact.Drop{}
	for seq, drop := range drops {
		if _, out := drops[seq^1]; !out && !drop.Guarded {
			beside[seq^1] = drop.Beside()
		}
	}
	maps.Copy(drops, beside)
	var fault error
	err = eachEntry(d.or.v.bag, dir, func(e ProvenEntry) bool {
		drop, out := drops[e.Seq]
		if out && e.Object.Type == vigil.TypeOrder {
			fault = fmt.Errorf("line %d of the log, which registers the order, would have to be left out: the rules withhold what it says, or what is guessed from its proof", e.Seq)
			return false
		}
		if listing, needed := d.needed[e.Object.SHA256]; out && needed && e.Object.SHA256 != "" {
			d.close[listing] = drop
		}
		if out {
			d.Items = append(d.Items, d.r.DropLine(dir+eventsName, e.Entry, drop))
		}
		return true
	})
	return errors.Join(err, fault)
}

// planHits keeps the lines about matches on watchlists that show nothing withheld.
func (d *Disclosing) planHits() error {
	if !d.or.v.bag.has(hitsName) {
		return nil
	}
	data, err := d.or.v.bag.verified(hitsName)
	if err != nil {
		return err
	}
	for n, line := range splitLines(data) {
		if it, out := d.r.Rest(hitsName, int64(n), line); out {
			d.Items = append(d.Items, it)
		} else if len(line) > 0 {
			d.hits = append(d.hits, line)
		}
	}
	return nil
}

// Counts returns how many things are withheld for each reason.
func (d *Disclosing) Counts() map[redact.Reason]int {
	n := map[redact.Reason]int{}
	for _, it := range d.Items {
		n[it.Reason]++
	}
	return n
}

// Exhibits yields what the disclosure shows, sorted by ID.
func (d *Disclosing) Exhibits() iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for _, l := range d.shown {
			it, err := d.item(l)
			if !yield(it, err) || err != nil {
				return
			}
		}
	}
}

func (d *Disclosing) item(l *DisclosedListing) (it Item, err error) {
	d.r.Seek(l.start)
	body, _, x, err := d.apply(l.at)
	if err != nil {
		return it, err
	}
	it.CaptureWithheld = x.NoCapture
	it.Stored = Stored{Page: x.Exhibit.Page, Listing: x.Exhibit.Listing, Assessment: x.Assessment, Decisions: x.Decisions}
	it.Page, err = recordOf[vigil.Page](x.Exhibit.Page, err)
	it.Listing, err = recordOf[vigil.Listing](x.Exhibit.Listing, err)
	it.Assessment, err = recordOf[vigil.Assessment](x.Assessment, err)
	for _, line := range x.Decisions {
		var dec vigil.Decision
		dec, err = recordOf[vigil.Decision](line, err)
		it.Decisions = append(it.Decisions, dec)
	}
	if !x.NoCapture {
		it.Page.Body = body
	}
	return it, err
}

// recordOf reads a record; it hands on an earlier error.
func recordOf[R any](text []byte, before error) (r R, err error) {
	if before != nil {
		return r, before
	}
	return r, json.Unmarshal(text, &r)
}

// Contents returns c as the contents of the disclosure. The caller sets ID, Tool, Made and
// WACZKey, and Derived to files made from [Disclosing.Exhibits].
func (d *Disclosing) Contents(c Contents) (Contents, error) {
	var err error
	c.Kind, c.Parent, c.Order, c.Exhibits = Disclosure, d.or.Parent(), d.or.v.ord, d.Exhibits()
	if c.OrderRecord, err = d.or.v.bag.verified(orderRecName); err != nil {
		return c, err
	}
	logs, err := d.or.logs()
	if err != nil {
		return c, err
	}
	for _, l := range logs {
		log := Log{Note: l.note, Entries: d.kept(l.dir)}
		if log.Checkpoint, err = custody.Parse(l.point); err != nil {
			return c, err
		}
		c.Logs = append(c.Logs, log)
	}
	c.Derived = append(slices.Clone(c.Derived), File{withheldName, d.writeItems})
	if len(d.hits) > 0 {
		c.Derived = append(c.Derived, File{hitsName, func(w io.Writer) error {
			_, err := w.Write(append(bytes.Join(d.hits, []byte("\n")), '\n'))
			return err
		}})
	}
	return c, nil
}

// kept yields the lines of a log that stay.
func (d *Disclosing) kept(dir string) iter.Seq2[ProvenEntry, error] {
	return func(yield func(ProvenEntry, error) bool) {
		for e, err := range d.or.entries(dir) {
			if _, out := d.drops[dir][e.Seq]; out && err == nil {
				continue
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func (d *Disclosing) writeItems(w io.Writer) error {
	for _, it := range d.Items {
		line, err := json.Marshal(it)
		if err != nil {
			return err
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// WriteDisclosure writes the sealed disclosure to the folder dir, which must not exist.
// Before it is there, it is verified, compared with the original, and every file that
// others made of it is searched for what is withheld.
func (d *Disclosing) WriteDisclosure(dir string, c Contents, s Sealing) error {
	if err := s.check(); err != nil {
		return err
	}
	c, err := d.Contents(c)
	if err != nil {
		return err
	}
	return whole(dir, func(tmp string) error {
		if err := draft(tmp, c); err != nil {
			return err
		}
		if err := d.searchDerived(tmp, c.Derived); err != nil {
			return err
		}
		if err := seal(tmp, s); err != nil {
			return err
		}
		return d.check(tmp, s)
	})
}

func (d *Disclosing) check(dir string, s Sealing) error {
	r, err := Verify(dir, VerifyOptions{Now: s.At, Limits: d.or.v.Limits})
	if err != nil {
		return fmt.Errorf("check the disclosure: %w", err)
	}
	if !r.OK() {
		return fmt.Errorf("check the disclosure: %s", r.failures())
	}
	return nil
}

// sureLength is how long a withheld value is, in bytes, that stands in a derived file by no
// accident.
const sureLength = 12

// searchDerived refuses files that show what is withheld. Short words are let pass: the
// program's own texts have them.
func (d *Disclosing) searchDerived(dir string, files []File) error {
	for _, f := range files {
		if f.Name == withheldName || f.Name == hitsName {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Name)))
		if err != nil {
			return err
		}
		for _, at := range d.r.Find(text) {
			if at.Len >= sureLength {
				return fmt.Errorf("%s: shows at byte %d what is withheld: leave it out", f.Name, at.Start)
			}
		}
	}
	return nil
}

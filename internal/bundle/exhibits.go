package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"vigil"
	"vigil/internal/order"
)

// records is what is kept of a bundle's records once they are read: one exhibit
// at a time is in memory.
type records struct {
	ord      vigil.Order          // as its record says
	file     parsedOrder          // as its file says
	kept     map[recordKey]string // the file of each record that the log must tell of
	count    int                  // records
	exhibits int
	shown    int // findings and identifiers that stand in the texts
	altered  int // records with withheld parts
	unseen   int // pages with withheld parts
	// What the layers after this one found out about the exhibits as they were
	// read: the first fault each.
	authorityErr, captureErr, findingErr error
	walk                                 *captureWalk
	read                                 *logReading // nil until the logs are read
}

// A recordKey is the hash of a record's type, ID and SHA-256.
type recordKey [sha256.Size]byte

func keyOf(typ, id, sum string) recordKey {
	return sha256.Sum256([]byte(typ + "\x00" + id + "\x00" + sum))
}

// A parsedOrder is what the order's file says.
type parsedOrder struct {
	vigil.Order
	sources map[string]vigil.Source
	err     error
}

func (v *verifier) parseOrder() (p parsedOrder) {
	file, err := v.bag.verified(orderName)
	if err != nil {
		p.err = err
		return p
	}
	if p.Order, p.err = order.Parse(orderName, file); p.err != nil {
		return p
	}
	p.sources = map[string]vigil.Source{}
	for _, s := range p.Sources {
		p.sources[s.ID()] = s
	}
	return p
}

// readRecords reads every record, and checks that no file is missing, none is
// there without a reason, and that they name one another. On the way it lets the
// layers that follow look at each exhibit.
func (v *verifier) readRecords() (string, error) {
	v.kept = map[recordKey]string{}
	if err := v.readRecord(orderRecName, &v.ord); err != nil {
		return "", err
	}
	v.file = v.parseOrder()
	v.walk = v.openCaptures()
	known := v.fixedNames()
	for _, name := range v.bag.names {
		id, listing := strings.CutPrefix(name, listingDir)
		id, listing2 := strings.CutSuffix(id, ".json")
		if !listing || !listing2 {
			continue
		}
		e, err := v.readExhibit(id, known)
		if err != nil {
			return "", err
		}
		v.exhibits++
		v.look(e)
	}
	if v.exhibits == 0 {
		return "", errors.New("no listing")
	}
	for _, name := range v.bag.names {
		if strings.HasPrefix(name, "data/") && !known[name] && !DerivedName(name) {
			return "", fmt.Errorf("%q belongs to nothing in the bundle", name)
		}
	}
	return fmt.Sprintf("%d listings, %d records, which name one another", v.exhibits, v.count), v.missing()
}

// fixedNames are the files in data/ that do not depend on a listing. Those that
// must be there are in needed.
func (v *verifier) fixedNames() map[string]bool {
	known := map[string]bool{}
	for _, name := range v.needed() {
		known[name] = true
	}
	for _, dir := range v.logDirs() {
		known[dir+noteName] = true
	}
	return known
}

func (v *verifier) needed() []string {
	names := []string{orderName, orderSigName, orderRecName, manualName, waczName, indexName}
	for _, dir := range v.logDirs() {
		names = append(names, dir+eventsName, dir+proofsName, dir+pointName)
	}
	return names
}

func (v *verifier) missing() error {
	for _, name := range v.needed() {
		if !v.bag.has(name) {
			return fmt.Errorf("%q is missing", name)
		}
	}
	return nil
}

// readRecord reads a record's file into r, which points to one.
func (v *verifier) readRecord(name string, r vigil.Record) error {
	data, err := v.bag.verified(name)
	if err != nil {
		return err
	}
	return v.decode(name, 0, data, r)
}

// decode reads line n of a file of records.
func (v *verifier) decode(name string, n int, data []byte, r vigil.Record) error {
	if err := json.Unmarshal(data, r); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	typ, id, _ := r.Ref()
	v.count++
	if v.substituted(name, n) {
		v.altered++ // no entry of the log tells of it as it stands
		return nil
	}
	v.kept[keyOf(typ, id, vigil.SumHex(data))] = name
	return nil
}

// readExhibit reads the files of one listing, and enters them in known.
func (v *verifier) readExhibit(id string, known map[string]bool) (e vigil.Exhibit, err error) {
	name := listingDir + id + ".json"
	if err := v.readRecord(name, &e.Listing); err != nil {
		return e, err
	}
	if !plainID.MatchString(id) || e.Listing.ID != id || !plainID.MatchString(e.Listing.Page) {
		return e, fmt.Errorf("%s: holds listing %q of page %q", name, e.Listing.ID, e.Listing.Page)
	}
	page := captureDir + e.Listing.Page + ".json"
	for _, f := range []string{name, listingDir + id + ".txt", assessDir + id + ".json", page} {
		if known[f] {
			return e, fmt.Errorf("%s: two listings of one page", name)
		}
		known[f] = true
	}
	if err := v.readRecord(assessDir+id+".json", &e.Assessment); err != nil {
		return e, err
	}
	if err := v.readRecord(page, &e.Page); err != nil {
		return e, err
	}
	if review := reviewDir + id + ".jsonl"; v.bag.has(review) {
		known[review] = true
		if e.Decisions, err = v.readDecisions(review); err != nil {
			return e, err
		}
	}
	return e, fits(e, v.ord)
}

func (v *verifier) readDecisions(name string) (ds []vigil.Decision, err error) {
	data, err := v.bag.verified(name)
	if err != nil {
		return nil, err
	}
	data, ok := bytes.CutSuffix(data, []byte("\n"))
	if !ok {
		return nil, fmt.Errorf("%s: the last line has no end", name)
	}
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		var d vigil.Decision
		if err := v.decode(name, len(ds), line, &d); err != nil {
			return nil, err
		}
		ds = append(ds, d)
	}
	return ds, nil
}

// look lets the layers that follow see an exhibit. Each stops at its first fault.
func (v *verifier) look(e vigil.Exhibit) {
	if v.authorityErr == nil {
		v.authorityErr = v.authorised(e.Page)
	}
	if v.captureErr == nil {
		v.captureErr = v.walk.page(e)
	}
	if v.findingErr == nil {
		v.findingErr = v.quoted(e)
	}
}

// fits reports where the records of e speak of different things.
func fits(e vigil.Exhibit, o vigil.Order) error {
	l := e.Listing
	for _, c := range []struct{ what, got, want string }{
		{"the page's ID", e.Page.ID, l.Page},
		{"the page's source", e.Page.Source, l.Source},
		{"the order of the source", vigil.OrderOf(l.Source), o.ID},
		{"the listing that was assessed", e.Assessment.ID, l.ID},
		{"the page that was assessed", e.Assessment.Page, l.Page},
		{"the source that was assessed", e.Assessment.Source, l.Source},
	} {
		if c.got != c.want {
			return fmt.Errorf("listing %s: %s is %q, want %q", l.ID, c.what, c.got, c.want)
		}
	}
	for i, d := range e.Decisions {
		if d.Listing != l.ID || d.Source != l.Source {
			return fmt.Errorf("listing %s: decision %d is on listing %q of source %q", l.ID, i+1, d.Listing, d.Source)
		}
		switch d.Part {
		case vigil.Reading, vigil.Adjudication:
		case vigil.Withdrawal:
			if d.Verdict != "" {
				return fmt.Errorf("listing %s: decision %d takes one back, and has the verdict %q", l.ID, i+1, d.Verdict)
			}
			continue
		default:
			return fmt.Errorf("listing %s: decision %d: part %q: want none, %s or %s", l.ID, i+1, d.Part, vigil.Adjudication, vigil.Withdrawal)
		}
		if _, err := vigil.ParseVerdict(string(d.Verdict)); err != nil {
			return fmt.Errorf("listing %s: decision %d: %w", l.ID, i+1, err)
		}
	}
	return nil
}

// quoted checks that each finding and identifier of e points at the bytes that
// it quotes, in the text that the bundle shows. A disclosure moves the places
// along with the text.
func (v *verifier) quoted(e vigil.Exhibit) error {
	id := e.Listing.ID
	text, err := v.bag.verified(listingDir + id + ".txt")
	if err != nil {
		return err
	}
	if string(text) != assessedText(e.Listing) {
		return fmt.Errorf("listing %s: the .txt is not the title and description of the .json", id)
	}
	for i, f := range e.Assessment.Findings {
		if err := checkFinding(e.Listing, f); err != nil {
			return fmt.Errorf("listing %s: finding %d, %s: %w", id, i+1, f.Indicator, err)
		}
	}
	for i, ident := range e.Assessment.Identifiers {
		if err := checkIdentifier(e.Listing, ident); err != nil {
			return fmt.Errorf("listing %s: identifier %d, %s: %w", id, i+1, ident.Kind, err)
		}
	}
	v.shown += len(e.Assessment.Findings) + len(e.Assessment.Identifiers)
	return nil
}

// findings says what [verifier.quoted] found out.
func (v *verifier) findings() (string, error) {
	return fmt.Sprintf("%d findings and identifiers stand in the texts where they say", v.shown), v.findingErr
}

func checkFinding(l vigil.Listing, f vigil.Finding) error {
	got, err := span(l, f.Field, f.Start, f.End)
	switch {
	case err != nil:
		return err
	case f.Withheld != "" && f.Text == "" && f.Withheld == vigil.Withhold(got):
		return nil
	case f.Withheld != "" || got != f.Text:
		return fmt.Errorf("%s[%d:%d] is not what the finding quotes", f.Field, f.Start, f.End)
	}
	return nil
}

func checkIdentifier(l vigil.Listing, id vigil.Identifier) error {
	got, err := span(l, id.Field, id.Start, id.End)
	if err != nil || id.Redacted {
		return err
	}
	if got != id.Raw {
		return fmt.Errorf("%s[%d:%d] is not what the identifier quotes", id.Field, id.Start, id.End)
	}
	return nil
}

// span returns the bytes from start to end of a field of l.
func span(l vigil.Listing, field string, start, end int) (string, error) {
	text, ok := l.Field(field)
	if !ok {
		return "", fmt.Errorf("field %q: want %s, %s, %s or %s", field, vigil.FieldTitle, vigil.FieldDescription, vigil.FieldContact, vigil.FieldPGP)
	}
	if start < 0 || end < start || end > len(text) {
		return "", fmt.Errorf("%s[%d:%d] lies outside a text of %d bytes", field, start, end, len(text))
	}
	return text[start:end], nil
}

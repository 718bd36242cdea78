package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"vigil"
)

// records is what a bundle's files state, once read.
type records struct {
	ord      vigil.Order
	exhibits []vigil.Exhibit // bodies are set by the captures layer
	kept     []keptRecord
}

// A keptRecord is a record's file, or line of a file, with its hash.
type keptRecord struct {
	file, typ, id, sha256 string
}

// readRecords reads every record, and checks that no file is missing, none is
// there without a reason, and that they name one another.
func (v *verifier) readRecords() (string, error) {
	known := map[string]bool{
		orderName: true, orderSigName: true, orderRecName: true, reportName: true, manualName: true,
		orderLogDir + eventsName: true, orderLogDir + proofsName: true, orderLogDir + pointName: true,
	}
	if v.has(caseLogDir + pointName) {
		known[caseLogDir+eventsName], known[caseLogDir+proofsName], known[caseLogDir+pointName] = true, true, true
	}
	if err := v.readRecord(orderRecName, &v.ord); err != nil {
		return "", err
	}
	for _, name := range v.bag.names() {
		id, ok := strings.CutPrefix(name, listingDir)
		if id, json := strings.CutSuffix(id, ".json"); ok && json {
			e, err := v.readExhibit(id, known)
			if err != nil {
				return "", err
			}
			v.exhibits = append(v.exhibits, e)
		}
	}
	for _, name := range v.bag.names() {
		if strings.HasPrefix(name, "data/") && !known[name] {
			return "", fmt.Errorf("%q belongs to nothing in the bundle", name)
		}
	}
	for name := range known {
		if !v.has(name) {
			return "", fmt.Errorf("%q is missing", name)
		}
	}
	if len(v.exhibits) == 0 {
		return "", errors.New("no listing")
	}
	return fmt.Sprintf("%d listings, %d records, which name one another", len(v.exhibits), len(v.kept)), nil
}

func (v *verifier) has(name string) bool { _, ok := v.bag.sizes[name]; return ok }

// readRecord reads a record's file into r, which points to one.
func (v *verifier) readRecord(name string, r vigil.Record) error {
	data, err := v.bag.verified(name)
	if err != nil {
		return err
	}
	return v.decode(name, data, r)
}

func (v *verifier) decode(name string, data []byte, r vigil.Record) error {
	if err := json.Unmarshal(data, r); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	typ, id, _ := r.Ref()
	v.kept = append(v.kept, keptRecord{name, typ, id, vigil.SumHex(data)})
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
	page := captureDir + e.Listing.Page
	files := []string{name, listingDir + id + ".txt", assessDir + id + ".json", page + ".json", page + ".warc.gz"}
	for _, f := range files {
		if known[f] {
			return e, fmt.Errorf("%s: two listings of one page", name)
		}
		known[f] = true
	}
	if err := v.readRecord(assessDir+id+".json", &e.Assessment); err != nil {
		return e, err
	}
	if err := v.readRecord(page+".json", &e.Page); err != nil {
		return e, err
	}
	if review := reviewDir + id + ".jsonl"; v.has(review) {
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
		if err := v.decode(name, line, &d); err != nil {
			return nil, err
		}
		ds = append(ds, d)
	}
	return ds, nil
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
		if _, err := vigil.ParseVerdict(string(d.Verdict)); err != nil {
			return fmt.Errorf("listing %s: decision %d: %w", l.ID, i+1, err)
		}
	}
	return nil
}

// findings checks that each finding and identifier points at the bytes that
// it quotes, in the text that the bundle shows.
func (v *verifier) findings() (string, error) {
	n := 0
	for _, e := range v.exhibits {
		text, err := v.bag.verified(listingDir + e.Listing.ID + ".txt")
		if err != nil {
			return "", err
		}
		if string(text) != assessedText(e.Listing) {
			return "", fmt.Errorf("listing %s: the .txt is not the title and description of the .json", e.Listing.ID)
		}
		for i, f := range e.Assessment.Findings {
			if err := checkFinding(e.Listing, f); err != nil {
				return "", fmt.Errorf("listing %s: finding %d, %s: %w", e.Listing.ID, i+1, f.Indicator, err)
			}
		}
		for i, id := range e.Assessment.Identifiers {
			if err := checkIdentifier(e.Listing, id); err != nil {
				return "", fmt.Errorf("listing %s: identifier %d, %s: %w", e.Listing.ID, i+1, id.Kind, err)
			}
		}
		n += len(e.Assessment.Findings) + len(e.Assessment.Identifiers)
	}
	return fmt.Sprintf("%d findings and identifiers stand in the texts where they say", n), nil
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

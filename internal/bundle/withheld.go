package bundle

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"vigil/internal/redact"
)

// maxItems bounds what a disclosure withholds, in things.
const maxItems = 10 << 20

// A withholding is what a disclosure says that it leaves out.
type withholding struct {
	records   map[string]bool           // file and line of each record that differs from the case's
	changedIn map[string]bool           // their files
	captures  map[string]bool           // files of pages whose captures are left out
	gone      map[string]bool           // files that are left out
	listings  int                       // of them, those of listings
	lines     map[string]map[int64]bool // file of a log → numbers of lines that are left out
	reasons   map[redact.Reason]int
	items     int
}

// recordLine names a record: its file, and its line in a file of several.
func recordLine(file string, n int) string { return fmt.Sprintf("%s#%d", file, n) }

// withheld reads what a disclosure says that it leaves out, and checks that each thing
// shows where it says. Layers after it ask [verifier.substituted].
func (v *verifier) withheld() (string, error) {
	if Kind(v.info[labelKind]) != Disclosure {
		if v.bag.has(withheldName) {
			return "", fmt.Errorf("%s in a bundle of kind %s", withheldName, v.info[labelKind])
		}
		return "nothing: an evidential bundle", nil
	}
	v.out = withholding{
		records: map[string]bool{}, changedIn: map[string]bool{}, captures: map[string]bool{}, gone: map[string]bool{}, lines: map[string]map[int64]bool{}, reasons: map[redact.Reason]int{},
	}
	if err := v.eachGroup(v.withheldGroup); err != nil {
		return "", fmt.Errorf("%s: %w", withheldName, err)
	}
	if err := v.out.fits(v.bag); err != nil {
		return "", fmt.Errorf("%s: %w", withheldName, err)
	}
	return v.out.String(), nil
}

// String says what is withheld.
func (o withholding) String() string {
	var reasons []string
	for _, r := range redact.Reasons() {
		if n := o.reasons[r.Reason]; n > 0 {
			reasons = append(reasons, fmt.Sprintf("%s %d", r.Reason, n))
		}
	}
	lines := 0
	for _, l := range o.lines {
		lines += len(l)
	}
	return fmt.Sprintf("%d items (%s): parts of %d records, %d captures, %d listings and %d log lines; a hash stands for each",
		o.items, strings.Join(reasons, ", "), len(o.records), len(o.captures), o.listings, lines)
}

// eachGroup calls visit for the items of each record: they stand together.
func (v *verifier) eachGroup(visit func(file string, items []redact.Item) error) error {
	in, err := v.bag.lines(withheldName, redact.MaxItem)
	if err != nil {
		return err
	}
	defer in.close()
	var group []redact.Item
	for n := 1; ; n++ {
		line, err := in.next()
		if errors.Is(err, io.EOF) {
			if len(group) == 0 {
				return errors.New("empty: a disclosure withholds something")
			}
			return visit(group[0].File, group)
		}
		if err != nil {
			return err
		}
		it, err := redact.ParseItem(line)
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if it.N != n || n > maxItems {
			return fmt.Errorf("line %d: is item %d: want them numbered from 1, at most %d", n, it.N, maxItems)
		}
		if len(group) > 0 && (group[0].File != it.File || !together(it)) {
			if err := visit(group[0].File, group); err != nil {
				return err
			}
			group = group[:0]
		}
		group = append(group, it)
	}
}

// together reports whether an item may stand in a group: those of what is left out whole
// stand alone.
func together(it redact.Item) bool {
	switch it.Form {
	case redact.Absent, redact.LogLine, redact.Gone:
		return false
	}
	return true
}

// withheldGroup checks the items of one file.
func (v *verifier) withheldGroup(file string, items []redact.Item) error {
	for _, it := range items {
		v.out.reasons[it.Reason]++
		v.out.items++
	}
	it := items[0]
	switch it.Form {
	case redact.Absent:
		if v.out.captures[file] || !strings.HasPrefix(file, captureDir) {
			return fmt.Errorf("item %d: the capture of %s: is no page's, or given twice", it.N, file)
		}
		v.out.captures[file] = true
		return onlyOne(items)
	case redact.LogLine:
		if file != orderLogDir+eventsName && file != caseLogDir+eventsName {
			return fmt.Errorf("item %d: %s is no log", it.N, file)
		}
		if v.out.lines[file] == nil {
			v.out.lines[file] = map[int64]bool{}
		}
		if v.out.lines[file][*it.Seq] {
			return fmt.Errorf("item %d: line %d of %s is given twice", it.N, *it.Seq, file)
		}
		v.out.lines[file][*it.Seq] = true
		return onlyOne(items)
	case redact.Gone:
		return errors.Join(onlyOne(items), v.goneFile(it))
	}
	return v.changed(file, items)
}

// onlyOne refuses what follows an item that stands alone.
func onlyOne(items []redact.Item) error {
	if len(items) > 1 {
		return fmt.Errorf("item %d: belongs to nothing", items[1].N)
	}
	return nil
}

// goneFile notes a file, or a line of one, that is left out.
func (v *verifier) goneFile(it redact.Item) error {
	if it.Seq != nil && it.File == hitsName {
		return nil
	}
	if it.Seq != nil || v.bag.has(it.File) {
		return fmt.Errorf("item %d: %s is there, though it is said to be left out", it.N, it.File)
	}
	if !v.out.gone[it.File] && strings.HasPrefix(it.File, listingDir) {
		v.out.listings++
	}
	v.out.gone[it.File] = true
	return nil
}

// changed checks the items of a record that is there, or of several in one file.
func (v *verifier) changed(file string, items []redact.Item) error {
	if !strings.HasPrefix(file, captureDir) && !strings.HasPrefix(file, listingDir) && !strings.HasPrefix(file, assessDir) && !strings.HasPrefix(file, reviewDir) {
		return fmt.Errorf("item %d: %s holds no record of a listing", items[0].N, file)
	}
	data, err := v.bag.verified(file)
	if err != nil {
		return fmt.Errorf("item %d: %w", items[0].N, err)
	}
	records := [][]byte{data}
	if strings.HasPrefix(file, reviewDir) {
		records = splitLines(data)
	}
	at := 0
	for len(items) > 0 {
		if items[0].Form != redact.Record {
			return fmt.Errorf("item %d: %s: want the record itself first", items[0].N, file)
		}
		n := 1
		for n < len(items) && items[n].Form != redact.Record {
			n++
		}
		prefix := ""
		if strings.HasPrefix(file, reviewDir) {
			for at < len(records) && items[0].Pointer != fmt.Sprintf("/%d", at) {
				at++
			}
			prefix = items[0].Pointer
		}
		key := recordLine(file, at)
		if at >= len(records) || items[0].Pointer != prefix || v.out.records[key] {
			return fmt.Errorf("item %d: %s%s is no record, or was given before", items[0].N, file, items[0].Pointer)
		}
		if err := redact.CheckMarks(records[at], prefix, items[1:n]); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		v.out.records[key], v.out.changedIn[file] = true, true
		items = items[n:]
	}
	return nil
}

// fits checks that captures are left out of pages that are there, or that are left out
// with their listing.
func (o withholding) fits(b *bag) error {
	for file := range o.captures {
		if !b.has(file) && !o.gone[file] {
			return fmt.Errorf("the capture of %s: there is no such page", file)
		}
	}
	return nil
}

// substituted reports whether the disclosure states that a record has changed. File is the
// record's; n is the line in it, from 0, for a file of several.
func (v *verifier) substituted(file string, n int) bool { return v.out.records[recordLine(file, n)] }

// captureWithheld reports whether the disclosure leaves the page itself out.
func (v *verifier) captureWithheld(page string) bool {
	return v.out.captures[captureDir+page+".json"]
}

// parent compares a disclosure with the bundle that it was made from.
func (v *verifier) parent() (string, error) {
	if Kind(v.info[labelKind]) != Disclosure {
		return "", unchecked("an evidential bundle has none")
	}
	if v.Parent == "" {
		return "", unchecked("not compared with bundle %s", v.info[labelParent])
	}
	or, err := OpenOriginal(v.Parent, VerifyOptions{Signers: v.Signers, Now: v.Now, Limits: v.Limits})
	if err != nil {
		return "", err
	}
	c := comparison{verifier: v, or: or}
	err = errors.Join(c.compare(), or.Close())
	return fmt.Sprintf("bundle %s, from which it was made, holds all that is shown, and nothing else but what is withheld", v.info[labelParent]), err
}

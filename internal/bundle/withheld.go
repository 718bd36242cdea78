package bundle

import (
	"bytes"
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

// A comparison holds a disclosure against its parent.
type comparison struct {
	*verifier
	or     *Original
	unseen map[string]bool // listings of the parent that have not been found in the disclosure
}

func (c *comparison) compare() error {
	p := c.or.Parent()
	if want := (Parent{c.info[labelParent], c.info[labelParentHash]}); p != want {
		return fmt.Errorf("made from bundle %s with the SHA-256 %s, not from %s with %s", want.ID, want.SHA256, p.ID, p.SHA256)
	}
	for _, name := range []string{orderName, orderSigName, orderRecName} {
		if err := c.same(name, name); err != nil {
			return err
		}
	}
	c.unseen = map[string]bool{}
	for _, id := range c.or.listings {
		c.unseen[id] = true
	}
	if err := c.listings(); err != nil {
		return err
	}
	if len(c.unseen) != c.out.listings {
		return fmt.Errorf("%d listings of the parent are not shown, but %d are said to be left out", len(c.unseen), c.out.listings)
	}
	for _, dir := range c.or.v.logDirs() {
		if err := c.log(dir); err != nil {
			return err
		}
	}
	return nil
}

// same compares a file with one of the parent, byte for byte.
func (c *comparison) same(name, parent string) error {
	is, err := c.bag.verified(name)
	if err != nil {
		return err
	}
	was, err := c.or.v.bag.verified(parent)
	if err != nil {
		return err
	}
	if !bytes.Equal(is, was) {
		return fmt.Errorf("%s: differs from the parent's %s", name, parent)
	}
	return nil
}

// listings compares the records of every listing. Those that changed are compared as their
// items are read once more.
func (c *comparison) listings() error {
	for _, name := range c.bag.names {
		id, ok := strings.CutPrefix(name, listingDir)
		if id, ok2 := strings.CutSuffix(id, ".json"); ok && ok2 && !c.out.records[recordLine(name, 0)] {
			delete(c.unseen, id)
			if err := c.unchanged(id); err != nil {
				return err
			}
		}
	}
	var page []redact.Item // of the listing that comes next
	was := ""              // the listing of the parent that is compared
	return c.eachGroup(func(file string, items []redact.Item) error {
		var err error
		switch {
		case !together(items[0]):
		case strings.HasPrefix(file, captureDir):
			page = append([]redact.Item{}, items...)
		case strings.HasPrefix(file, listingDir):
			if was, err = c.find(file, items); err == nil {
				delete(c.unseen, was)
				err = c.changedPage(page, was)
			}
		case strings.HasPrefix(file, assessDir):
			err = c.record(file, 0, assessDir+was+".json", "", items)
		case strings.HasPrefix(file, reviewDir):
			listing := listingDir + strings.TrimSuffix(strings.TrimPrefix(file, reviewDir), ".jsonl") + ".json"
			if c.out.records[recordLine(listing, 0)] {
				err = c.decisions(file, reviewDir+was+".jsonl", items)
			} else { // nothing else of it has changed
				err = c.decisions(file, file, items)
			}
		}
		return err
	})
}

// unchanged compares the records of a listing that has no items. Its page has none, then.
func (c *comparison) unchanged(id string) error {
	_, l, err := c.or.recordsOf(id)
	if err != nil {
		return err
	}
	for _, name := range []string{listingDir + id + ".json", assessDir + id + ".json", captureDir + l.Page + ".json", reviewDir + id + ".jsonl"} {
		if !c.bag.has(name) && !c.or.v.bag.has(name) || strings.HasPrefix(name, reviewDir) && c.out.changedIn[name] {
			continue // no decisions, or compared by their items
		}
		if err := c.same(name, name); err != nil {
			return err
		}
	}
	return nil
}

// find returns the listing of the parent that a changed one was made from: that of its name,
// or, where the name is withheld, the one that it fits.
func (c *comparison) find(file string, items []redact.Item) (string, error) {
	id := strings.TrimSuffix(strings.TrimPrefix(file, listingDir), ".json")
	if c.unseen[id] {
		return id, c.record(file, 0, file, "", items)
	}
	for _, id := range c.or.listings {
		if c.unseen[id] && c.record(file, 0, listingDir+id+".json", "", items) == nil {
			return id, nil
		}
	}
	return "", fmt.Errorf("%s: no listing of the parent reads so but for what is withheld", file)
}

func (c *comparison) changedPage(items []redact.Item, listing string) error {
	if len(items) == 0 {
		return fmt.Errorf("listing %s has changed, but its page has not", listing)
	}
	_, l, err := c.or.recordsOf(listing)
	if err != nil {
		return err
	}
	return c.record(items[0].File, 0, captureDir+l.Page+".json", "", items)
}

// record compares line n of a file with that of the parent.
func (c *comparison) record(file string, n int, parent, prefix string, items []redact.Item) error {
	is, err := c.bag.verified(file)
	if err != nil {
		return err
	}
	was, err := c.or.v.bag.verified(parent)
	if err != nil {
		return err
	}
	if strings.HasPrefix(file, reviewDir) {
		a, b := splitLines(is), splitLines(was)
		if len(a) != len(b) || n >= len(a) {
			return fmt.Errorf("%s: has %d decisions, the parent %d", file, len(a), len(b))
		}
		is, was = a[n], b[n]
	}
	if err := redact.Compare(was, is, prefix, items); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// decisions compares the decisions on a listing.
func (c *comparison) decisions(file, parent string, items []redact.Item) error {
	by := map[string][]redact.Item{}
	for _, it := range items {
		prefix := it.Pointer
		if k := strings.IndexByte(prefix[min(1, len(prefix)):], '/'); k >= 0 {
			prefix = prefix[:k+1]
		}
		by[prefix] = append(by[prefix], it)
	}
	data, err := c.bag.verified(file)
	if err != nil {
		return err
	}
	for n := range splitLines(data) {
		prefix := fmt.Sprintf("/%d", n)
		if err := c.record(file, n, parent, prefix, by[prefix]); err != nil {
			return err
		}
	}
	return nil
}

// log compares an excerpt of a log: lines are the parent's, or said to be left out.
func (c *comparison) log(dir string) error {
	if err := c.same(dir+pointName, dir+pointName); err != nil {
		return err
	}
	left := c.out.lines[dir+eventsName]
	seen := 0
	var fault error
	next, stop := pull(c.bag, dir)
	defer stop()
	err := eachEntry(c.or.v.bag, dir, func(was ProvenEntry) bool {
		if left[was.Seq] {
			seen++
			return true
		}
		is, err := next()
		if err == nil && !bytes.Equal(is.Line, was.Line) {
			err = fmt.Errorf("%s: line %d of the parent is not there, and is not said to be left out", dir+eventsName, was.Seq)
		}
		fault = err
		return err == nil
	})
	if err := errors.Join(err, fault); err != nil {
		return err
	}
	if _, err := next(); !errors.Is(err, io.EOF) || seen != len(left) {
		return fmt.Errorf("%s: has lines that the parent lacks, or leaves out some", dir+eventsName)
	}
	return nil
}

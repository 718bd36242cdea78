package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"vigil/internal/redact"
)

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

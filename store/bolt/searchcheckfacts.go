package bolt

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"vigil"
)

// A factCheck is one of a document's facts, in words, and what it should be.
type factCheck struct {
	what      string
	has, want string
}

// factsFollow holds the facts of a document against the reading that it is and, if
// this is its listing's newest, against the records that came beside it. Those of
// older readings are what they were then. Of records that cannot be read it says
// nothing: they are flaws of their own.
func (c *searchChecker) factsFollow(listing string, l vigil.Listing, f docFacts) error {
	checks, err := c.factsOfReading(l, f)
	if err != nil {
		return err
	}
	if f.next == 0 {
		for _, more := range []func(string, docFacts) ([]factCheck, error){c.factsOfOpinions, c.factsOfAssessment} {
			of, err := more(listing, f)
			if err != nil {
				return err
			}
			checks = append(checks, of...)
		}
		if at, err := c.capturedAt(l.Page); err == nil {
			checks = append(checks, factCheck{"time of capture", timeText(f.at), timeText(at)})
		}
	}
	var wrong []string
	for _, k := range checks {
		if k.has != k.want {
			wrong = append(wrong, fmt.Sprintf("%s %q, which should be %q", k.what, k.has, k.want))
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%w: listing %s is searched with the %s", vigil.ErrTampered, listing, strings.Join(wrong, ", and with the "))
	}
	return nil
}

func (c *searchChecker) factsOfReading(l vigil.Listing, f docFacts) ([]factCheck, error) {
	source, err := c.text(nameSource, f.source)
	vendor, err2 := c.text(nameVendor, f.vendor)
	typ, err3 := c.text(nameType, f.typ)
	return []factCheck{
		{"source", source, nameText(l.Source)}, {"vendor", vendor, nameText(l.Vendor)}, {"page type", typ, nameText(string(l.PageType))},
	}, errors.Join(err, err2, err3)
}

// factsOfOpinions returns the verdict and the tags.
func (c *searchChecker) factsOfOpinions(listing string, f docFacts) (checks []factCheck, err error) {
	if d, err := standingDecision(c.read, listing); err == nil {
		has, err := c.text(nameVerdict, f.verdict)
		if err != nil {
			return nil, err
		}
		want := ""
		if d != nil {
			want = string(d.Verdict)
		}
		checks = append(checks, factCheck{"verdict", has, nameText(want)})
	}
	if rs, err := versions[vigil.Remark](c.read, vigil.TypeRemark, listing); err == nil {
		has, err := c.text(nameTags, f.tags)
		if err != nil {
			return nil, err
		}
		want, err := namesText(vigil.Gather(rs).Tags)
		if err != nil {
			return nil, err
		}
		checks = append(checks, factCheck{"tags", has, nameText(want)})
	}
	return checks, nil
}

// factsOfAssessment returns what follows from the newest assessment.
func (c *searchChecker) factsOfAssessment(listing string, f docFacts) (checks []factCheck, err error) {
	a, err := newest[vigil.Assessment](c.read, vigil.TypeAssessment, listing)
	none := errors.Is(err, vigil.ErrNotFound)
	if err != nil && !none {
		return nil, nil
	}
	genre, err := c.text(nameGenre, f.genre)
	if err != nil {
		return nil, err
	}
	lists, err := c.text(nameLists, f.lists)
	if err != nil {
		return nil, err
	}
	level, waits, want := byte(0), false, ""
	if !none {
		level = levelByte(a.Level)
		t, err := getTask(c.read, reviewOf(a))
		if err != nil && !errors.Is(err, vigil.ErrNotFound) {
			return nil, nil
		}
		waits = err == nil && t.Open()
		names, err := c.listNames(a)
		if err != nil {
			return nil, nil
		}
		if want, err = namesText(names); err != nil {
			return nil, err
		}
	}
	return []factCheck{
		{"level", levelText(f.level), levelText(level)},
		{"score", fmt.Sprint(f.score), fmt.Sprint(a.Score)},
		{"genre", genre, nameText(string(a.Genre))},
		{"watchlists", lists, nameText(want)},
		{"review that waits", fmt.Sprint(f.flags&docWaits != 0), fmt.Sprint(waits)},
		{"flags", fmt.Sprint(f.flags &^ docWaits), "0"},
	}, nil
}

func levelText(level byte) string {
	return fmt.Sprintf("%s (%d)", docFacts{level: level}.levelName(), level)
}

func timeText(at uint64) string {
	return fmt.Sprintf("%s (%d)", docFacts{at: at}.captured().Format(time.RFC3339Nano), at)
}

// nameText returns a text as a name stands for it: bytes that are not UTF-8 become
// U+FFFD.
func nameText(text string) string { return string([]rune(text)) }

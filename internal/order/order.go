// Package order reads order files and decides whether an order authorises
// anything. Both are exact: what is missing, unknown or unclear is refused, and
// nothing is guessed.
package order

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"vigil"
	"vigil/internal/tomlfile"
)

// version is the version of the file format that this package reads.
const version = 1

// Defaults of a source's optional keys.
const (
	defaultInterval    = 2 * time.Second
	defaultConcurrency = 1
	defaultProfile     = "auto"
	obey               = "obey" // of robots
)

// Bounds that no honest order passes.
const (
	maxSources       = 1000
	maxRetentionDays = 100 * 366
	maxSignatures    = 16
	minYear, maxYear = 1970, 2999
)

// plainName is what an order's ID and a source's name are made of: both become
// parts of file names, log names and source IDs.
var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// file is an order file as it is written. Pointers tell what is absent from
// what is zero.
type file struct {
	Version            *int       `toml:"version"`
	ID                 *string    `toml:"id"`
	Case               *string    `toml:"case"`
	Authority          *string    `toml:"authority"`
	LegalBasis         *string    `toml:"legal_basis"`
	Purpose            *string    `toml:"purpose"`
	NotBefore          *time.Time `toml:"not_before"`
	NotAfter           *time.Time `toml:"not_after"`
	RetentionDays      *int       `toml:"retention_days"`
	SignaturesRequired *int       `toml:"signatures_required"`
	Sources            []source   `toml:"source"`
}

type source struct {
	Name           *string        `toml:"name"`
	Hosts          *[]string      `toml:"hosts"`
	Start          *[]string      `toml:"start"`
	Paths          *[]string      `toml:"paths"`
	DenyPaths      []string       `toml:"deny_paths"`
	MaxPages       *int           `toml:"max_pages"`
	MaxBytes       any            `toml:"max_bytes"` // a number, or a string with a unit
	MaxDepth       *int           `toml:"max_depth"`
	Interval       *time.Duration `toml:"interval"`
	Concurrency    *int           `toml:"concurrency"`
	Profile        *string        `toml:"profile"`
	Robots         *string        `toml:"robots"`
	SessionAllowed bool           `toml:"session_allowed"`
	CookieFile     string         `toml:"cookie_file"`
}

// Parse reads an order file and checks its form. The result carries data as
// [vigil.Order.File]; it authorises nothing until [Authorize] has checked its
// signatures.
//
// The error lists everything that is wrong, a line each, with the file's name
// and the line or the source and key.
func Parse(name string, data []byte) (vigil.Order, error) {
	var f file
	if err := tomlfile.Decode(name, data, &f); err != nil {
		return vigil.Order{}, err
	}
	if errs := checkText(name, data); errs != nil {
		return vigil.Order{}, errors.Join(errs...)
	}
	var p problems
	f.check(&p)
	o := f.order()
	o.File = slices.Clone(data)
	if len(p) == 0 {
		checkSources(o, &p)
	}
	if len(p) > 0 {
		for i, err := range p {
			p[i] = fmt.Errorf("%s: %w", name, err)
		}
		return vigil.Order{}, errors.Join(p...)
	}
	return o, nil
}

// problems collects what is wrong with an order.
type problems []error

func (p *problems) add(format string, args ...any) { *p = append(*p, fmt.Errorf(format, args...)) }

// required reports a key that is absent or, for a text, blank.
func (p *problems) required(where, key string, present bool, text *string) {
	switch {
	case !present:
		p.add("%srequired key %s is missing", where, key)
	case text != nil && strings.TrimSpace(*text) == "":
		p.add("%s%s is empty", where, key)
	case text != nil && strings.ContainsFunc(*text, hidden):
		p.add("%s%s holds control or invisible characters", where, key)
	}
}

// check reports what is missing or out of range.
func (f *file) check(p *problems) {
	p.required("", "version", f.Version != nil, nil)
	p.required("", "id", f.ID != nil, f.ID)
	p.required("", "case", f.Case != nil, f.Case)
	p.required("", "authority", f.Authority != nil, f.Authority)
	p.required("", "legal_basis", f.LegalBasis != nil, f.LegalBasis)
	p.required("", "purpose", f.Purpose != nil, f.Purpose)
	p.required("", "not_before", f.NotBefore != nil, nil)
	p.required("", "not_after", f.NotAfter != nil, nil)
	p.required("", "retention_days", f.RetentionDays != nil, nil)
	p.required("", "signatures_required", f.SignaturesRequired != nil, nil)
	if f.Version != nil && *f.Version != version {
		p.add("version is %d, want %d", *f.Version, version)
	}
	if f.ID != nil && !plainName.MatchString(*f.ID) {
		p.add("id %q: want up to 64 letters, digits, dots, dashes and underscores", *f.ID)
	}
	p.year("not_before", f.NotBefore)
	p.year("not_after", f.NotAfter)
	if f.NotBefore != nil && f.NotAfter != nil && !f.NotBefore.Before(*f.NotAfter) {
		p.add("not_after %s is not later than not_before %s", f.NotAfter.Format(time.RFC3339), f.NotBefore.Format(time.RFC3339))
	}
	p.within("retention_days", f.RetentionDays, maxRetentionDays)
	p.within("signatures_required", f.SignaturesRequired, maxSignatures)
	if len(f.Sources) == 0 {
		p.add("no [[source]]: an order without sources allows nothing")
	}
	if len(f.Sources) > maxSources {
		p.add("%d sources, want at most %d", len(f.Sources), maxSources)
		return
	}
	for i := range f.Sources {
		f.Sources[i].check(i, p)
	}
}

// within reports a number that is not in 1…most.
func (p *problems) within(key string, n *int, most int) {
	if n != nil && (*n < 1 || *n > most) {
		p.add("%s is %d, want 1 to %d", key, *n, most)
	}
}

// year reports a date that no order bears: a slip of the pen, or an end that
// never comes.
func (p *problems) year(key string, t *time.Time) {
	if t != nil && (t.UTC().Year() < minYear || t.UTC().Year() > maxYear) {
		p.add("%s is %s, want a year from %d to %d", key, t.Format(time.RFC3339), minYear, maxYear)
	}
}

// check reports what source i, from 0, lacks. What its rules say is checked
// by [vigil.Source.Check].
func (s *source) check(i int, p *problems) {
	where := fmt.Sprintf("[[source]] %d: ", i+1)
	if s.Name != nil {
		where = fmt.Sprintf("[[source]] %q: ", *s.Name)
		if !plainName.MatchString(*s.Name) {
			p.add("%sname: want up to 64 letters, digits, dots, dashes and underscores", where)
		}
	}
	p.required(where, "name", s.Name != nil, nil)
	p.required(where, "hosts", s.Hosts != nil, nil)
	p.required(where, "start", s.Start != nil, nil)
	p.required(where, "paths", s.Paths != nil, nil)
	p.required(where, "max_pages", s.MaxPages != nil, nil)
	p.required(where, "max_depth", s.MaxDepth != nil, nil)
	if s.Profile != nil && !plainName.MatchString(*s.Profile) {
		p.add("%sprofile %q: want a profile's name, or %q", where, *s.Profile, defaultProfile)
	}
	if s.CookieFile != "" && !s.SessionAllowed {
		p.add("%scookie_file needs session_allowed = true", where)
	}
	if strings.ContainsFunc(s.CookieFile, hidden) {
		p.add("%scookie_file holds control or invisible characters", where)
	}
	if _, err := parseBytes(s.MaxBytes); err != nil {
		p.add("%smax_bytes: %w", where, err)
	}
	if r := orElse(s.Robots, obey); r != obey && r != string(vigil.IgnoreRobots) {
		p.add("%srobots %q: want %q or %q", where, r, obey, vigil.IgnoreRobots)
	}
}

// order returns what f says; what is absent is zero.
func (f *file) order() vigil.Order {
	o := vigil.Order{
		Version: value(f.Version), ID: value(f.ID), Case: value(f.Case), Authority: value(f.Authority),
		LegalBasis: value(f.LegalBasis), Purpose: value(f.Purpose),
		NotBefore: value(f.NotBefore).UTC(), NotAfter: value(f.NotAfter).UTC(),
		RetentionDays: value(f.RetentionDays), SignaturesRequired: value(f.SignaturesRequired),
	}
	for _, s := range f.Sources {
		maxBytes, _ := parseBytes(s.MaxBytes) // checked
		robots := vigil.ObeyRobots
		if orElse(s.Robots, obey) != obey {
			robots = vigil.IgnoreRobots
		}
		o.Sources = append(o.Sources, vigil.Source{
			Order: o.ID, Name: value(s.Name), NotBefore: o.NotBefore, NotAfter: o.NotAfter,
			Hosts: value(s.Hosts), Start: value(s.Start), Paths: value(s.Paths), DenyPaths: s.DenyPaths,
			MaxPages: value(s.MaxPages), MaxBytes: maxBytes, MaxDepth: value(s.MaxDepth),
			Interval: orElse(s.Interval, defaultInterval), Concurrency: orElse(s.Concurrency, defaultConcurrency),
			Profile: orElse(s.Profile, defaultProfile), Robots: robots, SessionAllowed: s.SessionAllowed, CookieFile: s.CookieFile,
		})
	}
	return o
}

// checkSources reports names given twice and rules that make no sense.
func checkSources(o vigil.Order, p *problems) {
	seen := map[string]bool{}
	for _, s := range o.Sources {
		// Names become folder and column names, where case may not count.
		if key := strings.ToLower(s.Name); seen[key] {
			p.add("[[source]] %q: name is given twice", s.Name)
		} else {
			seen[key] = true
		}
		if err := s.Check(); err != nil {
			p.add("[[source]] %q: %w", s.Name, err)
		}
		if s.Interval >= s.NotAfter.Sub(s.NotBefore) {
			p.add("[[source]] %q: interval %s is as long as the order's period", s.Name, s.Interval)
		}
	}
}

// value returns what p points at, or zero.
func value[T any](p *T) T {
	var zero T
	return orElse(p, zero)
}

// orElse returns what p points at, or other.
func orElse[T any](p *T, other T) T {
	if p == nil {
		return other
	}
	return *p
}

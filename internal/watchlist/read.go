// Package watchlist reads lists of payment identifiers that authorities and
// others publish, and finds what listings name of them.
//
// Lists are dirty: they file one coin's address under another's name, cut
// addresses in half, write letters that only look right, and repeat what was
// delisted years ago. So nothing on a list is believed but its text. Each row is
// kept as written, with what this program's own rules make of it; what fits no
// rule is kept for exact comparison, and reported.
package watchlist

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"vigil"
)

// A File is a part of a list as it was fetched. Body is read once, from where it
// stands; for [FTM] it must be an [io.Seeker] besides, for that is read twice.
type File struct {
	Name string // base name, for reports; a plain list's ending _XBT names its coin
	Body io.Reader
}

// Input is a list to read, and what its importer knows of it.
type Input struct {
	Files  []File
	Format Format    // found from the content if empty
	Name   string    // of the list; if empty, of the format or of the first file
	AsOf   string    // date (2006-01-02) of which the list speaks; if empty, the file must state it
	Map    ColumnMap // which column holds what, for [CSV] only
	Terror *bool     // whether the list as a whole is about terrorism; nil leaves it to its programmes
	Title  string
	URL    string
	Now    time.Time // when it is imported
}

// An Import is a list as read.
type Import struct {
	List     vigil.Watchlist
	Rows     []vigil.ListRow
	Problems []Problem // rows that were lost or do not fit, in file order
	Notes    []string  // what the importer should know of the whole
}

// A Problem is something wrong with one row. The rest of the list stands.
type Problem struct {
	File   string
	Line   int // from 1; 0 where the format has no lines
	Reason string
}

func (p Problem) String() string {
	if p.Line == 0 {
		return p.File + ": " + p.Reason
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Reason)
}

// Read reads a list. An error means that nothing of it may be used; a malformed
// row costs that row, and is among the problems.
//
// A list without any identifier is an error: as the newest of its name it would
// seem to take everybody off the list.
func Read(ctx context.Context, in Input) (Import, error) {
	if len(in.Files) == 0 {
		return Import{}, errors.New("read watchlist: no file is named")
	}
	if in.Now.IsZero() {
		return Import{}, errors.New("read watchlist: the time of the import is not given")
	}
	sum := sha256.New()
	srcs := make([]*source, len(in.Files))
	for i, f := range in.Files {
		srcs[i] = newSource(f, sum)
	}
	fail := func(err error) (Import, error) {
		return Import{}, fmt.Errorf("read watchlist %s: %w", in.Files[0].Name, err)
	}
	format, err := formatOf(in, srcs)
	if err != nil {
		return fail(err)
	}
	b := &builder{ctx: ctx, in: in, format: format}
	if err := b.read(srcs); err != nil {
		return fail(err)
	}
	if len(b.rows) == 0 {
		return fail(fmt.Errorf("no identifier is in it (%d problems%s); an empty list would seem to take everybody off",
			len(b.problems), firstOf(b.problems)))
	}
	im, err := b.finish(srcs, sum)
	if err != nil {
		return fail(err)
	}
	return im, nil
}

func firstOf(ps []Problem) string {
	if len(ps) == 0 {
		return ""
	}
	return ", first: " + ps[0].String()
}

// read has the format's reader read all files.
func (b *builder) read(srcs []*source) error {
	switch b.format {
	case OFACXML:
		return b.each(srcs, b.ofacXML)
	case OFACCSV:
		return b.ofacCSV(srcs)
	case Plain:
		return b.each(srcs, b.plain)
	case TagPack:
		return b.tagPacks(srcs)
	case MISP:
		return b.misp(srcs)
	case FTM:
		return b.ftm(srcs)
	case CSV:
		return b.each(srcs, b.csv)
	}
	return fmt.Errorf("format %q is not known; known are %s", b.format, strings.Join(formatNames(), ", "))
}

// each reads one file after the other, each to its end.
func (b *builder) each(srcs []*source, read func(*source) error) error {
	for _, s := range srcs {
		if err := b.one(s, read); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) one(s *source, read func(*source) error) error {
	b.file = s.name
	err := read(s)
	if err == nil {
		err = s.drain()
	}
	if err != nil && len(b.in.Files) > 1 {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return err
}

// finish fills in the list that the rows make up.
func (b *builder) finish(srcs []*source, sum hash.Hash) (Import, error) {
	asOf, from, err := b.asOf()
	if err != nil {
		return Import{}, err
	}
	w := vigil.Watchlist{
		Name: b.name(), Format: string(b.format), Title: or(b.in.Title, b.title), URL: or(b.in.URL, b.url),
		AsOf: asOf, AsOfFrom: from, SHA256: hex.EncodeToString(sum.Sum(nil)), ImportedAt: b.in.Now, Rows: len(b.rows),
	}
	var names []string
	for _, s := range srcs {
		names = append(names, s.name)
		w.Size += s.size
	}
	w.File = strings.Join(names, ", ")
	if !validName(w.Name) {
		return Import{}, fmt.Errorf("%q is no name for a list: up to 64 of a–z, 0–9, -, _ and ., beginning with a letter or digit", w.Name)
	}
	w.ID = vigil.NewWatchlistID(w.Name, w.AsOf, w.SHA256)
	for i := range b.rows {
		b.rows[i].List = w.ID
		if len(b.rows[i].Parsed) == 0 {
			w.Unparsed++
		}
	}
	if w.RowsSHA256, err = vigil.HashRows(b.rows); err != nil {
		return Import{}, err
	}
	return Import{List: w, Rows: b.rows, Problems: b.problems, Notes: b.notes}, nil
}

// asOf returns the date of which the list speaks, and who says so.
func (b *builder) asOf() (date, from string, err error) {
	date, from = b.fileDate, "file: "+b.fileDateFrom
	if b.in.AsOf != "" {
		date, from = b.in.AsOf, "importer"
		if b.fileDate != "" && b.fileDate != date {
			b.note("the file says that it is of %s (%s); %s is taken, as given", b.fileDate, b.fileDateFrom, date)
		}
	}
	if date == "" {
		return "", "", fmt.Errorf("the list states no date; give the day on which it was published or fetched, as in --as-of %s",
			b.in.Now.UTC().Format(time.DateOnly))
	}
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return "", "", fmt.Errorf("as-of date %q is not of the form 2006-01-02", date)
	}
	if day.After(b.in.Now.Add(24 * time.Hour)) {
		return "", "", fmt.Errorf("as-of date %s lies in the future; give the day on which the list was published, with --as-of", date)
	}
	return date, from, nil
}

// name returns the list's name: the importer's, or that of the format's only
// list, or the first file's.
func (b *builder) name() string {
	if b.in.Name != "" {
		return b.in.Name
	}
	if b.listName != "" {
		return b.listName
	}
	base := stem(b.in.Files[0].Name)
	for _, f := range b.in.Files[1:] {
		base = common(base, stem(f.Name))
	}
	return or(slug(base), slug(stem(b.in.Files[0].Name)))
}

// slug returns a text as a name of a list, as far as it can be one.
func slug(s string) string {
	s = strings.Map(func(r rune) rune {
		if nameRune(r) {
			return r
		}
		return '-'
	}, s)
	return strings.Trim(s[:min(len(s), 64)], "-_.")
}

// stem returns a file's name without folders and ending, in lower case.
func stem(name string) string {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	return strings.ToLower(strings.TrimSuffix(base, path.Ext(base)))
}

// common returns what two texts begin with.
func common(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

func validName(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool { return !nameRune(r) }) && !slices.Contains([]byte("-_."), s[0])
}

func nameRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.'
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

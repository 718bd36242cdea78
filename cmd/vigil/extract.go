package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/extract"
)

// An extraction is one run of vigil extract.
type extraction struct {
	*app
	url, profile string
	dir          string
	profileDir   string
	captured     string

	reader *extract.Reader
	sites  map[string]*extract.Reader // by site of the folder
	taken  time.Time                  // when the pages were; zero if that is not known
}

func (a *app) extractCommand() *cobra.Command {
	x := &extraction{app: a}
	c := &cobra.Command{
		Use:   "extract [FILE…]",
		Short: "Read the facts off saved pages, without a case",
		Long: `extract reads the facts off saved pages and writes each as a line of JSON. FILE may be
- for standard input. With several, or with --dir, each line names its file, and a file
that cannot be read is a line with "error"; the exit code is 1 then. --dir reads all
pages below a folder, which are taken for those of one market, or of one for each
subfolder that has a host's name; what they repeat, such as menus and rules, is left
out of their texts. Nothing is stored and no address is visited.`,
		Args: args(cobra.ArbitraryArgs),
		RunE: func(c *cobra.Command, files []string) error { return x.run(c.Context(), files) },
	}
	f := c.Flags()
	f.StringVar(&x.url, "url", "", "address of the page, against which links are resolved")
	f.StringVar(&x.profile, "profile", extract.Auto, "market profile, generic, or auto")
	f.StringVar(&x.dir, "dir", "", "folder of saved pages")
	f.StringVar(&x.profileDir, "profile-dir", "", "folder of market profiles, beside those built in")
	f.StringVar(&x.captured, "captured", "", `when the pages were saved, as 2026-03-15T12:00:00Z; without it "3 days ago" stays as written`)
	return c
}

func (x *extraction) run(ctx context.Context, files []string) (err error) {
	if err := x.check(files); err != nil {
		return err
	}
	if x.reader, err = x.readerOf(x.profileDir); err != nil {
		return err
	}
	if x.dir == "" && len(files) <= 1 {
		return x.one(slices.Concat(files, []string{"-"})[0])
	}
	if _, err := x.reader.Read(vigil.Page{}, x.profile); err != nil {
		return usage(err)
	}
	return x.many(ctx, files)
}

// check reports what the flags leave unclear.
func (x *extraction) check(files []string) error {
	switch {
	case x.dir != "" && len(files) > 0:
		return usagef("want files or --dir, not both")
	case x.url != "" && (x.dir != "" || len(files) > 1):
		return usagef("--url is the address of one page: want one file with it")
	}
	if x.dir != "" {
		if info, err := os.Stat(x.dir); err != nil {
			return usage(fmt.Errorf("--dir: %w", err))
		} else if !info.IsDir() {
			return usagef("--dir %s: want a folder", x.dir)
		}
	}
	if x.captured != "" {
		t, err := time.Parse(time.RFC3339, x.captured)
		if err != nil {
			return usagef("--captured %q: want a time such as 2026-03-15T12:00:00Z", x.captured)
		}
		x.taken = t.UTC()
	}
	if x.url == "" {
		return nil
	}
	u, err := vigil.ParseURL(x.url)
	if err != nil {
		return usage(fmt.Errorf("--url: %w", err))
	}
	x.url = u.String()
	return nil
}

// readerOf returns a reader that knows the profiles in dir too, if there is one.
func (a *app) readerOf(dir string) (*extract.Reader, error) {
	var extra []fs.FS
	if dir != "" {
		if info, err := os.Stat(dir); err != nil {
			return nil, usage(fmt.Errorf("profile folder: %w", err))
		} else if !info.IsDir() {
			return nil, usagef("profile folder %s: want a folder of *.toml files", dir)
		}
		extra = append(extra, os.DirFS(dir))
	}
	r, err := extract.New(extra...)
	if err != nil {
		return nil, hint(usage(err), "vigil profile check DIR says more")
	}
	return r, nil
}

// one reads a single page.
func (x *extraction) one(name string) error {
	l, err := x.read(name)
	if err != nil {
		return err
	}
	return writeJSON(x.stdout, l)
}

func (x *extraction) read(name string) (vigil.Listing, error) {
	body, err := x.readPage(name)
	if err != nil {
		return vigil.Listing{}, err
	}
	l, err := x.readerFor(name).Read(vigil.Page{URL: x.url, FinalURL: x.url, Body: body, CapturedAt: x.taken}, x.profile)
	if err != nil {
		return vigil.Listing{}, usage(fmt.Errorf("%s: %w", name, err))
	}
	if x.url == "" {
		l.ID = "" // it would name an address that nobody gave
	}
	return l, nil
}

// A pageLine is what is written for one of several pages.
type pageLine struct {
	File  string `json:"file"`
	Error string `json:"error,omitempty"`
	*vigil.Listing
}

// many reads several pages on all cores.
func (x *extraction) many(ctx context.Context, files []string) error {
	passed := map[string]int{}
	names := savedPages(x.dir, passed)
	if x.dir == "" {
		names = named(files)
	}
	if err := x.learn(ctx); err != nil {
		return err
	}
	p := &progress{app: x.app, types: map[string]int{}, shown: terminal(x.stderr)}
	err := eachPage(ctx, names, x.line, func(l pageLine) error {
		p.add(l)
		return writeJSON(x.stdout, l)
	})
	p.end()
	x.tellPassed(passed)
	switch {
	case err != nil:
		return err
	case p.failed > 0:
		return fmt.Errorf("%d of %d files could not be read: each has a line with its error", p.failed, p.done)
	case p.done == 0 && x.dir != "":
		return usagef("%s holds no pages: want files that end with %s, or have no suffix", x.dir, strings.Join(pageSuffixes[:3], ", "))
	}
	return nil
}

func (x *extraction) line(path string, err error) pageLine {
	if err != nil {
		return pageLine{File: path, Error: err.Error()}
	}
	l, err := x.read(path)
	if err != nil {
		return pageLine{File: path, Error: err.Error()}
	}
	return pageLine{File: path, Listing: &l}
}

// named yields files.
func named(files []string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, f := range files {
			var err error
			if f == "-" {
				err = errors.New("standard input is no file: want it alone")
			}
			if !yield(f, err) {
				return
			}
		}
	}
}

// A progress counts pages and shows the count on a terminal.
type progress struct {
	*app
	types        map[string]int // pages by type
	done, failed int
	shown        bool
	last         time.Time
}

func (p *progress) add(l pageLine) {
	p.done++
	if l.Listing == nil {
		p.failed++
	} else {
		p.types[string(l.PageType)]++
	}
	if now := time.Now(); p.shown && now.Sub(p.last) > 200*time.Millisecond {
		p.last = now
		line := fmt.Sprintf("%d pages, now %s", p.done, display.Visible(l.File))
		fmt.Fprintf(p.stderr, "\r\x1b[K%s", cut(line, width(p.stderr)-1))
	}
}

// end says how many pages of which type there were.
func (p *progress) end() {
	if p.shown {
		fmt.Fprint(p.stderr, "\r\x1b[K")
	}
	var types []string
	for _, t := range slices.Sorted(maps.Keys(p.types)) {
		types = append(types, fmt.Sprintf("%s %d", t, p.types[t]))
	}
	if p.failed > 0 {
		types = append(types, fmt.Sprintf("not read %d", p.failed))
	}
	if p.done > 0 {
		p.info("%d pages: %s", p.done, strings.Join(types, ", "))
	}
}

// cut shortens a line to n characters.
func cut(line string, n int) string {
	r := []rune(strings.ReplaceAll(line, "\n", " "))
	return string(r[:max(0, min(len(r), n))])
}

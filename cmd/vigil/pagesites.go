package main

import (
	"context"
	"path/filepath"
	"strings"

	"vigil"
	"vigil/internal/extract"
)

// siteOf returns the market that a file below dir is taken to come from: the name of
// the first subfolder if that is a host's, as mirroring programs make them; else all
// of dir is one.
func siteOf(dir, path string) string {
	below, err := filepath.Rel(dir, path)
	if err != nil {
		return ""
	}
	first, _, nested := strings.Cut(filepath.ToSlash(below), "/")
	if !nested || !strings.Contains(first, ".") {
		return ""
	}
	return first
}

// readerFor returns what reads a file: it knows what the pages of its site repeat.
func (x *extraction) readerFor(path string) *extract.Reader {
	if r := x.sites[siteOf(x.dir, path)]; x.dir != "" && r != nil {
		return r
	}
	return x.reader
}

// learn looks at the first pages of each site in the folder for what they repeat.
// The order of the files decides, so that the same folder is always read alike.
func (x *extraction) learn(ctx context.Context) error {
	if x.dir == "" {
		return nil
	}
	seen := map[string]*extract.Chrome{}
	for path, err := range savedPages(x.dir, map[string]int{}) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		site := siteOf(x.dir, path)
		if seen[site] == nil {
			seen[site] = &extract.Chrome{}
		}
		if err != nil || seen[site].Full() {
			continue
		}
		if body, err := x.readPage(path); err == nil { // else its own line will say why not
			seen[site].Add(vigil.Page{Body: body})
		}
	}
	x.sites = map[string]*extract.Reader{}
	for site, c := range seen {
		x.sites[site] = x.reader.Knowing("", c)
	}
	return nil
}

package main

import (
	"fmt"
	"net/http"

	"vigil"
	"vigil/fixtures"
	"vigil/internal/extract"
)

// A statedPage is a page of the fixtures and what it states.
type statedPage struct {
	engine string
	page   vigil.Page
	want   vigil.Listing
}

// statedPages returns the pages of the built-in engines and markets.
func statedPages() ([]statedPage, error) {
	var out []statedPage
	engines, err := fixtures.Engines()
	if err != nil {
		return nil, err
	}
	for _, e := range engines {
		for _, p := range e.Pages {
			page, err := e.Page(p)
			if err != nil {
				return nil, err
			}
			out = append(out, statedPage{e.Name, page, p.Facts})
		}
	}
	return marketPages(out)
}

// marketPages adds the listings of the two markets.
func marketPages(out []statedPage) ([]statedPage, error) {
	markets, err := fixtures.Markets()
	if err != nil {
		return nil, err
	}
	for _, m := range markets {
		expected, err := fixtures.Expected(m.Name)
		if err != nil {
			return nil, err
		}
		facts := map[string]vigil.Listing{}
		for _, e := range expected {
			facts[e.Path] = e.Facts
		}
		for _, p := range m.Pages {
			want, ok := facts[p.Path]
			if !ok {
				continue
			}
			body, err := fixtures.FS.ReadFile(p.File)
			if err != nil {
				return nil, err
			}
			url := "http://" + m.Host + p.Path
			out = append(out, statedPage{m.Name, vigil.Page{
				URL: url, FinalURL: url, Method: vigil.ByFetch, Status: p.Status, Response: http.Header{"Content-Type": {p.Type}}, Body: body,
			}, want})
		}
	}
	return out, nil
}

// evalExtract prints how well the built-in pages are read: with their profiles, and
// with all profiles turned off.
func (a *app) evalExtract() error {
	pages, err := statedPages()
	if err != nil {
		return err
	}
	r, err := extract.New()
	if err != nil {
		return err
	}
	for _, mode := range []struct{ name, profile string }{{"with profiles", extract.Auto}, {"without a profile", extract.Generic}} {
		card := new(extract.Scorecard)
		for _, p := range pages {
			got, err := r.Read(p.page, mode.profile)
			if err != nil {
				return fmt.Errorf("read %s: %w", p.page.FinalURL, err)
			}
			if p.want.Title == "" {
				got = vigil.Listing{PageType: got.PageType} // no more is stated
			}
			card.Add(p.engine, extract.Score(p.want, got))
		}
		if err := a.writeScores(mode.name, card); err != nil {
			return err
		}
	}
	return nil
}

// writeScores writes a table of accuracies: the share of pages whose field is exactly
// right, and in brackets the mean F1 of its words.
func (a *app) writeScores(mode string, card *extract.Scorecard) error {
	if a.json {
		for _, r := range card.Rows() {
			err := writeJSON(a.stdout, struct {
				Mode string `json:"mode"`
				extract.Row
			}{mode, r})
			if err != nil {
				return err
			}
		}
		return nil
	}
	_, err := fmt.Fprintf(a.stdout, "%s\n%s\n", mode, card)
	return err
}

package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"vigil"
	"vigil/internal/encoding"
	"vigil/internal/wall"
	"vigil/internal/work"
)

// patience is how many failures in a row may each lie in a single page; then the
// source itself is taken to be the trouble.
const patience = 3

// A streak counts failures of a kind in a row, by source. A page ends it.
type streak struct {
	mu sync.Mutex // guards n
	n  map[string]int
}

// next counts one more failure of a source; seen is how many that makes.
func (r *streak) next(source string) (seen int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n == nil {
		r.n = map[string]int{}
	}
	r.n[source]++
	return r.n[source]
}

func (r *streak) end(source string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.n, source)
}

// wall returns what becomes of t if p is no page but a wall before one; nil if
// it is a page. A wall is kept as evidence of the attempt, and never read as a
// listing; nothing passes it but a person. rest is how long the source rests in
// any case.
func (s *stages) wall(ctx context.Context, src vigil.Source, t vigil.Task, p vigil.Page, rest time.Duration) (*vigil.Result, error) {
	text, _ := pageText(p)
	w, ok := wall.Find(wall.Page{Status: p.Status, Header: p.Response, Host: hostOf(p.FinalURL), Text: text, Links: len(p.Links)})
	if !ok {
		s.walls.end(src.ID())
		return nil, nil
	}
	status, err := s.status(ctx, src.ID())
	if err != nil {
		return nil, err
	}
	if slices.Contains(status.Standing.Accept, string(w.Kind)) || asked(w.Kind, t, p) {
		return nil, nil
	}
	r := pageResult(src, p, vigil.Act{Actor: s.actor, Action: vigil.ActWall, Reason: fmt.Sprintf("%s: %s", w.Kind, strings.Join(w.Signs, ", "))})
	r.Act.Details["wall"] = string(w.Kind)
	r.Next, r.Again, r.Rest = nil, true, rest
	seen := s.walls.next(src.ID())
	switch {
	case w.Kind == wall.Login && t.Depth > 0 && seen < patience:
		return nil, s.parkBehind(ctx, t, p, r)
	case (w.Kind == wall.Blocked || w.Kind == wall.Queue) && seen < patience:
		r.Rest = max(rest, w.RetryAfter, whileSlow.wait(seen+2))
	default:
		s.walls.end(src.ID())
		reason := fmt.Sprintf("%s wall. %s", w.Kind, w.Advice)
		r.Standings = []vigil.Standing{{Source: src.ID(), State: vigil.SourcePaused, Reason: reason}}
		s.paused(src.ID(), reason)
	}
	return &r, nil
}

// parkBehind keeps a wall that stands before one address of a source whose
// others may be open, and parks the address.
func (s *stages) parkBehind(ctx context.Context, t vigil.Task, p vigil.Page, r vigil.Result) error {
	if _, err := s.store.Record(ctx, vigil.Result{Act: r.Act, Record: p}); err != nil {
		return err
	}
	return &work.Setback{
		Err: fmt.Errorf("fetch %s: it asks for a login", t.Subject),
		Setback: vigil.Setback{
			Class: classLogin, Park: true,
			Reason: fmt.Sprintf("it asks for a login, which is kept as page %s; with a session: vigil session import, then vigil crawl --retry", p.ID),
		},
	}
}

// asked reports whether a page that looks like a wall is what t asked for: a
// login or captcha page under its own address, reached by a link and not in
// place of another.
func asked(k wall.Kind, t vigil.Task, p vigil.Page) bool {
	if t.Depth == 0 || p.FinalURL != p.URL {
		return false
	}
	u, err := url.Parse(p.URL)
	if err != nil {
		return false
	}
	path := strings.ToLower(u.Path)
	for _, word := range map[wall.Kind][]string{
		wall.Login:     {"login", "signin", "sign-in", "register", "signup", "account", "auth", "password", "recover", "reset"},
		wall.Captcha:   {"captcha"},
		wall.Queue:     {"queue"},
		wall.Suspended: {"notice", "news", "announce", "status", "canary"},
		wall.Clone:     {"mirror", "link", "phish", "verify"},
	}[k] {
		if strings.Contains(path, word) {
			return true
		}
	}
	return false
}

// hostOf returns the host of an address, with its port.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// pageText returns the text of a page in UTF-8. What could be decoded is
// returned also with an error.
func pageText(p vigil.Page) ([]byte, error) {
	body, err := encoding.Body(p, maxPage)
	return encoding.Decode(body, p.Response.Get("Content-Type")).UTF8, err
}

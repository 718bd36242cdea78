package main

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"vigil"
	"vigil/internal/session"
	"vigil/internal/tor"
)

// sessions are the accounts with which a run asks its sources.
type sessions struct {
	jars map[string]*session.Jar // by source ID

	mu    sync.Mutex // guards saved
	saved time.Time
}

// saveEvery is how often the cookies that services set are written to the disk:
// what a crash loses is at most so old.
const saveEvery = time.Minute

// openSessions opens the session of every source that has one.
func (a *app) openSessions(cs *openCase, sources map[string]vigil.Source) (*sessions, error) {
	v, err := cs.vault()
	if err != nil {
		return nil, err
	}
	ss := &sessions{jars: map[string]*session.Jar{}, saved: time.Now()}
	for id, src := range sources {
		if !src.SessionAllowed {
			continue
		}
		jar, err := v.Open(src)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, sessionHint(cs, fmt.Errorf("open the session of source %s: %w", id, err))
		}
		ss.jars[id] = jar
		a.info("source %s is asked with its session of %d cookies", id, jar.Info().Cookies)
	}
	return ss, nil
}

// of returns a source's session in the transport's words.
func (ss *sessions) of(src vigil.Source) tor.Session {
	jar := ss.jars[src.ID()]
	if jar == nil {
		return tor.Session{}
	}
	return tor.Session{ID: jar.ID(), Jar: jar, UserAgent: jar.UserAgent()}
}

// save writes what the services changed.
func (ss *sessions) save() error {
	var errs []error
	for id, jar := range ss.jars {
		if err := jar.Save(); err != nil {
			errs = append(errs, fmt.Errorf("save the session of source %s: %w", id, err))
		}
	}
	return errors.Join(errs...)
}

// tick saves if it is time to. No sessions need no saving.
func (ss *sessions) tick(now time.Time) error {
	if ss == nil {
		return nil
	}
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if len(ss.jars) == 0 || now.Sub(ss.saved) < saveEvery {
		return nil
	}
	ss.saved = now
	return ss.save()
}

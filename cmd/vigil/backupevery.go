package main

import (
	"context"
	"os"
	"path/filepath"
	"time"
)

// backingUp calls f, and backs the case up meanwhile as often as its settings say.
// A backup that fails is told, and tried again when the next is due.
func (a *app) backingUp(ctx context.Context, cs *openCase, f func() error) error {
	dir, every := cs.config.Store.BackupDir, time.Duration(cs.config.Store.BackupEvery)
	if dir == "" || every <= 0 {
		return f()
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.backUpEvery(ctx, cs, cs.path(dir), every)
	}()
	err := f()
	stop()
	<-ended
	return err
}

// backupTime is the form of the names of backups that are made by themselves.
const backupTime = "20060102T150405Z"

// backUpEvery backs up into new folders of dir until ctx ends. The first is due
// so long after the newest that is there.
func (a *app) backUpEvery(ctx context.Context, cs *openCase, dir string, every time.Duration) {
	due := newestBackup(dir).Add(every)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(due)):
		}
		now := time.Now().UTC()
		name := filepath.Join(dir, now.Format(backupTime))
		err := os.MkdirAll(dir, 0o700)
		if err == nil {
			_, err = a.backUp(ctx, cs, name)
		}
		switch {
		case err == nil: // said even if the program is to end by now
			a.info("backed up into %s", name)
		case ctx.Err() != nil:
			return
		default:
			a.info("no backup: %s", oneLine(err))
		}
		due = now.Add(every)
	}
}

// newestBackup returns when the newest backup in dir was made; the zero time if
// there is none.
func newestBackup(dir string) (newest time.Time) {
	all, err := os.ReadDir(dir)
	if err != nil {
		return newest
	}
	for _, d := range all {
		if t, err := time.Parse(backupTime, d.Name()); err == nil && t.After(newest) {
			newest = t
		}
	}
	return newest
}

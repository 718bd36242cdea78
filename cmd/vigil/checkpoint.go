package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"vigil"
	"vigil/internal/anchor"
	"vigil/internal/config"
	"vigil/internal/signature"
	"vigil/internal/timestamp"
	"vigil/store"
)

// Files of a case that bear on its checkpoints. The log key signs them first and
// foremost, as a note that any witness of logs reads and adds its signature to;
// the case key signs the same text for those who have ssh-keygen alone.
const (
	logKeyFile     = "keys/log" // .key and .pub
	checkpointsDir = "checkpoints"
	witnessesFile  = "log_witnesses" // other parties whose signatures count
	authorityFile  = "log_tsa.pem"   // roots of time-stamping authorities
)

// detailLogKey names the detail in which the case's own log says the SHA-256 of
// the line of a public log key.
const detailLogKey = "log_key"

// trust reads whose signatures under checkpoints count. Lists that are not there
// are empty; so are the keys of a case that was made without.
func (c *openCase) trust() (t anchor.Trust, err error) {
	if public, err := c.optional(logKeyFile + ".pub"); err != nil {
		return t, err
	} else if public != nil {
		if t.Keys, err = anchor.ParseKeys(public); err != nil {
			return t, usage(fmt.Errorf("%s: %w", c.path(logKeyFile+".pub"), err))
		}
	}
	if line, err := c.optional(keyFile + ".pub"); err != nil {
		return t, err
	} else if line != nil {
		if t.CaseKey, err = signature.ParseAllowedSigners(strings.NewReader(caseSigner + " " + string(line))); err != nil {
			return t, usage(fmt.Errorf("%s: %w", c.path(keyFile+".pub"), err))
		}
	}
	if list, err := c.optional(witnessesFile); err != nil {
		return t, err
	} else if t.Witnesses, err = anchor.ParseWitnesses(list); err != nil {
		return t, usage(fmt.Errorf("%s: %w", c.path(witnessesFile), err))
	}
	if roots, err := c.optional(authorityFile); err != nil {
		return t, err
	} else if roots != nil {
		if t.Authorities, err = timestamp.ParseRoots(roots); err != nil {
			return t, usage(fmt.Errorf("%s: %w", c.path(authorityFile), err))
		}
	}
	return t, nil
}

// optional reads a file of the case; nil if it is not there.
func (c *openCase) optional(name string) ([]byte, error) {
	b, err := os.ReadFile(c.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// checkpoints returns the folder of the case's checkpoints.
func (c *openCase) checkpoints() anchor.Folder { return anchor.Folder{Dir: c.path(checkpointsDir)} }

// A keeper signs checkpoints of a case while it is open: of each log that grew,
// at the rhythm of its settings, and at the end. A nil keeper signs nothing.
type keeper struct {
	store  store.Store
	folder anchor.Folder
	signer *anchor.Signer
	keys   anchor.Keys
	rhythm config.Log
	tell   func(error)

	one  sync.Mutex          // one signature at a time
	logs map[string]*keptLog // as found when the case was opened

	broken []error // what was said of logs that are not what was signed

	stop chan struct{}
	done chan error
}

// A keptLog is what the keeper knows of a log.
type keptLog struct {
	signed int64     // its size when the case was opened, or at its last checkpoint
	since  time.Time // when it was first seen to be longer than that
	broken bool      // it is not what was signed: no checkpoint of it can be
}

// pulse is how often the keeper looks how long the logs are.
const pulse = 2 * time.Second

// keep returns the keeper of an opened case; nil if it has no log key.
func (a *app) keep(c *openCase) (*keeper, error) {
	private, err := c.optional(logKeyFile + ".key")
	if err != nil || private == nil {
		return nil, err
	}
	ssh, err := c.optional(keyFile)
	if err != nil {
		return nil, err
	}
	trust, err := c.trust()
	if err != nil {
		return nil, err
	}
	signer, err := anchor.NewSigner(private, ssh)
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", c.path(logKeyFile+".key"), err))
	}
	k := &keeper{
		store: c.Store, folder: c.checkpoints(), signer: signer, keys: trust.Keys, rhythm: c.config.Log,
		tell: func(err error) { a.alert(oneLine(err)) },
		logs: map[string]*keptLog{}, stop: make(chan struct{}), done: make(chan error),
	}
	sizes, err := k.sizes(context.Background())
	if err != nil {
		return nil, err
	}
	for log, size := range sizes {
		k.logs[log] = &keptLog{signed: size, broken: size < 0}
	}
	go func() { k.done <- k.run() }()
	return k, nil
}

// sizes returns the sizes of all logs; -1 of one that is not what it was, which is
// for vigil log verify to explain.
func (k *keeper) sizes(ctx context.Context) (map[string]int64, error) {
	logs, err := k.store.Logs(ctx)
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for _, log := range logs {
		c, err := k.store.Checkpoint(ctx, log)
		switch {
		case errors.Is(err, vigil.ErrTampered):
			c.Size = -1
		case err != nil:
			return nil, err
		}
		sizes[log] = c.Size
	}
	return sizes, nil
}

// run signs at the rhythm until it is stopped, and then what is left. What fails is
// told when it begins to, and tried again: a server or a disk may come back.
func (k *keeper) run() error {
	ctx := context.Background() // the last checkpoint is signed after an interrupt, too
	ticks := time.NewTicker(pulse)
	defer ticks.Stop()
	failing := false
	for {
		select {
		case now := <-ticks.C:
			known := len(k.broken)
			err := k.grown(ctx, func(l *keptLog, n int64) bool { return l.due(n, now, k.rhythm) })
			for _, err := range k.broken[known:] {
				k.tell(err)
			}
			if err != nil && !failing {
				k.tell(err)
			}
			failing = err != nil
		case <-k.stop:
			err := k.grown(ctx, func(*keptLog, int64) bool { return true })
			return errors.Join(append(k.broken, err)...)
		}
	}
}

// due reports whether a log that grew by n entries is to have a checkpoint now.
func (l *keptLog) due(n int64, now time.Time, r config.Log) bool {
	if l.since.IsZero() {
		l.since = now
	}
	return n >= int64(r.Entries) || now.Sub(l.since) >= time.Duration(r.Every)
}

// grown signs those logs that grew and are due. One that is not what was signed goes
// to k.broken, and is left alone from then on.
func (k *keeper) grown(ctx context.Context, due func(l *keptLog, n int64) bool) error {
	sizes, err := k.sizes(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for log, size := range sizes {
		l := k.logs[log]
		if l == nil {
			l = &keptLog{}
			k.logs[log] = l
		}
		if l.broken || size <= l.signed || !due(l, size-l.signed) {
			continue
		}
		switch err := k.sign(ctx, log); {
		case errors.Is(err, vigil.ErrTampered):
			l.broken = true
			k.broken = append(k.broken, err)
		case err != nil:
			errs = append(errs, err)
		default:
			l.signed, l.since = size, time.Time{}
		}
	}
	return errors.Join(errs...)
}

// sign signs a checkpoint of a log as it is now, if it has none.
func (k *keeper) sign(ctx context.Context, log string) error {
	if k == nil {
		return nil
	}
	k.one.Lock()
	defer k.one.Unlock()
	_, _, err := k.folder.Sign(ctx, k.store, log, k.signer, k.keys)
	switch {
	case errors.Is(err, vigil.ErrTampered):
		return hint(fmt.Errorf("no checkpoint was signed, for it would contradict the newest: %w", err), "vigil log verify says what does not fit")
	case err != nil:
		return hint(fmt.Errorf("what was done is stored and logged, but no checkpoint of it was signed: %w", err), "vigil log checkpoint signs one when that is mended")
	}
	return nil
}

// end signs what is left, and waits for it.
func (k *keeper) end() error {
	if k == nil {
		return nil
	}
	close(k.stop)
	return <-k.done
}

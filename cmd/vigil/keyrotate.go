package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/keyring"
	"vigil/internal/seal"
)

func (a *app) rotateCommand() *cobra.Command {
	var o rotation
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Write the case anew under a fresh data key",
		Long: `rotate writes the whole database anew under a fresh data key, and forgets the old one: copies of the
key file from before open no later state of the case. What was deleted from the database is not in
the new one. It takes the room of a second database while it runs; a crash leaves the old one or the new one.

On a PostgreSQL server it does so in one transaction, by a login with the role of the owner. Others read the
case meanwhile, and wait to change it. Then whatever has it open ends with an error, and starts again with
the new key file, which is to be copied to the other machines.

A case that is not encrypted becomes so; --off decrypts one. Disks may keep old blocks for long: full-disk
encryption is for them.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return a.rotate(c.Context(), o) },
	}
	c.Flags().BoolVar(&o.off, "off", false, "decrypt the case; the log says so")
	c.Flags().BoolVar(&o.phrase, "passphrase", false, "where the case was not encrypted: let a passphrase open it")
	c.Flags().StringVar(&o.reason, "reason", "", "why, for the log")
	return c
}

// A rotation says how the key of a case is to be changed.
type rotation struct {
	off, phrase bool
	reason      string
}

func (a *app) rotate(ctx context.Context, o rotation) error {
	if o.off && o.phrase {
		return usagef("--off and --passphrase: want one of them")
	}
	cs, db, err := a.settings()
	if err != nil {
		return err
	}
	t := &turn{app: a, rotation: o, at: cs.at, db: db, identity: cs.path(cs.config.Store.Key)}
	if a.key != "" {
		t.identity = a.key
	}
	if t.ring, err = a.ring(db, t.identity); err == nil {
		err = t.run(ctx)
	}
	if err != nil {
		return fmt.Errorf("rotate the key of the case in %s: %w", a.dir, err)
	}
	return nil
}

// A turn is one rotation.
type turn struct {
	*app
	rotation
	at           engine
	db, identity string
	ring         *keyring.Ring // nil while there is none
	made         bool          // there was none before
	key          seal.Key
}

func (t *turn) run(ctx context.Context) error {
	var err error
	if t.at.shared() { // opened, it is signed what was logged
		err = t.with("vigil key rotate", func(*openCase) error { return t.rewrite(ctx) })
	} else {
		err = t.rewrite(ctx)
	}
	if err != nil {
		return err
	}
	if err := t.settleRing(ctx); err != nil {
		return err
	}
	if t.off {
		t.info("the case is not encrypted any more: whoever has its files reads it")
	} else {
		t.info("the case is written anew, under data key %x", t.key.ID)
	}
	if t.made && !t.phrase {
		warnOfKey(t.stderr, t.identity)
	}
	if !t.at.shared() {
		t.warnOfCopies(t.db)
		return nil
	}
	t.copiesOfRing()
	left, err := t.settleAt(ctx, "vigil key rotate")
	if err != nil {
		return hint(fmt.Errorf("rows under the old key are still in the files of the server: %w", err), "vigil purge --yes brings it to its end")
	}
	t.tellRemains(left)
	return nil
}

func (t *turn) rewrite(ctx context.Context) error {
	err := t.at.rewrite(ctx, opening{command: "vigil key rotate", keys: dataKeys(t.ring), index: t.indexed()}, rewriting{
		plain:    t.off,
		act:      vigil.Act{Actor: t.who(), Action: actKeyRotate, Object: vigil.Object{Type: "key", ID: "data"}, Reason: t.reason},
		progress: t.rotated(),
		locked: func(st caseStore) (seal.Key, error) {
			if !t.at.shared() {
				if _, err := t.person(ctx, st); err != nil {
					return seal.Key{}, err
				}
			}
			return t.nextKey(st)
		},
	})
	if terminal(t.stderr) {
		fmt.Fprint(t.stderr, "\r\x1b[K")
	}
	return err
}

// nextKey returns the key to write the case anew under, once it is in the key file;
// none if the case is to be plain. Nobody else changes the case or its key file
// meanwhile.
func (t *turn) nextKey(st caseStore) (seal.Key, error) {
	if t.off {
		return seal.Key{}, nil
	}
	var err error
	if t.ring != nil {
		t.key, err = nextKey(st, t.ring)
		return t.key, err
	}
	if t.ring, err = t.newRing(t.db, t.identity, t.phrase); err == nil {
		t.made, t.key = true, seal.Key(t.ring.Keys()[0])
	}
	return t.key, err
}

// nextKey returns a fresh data key. What a rotation that was cut short left in the
// ring goes first. Without this check a process that has read the ring before another
// changed it would write the other's key out of it.
func nextKey(st caseStore, ring *keyring.Ring) (seal.Key, error) {
	if err := ring.Fresh(); err != nil {
		return seal.Key{}, err
	}
	if id, encrypted := st.KeyID(); encrypted {
		if err := ring.Settle(id); err != nil {
			return seal.Key{}, err
		}
	}
	k, err := ring.Next(time.Now())
	return seal.Key(k), err
}

// settleRing has the key file forget the old key, or goes without one.
func (t *turn) settleRing(ctx context.Context) error {
	switch {
	case t.ring == nil:
		return nil
	case t.at.shared():
		return t.withKeys(ctx, t.at, func(st caseStore) error { return settledRing(st, t.db) })
	case t.off:
		return t.ring.Delete()
	}
	return t.ring.Settle(t.key.ID)
}

// withKeys runs fn while nobody changes a case on a server, and nobody its key file.
func (a *app) withKeys(ctx context.Context, at engine, fn func(caseStore) error) error {
	st, err := at.freeze(ctx, opening{command: "vigil key", sealed: true})
	if err != nil {
		return err
	}
	return errors.Join(fn(st), st.Close())
}

// settledRing has the key file of a case forget all keys but the one that the case is
// under, as it is on the disk now; that of a case which is not encrypted goes.
func settledRing(st caseStore, db string) error {
	ring, err := keyring.Read(db + ringSuffix)
	if err != nil {
		return err
	}
	if id, encrypted := st.KeyID(); encrypted {
		return ring.Settle(id)
	}
	return ring.Delete()
}

// copiesOfRing says of a case on a server who else needs its key file.
func (a *app) copiesOfRing() {
	cs, db, err := a.settings()
	if err != nil || !cs.shared() {
		return
	}
	a.info("copy %s to each machine that has the case; what runs there with the file of before ends with an error, and is to be started again", db+ringSuffix)
}

// rotated shows how far a rotation is, on a terminal.
func (a *app) rotated() func(done, of int64) {
	if !terminal(a.stderr) {
		return nil
	}
	return func(done, of int64) { fmt.Fprintf(a.stderr, "\r\x1b[K%d %%", 100*done/max(of, 1)) }
}

// warnOfCopies names the copies that opening an old case made, which are as they
// were.
func (a *app) warnOfCopies(db string) {
	var there []string
	for _, v := range []string{".v1", ".v2", ".v3", ".v4"} {
		if _, err := os.Lstat(db + v); err == nil {
			there = append(there, db+v)
		}
	}
	if len(there) > 0 {
		a.info("from before the layout changed, not encrypted or under the key of then: %s; delete it once it is not needed", strings.Join(there, ", "))
	}
}

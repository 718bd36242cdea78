package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/keyring"
	"vigil/store/bolt"
)

// Acts on the keys of a case, as its log names them.
const (
	actKeyAdd    = "key.recipient-added"
	actKeyRemove = "key.recipient-removed"
	actKeyRotate = "key.rotated"
)

func (a *app) keyCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "key",
		Short: "Say who can open the case, and change its key",
		Long: `A data key encrypts the case. It lies beside the database, wrapped for each recipient:
for the holder of an age key (age1…), such as the one that init made, or for who knows a passphrase.
Whoever opens the case needs one of these keys: --key FILE, ` + caseKeyName + ` among systemd's
credentials, or the file that vigil.toml names.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return a.listKeys() },
	}
	c.AddCommand(
		&cobra.Command{
			Use: "list", Short: "List who can open the case, and its data keys", Args: args(cobra.NoArgs),
			RunE: func(*cobra.Command, []string) error { return a.listKeys() },
		},
		a.addRecipientCommand(), a.removeRecipientCommand(), a.rotateCommand())
	return c
}

// listKeys tells what the key file shows without a key.
func (a *app) listKeys() error {
	_, db, err := a.settings()
	if err != nil {
		return err
	}
	r, err := keyring.Read(db + ringSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		a.info("the case has no key file: it is not encrypted, or the file was lost")
		return nil
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.listKeysJSON(r)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
	for _, to := range r.Recipients() {
		fmt.Fprintf(w, "recipient\t%s\t%s\t%s\n", to.Key, to.Added.UTC().Format(time.DateTime), display.Visible(to.Comment))
	}
	for _, k := range r.Infos() {
		fmt.Fprintf(w, "data key\t%x\t%s\t%s\n", k.ID, k.Made.UTC().Format(time.DateTime), k.State)
	}
	return w.Flush()
}

func (a *app) listKeysJSON(r *keyring.Ring) error {
	for _, to := range r.Recipients() {
		if err := writeJSON(a.stdout, map[string]any{"recipient": to.Key, "comment": to.Comment, "added": to.Added}); err != nil {
			return err
		}
	}
	for _, k := range r.Infos() {
		if err := writeJSON(a.stdout, map[string]any{"data_key": fmt.Sprintf("%x", k.ID), "made": k.Made, "state": k.State}); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) addRecipientCommand() *cobra.Command {
	var comment string
	c := &cobra.Command{
		Use:   "add-recipient AGE1…",
		Short: "Let the holder of another age key open the case",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			to := keyring.Recipient{Key: operands[0], Comment: comment}
			err := a.changeRing(c, "vigil key add-recipient", actKeyAdd, to.Key, func(r *keyring.Ring) error { return usage(r.Add(time.Now(), to)) })
			if err != nil {
				return err
			}
			a.info("the holder of %s can open the case, with the database and %s", to.Key, "its file "+ringSuffix)
			return nil
		},
	}
	c.Flags().StringVar(&comment, "comment", "", "who that is; not secret")
	return c
}

func (a *app) removeRecipientCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "remove-recipient AGE1…",
		Short: "Wrap the data key no longer for a recipient",
		Long: `remove-recipient wraps the data key no longer for a recipient. With a copy of the key file from
before, or the data key itself, he can still read the case: vigil key rotate ends that.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			err := a.changeRing(c, "vigil key remove-recipient", actKeyRemove, operands[0], func(r *keyring.Ring) error { return usage(r.Remove(operands[0])) })
			if err != nil {
				return err
			}
			a.info("%s is no recipient any more", operands[0])
			a.next("end the use of copies from before: vigil key rotate")
			return nil
		},
	}
}

// changeRing changes the key file while nobody else has the case, and logs it. The
// entry comes first: an act that failed may stand in the log, but none that was
// done is missing there.
func (a *app) changeRing(c *cobra.Command, command, action, recipient string, change func(*keyring.Ring) error) error {
	return a.with(command, func(cs *openCase) error {
		_, db, err := a.settings()
		if err != nil {
			return err
		}
		r, err := a.ring(db, cs.path(cs.config.Store.Key))
		if err != nil {
			return err
		}
		if r == nil {
			return hint(usagef("the case is not encrypted"), "vigil key rotate encrypts it")
		}
		act := vigil.Act{Actor: a.who(), Action: action, Object: vigil.Object{Type: "key", ID: recipient}}
		if len(recipient) > 200 {
			return usagef("a recipient of %d letters: want age1…", len(recipient))
		}
		if _, err := cs.Record(c.Context(), vigil.Result{Act: act}); err != nil {
			return err
		}
		return change(r)
	})
}

func (a *app) rotateCommand() *cobra.Command {
	var o rotation
	c := &cobra.Command{
		Use:   "rotate",
		Short: "Write the case anew under a fresh data key",
		Long: `rotate writes the whole database anew under a fresh data key, and forgets the old one: copies of the
key file from before open no later state of the case. What was deleted from the database is not in
the new one. It takes the room of a second database while it runs; a crash leaves the old one or the new one.

A case that is not encrypted becomes so; --off decrypts one. Disks may keep old blocks for long: full-disk
encryption is for them.`,
		Args: args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return a.rotate(c, o) },
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

func (a *app) rotate(c *cobra.Command, o rotation) error {
	if o.off && o.phrase {
		return usagef("--off and --passphrase: want one of them")
	}
	cs, _, err := a.settings()
	if err != nil {
		return err
	}
	db, err := cs.file("key rotate", "vigil copy brings the case into a file, where its key can be changed, and from there into another case on the server")
	if err != nil {
		return err
	}
	identity := cs.path(cs.config.Store.Key)
	if a.key != "" {
		identity = a.key
	}
	ring, err := a.ring(db, identity)
	if err != nil {
		return fmt.Errorf("rotate the key of the case in %s: %w", a.dir, err)
	}
	made := ring == nil
	var key bolt.Key
	err = bolt.Rewrite(c.Context(), db, bolt.Options{Tool: tool(), Now: time.Now, Command: "vigil key rotate", Keys: dataKeys(ring), Indexing: a.indexed()}, bolt.Rewriting{
		Plain:    o.off,
		Act:      vigil.Act{Actor: a.who(), Action: actKeyRotate, Object: vigil.Object{Type: "key", ID: "data"}, Reason: o.reason},
		Progress: a.rotated(),
		Locked: func(st *bolt.Store) (_ bolt.Key, err error) {
			if _, err := a.person(c.Context(), st); err != nil {
				return bolt.Key{}, err
			}
			if o.off {
				return bolt.Key{}, nil
			}
			if ring == nil {
				if ring, err = a.newRing(db, identity, o.phrase); err == nil {
					key = bolt.Key(ring.Keys()[0])
				}
				return key, err
			}
			key, err = nextKey(st, ring)
			return key, err
		},
	})
	if terminal(a.stderr) {
		fmt.Fprint(a.stderr, "\r\x1b[K")
	}
	if err != nil {
		return fmt.Errorf("rotate the key of the case in %s: %w", a.dir, err)
	}
	if o.off {
		if ring != nil {
			err = ring.Delete()
		}
		a.info("the case is not encrypted any more: whoever has its files reads it")
		return err
	}
	if err := ring.Settle(key.ID); err != nil {
		return err
	}
	a.info("the case is written anew, under data key %x", key.ID)
	if made && !o.phrase {
		warnOfKey(a.stderr, identity)
	}
	a.warnOfCopies(db)
	return nil
}

// nextKey returns a fresh data key. What a rotation that was cut short left in the
// ring goes first.
func nextKey(st *bolt.Store, ring *keyring.Ring) (bolt.Key, error) {
	if id, encrypted := st.KeyID(); encrypted {
		if err := ring.Settle(id); err != nil {
			return bolt.Key{}, err
		}
	}
	k, err := ring.Next(time.Now())
	return bolt.Key(k), err
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

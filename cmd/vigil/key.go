package main

import (
	"errors"
	"fmt"
	"io/fs"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/display"
	"vigil/internal/keyring"
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
			a.copiesOfRing()
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
			a.copiesOfRing()
			a.next("end the use of copies from before: vigil key rotate")
			return nil
		},
	}
}

// changeRing changes the key file while nobody else changes it or the case, and logs it. The
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
		if !cs.shared() {
			return change(r)
		}
		return a.withKeys(c.Context(), cs.at, func(caseStore) error {
			if err := r.Fresh(); err != nil {
				return err
			}
			return change(r)
		})
	})
}

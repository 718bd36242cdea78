package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/anchor"
	"vigil/internal/custody"
	"vigil/internal/display"
)

func (a *app) logProveCommand(order *string) *cobra.Command {
	var check, key, output string
	c := &cobra.Command{
		Use:   "prove ID",
		Short: "Prove to others that an entry is in the log",
		Long: `prove writes a proof for each log entry about a record, or for one entry, given by its
number with --order ORDER (--order "" for the case's own log). A proof stands by itself:
it has the entry, its way to the root, and the signed checkpoint that states the root.

prove --check FILE checks proofs, and needs no case. --key FILE names the public log key
(keys/log.pub of the case), which you should have from its owner and not from the proof.`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			switch {
			case check != "" && len(operands)+len(output) == 0:
				return a.checkProofs(check, key)
			case check != "" || key != "" || len(operands) == 0:
				return hint(usagef("vigil log prove: want an ID, or --check FILE with or without --key FILE"), "%s --help", c.CommandPath())
			}
			return a.with("vigil log prove", func(cs *openCase) error {
				return a.prove(c.Context(), cs, operands[0], *order, c.Flags().Changed("order"), output)
			})
		},
	}
	f := c.Flags()
	f.StringVar(&check, "check", "", "check the proofs in this file (- for standard input)")
	f.StringVar(&key, "key", "", "public log key to check their checkpoints with")
	f.StringVarP(&output, "output", "o", "", "write to this file, which must not exist")
	return c
}

// prove writes the proofs of the entries that id means: a number in the log of
// order, if one is given, or a record's.
func (a *app) prove(ctx context.Context, cs *openCase, id, order string, inOrder bool, output string) error {
	if err := cs.withKey(); err != nil {
		return err
	}
	entries, err := entriesOf(ctx, cs, id, order, inOrder)
	if err != nil {
		return err
	}
	var text []byte
	for _, e := range entries {
		p, err := proveEntry(ctx, cs, e)
		if err != nil {
			return err
		}
		line, err := p.Text()
		if err != nil {
			return err
		}
		text = append(text, line...)
	}
	if output == "" {
		_, err := a.stdout.Write(text)
		return err
	}
	if err := writeNew(output, text, 0o644); err != nil {
		return err
	}
	a.info("wrote %s to %s", counted(len(entries), "proof", "proofs"), output)
	a.next("vigil log prove --check %s --key %s", output, cs.path(logKeyFile+".pub"))
	return nil
}

// entriesOf returns the entries that id means.
func entriesOf(ctx context.Context, cs *openCase, id, order string, inOrder bool) ([]vigil.Entry, error) {
	if seq, err := strconv.ParseInt(id, 10, 64); err == nil && inOrder {
		for e, err := range cs.LogFrom(ctx, order, max(seq, 0)) {
			if err == nil && seq < 0 {
				break
			}
			return []vigil.Entry{e}, err
		}
		return nil, usage(fmt.Errorf("entry %d of log %s: %w", seq, logTitle(order), vigil.ErrNotFound))
	}
	logs := []string{order}
	if !inOrder {
		var err error
		if logs, err = cs.Logs(ctx); err != nil {
			return nil, err
		}
	}
	var found []vigil.Entry
	for _, log := range logs {
		for e, err := range cs.Log(ctx, log) {
			if err != nil {
				return nil, err
			}
			if e.Object.ID == id {
				found = append(found, e)
			}
		}
	}
	if len(found) == 0 {
		return nil, usage(hint(fmt.Errorf("log entries about %q: %w", id, vigil.ErrNotFound),
			"vigil log --json shows whole IDs; an entry's number goes with --order ORDER"))
	}
	return found, nil
}

// proveEntry proves an entry by the newest signed checkpoint that has it, or by
// one that is signed for it now.
func proveEntry(ctx context.Context, cs *openCase, e vigil.Entry) (custody.Proof, error) {
	folder := cs.checkpoints()
	sizes, err := folder.Sizes(e.Order)
	if err != nil {
		return custody.Proof{}, err
	}
	if len(sizes) == 0 || sizes[len(sizes)-1] <= e.Seq {
		if err := cs.keeper.sign(ctx, e.Order); err != nil {
			return custody.Proof{}, err
		}
		if sizes, err = folder.Sizes(e.Order); err != nil {
			return custody.Proof{}, err
		}
	}
	c, note, err := folder.Checkpoint(e.Order, sizes[len(sizes)-1], cs.keeper.keys)
	if err != nil {
		return custody.Proof{}, err
	}
	hashes, err := cs.Prove(ctx, e.Order, e.Seq, c.Size)
	if err != nil {
		return custody.Proof{}, err
	}
	return custody.NewProof(e, c, hashes, note)
}

// A checkedProof is what a proof shows, as JSON.
type checkedProof struct {
	Log    string        `json:"log"`
	Index  int64         `json:"index"`
	Size   int64         `json:"size"`
	Result anchor.Result `json:"result"`
	Signed anchor.Result `json:"signed"`
	Detail string        `json:"detail"`
}

// checkProofs checks a file of proofs, with the public log key if it is given.
func (a *app) checkProofs(name, keyName string) error {
	var in io.Reader = a.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return usage(err)
		}
		defer f.Close()
		in = f
	}
	var keys anchor.Keys
	if keyName != "" {
		text, err := anchor.ReadFile(keyName)
		if err != nil {
			return usage(err)
		}
		if keys, err = anchor.ParseKeys(text); err != nil {
			return usage(fmt.Errorf("%s: %w", keyName, err))
		}
	}
	proofs, err := custody.ReadProofs(in)
	if err != nil {
		return usage(fmt.Errorf("%s: %w", name, err))
	}
	bad := 0
	for _, p := range proofs {
		c := checkProof(p, keys)
		if c.Result == anchor.Fail || c.Signed == anchor.Fail {
			bad++
		}
		if err := a.showChecked(c); err != nil {
			return err
		}
	}
	if bad > 0 {
		return hint(fmt.Errorf("%s: %w: %d of %d", name, vigil.ErrTampered, bad, len(proofs)), "do not rely on it; ask for the original, and for the log key from the case's owner")
	}
	return nil
}

// checkProof says what one proof shows.
func checkProof(p custody.Proof, keys anchor.Keys) checkedProof {
	c := checkedProof{Log: p.Log, Index: p.Index, Size: p.Size, Result: anchor.Pass, Signed: anchor.NotChecked}
	e, err := p.Check()
	if err != nil {
		c.Result, c.Detail = anchor.Fail, err.Error()
		return c
	}
	c.Detail = fmt.Sprintf("%s %s %s %s %s", e.Time.UTC().Format(time.DateTime), e.Actor, e.Action, e.Object.Type, objectID(e.Object))
	if len(keys.Lines) == 0 {
		return c
	}
	c.Signed = anchor.Pass
	if _, err := keys.Open([]byte(p.Checkpoint)); err != nil {
		c.Signed, c.Detail = anchor.Fail, err.Error()
	}
	return c
}

func (a *app) showChecked(c checkedProof) error {
	if a.json {
		return writeJSON(a.stdout, c)
	}
	signed := map[anchor.Result]string{
		anchor.Pass: "signed by the log key", anchor.Fail: "NOT signed by the log key",
		anchor.NotChecked: "signature NOT CHECKED: name the log key with --key",
	}
	_, err := fmt.Fprintf(a.stdout, "%s  %s %d of %d, %s  %s\n", c.Result, display.Visible(logTitle(c.Log)), c.Index, c.Size, signed[c.Signed], display.Visible(c.Detail))
	return err
}

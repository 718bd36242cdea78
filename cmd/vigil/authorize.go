package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/order"
	"vigil/internal/signature"
)

func (a *app) authorizeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "authorize ORDER.toml",
		Short: "Check a legal order and its signatures, and register its sources",
		Long: `authorize checks an order's form, dates and signatures, and registers its sources.

The authority signs the file with:

  ssh-keygen -Y sign -n ` + signature.Order + ` -f KEY ORDER.toml

which writes ORDER.toml.sig. The signer must stand in the case's allowed_signers.
Further signatures are appended to ORDER.toml.sig.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			return a.with("vigil authorize", func(cs *openCase) error { return a.authorize(c, cs, operands[0]) })
		},
	}
}

func (a *app) authorize(c *cobra.Command, cs *openCase, name string) error {
	o, err := readOrder(cs, name)
	if err != nil {
		return err
	}
	start, err := startTasks(o)
	if err != nil {
		return err
	}
	_, err = cs.Record(c.Context(), vigil.Result{
		Act: vigil.Act{
			Actor: a.who(), Action: vigil.ActAuthorize, Order: o.ID,
			Details: map[string]string{"file_sha256": o.SHA256, "sources": fmt.Sprint(len(o.Sources)), "signatures": fmt.Sprint(len(o.SignedBy))},
		},
		Record: o,
		Next:   start,
	})
	if errors.Is(err, vigil.ErrExists) {
		return usage(hint(fmt.Errorf("order %s: %w in this case", o.ID, vigil.ErrExists), "an order is registered once; a new order needs a new id"))
	}
	if err != nil {
		return fmt.Errorf("register order %s: %w", o.ID, err)
	}
	a.info("order %s of %s, signed by %s", o.ID, o.Authority, strings.Join(o.SignedBy, ", "))
	a.info("in force from %s to %s", o.NotBefore.UTC().Format(time.DateOnly), o.NotAfter.UTC().Format(time.DateOnly))
	for _, s := range o.Sources {
		a.info("  source %s: %d hosts, at most %d pages, %d links deep, %s between requests", s.Name, len(s.Hosts), s.MaxPages, s.MaxDepth, s.Interval)
	}
	a.next("vigil crawl")
	return nil
}

// startTasks returns the fetch tasks with which the crawl of o's sources begins.
func startTasks(o vigil.Order) ([]vigil.Task, error) {
	var ts []vigil.Task
	for _, s := range o.Sources {
		for _, raw := range s.Start {
			u, err := vigil.ParseURL(raw)
			if err != nil {
				return nil, usage(fmt.Errorf("order %s: source %s: start: %w", o.ID, s.Name, err))
			}
			ts = append(ts, vigil.NewTask(vigil.Fetch, s.ID(), u.String()))
		}
	}
	return ts, nil
}

// readOrder reads an order and its signatures and checks them against the
// case's allowed signers.
func readOrder(cs *openCase, name string) (vigil.Order, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return vigil.Order{}, usage(err)
	}
	o, err := order.Parse(name, data)
	if err != nil {
		return vigil.Order{}, usage(err)
	}
	sig, err := os.ReadFile(name + ".sig")
	if errors.Is(err, fs.ErrNotExist) {
		return vigil.Order{}, hint(fmt.Errorf("order %s: %w: no %s.sig", o.ID, vigil.ErrUnsigned, name),
			"the authority signs it with: ssh-keygen -Y sign -n %s -f KEY %s", signature.Order, name)
	}
	if err != nil {
		return vigil.Order{}, usage(err)
	}
	sigs, err := signature.Split(sig)
	if err != nil {
		return vigil.Order{}, usage(fmt.Errorf("%s.sig: %w", name, err))
	}
	signers, err := readSigners(cs.path(signersFile))
	if err != nil {
		return vigil.Order{}, err
	}
	o, err = order.Authorize(o, sigs, signers, time.Now())
	if errors.Is(err, vigil.ErrUnsigned) {
		err = hint(err, "who may sign stands in %s", cs.path(signersFile))
	}
	return o, err
}

// readSigners reads a file in OpenSSH's allowed_signers format.
func readSigners(name string) (signature.Signers, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, usage(err)
	}
	defer f.Close()
	s, err := signature.ParseAllowedSigners(f)
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", name, err))
	}
	return s, nil
}

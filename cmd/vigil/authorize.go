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
	var check bool
	var signers, revoke, reason string
	var urls []string
	c := &cobra.Command{
		Use:   "authorize ORDER.toml",
		Short: "Check a legal order and its signatures, and register its sources",
		Long: `authorize checks an order's form, dates and signatures, and registers its sources.

The authority signs the file with:

  ssh-keygen -Y sign -n ` + signature.Order + ` -f KEY ORDER.toml

which writes ORDER.toml.sig. The signer must stand in the case's allowed_signers.
Further signatures are appended to ORDER.toml.sig.

An order names its sources, and of each hosts, start and paths: an empty list allows
nothing. A host is an exact onion name, as NAME.onion or with its labels and port;
in paths and deny_paths, * stands for anything. max_pages and max_depth cap a source,
and max_bytes, if given, what is received of it: a number of bytes, or one with its
unit, "500MB" or "2GiB". robots is "obey", which covers /robots.txt as well, or
"ignore". The rest has defaults: interval = "2s", concurrency = 1, profile = "auto",
session_allowed = false.

With --check it says what the order allows and whether it would be registered, and
registers nothing; without a case, --signers FILE says who may sign.

With --revoke ID it takes an order back: nothing more is fetched or imported under
it, and what is in the case stays. A revoked order takes a new one.`,
		Example: `  vigil authorize ORDER.toml
  vigil authorize --check ORDER.toml --signers allowed_signers --url http://NAME.onion/listing/1
  vigil authorize --revoke ORD-2026-0117 --reason "lifted by the court, file number 0"`,
	}
	f := c.Flags()
	f.BoolVar(&check, "check", false, "explain the order without registering it")
	f.StringArrayVar(&urls, "url", nil, "with --check: say whether the order would cover this address, and by which rule (repeatable)")
	f.StringVar(&signers, "signers", "", "with --check: who may sign (default: the case's allowed_signers)")
	f.StringVar(&revoke, "revoke", "", "take back the order with this ID")
	f.StringVar(&reason, "reason", "", "with --revoke: why, for the log")
	c.MarkFlagsMutuallyExclusive("check", "revoke")
	c.Args = args(func(c *cobra.Command, operands []string) error {
		switch {
		case f.Changed("revoke"):
			return cobra.NoArgs(c, operands)
		case f.Changed("reason"):
			return errors.New("--reason goes with --revoke")
		case !check && (f.Changed("url") || f.Changed("signers")):
			return errors.New("--url and --signers go with --check")
		}
		return cobra.ExactArgs(1)(c, operands)
	})
	c.RunE = func(c *cobra.Command, operands []string) error {
		switch {
		case f.Changed("revoke"):
			return a.revoke(c.Context(), revoke, reason)
		case check:
			return a.checkOrder(c.Context(), operands[0], signers, urls)
		}
		return a.with("vigil authorize", func(cs *openCase) error { return a.authorize(c, cs, operands[0]) })
	}
	return c
}

func (a *app) authorize(c *cobra.Command, cs *openCase, name string) error {
	o, err := readOrder(name)
	if err != nil {
		return err
	}
	if o, err = admit(o, name, cs.path(signersFile)); err != nil {
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
		return registered(o.ID)
	}
	if err != nil {
		return fmt.Errorf("register order %s: %w", o.ID, err)
	}
	a.info("order %s of %s, signed by %s", o.ID, o.Authority, strings.Join(o.SignedBy, ", "))
	a.info("in force from %s to %s", o.NotBefore.UTC().Format(time.DateOnly), o.NotAfter.UTC().Format(time.DateOnly))
	for _, s := range o.Sources {
		a.info("  source %s: %d hosts, at most %d pages, %d links deep, %s between requests", s.Name, len(s.Hosts), s.MaxPages, s.MaxDepth, s.Interval)
	}
	if !a.guided {
		for _, w := range a.warnings(o) {
			a.info("warning: %s", w)
		}
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

// registered is the error for an order that the case has.
func registered(id string) error {
	return usage(hint(fmt.Errorf("order %s: %w in this case", id, vigil.ErrExists), "an order is registered once; a new order needs a new id"))
}

// readOrder reads an order's file. It authorises nothing yet.
func readOrder(name string) (vigil.Order, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return vigil.Order{}, usage(err)
	}
	o, err := order.Parse(name, data)
	return o, usage(err)
}

// readSignatures reads the signatures beside an order's file; none if there is
// no such file.
func readSignatures(name string) ([][]byte, error) {
	sig, err := os.ReadFile(name + ".sig")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, usage(err)
	}
	sigs, err := signature.Split(sig)
	if err != nil {
		return nil, usage(fmt.Errorf("%s.sig: %w", name, err))
	}
	return sigs, nil
}

// admit checks o, read from the file name, against its signatures and a list of
// who may sign.
func admit(o vigil.Order, name, signersName string) (vigil.Order, error) {
	sigs, err := readSignatures(name)
	if err != nil {
		return vigil.Order{}, err
	}
	if sigs == nil {
		return vigil.Order{}, hint(fmt.Errorf("order %s: %w: no %s.sig", o.ID, vigil.ErrUnsigned, name),
			"the authority signs it with: ssh-keygen -Y sign -n %s -f KEY %s", signature.Order, name)
	}
	signers, err := readSigners(signersName)
	if err != nil {
		return vigil.Order{}, err
	}
	o, err = order.Authorize(o, sigs, signers, time.Now())
	if errors.Is(err, vigil.ErrUnsigned) {
		err = hint(err, "who may sign stands in %s", signersName)
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

package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/anchor"
	"vigil/internal/bundle"
	"vigil/internal/release"
	"vigil/internal/timestamp"
)

func (a *app) bundleTimestampCommand() *cobra.Command {
	var request, response string
	c := &cobra.Command{
		Use:   "timestamp DIR",
		Short: "Have a time-stamping authority say that a bundle was there",
		Long: `timestamp asks the authority of [timestamp] url in vigil.toml, through Tor, for a time
stamp (RFC 3161) over the bundle's tag manifest, checks the answer, and puts it into
DIR/signatures. The authority is sent a hash and nothing else.

Without a way to it, the request is carried by hand: --request writes it to a file, and
--response takes the answer. An authority's root certificates are trusted if they stand in
[timestamp] roots; a time stamp of nobody known is refused.`,
		Example: `  vigil bundle timestamp DIR
  vigil bundle timestamp DIR --request bundle.tsq
  vigil bundle timestamp DIR --response bundle.tsr`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			if request != "" && response != "" {
				return usagef("bundle timestamp: want --request or --response, not both")
			}
			return a.with("vigil bundle timestamp", func(cs *openCase) error {
				s, err := cs.stamping(c.Context(), operands[0])
				if err != nil {
					return fmt.Errorf("time-stamp %s: %w", operands[0], err)
				}
				switch {
				case request != "":
					err = a.writeStampRequest(s, operands[0], request)
				case response != "":
					err = a.takeStamp(c.Context(), cs, s, response)
				default:
					err = a.askStamp(c.Context(), cs, s)
				}
				if err != nil {
					return fmt.Errorf("time-stamp %s: %w", operands[0], err)
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&request, "request", "", "file to write the request to, which must not exist")
	c.Flags().StringVar(&response, "response", "", "file of the authority's answer")
	return c
}

// stamping checks that a bundle may have a time stamp.
func (c *openCase) stamping(ctx context.Context, dir string) (*bundle.Signing, error) {
	s, err := bundle.OpenSigning(dir)
	if err != nil {
		if errors.Is(err, vigil.ErrRefused) {
			return nil, hint(err, "vigil bundle seal %s", dir)
		}
		return nil, usage(err)
	}
	b, err := c.known(ctx, s.Info)
	if err == nil {
		err = b.May(vigil.ActTimestamp)
	}
	if err == nil {
		err = c.verified(dir, stampLayer) // its files are written anew below
	}
	if err == nil && s.Stamped() && b.Stamped != "" {
		err = fmt.Errorf("bundle %s has a time stamp: %w", s.ID, vigil.ErrExists)
	}
	return s, err
}

func (a *app) writeStampRequest(s *bundle.Signing, dir, name string) error {
	der, err := s.StampRequest()
	if err != nil {
		return err
	}
	if err := writeNew(name, der, 0o644); err != nil {
		return usage(err)
	}
	a.info("wrote the request to %s; it holds a hash and nothing of the bundle", name)
	a.next("send it to the authority, and then: vigil bundle timestamp %s --response FILE.tsr", dir)
	return nil
}

func (a *app) takeStamp(ctx context.Context, cs *openCase, s *bundle.Signing, name string) error {
	roots, err := cs.stampRoots()
	if err != nil {
		return err
	}
	reply, err := anchor.ReadFile(name)
	if err != nil {
		return usage(err)
	}
	return a.putStamp(ctx, cs, s, reply, roots)
}

// askStamp asks the case's authority. If no answer comes that can be used, the bundle
// says so.
func (a *app) askStamp(ctx context.Context, cs *openCase, s *bundle.Signing) error {
	url := cs.config.Timestamp.URL
	if url == "" {
		return hint(usagef("no time-stamping authority is configured"), "name one as [timestamp] url in %s, or carry the request by hand: --request FILE", a.configFile())
	}
	roots, err := cs.stampRoots()
	if err != nil {
		return err
	}
	der, err := s.StampRequest()
	if err != nil {
		return err
	}
	network, err := a.network(ctx, cs)
	if err != nil {
		return errors.Join(err, s.PutNoStamp(bundle.NoAnswer))
	}
	defer network.Close()
	way, err := network.Authority(url)
	if err != nil {
		return usage(err)
	}
	client := timestamp.Client{HTTP: &http.Client{Transport: way}, URL: url}
	reply, err := client.Ask(ctx, der)
	if err == nil {
		err = a.putStamp(ctx, cs, s, reply, roots)
	}
	if err != nil {
		return hint(errors.Join(err, s.PutNoStamp(bundle.NoAnswer)), "try again later, or carry the request by hand: --request FILE")
	}
	return nil
}

// stampRoots reads whose time stamps the case trusts.
func (c *openCase) stampRoots() (*x509.CertPool, error) {
	name := c.path(c.config.Timestamp.Roots)
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, hint(usage(err), "put the authority's root certificate there, in PEM; its stamps prove nothing without")
	}
	roots, err := timestamp.ParseRoots(text)
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", name, err))
	}
	return roots, nil
}

// putStamp checks an answer, keeps it, and logs it.
func (a *app) putStamp(ctx context.Context, cs *openCase, s *bundle.Signing, reply []byte, roots *x509.CertPool) error {
	t, err := s.CheckStamp(reply, roots, time.Now())
	if err != nil {
		return err
	}
	if err := s.PutStamp(reply, t); err != nil {
		return err
	}
	at := t.At.UTC().Format(time.RFC3339)
	act := vigil.Act{Actor: a.who(), Action: vigil.ActTimestamp, Details: map[string]string{release.DetailStamped: at, release.DetailFile: vigil.SumHex(reply)}}
	if err := recordBundle(ctx, cs, s.Info, act); err != nil {
		return err
	}
	a.info("%s says that bundle %s was there by %s", brief(t.Authority()), s.ID, at)
	return nil
}

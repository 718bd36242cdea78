package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"vigil"
	"vigil/internal/bundle"
	"vigil/internal/keyring"
	"vigil/internal/release"
)

// A handover says to whom a bundle goes, and how.
type handover struct {
	file       string
	under      string // folder in which the file is named for its SHA-256, instead of file
	to         string
	recipients []string
}

func (a *app) bundleReleaseCommand() *cobra.Command {
	var h handover
	c := &cobra.Command{
		Use:   "release DIR -o FILE.zip[.age] --to NAME",
		Short: "Pack a bundle, to which two people agreed, for somebody",
		Long: `release packs the bundle in DIR into one file, encrypts it to the recipients, and logs
to whom it goes. It sends nothing: carry the file there. Without the signatures of two
people, the exporter's and another's, it refuses.

--to names an office, not a person: it stands in the log. Each --recipient is a public key
of age, age1…; the office opens the file with age -d -i KEY. Without one the file is not
encrypted. The same bundle gives the same ZIP file, byte for byte.`,
		Example: `  vigil bundle release DIR -o bundle.zip.age --to "Regional Court" --recipient age1…`,
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, operands []string) error {
			if err := h.check(); err != nil {
				return hint(err, "%s --help", c.CommandPath())
			}
			return a.with("vigil bundle release", func(cs *openCase) error {
				_, err := a.releaseBundle(c.Context(), cs, operands[0], h)
				return err
			})
		},
	}
	f := c.Flags()
	f.StringVarP(&h.file, "output", "o", "", "file to write, which must not exist")
	f.StringVar(&h.to, "to", "", "office that gets it, for the log (required)")
	f.StringArrayVar(&h.recipients, "recipient", nil, "public key of age, age1…, that opens it (repeatable)")
	return c
}

// maxTo bounds the name of an office, in bytes.
const maxTo = 120

func (h handover) check() error {
	switch {
	case h.file == "":
		return usagef("bundle release: no file to write to: -o FILE.zip or FILE.zip.age")
	case strings.TrimSpace(h.to) == "" || len(h.to) > maxTo || !utf8.ValidString(h.to) || strings.ContainsFunc(h.to, unicode.IsControl):
		return usagef("bundle release: --to %.40q: want an office in 1 to %d bytes", h.to, maxTo)
	case len(h.recipients) > 0 && !strings.HasSuffix(h.file, ".zip.age"):
		return usagef("bundle release: %s: want the name of an encrypted file to end in .zip.age", h.file)
	case len(h.recipients) == 0 && !strings.HasSuffix(h.file, ".zip"):
		return usagef("bundle release: %s: without --recipient it is not encrypted, and its name ends in .zip", h.file)
	case len(h.recipients) > 0:
		return usage(keyring.CheckRecipients(h.recipients...))
	}
	return nil
}

// suffix is how the name of the file ends.
func (h handover) suffix() string {
	if len(h.recipients) > 0 {
		return ".zip.age"
	}
	return ".zip"
}

// releaseBundle packs the bundle in dir and returns the file's SHA-256.
func (a *app) releaseBundle(ctx context.Context, cs *openCase, dir string, h handover) (string, error) {
	s, e, err := cs.releasing(ctx, dir, vigil.ActRelease)
	if err == nil {
		err = cs.fourEyes(e, dir)
	}
	if err == nil {
		err = s.PutNoStamp(cs.noStamp(dir))
	}
	if err == nil {
		err = cs.verified(dir, "") // all of it, as whoever gets it will
	}
	if err != nil {
		return "", fmt.Errorf("release %s: %w", dir, err)
	}
	if _, err := os.Lstat(h.file); err == nil && h.under == "" {
		return "", usage(fmt.Errorf("%s: %w", h.file, vigil.ErrExists))
	}
	// Nothing that the log does not tell of is left under its name.
	part := h.file + ".part"
	if h.under != "" {
		part = filepath.Join(h.under, s.ID+".part")
	}
	sum, err := packBundle(ctx, dir, part, h.recipients)
	if err != nil {
		return "", errors.Join(fmt.Errorf("release %s: %w", dir, err), os.Remove(part))
	}
	if h.under != "" {
		h.file = filepath.Join(h.under, sum+h.suffix())
	}
	details := map[string]string{release.DetailTo: h.to, release.DetailFile: sum, "encrypted": fmt.Sprint(len(h.recipients) > 0)}
	if len(h.recipients) > 0 {
		details["recipients"] = strings.Join(h.recipients, " ")
	}
	if err := recordBundle(ctx, cs, s.Info, vigil.Act{Actor: a.who(), Action: vigil.ActRelease, Details: details}); err != nil {
		return "", errors.Join(err, os.Remove(part))
	}
	if err := os.Rename(part, h.file); err != nil {
		return "", err
	}
	a.info("bundle %s is released to %s: %s, SHA-256 %s", s.ID, brief(h.to), h.file, sum)
	if len(h.recipients) == 0 {
		a.info("warning: it is not encrypted: whoever has the file reads it")
	}
	a.next("when they have it: vigil bundle acknowledge %s --reason TEXT", s.ID)
	return sum, nil
}

// fourEyes reports why two people whom the case trusts have not signed.
func (c *openCase) fourEyes(e *release.Envelope, dir string) error {
	trusted, err := c.signers()
	if err != nil {
		return err
	}
	by, err := e.By(trusted)
	if err != nil {
		return fmt.Errorf("%w: %w", vigil.ErrRefused, err)
	}
	return hint(e.FourEyes(by), "vigil bundle approve %s --sign-key KEY, by a second person", dir)
}

// noStamp returns what a bundle says that is released without a time stamp: what it
// says already, or that none was asked for.
func (c *openCase) noStamp(dir string) bundle.NoStamp {
	if why, err := os.ReadFile(filepath.Join(dir, "signatures", "no-timestamp.txt")); err == nil {
		return bundle.NoStamp(strings.TrimSuffix(string(why), "\n"))
	}
	if c.config.Timestamp.URL == "" {
		return bundle.NoAuthority
	}
	return bundle.NotAsked
}

// packBundle writes a bundle to a new file, encrypted if there are recipients, and
// returns the file's SHA-256 in hex. It is on the disk when packBundle returns. The end of
// ctx ends it.
func packBundle(ctx context.Context, dir, name string, recipients []string) (sum string, err error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	buffered := bufio.NewWriterSize(untilDone{ctx, io.MultiWriter(f, h)}, 1<<20)
	if err := packTo(buffered, dir, recipients); err != nil {
		return "", err
	}
	if err := errors.Join(buffered.Flush(), f.Sync()); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// untilDone writes until a context has ended.
type untilDone struct {
	ctx context.Context
	w   io.Writer
}

func (u untilDone) Write(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.w.Write(b)
}

func packTo(w io.Writer, dir string, recipients []string) error {
	if len(recipients) == 0 {
		return bundle.Zip(dir, w)
	}
	sealed, err := keyring.EncryptTo(w, recipients...)
	if err != nil {
		return err
	}
	return errors.Join(bundle.Zip(dir, sealed), sealed.Close())
}

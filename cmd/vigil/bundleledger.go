package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"vigil"
	"vigil/internal/bundle"
	"vigil/internal/release"
	"vigil/internal/retention"
	"vigil/internal/signature"
)

// told is what was read of the logs so far: as no entry ever changes, only what
// came since is read the next time.
type told struct {
	mu     sync.Mutex // guards what follows
	ledger release.Ledger
	next   map[string]int64 // number of the first entry that was not read, by log
}

// A bundleList is what the logs tell of bundles at one moment.
type bundleList []release.Bundle

// Bundle returns one; false if no log tells of it.
func (l bundleList) Bundle(id string) (release.Bundle, bool) {
	for _, b := range l {
		if b.ID == id {
			return b, true
		}
	}
	return release.Bundle{}, false
}

// bundles folds what the case's logs tell of bundles.
func (c *openCase) bundles(ctx context.Context) (bundleList, error) {
	logs, err := c.Logs(ctx)
	if err != nil {
		return nil, err
	}
	f := &c.told
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.next == nil {
		f.next = map[string]int64{}
	}
	for _, log := range logs {
		for e, err := range c.LogFrom(ctx, log, f.next[log]) {
			if err != nil {
				return nil, err
			}
			f.ledger.Add(e.Event)
			f.next[log] = e.Seq + 1
		}
	}
	return f.ledger.All(), nil
}

// aBundle returns the one bundle whose ID begins with part.
func (c *openCase) aBundle(ctx context.Context, part string) (release.Bundle, error) {
	l, err := c.bundles(ctx)
	if err != nil {
		return release.Bundle{}, err
	}
	var ids []string
	for _, b := range l {
		ids = append(ids, b.ID)
	}
	id, err := oneOf("bundle", part, ids)
	if err != nil {
		return release.Bundle{}, hint(err, "vigil bundle list")
	}
	b, _ := l.Bundle(id)
	return b, nil
}

// known returns what the log tells of the bundle that in is about, which must be of
// this case and of the bytes that were sealed.
func (c *openCase) known(ctx context.Context, in bundle.Info) (release.Bundle, error) {
	l, err := c.bundles(ctx)
	if err != nil {
		return release.Bundle{}, err
	}
	b, ok := l.Bundle(in.ID)
	switch {
	case !ok || b.State == "":
		return b, hint(fmt.Errorf("bundle %s: %w: the log of this case does not tell of it", in.ID, vigil.ErrRefused), "--case DIR names the case that sealed it")
	case b.SHA256 != in.SHA256 || b.Order != in.Order:
		return b, fmt.Errorf("bundle %s: %w: the case sealed other bytes under this ID", in.ID, vigil.ErrTampered)
	}
	return b, nil
}

// signers returns whose signatures the case trusts: its allowed_signers, and its own
// key for bundles.
func (c *openCase) signers() (signature.Signers, error) {
	all, err := readSigners(c.path(signersFile))
	if err != nil {
		return nil, err
	}
	public, err := os.ReadFile(c.path(keyFile + ".pub"))
	if err != nil {
		return nil, err
	}
	own, err := signature.ParseAllowedSigners(strings.NewReader(fmt.Sprintf("%s namespaces=%q %s", caseSigner, signature.Bundle, public)))
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", c.path(keyFile+".pub"), err))
	}
	return append(all, own...), nil
}

// What verification calls the checks of who released a bundle, and of who dates it.
const (
	releaseLayer = "release"
	stampLayer   = "timestamp"
)

// verified checks a bundle as anybody would who trusts those that the case trusts, and
// passes over what one layer says, if it is named. The error wraps [vigil.ErrTampered].
func (c *openCase) verified(dir, but string) error {
	signers, err := c.signers()
	if err != nil {
		return err
	}
	report, err := bundle.Verify(dir, bundle.VerifyOptions{Signers: signers, Now: time.Now()})
	if err != nil {
		return usage(fmt.Errorf("verify %s: %w", dir, err))
	}
	for _, l := range report.Layers {
		if l.Result == bundle.Fail && l.Name != but {
			return hint(fmt.Errorf("bundle %s: %w: %s: %s", dir, vigil.ErrTampered, l.Name, brief(l.Detail)), "do not sign it; export the listings anew")
		}
	}
	return nil
}

// maxExported is how many listings an export's log entry names, so that its line
// stays within its bound. One with more keeps all of its order from being erased.
const maxExported = 1000

// recordExport writes to the order's log that a bundle was sealed, or drafted. What a
// sealed one names is not erased when its time is over.
func recordExport(ctx context.Context, cs *openCase, actor, action, dir string, more map[string]string) error {
	in, err := bundle.ReadInfo(dir)
	if err != nil {
		return err
	}
	ids, err := listingsIn(dir)
	if err != nil {
		return err
	}
	details := map[string]string{release.DetailKind: string(in.Kind), release.DetailListings: strconv.Itoa(len(ids))}
	for name, value := range map[string]string{release.DetailSupersedes: in.Supersedes, release.DetailParent: in.Parent} {
		if value != "" {
			details[name] = value
		}
	}
	if len(ids) <= maxExported {
		details[retention.DetailExported] = strings.Join(ids, " ")
	}
	for name, value := range more {
		details[name] = value
	}
	return recordBundle(ctx, cs, in, vigil.Act{Actor: actor, Action: action, Details: details})
}

// recordBundle writes an act on a bundle to the log of its order.
func recordBundle(ctx context.Context, cs *openCase, in bundle.Info, act vigil.Act) error {
	act.Order, act.Object = in.Order, vigil.Object{Type: "bundle", ID: in.ID, SHA256: in.SHA256}
	if _, err := cs.Record(ctx, vigil.Result{Act: act}); err != nil {
		return fmt.Errorf("log it: %w", err)
	}
	return nil
}

// listingsIn returns the IDs of a bundle's listings, sorted.
func listingsIn(dir string) ([]string, error) {
	names, err := filepath.Glob(filepath.Join(globbed(dir), "data", "listings", "*.json"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("the bundle holds no listing")
	}
	var ids []string
	for _, n := range names {
		ids = append(ids, strings.TrimSuffix(filepath.Base(n), ".json"))
	}
	slices.Sort(ids)
	return ids, nil
}

// globbed quotes what Glob would take for a pattern.
func globbed(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/bundle"
	"vigil/internal/desk"
	"vigil/internal/job"
	"vigil/internal/release"
	"vigil/internal/review"
	"vigil/internal/signature"
)

// Folders of a case for bundles that are made on the pages, and for the files in which
// they were released, which are named for their SHA-256.
const (
	bundlesDir  = "bundles"
	releasedDir = "released"
)

// bundlePages are the bundles of a case, for the pages: the acts of the command line,
// with a person's rights asked before each.
type bundlePages struct {
	app *app
	cs  *openCase
	one sync.Mutex // of the acts that write into a bundle
}

// as returns the app as it acts for a person on a page, and says what it has to say to
// out.
func (a *app) as(who access.Person, out io.Writer) *app {
	act := *a
	act.page, act.actor, act.stdout, act.stderr, act.json, act.guided = who, who.Account, io.Discard, out, false, true
	return &act
}

// may refuses a person who may not do an act now, and says in the log that somebody
// tried what their roles do not allow.
func (c *openCase) may(ctx context.Context, who access.Person, act access.Act) error {
	err := who.May(act, time.Now())
	if err == nil || who.Account == "" || errors.Is(err, access.ErrStepUp) {
		return err
	}
	_, logged := c.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: who.Account, Action: vigil.ActDenied, Object: vigil.Object{Type: "case", ID: "bundles"}, Details: map[string]string{"act": string(act)},
	}})
	return errors.Join(err, logged)
}

// List implements [review.Bundles].
func (p *bundlePages) List(ctx context.Context, who access.Person) ([]release.Bundle, error) {
	if err := p.cs.may(ctx, who, access.ReadBundles); err != nil {
		return nil, err
	}
	return p.cs.bundles(ctx)
}

// states counts the bundles by state.
func (p *bundlePages) states(ctx context.Context) (map[release.State]int, error) {
	all, err := p.cs.bundles(ctx)
	n := map[release.State]int{}
	for _, b := range all {
		n[b.State]++
	}
	return n, err
}

// found returns a bundle for somebody who may do an act, and its folder; empty if that
// does not lie in the case.
func (p *bundlePages) found(ctx context.Context, who access.Person, act access.Act, id string) (release.Bundle, string, error) {
	if err := p.cs.may(ctx, who, act); err != nil {
		return release.Bundle{}, "", err
	}
	b, err := p.cs.aBundle(ctx, id)
	if err != nil {
		return b, "", err
	}
	dir, err := p.cs.bundleDir(b.ID)
	return b, dir, err
}

// held is found, of a bundle whose folder lies in the case.
func (p *bundlePages) held(ctx context.Context, who access.Person, act access.Act, id string) (release.Bundle, string, error) {
	b, dir, err := p.found(ctx, who, act, id)
	if err == nil && dir == "" {
		err = fmt.Errorf("bundle %s: %w: its folder does not lie in %s of the case", b.ID, vigil.ErrRefused, bundlesDir)
	}
	return b, dir, err
}

// bundleDir returns the folder below bundles/ whose bundle says that it has this ID.
// Links are not followed.
func (c *openCase) bundleDir(id string) (string, error) {
	entries, err := os.ReadDir(c.path(bundlesDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	for _, e := range entries {
		if !e.IsDir() || e.Name() == releasedDir {
			continue
		}
		dir := filepath.Join(c.path(bundlesDir), e.Name())
		if in, err := bundle.ReadInfo(dir); err == nil && in.ID == id {
			return dir, nil
		}
	}
	return "", nil
}

// Show implements [review.Bundles].
func (p *bundlePages) Show(ctx context.Context, who access.Person, id string) (review.Bundle, error) {
	b, dir, err := p.found(ctx, who, access.ReadBundles, id)
	if err != nil {
		return review.Bundle{}, err
	}
	signers, err := p.cs.signers()
	if err != nil {
		return review.Bundle{}, err
	}
	out := review.Bundle{Bundle: b, Dir: dir, Command: p.command(b, dir), Beside: p.beside(b, dir)}
	for _, s := range signers.For(signature.Release) {
		out.Signers = append(out.Signers, s.Principal)
	}
	return out, nil
}

// command returns the command that does what comes next.
func (p *bundlePages) command(b release.Bundle, dir string) string {
	if dir == "" {
		dir = "DIR"
	}
	vigilBundle := "vigil --case " + p.cs.dir + " bundle "
	switch b.State {
	case release.Draft:
		return vigilBundle + "seal " + dir + " --sign-key KEY"
	case release.Sealed:
		if exporterOf(b) == "" {
			return vigilBundle + "seal " + dir + " --sign-key KEY"
		}
		return vigilBundle + "approve " + dir + " --sign-key KEY"
	case release.Approved:
		return vigilBundle + "release " + dir + " -o FILE.zip.age --to NAME --recipient age1…"
	case release.Released:
		return vigilBundle + "acknowledge " + b.ID + " --reason TEXT"
	}
	return ""
}

// beside returns the commands that make other things of a bundle whose bytes are fixed.
func (p *bundlePages) beside(b release.Bundle, dir string) []review.Aside {
	if dir == "" || b.State == release.Draft || b.State == release.Recalled || b.State == "" {
		return nil
	}
	vigilBundle := "vigil --case " + p.cs.dir + " bundle "
	as := []review.Aside{{
		What:    "A disclosure withholds what a rules file names, for whoever may not see all; it is approved and released as a bundle of its own.",
		Command: vigilBundle + "disclose " + dir + " --rules FILE -o DIR",
	}}
	if b.Stamped == "" {
		as = append(as, review.Aside{
			What:    "A time-stamping authority says that it was there. It is sent a hash and nothing else.",
			Command: vigilBundle + "timestamp " + dir,
		})
	}
	return as
}

// exporterOf returns the principal who signed a release as its exporter; empty if
// nobody has.
func exporterOf(b release.Bundle) (principal string) {
	for _, s := range b.Steps {
		if s.Action == vigil.ActExport && s.Odd == "" && s.Details[release.DetailPrincipal] != "" {
			principal = s.Details[release.DetailPrincipal]
		}
	}
	return principal
}

// Statement implements [review.Bundles].
func (p *bundlePages) Statement(ctx context.Context, who access.Person, id, exporter string) ([]byte, error) {
	act := access.Approve
	if exporter != "" {
		act = access.Seal
	}
	b, dir, err := p.held(ctx, who, act, id)
	if err != nil {
		return nil, err
	}
	s, err := bundle.OpenSigning(dir)
	if err == nil {
		_, err = p.cs.known(ctx, s.Info)
	}
	if err != nil {
		return nil, err
	}
	e, err := s.Envelope()
	if errors.Is(err, fs.ErrNotExist) {
		if exporter == "" {
			return nil, fmt.Errorf("bundle %s: %w: its exporter has not signed its release", b.ID, vigil.ErrRefused)
		}
		if e, err = s.NewEnvelope(exporter); err != nil {
			err = fmt.Errorf("%w: %w", vigil.ErrRefused, err)
		}
	}
	if err != nil {
		return nil, err
	}
	return e.PAE(), nil
}

// Seal implements [review.Bundles].
func (p *bundlePages) Seal(ctx context.Context, who access.Person, id string) error {
	p.one.Lock()
	defer p.one.Unlock()
	_, dir, err := p.held(ctx, who, access.Seal, id)
	if err != nil {
		return err
	}
	return p.app.as(who, io.Discard).sealBundle(ctx, p.cs, dir, "")
}

// Sign implements [review.Bundles].
func (p *bundlePages) Sign(ctx context.Context, who access.Person, id, exporter, armored string) error {
	p.one.Lock()
	defer p.one.Unlock()
	_, dir, err := p.held(ctx, who, access.Seal, id)
	if err != nil {
		return err
	}
	return p.cs.signSealed(ctx, who.Account, dir, p.cs.takeExporter(exporter, []byte(armored)))
}

// Agree implements [review.Bundles]. Where people have accounts of their own, the two
// must also be two accounts.
func (p *bundlePages) Agree(ctx context.Context, who access.Person, id, armored string) error {
	p.one.Lock()
	defer p.one.Unlock()
	b, dir, err := p.held(ctx, who, access.Approve, id)
	if err != nil {
		return err
	}
	if err := twoAccounts(b, who); err != nil {
		return err
	}
	_, _, err = p.cs.agree(ctx, who.Account, dir, func(_ *bundle.Signing, e *release.Envelope, _ []release.Signer, trusted signature.Signers) (string, error) {
		return takeSignature(e, "the signature", []byte(armored), trusted)
	})
	return err
}

// twoAccounts refuses whoever exported a bundle as the one who agrees to its release.
// In a case without accounts there is one, and the keys alone tell people apart.
func twoAccounts(b release.Bundle, who access.Person) error {
	for _, s := range b.Steps {
		if s.Action == vigil.ActExport && s.Odd == "" && s.Actor == who.Account && !who.Solo {
			return fmt.Errorf("bundle %s: %w: %s exported it, and cannot agree to its release as well", b.ID, release.ErrOnePerson, who.Account)
		}
	}
	return nil
}

// Word implements [review.Bundles].
func (p *bundlePages) Word(ctx context.Context, who access.Person, id, action, reason string) error {
	if err := p.cs.may(ctx, who, access.Release); err != nil {
		return err
	}
	if action != vigil.ActAcknowledge && action != vigil.ActRecall {
		return fmt.Errorf("%w: %q is no word about a bundle", vigil.ErrRefused, action)
	}
	if err := checkReason("bundle", reason); err != nil {
		return fmt.Errorf("%w: %w", vigil.ErrRefused, err)
	}
	_, err := p.app.as(who, io.Discard).bundleWord(ctx, p.cs, id, action, reason)
	return err
}

// Draft implements [review.Bundles].
func (p *bundlePages) Draft(ctx context.Context, who access.Person, s review.Selection) (job.Func, error) {
	if err := p.cs.may(ctx, who, access.Draft); err != nil {
		return nil, err
	}
	pk := packing{
		choice: choice{listings: s.Listings, cluster: s.Cluster, query: s.Query, decided: s.OnlyRated},
		under:  p.cs.path(bundlesDir), order: s.Order, supersedes: s.Supersedes, undecided: s.Undecided, draft: true,
	}
	if err := pk.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", vigil.ErrRefused, err)
	}
	return p.app.longAct(who, func(ctx context.Context, a *app) (job.Outcome, error) {
		if err := os.MkdirAll(pk.under, 0o700); err != nil {
			return job.Outcome{}, err
		}
		id, err := a.bundle(ctx, p.cs, pk)
		return job.Outcome{Path: "/bundles/" + id, Link: "Go to the bundle"}, err
	}), nil
}

// draftAll begins a job that drafts a bundle of those of the listings that a search has
// found whose judgement has come to a verdict, and returns the path of the job.
func (p *bundlePages) draftAll(ctx context.Context, jobs *job.Runner, d *desk.Desk, found []string) (string, error) {
	var s review.Selection
	for _, id := range found {
		err := d.Settled(ctx, id)
		if err == nil {
			s.Listings = append(s.Listings, id)
		} else if !errors.Is(err, vigil.ErrRefused) {
			return "", err
		}
	}
	if len(s.Listings) == 0 {
		return "", fmt.Errorf("draft a bundle of what was found: %w: no reviewer has come to a verdict on any of it", vigil.ErrRefused)
	}
	draft, err := p.Draft(ctx, d.Who, s)
	if err != nil {
		return "", err
	}
	j, err := jobs.Start(d.Who, job.Draft, func(ctx context.Context, tell func(job.Progress)) (job.Outcome, error) {
		out, err := draft(ctx, tell)
		if n := len(found) - len(s.Listings); n > 0 && err == nil {
			out.Words = strings.TrimRight(out.Words, "\n") + "\n" + counted(n, "listing is", "listings are") + " left out: without a verdict yet"
		}
		return out, err
	})
	return "/jobs/" + j.ID, err
}

// Release implements [review.Bundles].
func (p *bundlePages) Release(ctx context.Context, who access.Person, id string, o review.Handover) (job.Func, error) {
	b, dir, err := p.held(ctx, who, access.Release, id)
	if err != nil {
		return nil, err
	}
	h := handover{to: o.To, recipients: o.Recipients, under: filepath.Join(p.cs.path(bundlesDir), releasedDir)}
	h.file = b.ID + h.suffix()
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", vigil.ErrRefused, err)
	}
	_, e, err := p.cs.releasing(ctx, dir, vigil.ActRelease)
	if err == nil {
		err = p.cs.fourEyes(e, dir)
	}
	if err != nil {
		return nil, err
	}
	return p.app.longAct(who, func(ctx context.Context, a *app) (job.Outcome, error) {
		p.one.Lock()
		defer p.one.Unlock()
		if err := os.MkdirAll(h.under, 0o700); err != nil {
			return job.Outcome{}, err
		}
		_, err := a.releaseBundle(ctx, p.cs, dir, h)
		return job.Outcome{Path: "/bundles/" + b.ID, Link: "Go to the bundle"}, err
	}), nil
}

// Examine implements [review.Bundles].
func (p *bundlePages) Examine(ctx context.Context, who access.Person, id string) (func(io.Writer) error, error) {
	b, dir, err := p.held(ctx, who, access.Approve, id)
	if err != nil {
		return nil, err
	}
	if b.State != release.Sealed && b.State != release.Approved {
		return nil, fmt.Errorf("bundle %s: %w: it is %s: what is to be examined is sealed", b.ID, vigil.ErrRefused, stateOf(b))
	}
	if err := p.fetched(ctx, who, b, "fetched, to be examined", nil); err != nil {
		return nil, err
	}
	return func(w io.Writer) error { return bundle.Zip(dir, untilDone{ctx, w}) }, nil
}

// Report implements [review.Bundles]. Who sees bundles, and no listings, is not shown it.
func (p *bundlePages) Report(ctx context.Context, who access.Person, id string) (io.ReadCloser, error) {
	b, dir, err := p.held(ctx, who, access.ReadBundles, id)
	if err != nil {
		return nil, err
	}
	if err := p.cs.may(ctx, who, access.ReadItem); err != nil {
		return nil, err
	}
	in, err := os.OpenRoot(dir) // whose links lead nowhere else
	if err != nil {
		return nil, err
	}
	defer in.Close()
	f, err := in.Open(reportName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("bundle %s has no report: %w", b.ID, vigil.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	if err := p.fetched(ctx, who, b, "report read", nil); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// fetched says in the log that somebody takes a bundle out of the program.
func (p *bundlePages) fetched(ctx context.Context, who access.Person, b release.Bundle, reason string, details map[string]string) error {
	in := bundle.Info{ID: b.ID, Order: b.Order, SHA256: b.SHA256}
	return recordBundle(ctx, p.cs, in, vigil.Act{Actor: who.Account, Action: vigil.ActView, Reason: reason, Details: details})
}

// Released implements [review.Bundles].
func (p *bundlePages) Released(ctx context.Context, who access.Person, id, sum string) (io.ReadCloser, string, error) {
	b, _, err := p.found(ctx, who, access.Release, id)
	if err != nil {
		return nil, "", err
	}
	if b.State == release.Recalled {
		return nil, "", fmt.Errorf("bundle %s: %w: it is recalled", b.ID, vigil.ErrRefused)
	}
	known := false
	for _, s := range b.Steps {
		known = known || s.Action == vigil.ActRelease && s.Odd == "" && s.Details[release.DetailFile] == sum
	}
	if raw, err := hex.DecodeString(sum); !known || err != nil || len(raw) != 32 {
		return nil, "", fmt.Errorf("bundle %s has no released file %.80q: %w", b.ID, sum, vigil.ErrNotFound)
	}
	for _, suffix := range []string{".zip.age", ".zip"} {
		f, err := os.Open(filepath.Join(p.cs.path(bundlesDir), releasedDir, strings.ToLower(sum)+suffix))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		if err := p.fetched(ctx, who, b, "released file fetched", map[string]string{release.DetailFile: sum}); err != nil {
			return nil, "", errors.Join(err, f.Close())
		}
		return f, suffix, nil
	}
	return nil, "", fmt.Errorf("bundle %s: its released file does not lie in the case: %w", b.ID, vigil.ErrNotFound)
}

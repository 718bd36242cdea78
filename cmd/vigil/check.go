package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"vigil"
	"vigil/internal/config"
	"vigil/internal/extract"
	"vigil/internal/order"
)

// An examination is what authorize --check finds out about an order.
type examination struct {
	File        string              `json:"file"`
	SHA256      string              `json:"sha256"`
	ID          string              `json:"id"`
	Case        string              `json:"case"`
	Authority   string              `json:"authority"`
	LegalBasis  string              `json:"legal_basis"`
	Purpose     string              `json:"purpose"`
	NotBefore   time.Time           `json:"not_before"`
	NotAfter    time.Time           `json:"not_after"`
	InForce     bool                `json:"in_force"`
	LeftSeconds int64               `json:"left_seconds"` // of its period, counted from its begin if that is to come
	Retention   int                 `json:"retention_days"`
	Required    int                 `json:"signatures_required"`
	Counted     int                 `json:"signatures_counted"`
	Signers     string              `json:"signers,omitempty"` // file that says who may sign; empty if there was none to check with
	Signatures  []examinedSignature `json:"signatures"`
	Sources     []vigil.Source      `json:"sources"`
	Warnings    []order.Warning     `json:"warnings"`
	URLs        []examinedURL       `json:"urls,omitempty"`
	Registered  bool                `json:"registered"` // in the case already
	Accepted    bool                `json:"accepted"`   // it would be registered now
	Refusal     string              `json:"refusal,omitempty"`
	now         time.Time
}

type examinedSignature struct {
	Principal string `json:"principal,omitempty"`
	Key       string `json:"key,omitempty"`
	Counts    bool   `json:"counts"`
	Why       string `json:"why,omitempty"` // it does not count
}

// An examinedURL says whether an order would cover an address while in force.
type examinedURL struct {
	URL     string       `json:"url"`
	Covered bool         `json:"covered"`
	Problem string       `json:"problem,omitempty"` // why it has no canonical spelling
	Rulings []ruledTrail `json:"rulings"`           // best first
}

// checkOrder explains an order and says whether it would be registered.
func (a *app) checkOrder(ctx context.Context, name, signersName string, urls []string) error {
	o, err := readOrder(name)
	if err != nil {
		return err
	}
	now := time.Now()
	x := a.examine(o, name, now)
	inCase := a.isCase()
	if signersName == "" && inCase {
		signersName = (&openCase{dir: a.dir}).path(signersFile)
	}
	refusal := x.judge(o, signersName)
	if inCase {
		err := a.unregistered(ctx, o.ID)
		x.Registered = errors.Is(err, vigil.ErrExists)
		refusal = cmp.Or(refusal, err)
	}
	for _, raw := range urls {
		x.URLs = append(x.URLs, examineURL(o, raw))
	}
	x.Accepted = refusal == nil
	if refusal != nil {
		x.Refusal = refusal.Error()
	}
	if a.json {
		err = writeJSON(a.stdout, x)
	} else {
		err = x.write(a.stdout)
	}
	return errors.Join(err, refusal)
}

// examine returns what o says by itself.
func (a *app) examine(o vigil.Order, name string, now time.Time) examination {
	x := examination{
		File: name, SHA256: vigil.SumHex(o.File), ID: o.ID, Case: o.Case, Authority: o.Authority, LegalBasis: o.LegalBasis,
		Purpose: o.Purpose, NotBefore: o.NotBefore, NotAfter: o.NotAfter, Retention: o.RetentionDays,
		Required: o.SignaturesRequired, Sources: o.Sources, Warnings: a.warnings(o), Signatures: []examinedSignature{}, now: now,
	}
	x.InForce = !now.Before(o.NotBefore) && now.Before(o.NotAfter)
	begin := now
	if begin.Before(o.NotBefore) {
		begin = o.NotBefore
	}
	x.LeftSeconds = max(0, int64(o.NotAfter.Sub(begin)/time.Second))
	return x
}

// judge checks the signatures and returns why o would be refused; nil if it
// would not.
func (x *examination) judge(o vigil.Order, signersName string) error {
	sigs, err := readSignatures(x.File)
	if err != nil {
		return err
	}
	if signersName == "" {
		for range sigs {
			x.Signatures = append(x.Signatures, examinedSignature{Why: "not checked"})
		}
		if !x.now.Before(o.NotAfter) {
			_, err := order.Authorize(o, nil, nil, x.now)
			return err
		}
		return hint(fmt.Errorf("order %s: %w: no signature was checked, as nothing says who may sign", o.ID, vigil.ErrUnsigned),
			"name who may sign with --signers FILE, or a case with --case DIR")
	}
	signers, err := readSigners(signersName)
	if err != nil {
		return err
	}
	x.Signers = signersName
	for _, v := range order.Judge(o, sigs, signers, x.now) {
		s := examinedSignature{Principal: v.Principal, Key: v.Key, Counts: v.Err == nil}
		if v.Err != nil {
			s.Why = v.Err.Error()
		} else {
			x.Counted++
		}
		x.Signatures = append(x.Signatures, s)
	}
	_, err = admit(o, x.File, signersName)
	return err
}

// examineURL says what o's sources make of an address while o is in force.
func examineURL(o vigil.Order, raw string) examinedURL {
	x := examinedURL{URL: raw, Rulings: []ruledTrail{}}
	u, err := vigil.ParseURL(raw)
	if err != nil {
		x.Problem = err.Error()
		return x
	}
	x.URL = u.String()
	for _, s := range o.Sources {
		x.Rulings = append(x.Rulings, newRuledTrail(s, u, s.NotBefore))
	}
	slices.SortStableFunc(x.Rulings, nearerFirst)
	x.Covered = len(x.Rulings) > 0 && x.Rulings[0].Covered
	return x
}

// warnings returns what o's signer and the case's owner should have seen. To
// those of the order itself it adds market profiles that this program lacks.
func (a *app) warnings(o vigil.Order) []order.Warning {
	ws := order.Warnings(o)
	reader, err := a.readerOf(a.ownProfiles())
	if err != nil { // then nothing is read anyway, and that is said there
		return ws
	}
	known := append(reader.Profiles(), extract.Auto, extract.Generic)
	for _, s := range o.Sources {
		if !slices.Contains(known, s.Profile) {
			ws = append(ws, order.Warning{Source: s.Name, Text: fmt.Sprintf("profile %q is not known here: its pages would be kept, and not read", s.Profile)})
		}
	}
	return ws
}

// ownProfiles returns the folder of the case's own market profiles; empty if there is
// no case, or it has none.
func (a *app) ownProfiles() string {
	cfg, err := config.Read(a.configFile())
	if err != nil || cfg.Extract.ProfileDir == "" {
		return ""
	}
	return (&openCase{dir: a.dir}).path(cfg.Extract.ProfileDir)
}

// isCase reports whether the named folder holds a case.
func (a *app) isCase() bool {
	_, err := config.Read(a.configFile())
	return !errors.Is(err, fs.ErrNotExist)
}

// unregistered reports that the case has an order with this ID, or why that
// cannot be told.
func (a *app) unregistered(ctx context.Context, id string) error {
	found := false
	err := a.with("vigil authorize --check", func(cs *openCase) error {
		for o, err := range cs.Orders(ctx) {
			if err != nil {
				return err
			}
			found = found || o.ID == id
		}
		return nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("whether the case has order %s already cannot be told: %w", id, err)
	case found:
		return registered(id)
	}
	return nil
}

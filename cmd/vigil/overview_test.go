package main

import (
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/fixtures"
	"vigil/internal/access"
)

func TestThePagesAboutTheCaseAreServed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	newCase(t, dir, markets)
	s := serve(t, "--case", dir, "--as", "ops-1", "serve", "--address", "127.0.0.1:0")
	if page := s.get("/stats"); !strings.Contains(page, "as of entry") || strings.Contains(page, "Reading the log") {
		t.Errorf("the stats have not caught up with a case of some entries:\n%s", page)
	}
	if page := s.get("/log"); !strings.Contains(page, "source.authorised") || !strings.Contains(page, "The newest checkpoint, signed by") {
		t.Errorf("the log page does not show the order, or what is signed:\n%s", page)
	}
	page := s.get("/case")
	for _, m := range markets {
		if !strings.Contains(page, m.Name) {
			t.Errorf("the case page does not show source %s", m.Name)
		}
	}
	id := strings.SplitN(strings.SplitN(page, `name="source" value="`, 2)[1], `"`, 2)[0]
	if page := s.post("/case/source", url.Values{"source": {id}, "do": {"pause"}, "reason": {"its operator asked"}}); !strings.Contains(page, "its operator asked") {
		t.Errorf("the page does not say why %s is paused", id)
	}
	s.stop()
	if log := vigilOK(t, "--case", dir, "log", "--action", "source.paused"); !strings.Contains(log, "ops-1") || !strings.Contains(log, "its operator asked") {
		t.Errorf("the log does not say who paused it and why:\n%s", log)
	}
	verifyCase(t, dir)
}

func TestWhoMayPauseWhat(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	newCase(t, dir, markets)
	a := &app{dir: dir, stdout: io.Discard, stderr: io.Discard}
	cs, err := a.open("test", "")
	if err != nil {
		t.Fatal(err)
	}
	defer cs.Close()
	o := newOverview(cs)
	sources, err := cs.Sources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ops := access.Person{Account: "ops-1", Roles: []vigil.Role{vigil.Operator}}
	pause := vigil.Standing{Source: sources[0].ID(), State: vigil.SourcePaused, Reason: "why"}
	for _, role := range vigil.Roles() {
		who := access.Person{Account: "other", Roles: []vigil.Role{role.Role}}
		if err := o.stand(t.Context(), who, pause); role.Role != vigil.Operator && !errors.Is(err, vigil.ErrRefused) {
			t.Errorf("%s: %v, want a refusal", role.Role, err)
		}
		if _, err := o.facts(t.Context(), who); who.Can(access.ReadCase) != (err == nil) {
			t.Errorf("facts for %s: %v", role.Role, err)
		}
	}
	if err := o.stand(t.Context(), ops, pause); !errors.Is(err, vigil.ErrExists) { // paused by the operator above
		t.Errorf("pausing what is paused: %v", err)
	}
	if err := o.stand(t.Context(), ops, vigil.Standing{Source: "ORD-9/x", State: vigil.SourcePaused, Reason: "why"}); !errors.Is(err, vigil.ErrNotFound) {
		t.Errorf("an unknown source: %v", err)
	}
	if err := a.stand(t.Context(), cs, vigil.ActRevoke, vigil.Standing{Source: pause.Source, State: vigil.SourceRevoked, Reason: "over"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := o.stand(t.Context(), ops, vigil.Standing{Source: pause.Source, State: vigil.SourceOpen, Reason: "why"}); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("opening what is revoked: %v", err)
	}
}

func TestTheNewestCheckpointIsHeldAgainstTheLog(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	vigilOK(t, "init", dir)
	a := &app{dir: dir, stdout: io.Discard, stderr: io.Discard}
	cs, err := a.open("test", "")
	if err != nil {
		t.Fatal(err)
	}
	defer cs.Close()
	view(t, cs)
	s, err := newOverview(cs).signed(t.Context(), "")
	if err != nil || s.Size != 1 || s.By == "" || time.Since(s.At) > time.Hour {
		t.Errorf("signed: %+v, %v: want the one entry of vigil init", s, err)
	}
	if s, err := newOverview(cs).signed(t.Context(), "ORD-9"); err != nil || s.Size != 0 {
		t.Errorf("of a log of which nothing is signed: %+v, %v", s, err)
	}
	name := filepath.Join(dir, "checkpoints", "_case", "1")
	note, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name, filepath.Join(dir, "checkpoints", "_case", "2")); err != nil {
		t.Fatal(err)
	}
	if _, err := newOverview(cs).signed(t.Context(), ""); !errors.Is(err, vigil.ErrTampered) {
		t.Errorf("a checkpoint under another size: %v", err)
	}
	if err := os.Rename(filepath.Join(dir, "checkpoints", "_case", "2"), name); err != nil || os.WriteFile(name, append(note, 'x'), 0o600) != nil {
		t.Fatal(err)
	}
	if _, err := newOverview(cs).signed(t.Context(), ""); err == nil {
		t.Error("a checkpoint that was changed holds")
	}
}

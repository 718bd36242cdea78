package desk

import (
	"context"
	"fmt"

	"vigil"
	"vigil/internal/access"
)

// A Shield tells what stands beside the desk, as the links between listings do, which
// listings it must leave out: those that are restricted, unless they are revealed. It
// is for one look of one person, and not for several goroutines at once.
type Shield struct {
	decisions func(ctx context.Context, listing string) ([]vigil.Decision, error)
	open      bool
	known     map[string]bool
	hidden    int
}

// Shield returns the shield for a look. With reveal, a person who may read now what is
// restricted asks for it: then nothing is hidden, and the log must say so; for others
// reveal changes nothing.
func (d *Desk) Shield(reveal bool) *Shield {
	open := reveal && !d.Who.Solo && d.Who.May(access.ReadRestricted, d.Clock()) == nil
	return &Shield{decisions: d.Store.Decisions, open: open, known: map[string]bool{}}
}

// Open reports whether what is restricted is shown.
func (s *Shield) Open() bool { return s.open }

// Hidden returns how many of the listings that were asked for are hidden.
func (s *Shield) Hidden() int { return s.hidden }

// Hides reports whether a listing, by its whole ID, must be left out.
func (s *Shield) Hides(ctx context.Context, listing string) (bool, error) {
	if s.open {
		return false, nil
	}
	if hides, ok := s.known[listing]; ok {
		return hides, nil
	}
	ds, err := s.decisions(ctx, listing)
	if err != nil {
		return true, fmt.Errorf("decisions on listing %s: %w", listing, err)
	}
	hides := vigil.Judge(ds).Restricted()
	if s.known[listing] = hides; hides {
		s.hidden++
	}
	return hides, nil
}

// Says tells of what was left out, for people; empty if nothing was.
func (s *Shield) Says() string {
	switch s.hidden {
	case 0:
		return ""
	case 1:
		return "1 listing is left out: restricted handling"
	}
	return fmt.Sprintf("%d listings are left out: restricted handling", s.hidden)
}

package account

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"vigil"
)

// A counted store says how often accounts were read whole.
type counted struct {
	Store
	reads int
	fail  error // of the readings
}

func (c *counted) Accounts(ctx context.Context) ([]vigil.Account, error) {
	c.reads++
	if c.fail != nil {
		return nil, c.fail
	}
	return c.Store.Accounts(ctx)
}

// looks adds entries to the log that change no account.
func (d *desk) looks(n int) {
	d.t.Helper()
	for range n {
		_, err := d.c.Record(d.t.Context(), vigil.Result{Act: vigil.Act{Actor: "ada", Action: vigil.ActView, Object: vigil.Object{Type: "case", ID: "queue"}}})
		d.ok(err)
	}
}

// names are the accounts as the keeper knows them, and their roles.
func (d *desk) names() (names []string) {
	d.t.Helper()
	as, err := d.All(d.t.Context())
	d.ok(err)
	for _, a := range as {
		s := a.Name
		for _, r := range a.Roles {
			s += " " + string(r)
		}
		if a.Disabled {
			s += " disabled"
		}
		names = append(names, s)
	}
	return names
}

// cached is a desk whose keeper's readings of all accounts are counted.
func cached(t *testing.T) (*desk, *counted) {
	t.Helper()
	d := newDesk(t)
	d.add("boss", "boss", vigil.Admin)
	d.add("boss", "ada", vigil.Reviewer)
	c := &counted{Store: d.c}
	d.store = c
	d.cache.size, d.cache.list = 0, nil
	return d, c
}

func TestAccountsAreReadOnceWhileNoEntryIsAboutOne(t *testing.T) {
	d, c := cached(t)
	want := d.names()
	for _, n := range []int{0, 1, fewEntries} {
		d.looks(n)
		if got := d.names(); !slices.Equal(got, want) || c.reads != 1 {
			t.Errorf("after %d entries about none: %q, %d readings; want %q, 1", n, got, c.reads, want)
		}
	}
	d.looks(fewEntries + 1) // more than are looked through
	if got := d.names(); !slices.Equal(got, want) || c.reads != 2 {
		t.Errorf("after many entries: %q, %d readings; want 2", got, c.reads)
	}
}

func TestAChangeOfAnAccountIsSeenAtOnce(t *testing.T) {
	for name, change := range map[string]struct {
		do   func(d *desk) error
		want string
	}{
		"a role": {func(d *desk) error {
			return d.record(vigil.Account{Name: "ada", Roles: []vigil.Role{vigil.Adjudicator}})
		}, "ada adjudicator"},
		"disabled": {func(d *desk) error {
			return d.record(vigil.Account{Name: "ada", Roles: []vigil.Role{vigil.Reviewer}, Disabled: true})
		}, "ada reviewer disabled"},
		"a new one": {func(d *desk) error { return d.record(vigil.Account{Name: "cy", Roles: []vigil.Role{vigil.Auditor}}) }, "cy auditor"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, looks := range []int{0, fewEntries - 2, fewEntries + 2} {
				d, _ := cached(t)
				d.names()
				d.looks(looks)
				if err := change.do(d); err != nil {
					t.Fatal(err)
				}
				d.looks(1) // the change is not the last entry
				if got := d.names(); !slices.Contains(got, change.want) {
					t.Errorf("among %d other entries: %q, want %q among them", looks, got, change.want)
				}
			}
		})
	}
}

// record changes an account by another way than the keeper's.
func (d *desk) record(a vigil.Account) error {
	a.By, a.At = "boss", d.c.Now
	_, err := d.c.Record(d.t.Context(), vigil.Result{Act: vigil.Act{Actor: "boss", Action: vigil.ActAccount, Object: vigil.Object{Type: vigil.TypeAccount, ID: a.Name}}, Record: a})
	return err
}

// A failed reading is not kept: who asks next is told the truth.
func TestAFailedReadingIsNotKept(t *testing.T) {
	d, c := cached(t)
	c.fail = errors.New("no disk")
	if _, err := d.All(t.Context()); !errors.Is(err, c.fail) {
		t.Errorf("the store failed, and the accounts are %v", err)
	}
	c.fail = nil
	if got := d.names(); len(got) != 2 {
		t.Errorf("after that: %q, want both", got)
	}
}

func TestManyAskWhileAccountsChange(t *testing.T) {
	d, _ := cached(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				if as, err := d.All(t.Context()); err != nil || len(as) < 2 {
					t.Errorf("%d accounts, %v", len(as), err)
					return
				}
			}
		})
	}
	for range 20 {
		d.looks(1)
		d.ok(d.record(vigil.Account{Name: "ada", Roles: []vigil.Role{vigil.Reviewer}}))
	}
	all.Wait()
}

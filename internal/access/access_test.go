package access

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"vigil"
)

// now is when the people of these tests act.
func now() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }

// matrix says who may do what, written out: o operator, r reviewer, j adjudicator,
// i investigator, x exporter, p approver, u auditor, m admin.
func matrix() map[Act]string {
	return map[Act]string{
		ReadQueue:      "rji",
		ReadItem:       "rjixp",
		Reveal:         "rji",
		Decide:         "rj",
		Remark:         "rji",
		Assign:         "j",
		Adjudicate:     "j",
		ReadRestricted: "j",
		Search:         "ix",
		ReadLinks:      "ji",
		Tie:            "i",
		ReadHits:       "ji",
		Export:         "x",
		ReadBundles:    "ixpu",
		Draft:          "x",
		Seal:           "x",
		Approve:        "p",
		Release:        "xp",
		ReadStats:      "orjiu",
		ReadPairs:      "jum",
		ReadCase:       "oium",
		Crawl:          "o",
		Authorise:      "o",
		Watchlists:     "oi",
		ReadLog:        "u",
		CheckLog:       "u",
		Accounts:       "m",
		Settings:       "m",
		Erase:          "m",
		Hold:           "m",
	}
}

// letters are the roles' letters in the matrix.
func letters() map[vigil.Role]string {
	return map[vigil.Role]string{
		vigil.Operator: "o", vigil.Reviewer: "r", vigil.Adjudicator: "j", vigil.Investigator: "i",
		vigil.Exporter: "x", vigil.Approver: "p", vigil.Auditor: "u", vigil.Admin: "m",
	}
}

// of returns somebody with some roles who has just signed in.
func of(rs ...vigil.Role) Person {
	return Of(vigil.Account{Name: "ada", Roles: rs}, now())
}

func TestEachRoleMayDoWhatTheMatrixSaysAndNothingElse(t *testing.T) {
	if len(matrix()) != len(Acts()) || len(letters()) != len(vigil.Roles()) {
		t.Fatalf("the matrix has %d acts and %d roles, want %d and %d", len(matrix()), len(letters()), len(Acts()), len(vigil.Roles()))
	}
	for role, letter := range letters() {
		for act, who := range matrix() {
			want := strings.Contains(who, letter)
			p := of(role)
			if got := p.Can(act); got != want {
				t.Errorf("%s can %s: %v, want %v", role, act, got, want)
			}
			err := p.May(act, now())
			if (err == nil) != want || err != nil && !errors.Is(err, vigil.ErrRefused) {
				t.Errorf("%s may %s: %v, want allowed: %v", role, act, err, want)
			}
			if slices.Contains(Allowing(act), role) != want {
				t.Errorf("%s is named among those who may %s: %v, want %v", role, act, !want, want)
			}
		}
	}
}

func TestRolesAddUp(t *testing.T) {
	p := of(vigil.Reviewer, vigil.Auditor)
	for act, who := range matrix() {
		if want := strings.ContainsAny(who, "ru"); p.Can(act) != want {
			t.Errorf("a reviewer and auditor can %s: %v, want %v", act, !want, want)
		}
	}
}

func TestWhoSeesContentAdministersNothing(t *testing.T) {
	content := []Act{ReadQueue, ReadItem, Reveal, Decide, Remark, Search, ReadRestricted, ReadLinks, ReadHits}
	for _, role := range []vigil.Role{vigil.Operator, vigil.Auditor, vigil.Admin} {
		for _, act := range content {
			if of(role).Can(act) {
				t.Errorf("%s, who sees no content, can %s", role, act)
			}
		}
	}
}

func TestNobodyMayDoAnything(t *testing.T) {
	for name, p := range map[string]Person{
		"the zero person":        {},
		"a person without roles": of(),
		"an unknown role":        of("root"),
		"a disabled account":     Of(vigil.Account{Name: "ada", Roles: []vigil.Role{vigil.Admin, vigil.Reviewer}, Disabled: true}, now()),
		"solo without a name":    Alone("", now()),
	} {
		for _, act := range Acts() {
			if p.Can(act) || p.May(act, now()) == nil {
				t.Errorf("%s may %s", name, act)
			}
		}
	}
	if of(vigil.Admin).Can("root") || Alone("ada", now()).Can("root") {
		t.Error("an act that is not in the table is allowed")
	}
}

func TestAloneOnePersonMayDoEverything(t *testing.T) {
	for _, act := range Acts() {
		if err := Alone("ada", now()).May(act, now()); err != nil {
			t.Errorf("%s: %v", act, err)
		}
	}
}

func TestSomeActsAskWhoSomebodyIsAnew(t *testing.T) {
	anew := []Act{ReadRestricted, Release, Approve, Accounts, Erase, Settings}
	var all []vigil.Role
	for _, r := range vigil.Roles() {
		all = append(all, r.Role)
	}
	for _, act := range Acts() {
		for name, k := range map[string]struct {
			proved time.Time
			fresh  bool
		}{
			"a moment ago":       {now(), true},
			"five minutes ago":   {now().Add(-Fresh), true},
			"a little longer":    {now().Add(-Fresh - time.Second), false},
			"never":              {time.Time{}, false},
			"in times that come": {now().Add(time.Second), false},
		} {
			err := Of(vigil.Account{Name: "ada", Roles: all}, k.proved).May(act, now())
			want := !k.fresh && slices.Contains(anew, act)
			if errors.Is(err, ErrStepUp) != want || err != nil && !want {
				t.Errorf("%s, proved %s: %v, want that they sign in anew: %v", act, name, err, want)
			}
		}
	}
}

func TestARefusalForARoleIsNoCallToSignInAnew(t *testing.T) {
	err := Of(vigil.Account{Name: "ada", Roles: []vigil.Role{vigil.Reviewer}}, time.Time{}).May(Release, now())
	if errors.Is(err, ErrStepUp) || !errors.Is(err, vigil.ErrRefused) || !strings.Contains(err.Error(), "exporter or approver") {
		t.Errorf("got %v, want a refusal that names the roles", err)
	}
}

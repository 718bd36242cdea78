package account

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/casetest"
)

// cheap is a cost at which tests need no seconds.
func cheap() Cost { return Cost{KiB: 64, Times: 1, Lanes: 1} }

const goodPassword = "four quiet brown hens"

// A desk is the accounts of a real case, and the key ring of a person.
type desk struct {
	*Keeper
	t    *testing.T
	c    *casetest.Case
	file string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, c: casetest.New(t), file: filepath.Join(t.TempDir(), "accounts.json")}
	d.open()
	return d
}

// open opens the accounts anew, as after a restart.
func (d *desk) open() {
	d.t.Helper()
	k, err := Open(d.c, Options{File: d.file, Now: func() time.Time { return d.c.Now }, Cost: cheap()})
	if err != nil {
		d.t.Fatal(err)
	}
	d.Keeper = k
}

// by is a person who has just proved who they are.
func (d *desk) by(name string) access.Person {
	d.t.Helper()
	p, err := d.Person(d.t.Context(), name, d.c.Now)
	if errors.Is(err, vigil.ErrNotFound) {
		return access.Alone(name, d.c.Now)
	}
	d.ok(err)
	return p
}

func (d *desk) ok(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) refused(what string, err, want error) {
	d.t.Helper()
	if !errors.Is(err, want) {
		d.t.Errorf("%s: %v, want an error that is %v", what, err, want)
	}
}

// add makes an account and enrols it with the good password.
func (d *desk) add(by, name string, roles ...vigil.Role) {
	d.t.Helper()
	m, err := d.Add(d.t.Context(), d.by(by), name, roles)
	d.ok(err)
	if got, err := d.Enrol(d.t.Context(), m.Secret, goodPassword); err != nil || got != name {
		d.t.Fatalf("enrol %s: %q, %v", name, got, err)
	}
}

func (d *desk) roles(name string) []vigil.Role {
	d.t.Helper()
	a, err := d.Get(d.t.Context(), name)
	d.ok(err)
	return a.Roles
}

func TestTheFirstAccountIsAnAdminAndEndsSoloMode(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	_, err := d.Add(ctx, access.Alone("olga", d.c.Now), "rita", []vigil.Role{vigil.Reviewer})
	d.refused("a first account that is no admin", err, vigil.ErrRefused)
	_, err = d.Add(ctx, access.Alone("olga", d.c.Now), "rita", []vigil.Role{vigil.Admin, vigil.Approver})
	d.refused("a first account that approves", err, vigil.ErrRefused)
	d.add("olga", "ana", vigil.Admin)
	_, err = d.Add(ctx, access.Alone("olga", d.c.Now), "mallory", []vigil.Role{vigil.Reviewer})
	d.refused("whoever was alone before", err, vigil.ErrRefused)
	_, err = d.Add(ctx, d.by("ana"), "ana", []vigil.Role{vigil.Reviewer})
	d.refused("a second account of one name", err, vigil.ErrExists)
	_, err = d.Add(ctx, access.Of(vigil.Account{Name: "ana", Roles: []vigil.Role{vigil.Admin}}, d.c.Now.Add(-time.Hour)), "rita", []vigil.Role{vigil.Reviewer})
	d.refused("an admin who proved an hour ago who they are", err, access.ErrStepUp)
}

func TestApproverAndAdminTakeTwoAdmins(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("olga", "ana", vigil.Admin)
	d.add("ana", "rita", vigil.Reviewer)
	_, err := d.Grant(ctx, d.by("ana"), "rita", []vigil.Role{vigil.Approver})
	d.refused("approver by a sole admin", err, vigil.ErrRefused)
	d.add("ana", "bob", vigil.Admin) // once
	m, err := d.Grant(ctx, d.by("ana"), "rita", []vigil.Role{vigil.Approver, vigil.Adjudicator})
	d.ok(err)
	if !slices.Equal(m.Given, []vigil.Role{vigil.Adjudicator}) || !slices.Equal(m.Proposed, []vigil.Role{vigil.Approver}) || slices.Contains(d.roles("rita"), vigil.Approver) {
		t.Fatalf("given %v, proposed %v, rita has %v", m.Given, m.Proposed, d.roles("rita"))
	}
	_, _, err = d.Confirm(ctx, d.by("ana"), "rita")
	d.refused("the one who proposed it confirms", err, vigil.ErrRefused)
	_, _, err = d.Confirm(ctx, d.by("rita"), "rita")
	d.refused("somebody who is no admin confirms", err, vigil.ErrRefused)
	d.open() // proposals outlive a restart
	_, _, err = d.Confirm(ctx, d.by("bob"), "rita")
	d.ok(err)
	a, err := d.Get(ctx, "rita")
	d.ok(err)
	if !a.Has(vigil.Approver) || a.By != "ana" || a.ApprovedBy != "bob" {
		t.Errorf("rita after the confirmation: %+v", a)
	}
	_, _, err = d.Confirm(ctx, d.by("bob"), "rita")
	d.refused("confirmed twice", err, vigil.ErrNotFound)

	_, err = d.Grant(ctx, d.by("ana"), "bob", []vigil.Role{vigil.Approver})
	d.ok(err)
	_, _, err = d.Confirm(ctx, d.by("bob"), "bob")
	d.refused("the one whom it is for confirms", err, vigil.ErrRefused)

	m, err = d.Add(ctx, d.by("ana"), "eve", []vigil.Role{vigil.Admin, vigil.Operator})
	d.ok(err)
	if !slices.Equal(m.Proposed, []vigil.Role{vigil.Admin}) || !slices.Equal(d.roles("eve"), []vigil.Role{vigil.Operator}) {
		t.Errorf("a third admin was made by one: %+v, %v", m, d.roles("eve"))
	}
}

func TestAForgedProposalIsNotConfirmed(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("olga", "ana", vigil.Admin)
	d.add("ana", "bob", vigil.Admin)
	d.add("ana", "eve", vigil.Reviewer)
	d.add("ana", "rita", vigil.Reviewer)
	_, err := d.Grant(ctx, d.by("ana"), "rita", []vigil.Role{vigil.Approver})
	d.ok(err)
	text, err := os.ReadFile(d.file)
	d.ok(err)
	i := strings.Index(string(text), `"proposals"`)
	forged := string(text[:i]) + strings.ReplaceAll(string(text[i:]), `"rita"`, `"eve"`)
	d.ok(os.WriteFile(d.file, []byte(forged), 0o600))
	d.open()
	_, _, err = d.Confirm(ctx, d.by("bob"), "eve")
	d.refused("a proposal that the log does not know", err, vigil.ErrTampered)
	d.c.Now = d.c.Now.Add(ProposalTerm + time.Hour)
	if ps := d.Proposals(); len(ps) != 0 {
		t.Errorf("still waiting after its term: %v", ps)
	}
}

func TestOneAdminCannotBeLeftAloneByAnother(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("olga", "ana", vigil.Admin)
	d.refused("the last admin disabled", d.Disable(ctx, d.by("ana"), "ana"), vigil.ErrRefused)
	d.refused("the last admin gives it up", d.Revoke(ctx, d.by("ana"), "ana", []vigil.Role{vigil.Admin}), vigil.ErrRefused)
	d.add("ana", "bob", vigil.Admin)
	d.refused("the role taken from another", d.Revoke(ctx, d.by("ana"), "bob", []vigil.Role{vigil.Admin}), vigil.ErrRefused)
	d.ok(d.Disable(ctx, d.by("ana"), "bob"))
	m, err := d.Add(ctx, d.by("ana"), "puppet", []vigil.Role{vigil.Admin})
	d.ok(err)
	if len(m.Given) != 0 {
		t.Error("an admin who disabled the other made one of their own at once")
	}
	d.c.Now = d.c.Now.Add(absence)
	d.ok(d.Revoke(ctx, d.by("ana"), "bob", []vigil.Role{vigil.Admin}))
	m, err = d.Grant(ctx, d.by("ana"), "puppet", []vigil.Role{vigil.Admin})
	d.ok(err)
	if len(m.Given) != 1 {
		t.Error("a sole admin, a week later, cannot make a second")
	}
}

func TestResettingWhoApprovesTakesTwo(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("olga", "ana", vigil.Admin)
	d.add("ana", "bob", vigil.Admin)
	d.add("ana", "rita", vigil.Reviewer)
	link, err := d.Reset(ctx, d.by("ana"), "bob")
	if err != nil || link != "" {
		t.Fatalf("one admin got the other's link: %q, %v", link, err)
	}
	d.ok(d.Password(ctx, "bob", goodPassword))
	link, err = d.Reset(ctx, d.by("ana"), "rita")
	d.ok(err)
	d.refused("the password from before the reset", d.Password(ctx, "rita", goodPassword), ErrWrong)
	if _, err := d.Enrol(ctx, link, "another long phrase"); err != nil {
		t.Error(err)
	}
}

func TestALinkWorksOnceForADay(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	m, err := d.Add(ctx, access.Alone("olga", d.c.Now), "ana", []vigil.Role{vigil.Admin})
	d.ok(err)
	_, err = d.Enrol(ctx, m.Secret, "short")
	if err == nil || errors.Is(err, ErrLink) {
		t.Errorf("a short password: %v", err)
	}
	_, err = d.Enrol(ctx, m.Secret+"x", goodPassword)
	d.refused("another secret", err, ErrLink)
	d.c.Now = d.c.Now.Add(EnrolTerm)
	_, err = d.Enrol(ctx, m.Secret, goodPassword)
	d.refused("an expired link", err, ErrLink)
	d.c.Now = d.c.Now.Add(-time.Hour)
	_, err = d.Enrol(ctx, m.Secret, goodPassword)
	d.ok(err)
	_, err = d.Enrol(ctx, m.Secret, goodPassword)
	d.refused("a used link", err, ErrLink)
}

func TestWrongNamesPasswordsAndDisabledAccountsGetOneAnswer(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("olga", "ana", vigil.Admin)
	d.add("ana", "rita", vigil.Reviewer)
	d.add("ana", "dora", vigil.Reviewer)
	d.ok(d.Disable(ctx, d.by("ana"), "dora"))
	d.ok(d.Password(ctx, "rita", goodPassword))
	for _, c := range []struct{ name, password string }{
		{"rita", "four quiet brown henS"}, {"rita", ""}, {"nobody", goodPassword}, {"dora", goodPassword}, {"", ""}, {"rita", strings.Repeat("x", 1<<20)},
	} {
		if err := d.Password(ctx, c.name, c.password); err != ErrWrong {
			t.Errorf("%q: %v, want the one answer", c.name, err)
		}
	}
	d.ok(d.Enable(ctx, d.by("ana"), "dora"))
	d.ok(d.Password(ctx, "dora", goodPassword))
}

func TestUnknownNamesTakeTheSameWork(t *testing.T) {
	// The work is what argon2id is asked for, so it is compared and not timed.
	h := newHasher(cheap())
	text, err := h.hash(t.Context(), goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	known, err := parseHash(text)
	if err != nil || known.cost != h.cost || len(known.key) != keySize || len(known.salt) != saltSize {
		t.Errorf("a known name: %+v, %v; want cost %+v", known.cost, err, h.cost)
	}
	if ok, err := h.matches(t.Context(), "", ""); ok || err != nil {
		t.Errorf("no hash matched: %v, %v", ok, err)
	}
	if c := (Cost{}).orDefault(); c.KiB != 64<<10 || c.Times != 3 || c.Lanes != 2 {
		t.Errorf("the default cost is %+v", c)
	}
}

func TestACrashLeavesOneSetInForce(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("olga", "ana", vigil.Admin)
	before, err := os.ReadFile(d.file)
	d.ok(err)

	// The new set is written, and the account is not recorded.
	ctx2, cancel := context.WithCancel(ctx)
	k := d.Keeper
	k.store = failing{d.c, cancel}
	if err := k.SetPassword(ctx2, access.Of(vigil.Account{Name: "ana"}, d.c.Now), "a second long phrase"); err == nil {
		t.Fatal("it was recorded")
	}
	both, err := os.ReadFile(d.file)
	d.ok(err)
	d.open()
	d.ok(d.Password(ctx, "ana", goodPassword))
	d.refused("what was never recorded", d.Password(ctx, "ana", "a second long phrase"), ErrWrong)
	if strings.Count(string(both), `"account": "ana"`) != 2 {
		t.Errorf("want both sets beside each other:\n%s", both)
	}

	// The account is recorded, and the old set is not yet removed.
	d.ok(d.SetPassword(ctx, d.by("ana"), "a third long phrase"))
	after, err := os.ReadFile(d.file)
	d.ok(err)
	var old, now file
	d.ok(json.Unmarshal(before, &old))
	d.ok(json.Unmarshal(after, &now))
	now.Sets = append(old.Sets, now.Sets...)
	d.ok(now.write(d.file))
	d.open()
	d.ok(d.Password(ctx, "ana", "a third long phrase"))
	d.refused("the password of before", d.Password(ctx, "ana", goodPassword), ErrWrong)
}

// failing is a case whose disk is full.
type failing struct {
	*casetest.Case
	cancel func()
}

func (f failing) Record(context.Context, vigil.Result) (vigil.Event, error) {
	f.cancel()
	return vigil.Event{}, errors.New("no space left")
}

func TestASwappedFileLetsNobodyIn(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("olga", "ana", vigil.Admin)
	d.ok(d.Password(ctx, "ana", goodPassword))
	other := newDesk(t)
	other.add("olga", "ana", vigil.Admin)
	text, err := os.ReadFile(other.file)
	d.ok(err)
	d.ok(os.WriteFile(d.file, text, 0o600))
	d.open()
	d.refused("credentials that the case's record does not name", d.Password(ctx, "ana", goodPassword), ErrWrong)

	d.ok(os.Remove(d.file))
	d.open()
	d.refused("no file", d.Password(ctx, "ana", goodPassword), ErrWrong)
	link, err := d.Reset(ctx, d.by("ana"), "ana")
	d.ok(err)
	_, err = d.Enrol(ctx, link, goodPassword)
	d.ok(err)
	d.ok(d.Password(ctx, "ana", goodPassword))

	d.ok(os.Chmod(d.file, 0o640))
	if _, err := Open(d.c, Options{File: d.file, Now: time.Now}); err == nil || !strings.Contains(err.Error(), "0600") {
		t.Errorf("a file that others can read: %v", err)
	}
}

func TestTheFileIsForItsOwnerAlone(t *testing.T) {
	d := newDesk(t)
	d.add("olga", "ana", vigil.Admin)
	st, err := os.Stat(d.file)
	d.ok(err)
	if st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", st.Mode())
	}
	for _, e := range d.c.Events(t, vigil.ActAccount) {
		text, err := json.Marshal(e)
		d.ok(err)
		if strings.Contains(string(text), goodPassword) || strings.Contains(string(text), "argon2") {
			t.Errorf("the log holds a secret: %s", text)
		}
	}
}

func TestTokensActForTheirPersonUntilTheyEnd(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("olga", "ana", vigil.Admin)
	d.add("ana", "rita", vigil.Reviewer)
	_, err := d.NewToken(ctx, access.Of(vigil.Account{Name: "rita"}, time.Time{}), "script", TokenTerm)
	d.refused("without a proof", err, access.ErrStepUp)
	key, err := d.NewToken(ctx, d.by("rita"), "script", TokenTerm)
	d.ok(err)
	_, err = d.NewToken(ctx, d.by("rita"), "script", TokenTerm)
	d.refused("a label twice", err, vigil.ErrExists)

	p, err := d.Bearer(ctx, key)
	if err != nil || p.Account != "rita" || !p.Can(access.Decide) || p.Can(access.Accounts) || !p.Proved.IsZero() {
		t.Errorf("the token acts for %+v, %v", p, err)
	}
	if text, _ := os.ReadFile(d.file); strings.Contains(string(text), key) {
		t.Error("the file holds the token itself")
	}
	for _, bad := range []string{"", key[:len(key)-1], key + "x", strings.TrimPrefix(key, tokenPrefix)} {
		if _, err := d.Bearer(ctx, bad); !errors.Is(err, ErrToken) {
			t.Errorf("token %q: %v", bad, err)
		}
	}
	d.ok(d.Disable(ctx, d.by("ana"), "rita"))
	_, err = d.Bearer(ctx, key)
	d.refused("the token of a disabled account", err, ErrToken)
	d.ok(d.Enable(ctx, d.by("ana"), "rita"))
	d.open()
	_, err = d.Bearer(ctx, key)
	d.ok(err)
	d.refused("another's token", d.RevokeToken(ctx, access.Of(vigil.Account{Name: "bob"}, d.c.Now), "rita", "script"), vigil.ErrRefused)
	d.ok(d.RevokeToken(ctx, d.by("ana"), "rita", "script"))
	_, err = d.Bearer(ctx, key)
	d.refused("a revoked token", err, ErrToken)

	key, err = d.NewToken(ctx, d.by("rita"), "script", time.Hour)
	d.ok(err)
	d.c.Now = d.c.Now.Add(time.Hour)
	_, err = d.Bearer(ctx, key)
	d.refused("a token past its time", err, ErrToken)
}

// A ring is a person's authenticator.
type ring struct {
	virtualwebauthn.Authenticator
	key virtualwebauthn.Credential
}

func site() Site { return Site{Origin: "http://localhost:8420"} }

func newRing() *ring {
	r := &ring{Authenticator: virtualwebauthn.NewAuthenticator(), key: newKey()}
	return r
}

// newKey returns a key whose coordinates have 32 bytes each, as COSE wants them: the
// test authenticator leaves leading zeros out.
func newKey() virtualwebauthn.Credential {
	const whole = 77 // bytes of a P-256 key in COSE
	for {
		if c := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2); len(c.Key.AttestationData()) == whole {
			return c
		}
	}
}

func rp(origin string) virtualwebauthn.RelyingParty {
	return virtualwebauthn.RelyingParty{ID: "localhost", Name: "vigil", Origin: origin}
}

func (r *ring) register(t *testing.T, c *Challenge, origin string) []byte {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(string(c.Options))
	if err != nil {
		t.Fatal(err)
	}
	r.Options.UserHandle = []byte(o.UserID)
	return []byte(virtualwebauthn.CreateAttestationResponse(rp(origin), r.Authenticator, r.key, *o))
}

func (r *ring) answer(t *testing.T, c *Challenge, origin string) []byte {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(string(c.Options))
	if err != nil {
		t.Fatal(err)
	}
	r.key.Counter++
	return []byte(virtualwebauthn.CreateAssertionResponse(rp(origin), r.Authenticator, r.key, *o))
}

func TestPasskeys(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.add("olga", "ana", vigil.Admin)
	_, err := d.Ask(ctx, site(), "ana")
	d.refused("an account without a passkey", err, vigil.ErrNotFound)

	r := newRing()
	ask := func() *Challenge {
		t.Helper()
		c, err := d.Ask(ctx, site(), "ana")
		d.ok(err)
		return c
	}
	c, err := d.AskNew(ctx, site(), "ana")
	d.ok(err)
	lazy := *r
	lazy.Options.UserNotVerified = true
	d.refused("an authenticator that verifies nobody", d.Register(ctx, site(), d.by("ana"), c, lazy.register(t, c, site().Origin), "lazy"), ErrWrong)
	d.refused("of another origin", d.Register(ctx, site(), d.by("ana"), c, r.register(t, c, "http://localhost:9999"), "far"), ErrWrong)
	d.ok(d.Register(ctx, site(), d.by("ana"), c, r.register(t, c, site().Origin), "blue key"))

	c = ask()
	first := r.answer(t, c, site().Origin)
	d.ok(d.Answer(ctx, site(), "ana", c, first))
	d.refused("the same answer again", d.Answer(ctx, site(), "ana", c, first), ErrWrong)
	d.refused("an old answer to a new challenge", d.Answer(ctx, site(), "ana", ask(), first), ErrWrong)
	d.refused("another origin", d.Answer(ctx, site(), "ana", c, r.answer(t, c, "https://evil.example")), ErrWrong)
	d.refused("nothing", d.Answer(ctx, site(), "ana", ask(), nil), ErrWrong)
	d.refused("no challenge", d.Answer(ctx, site(), "ana", nil, first), ErrWrong)

	c = ask()
	lazy = *r
	lazy.Options.UserNotVerified = true
	d.refused("nobody verified", d.Answer(ctx, site(), "ana", c, lazy.answer(t, c, site().Origin)), ErrWrong)

	c = ask()
	late := r.answer(t, c, site().Origin)
	copied := *r
	copied.key.Counter = 1
	c2 := ask()
	d.ok(d.Answer(ctx, site(), "ana", c, late))
	d.refused("a copy whose count lags", d.Answer(ctx, site(), "ana", c2, copied.answer(t, c2, site().Origin)), ErrWrong)

	// A second one takes a fresh proof; the last is not removed.
	c, err = d.AskNew(ctx, site(), "ana")
	d.ok(err)
	second := newRing()
	made := second.register(t, c, site().Origin)
	d.refused("without a fresh proof", d.Register(ctx, site(), access.Of(vigil.Account{Name: "ana"}, d.c.Now.Add(-time.Hour)), c, made, "red key"), access.ErrStepUp)
	d.ok(d.Register(ctx, site(), d.by("ana"), c, made, "red key"))
	d.ok(d.RemovePasskey(ctx, d.by("ana"), "blue key"))
	d.refused("the last", d.RemovePasskey(ctx, d.by("ana"), "red key"), errLast)
	keys, err := d.Passkeys(ctx, "ana")
	if err != nil || len(keys) != 1 || keys[0].Label != "red key" {
		t.Errorf("passkeys: %v, %v", keys, err)
	}
}

func TestSitesNeedANameAndHTTPS(t *testing.T) {
	for origin, good := range map[string]bool{
		"http://localhost:8420": true, "https://vigil.example": true, "https://vigil.example:8443": true,
		"http://vigil.example": false, "https://10.0.0.1": false, "http://127.0.0.1:8420": false, "https://vigil.example/": false, "": false, "vigil.example": false,
	} {
		if err := (Site{Origin: origin}).Check(); (err == nil) != good {
			t.Errorf("%q: %v", origin, err)
		}
	}
}

func TestPasswordsAreLongAndNotAmongTheMostUsed(t *testing.T) {
	for _, good := range []string{goodPassword, "correct horse battery", "ёжик в тумане 7", "9f3kq-22mmx-01z", strings.Repeat("ab7 ", 60)} {
		if err := CheckPassword("ana", good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "elevenchars", "password1234", "Password2026!", "passwordpassword", "123456789012", "aaaaaaaaaaaaaa", "abcdefghijklm", "qwertyuiop123",
		"letmeinletmein", "anaanaanaana", "ana-ana-ana-ana!", strings.Repeat("x y ", 100), "bad \xff bytes in it", "AdministratoR99",
	} {
		if err := CheckPassword("ana", bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"version":1,"sets":[]}`))
	f.Add([]byte(`{"version":1,"sets":[{"account":"ana","handle":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","enrol":{"sum":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","until":"2026-11-22T09:00:00Z"}}]}`))
	f.Add([]byte(`{"version":1,"sets":[],"proposals":[{"account":"a","reset":true,"by":"b","at":"2026-11-22T09:00:00Z","seq":3}]}`))
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(`{"version":1,"secret":"x"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parse(text)
		if err != nil {
			return
		}
		again, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		twice, err := parse(again)
		if err != nil {
			t.Fatalf("what was read is refused when written: %v", err)
		}
		for i, s := range got.Sets {
			a, _ := s.hash()
			if b, _ := twice.Sets[i].hash(); a != b {
				t.Error("the hash of a set changes as it is written")
			}
		}
	})
}

func FuzzParseHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=4294967295,t=99,p=255$AA$AA")
	f.Add("$argon2i$v=19$m=64,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, s string) {
		h, err := parseHash(s)
		if err == nil && (h.String() != s || h.cost.KiB > 1<<20 || h.cost.Times > 16) {
			t.Errorf("%q is taken as %+v", s, h)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}`))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"o2NmbXRkbm9uZQ"}}`))
	f.Fuzz(func(t *testing.T, answer []byte) {
		s := set{Account: "ana", Handle: make([]byte, 32), Passkeys: []passkey{{ID: []byte("k"), Key: []byte("x"), Label: "k"}}}
		h, _ := s.hash()
		k := &Keeper{now: time.Now, f: file{Version: 1, Sets: []set{s}}, ended: map[string]int{}, store: one{vigil.Account{Name: "ana", Credentials: h}}}
		c, err := k.Ask(t.Context(), site(), "ana")
		if err != nil {
			t.Fatal(err)
		}
		if err := k.Answer(t.Context(), site(), "ana", c, answer); err == nil {
			t.Error("taken")
		}
		p := access.Of(vigil.Account{Name: "ana"}, time.Now())
		if err := k.Register(t.Context(), site(), p, c, answer, "new"); err == nil {
			t.Error("registered")
		}
	})
}

// one is the accounts of a case that has one.
type one struct{ a vigil.Account }

func (o one) Accounts(context.Context) ([]vigil.Account, error) { return []vigil.Account{o.a}, nil }
func (o one) Checkpoint(context.Context, string) (vigil.Checkpoint, error) {
	return vigil.Checkpoint{}, nil
}
func (o one) LogFrom(context.Context, string, int64) iter.Seq2[vigil.Entry, error] { return nil }
func (o one) Record(context.Context, vigil.Result) (vigil.Event, error) {
	return vigil.Event{}, errors.New("nothing is recorded")
}

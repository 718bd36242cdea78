// Package account keeps who may use a case, and how they prove who they are.
//
// Accounts and their roles are records of the case, in its log. Credentials are
// in a file beside it, so that no copy of the case holds them. Each account's
// record names the hash of the set that is in force: who changes the file without
// the log cannot sign in.
//
// A change of credentials writes the new set beside the old, records the account
// with the new set's hash, and then removes the old. After a crash at any point,
// one of the two is in force, whole.
//
// No secret is logged or quoted in an error.
package account

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"vigil"
	"vigil/internal/access"
)

// A Store is what accounts need of a case; every store.Store is one.
type Store interface {
	Accounts(ctx context.Context) ([]vigil.Account, error)
	Checkpoint(ctx context.Context, order string) (vigil.Checkpoint, error)
	LogFrom(ctx context.Context, order string, from int64) iter.Seq2[vigil.Entry, error]
	Record(ctx context.Context, r vigil.Result) (vigil.Event, error)
}

// Options say how accounts are kept.
type Options struct {
	File string // the credentials file, in a folder that is there
	Now  func() time.Time
	Cost Cost // of a password's hash
}

// A Keeper keeps the accounts of one open case. Its methods may be called from
// several goroutines. One process has a case at a time, so one Keeper has its file.
type Keeper struct {
	store  Store
	name   string // of the file
	now    func() time.Time
	hasher *hasher

	mu    sync.Mutex // guards what follows, and changes of the file
	f     file
	cache struct {
		size int64 // of the case's log when list was read
		list []vigil.Account
	}
	ended map[string]int // how often all sessions of an account were ended
}

// ErrWrong is the one answer to whoever does not prove who they are: which of name,
// password or key was wrong, and whether there is such an account, it does not say.
var ErrWrong = fmt.Errorf("%w: name, password or passkey is wrong", vigil.ErrRefused)

// Open reads the credentials of an open case.
func Open(s Store, o Options) (*Keeper, error) {
	f, err := read(o.File)
	if err != nil {
		return nil, fmt.Errorf("read the credentials of the accounts: %w", err)
	}
	return &Keeper{store: s, name: o.File, now: o.Now, hasher: newHasher(o.Cost), f: f, ended: map[string]int{}}, nil
}

// All returns the accounts by name. The slice is not to be changed.
func (k *Keeper) All(ctx context.Context) ([]vigil.Account, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.all(ctx)
}

// fewEntries is how much the log may have grown for its new entries to be looked
// through rather than the accounts read.
const fewEntries = 64

// unchanged reports whether no entry of the case's log, from one on, changes an account.
func (k *Keeper) unchanged(ctx context.Context, from int64) (bool, error) {
	for e, err := range k.store.LogFrom(ctx, "", from) {
		if err != nil || e.Action == vigil.ActAccount || e.Object.Type == vigil.TypeAccount {
			return false, err
		}
	}
	return true, nil
}

// all is All. While the case's log has no new entry about an account none changes, as
// each change is one.
func (k *Keeper) all(ctx context.Context) ([]vigil.Account, error) {
	c, err := k.store.Checkpoint(ctx, "")
	if err != nil && !errors.Is(err, vigil.ErrNotFound) {
		return nil, fmt.Errorf("read the accounts: %w", err)
	}
	if c.Size > 0 && c.Size == k.cache.size {
		return k.cache.list, nil
	}
	if grown := c.Size - k.cache.size; k.cache.size > 0 && grown > 0 && grown <= fewEntries {
		same, err := k.unchanged(ctx, k.cache.size)
		if err != nil {
			return nil, fmt.Errorf("read the accounts: %w", err)
		}
		if same {
			k.cache.size = c.Size
			return k.cache.list, nil
		}
	}
	list, err := k.store.Accounts(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the accounts: %w", err)
	}
	k.cache.size, k.cache.list = c.Size, list
	return list, nil
}

// Solo reports whether the case has no accounts.
func (k *Keeper) Solo(ctx context.Context) (bool, error) {
	as, err := k.All(ctx)
	return err == nil && len(as) == 0, err
}

// Get returns an account; the error may wrap [vigil.ErrNotFound].
func (k *Keeper) Get(ctx context.Context, name string) (vigil.Account, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.get(ctx, name)
}

func (k *Keeper) get(ctx context.Context, name string) (vigil.Account, error) {
	as, err := k.all(ctx)
	if err != nil {
		return vigil.Account{}, err
	}
	if i := slices.IndexFunc(as, func(a vigil.Account) bool { return a.Name == name }); i >= 0 {
		return as[i], nil
	}
	return vigil.Account{}, fmt.Errorf("account %q: %w", name, vigil.ErrNotFound)
}

// Person returns who an account is now: its roles as the case has them.
func (k *Keeper) Person(ctx context.Context, name string, proved time.Time) (access.Person, error) {
	a, err := k.Get(ctx, name)
	if err != nil {
		return access.Person{}, err
	}
	return access.Of(a, proved), nil
}

// Ended counts how often all sessions of an account were ended: a session that
// began when it was another number is over.
func (k *Keeper) Ended(name string) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.ended[name]
}

// set returns the credentials of an account that its record names.
func (k *Keeper) set(a vigil.Account) (set, bool) {
	if a.Credentials == "" {
		return set{}, false
	}
	for _, s := range k.f.of(a.Name) {
		if h, err := s.hash(); err == nil && h == a.Credentials {
			return s, true
		}
	}
	return set{}, false
}

// current returns an account that may sign in, and its credentials.
func (k *Keeper) current(ctx context.Context, name string) (vigil.Account, set, error) {
	a, err := k.get(ctx, name)
	if err != nil && !errors.Is(err, vigil.ErrNotFound) {
		return a, set{}, err
	}
	s, ok := k.set(a)
	if err != nil || !ok || a.Disabled {
		return vigil.Account{}, set{}, ErrWrong
	}
	return a, s, nil
}

// A change is a new version of an account, and why.
type change struct {
	account vigil.Account
	by      string
	what    string
	set     *set // new credentials; nil for those that it has
	done    string
}

// put makes a change. Where the new set was written and the account could not be
// recorded, the old set is still in force.
func (k *Keeper) put(ctx context.Context, c change) error {
	a := c.account
	a.By, a.At = c.by, k.now().UTC()
	if c.set != nil {
		h, err := c.set.hash()
		if err != nil {
			return err
		}
		if err := c.set.check(); err != nil {
			return fmt.Errorf("credentials of %s: %w", a.Name, err)
		}
		next := k.f
		next.Sets = append(k.kept(a.Name), *c.set)
		if err := k.write(next); err != nil {
			return fmt.Errorf("keep the credentials of %s: %w", a.Name, err)
		}
		a.Credentials = h
	}
	act := vigil.Act{Actor: c.by, Action: vigil.ActAccount, Reason: c.what, Details: map[string]string{"roles": roleWords(a.Roles)}}
	if a.Disabled {
		act.Details["disabled"] = "true"
	}
	if a.ApprovedBy != "" {
		act.Details["approved_by"] = a.ApprovedBy
	}
	if _, err := k.store.Record(ctx, vigil.Result{Act: act, Record: a}); err != nil {
		return fmt.Errorf("record account %s: %w", a.Name, err)
	}
	if c.done != "" {
		k.ended[c.done]++
	}
	if c.set == nil {
		return nil
	}
	next := k.f
	next.Sets = append(without(k.f.Sets, a.Name), *c.set)
	next.Uses = next.uses()
	if err := k.write(next); err != nil {
		return fmt.Errorf("the change of %s is made; remove the old credentials: %w", a.Name, err)
	}
	return nil
}

// kept returns all sets without those of an account that are not in force.
func (k *Keeper) kept(name string) []set {
	ss := without(k.f.Sets, name)
	for _, a := range k.cache.list {
		if s, ok := k.set(a); a.Name == name && ok {
			ss = append(ss, s)
		}
	}
	return ss
}

func without(ss []set, name string) []set {
	return slices.DeleteFunc(slices.Clone(ss), func(s set) bool { return s.Account == name })
}

// uses returns the uses of the passkeys and tokens that there still are.
func (f file) uses() map[string]use {
	us := map[string]use{}
	keep := func(id string) {
		if u, ok := f.Uses[id]; ok {
			us[id] = u
		}
	}
	for _, s := range f.Sets {
		for _, p := range s.Passkeys {
			keep(p.id())
		}
		for _, t := range s.Tokens {
			keep(t.id())
		}
	}
	return us
}

// write puts next in place of the file.
func (k *Keeper) write(next file) error {
	if err := next.write(k.name); err != nil {
		return err
	}
	k.f = next
	return nil
}

// used notes the use of a passkey or token.
func (k *Keeper) used(id string, u use) error {
	next := k.f
	next.Uses = k.f.uses()
	next.Uses[id] = u
	return k.write(next)
}

// note logs an act that changes no record.
func (k *Keeper) note(ctx context.Context, actor, action, name, reason string, details map[string]string) (vigil.Event, error) {
	e, err := k.store.Record(ctx, vigil.Result{Act: vigil.Act{
		Actor: actor, Action: action, Object: vigil.Object{Type: vigil.TypeAccount, ID: name}, Reason: reason, Details: details,
	}})
	if err != nil {
		return e, fmt.Errorf("log %s of %s: %w", action, name, err)
	}
	return e, nil
}

// secret returns a new random secret of 256 bits.
func secret() string { return rand.Text() + rand.Text() }

// handle returns a new random handle of a set.
func handle() []byte {
	b := make([]byte, 32)
	rand.Read(b)
	return b
}

func roleWords(rs []vigil.Role) string {
	var ws []string
	for _, r := range rs {
		ws = append(ws, string(r))
	}
	return strings.Join(ws, " ")
}

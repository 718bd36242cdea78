package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil"
	"vigil/internal/seal"
	"vigil/store"
	"vigil/store/postgres"
)

// TestWhoHasTheOldKeyIsTold, whatever is asked, and changes nothing.
func TestWhoHasTheOldKeyIsTold(t *testing.T) {
	address := caseAddress(t, server.Server(t).Database(t), "one")
	sealedCase(t, address, keyOne)
	old, err := postgres.Open(t.Context(), address, postgres.Options{Keys: []seal.Key{keyOne, keyTwo}})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	ts, _, err := old.Lease(t.Context(), store.LeaseRequest{Stage: vigil.Extract, Holder: "w", N: 1, TTL: time.Hour})
	if err != nil || len(ts) != 1 {
		t.Fatal(len(ts), err)
	}
	if err := rewrite(t, address, &keyTwo, keyOne); err != nil {
		t.Fatal(err)
	}
	before := show(t, address, keyTwo)
	for what, call := range map[string]func(context.Context) error{
		"lease": func(ctx context.Context) error {
			_, _, err := old.Lease(ctx, store.LeaseRequest{Stage: vigil.Extract, Holder: "w", N: 1, TTL: time.Hour})
			return err
		},
		"commit": func(ctx context.Context) error { return old.Commit(ctx, ts[0], vigil.Result{Act: act()}) },
		"record": func(ctx context.Context) error { _, err := old.Record(ctx, view()); return err },
		"enqueue": func(ctx context.Context) error {
			_, err := old.Enqueue(ctx, vigil.NewTask(vigil.Extract, "ORD-1/m", "new"))
			return err
		},
		"sources": func(ctx context.Context) error { _, err := old.Sources(ctx); return err },
		"levels":  func(ctx context.Context) error { _, err := old.Levels(ctx, ""); return err },
		"search": func(ctx context.Context) error {
			_, err := old.Search(ctx, store.SearchRequest{Query: query(t, "tide")})
			return err
		},
		"listed": func(ctx context.Context) error { _, err := old.Listed(ctx, "btc:shared"); return err },
		"mentions": func(ctx context.Context) error {
			for _, err := range old.Mentions(ctx, "btc:shared") {
				return err
			}
			return nil
		},
		"freeze": func(ctx context.Context) error {
			thaw, err := old.Freeze(ctx)
			if err == nil {
				thaw()
			}
			return err
		},
	} {
		if err := call(t.Context()); !errors.Is(err, postgres.ErrRekeyed) || !errors.Is(err, vigil.ErrSealed) || errors.Is(err, vigil.ErrTampered) {
			t.Errorf("%s: %v, want %v", what, err, postgres.ErrRekeyed)
		}
	}
	if diff := cmp.Diff(before, show(t, address, keyTwo)); diff != "" {
		t.Errorf("something was changed:\n%s", diff)
	}
	if _, err := store.VerifyLogs(t.Context(), old, nil); err != nil {
		t.Errorf("logs need no key: %v", err)
	}
	if _, err := postgres.Open(t.Context(), address, postgres.Options{Keys: []seal.Key{keyOne}}); !errors.Is(err, vigil.ErrSealed) {
		t.Errorf("opened with the old key: %v", err)
	}
}

// TestOthersWaitForARewriting: who reads goes on meanwhile, and who would have changed
// the case under the old key is told when it is done.
func TestOthersWaitForARewriting(t *testing.T) {
	address := caseAddress(t, server.Server(t).Database(t), "one")
	sealedCase(t, address, keyOne)
	other, err := postgres.Open(t.Context(), address, postgres.Options{Keys: []seal.Key{keyOne}})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	begun, recorded := false, make(chan error, 1)
	err = postgres.Rewrite(t.Context(), address, postgres.Options{Keys: []seal.Key{keyOne}}, postgres.Rewriting{
		To: keyTwo, Act: rotation,
		Progress: func(int64, int64) {
			if begun {
				return
			}
			begun = true // and rows were written
			short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			if _, err := other.Record(short, view()); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("another changed the case: %v", err)
			}
			go func() {
				_, err := other.Record(t.Context(), view())
				recorded <- err
			}()
			if _, err := other.Sources(t.Context()); err != nil {
				t.Errorf("another reads: %v", err)
			}
			if res, err := other.Search(t.Context(), store.SearchRequest{Query: query(t, "tide")}); err != nil || len(res.Hits) != 3 {
				t.Errorf("another finds %d, %v", len(res.Hits), err)
			}
		},
	})
	if err != nil || !begun {
		t.Fatal(begun, err)
	}
	if err := <-recorded; !errors.Is(err, postgres.ErrRekeyed) {
		t.Errorf("then it is told %v, want %v", err, postgres.ErrRekeyed)
	}
}

// TestOfTwoRewritingsOneIsTold: the second would have sealed what it cannot open.
func TestOfTwoRewritingsOneIsTold(t *testing.T) {
	address := caseAddress(t, server.Server(t).Database(t), "one")
	sealedCase(t, address, keyOne)
	three := testKey(3)
	ended, asked := make(chan error, 1), 0
	err := postgres.Rewrite(t.Context(), address, postgres.Options{Keys: []seal.Key{keyOne}}, postgres.Rewriting{
		Act: rotation,
		Locked: func(s *postgres.Store) (seal.Key, error) {
			go func() {
				ended <- postgres.Rewrite(t.Context(), address, postgres.Options{Keys: []seal.Key{keyOne}}, postgres.Rewriting{Act: rotation, Locked: func(*postgres.Store) (seal.Key, error) {
					asked++
					return three, nil
				}})
			}()
			time.Sleep(200 * time.Millisecond) // so that it waits; else the test shows nothing, and does no harm
			return keyTwo, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, vigil.ErrSealed) || asked > 0 {
		t.Errorf("the second ended with %v, and asked %d times for a key", err, asked)
	}
	show(t, address, keyTwo)
}

// TestAFailedRewritingLeavesTheCase: whatever ends it.
func TestAFailedRewritingLeavesTheCase(t *testing.T) {
	pg := server.Server(t)
	database := pg.Database(t)
	pg.SQL(t, database, `do $$ begin if not exists (select from pg_roles where rolname = 'stranger') then create role stranger login; end if; end $$`)
	no := errors.New("no")
	for i, tt := range []struct {
		what, spoil string
		login       string
		r           postgres.Rewriting
		keys        []seal.Key
		want        error
	}{
		{what: "no key and not plain", r: postgres.Rewriting{Act: rotation}},
		{what: "a key, but plain", r: postgres.Rewriting{Act: rotation, To: keyTwo, Plain: true}},
		{what: "no key from Locked", r: postgres.Rewriting{Act: rotation, Locked: func(*postgres.Store) (seal.Key, error) { return seal.Key{}, nil }}},
		{what: "no act", r: postgres.Rewriting{To: keyTwo}},
		{what: "without the key", r: postgres.Rewriting{Act: rotation, To: keyTwo}, keys: []seal.Key{keyTwo}, want: vigil.ErrSealed},
		{what: "refused", r: postgres.Rewriting{Act: rotation, Locked: func(*postgres.Store) (seal.Key, error) { return keyTwo, no }}, want: no},
		{what: "a damaged body", spoil: `alter table bodies disable trigger kept; update bodies set data = set_byte(data, 20, 255 - get_byte(data, 20)); alter table bodies enable trigger kept`,
			r: postgres.Rewriting{Act: rotation, To: keyTwo}, want: vigil.ErrTampered},
		{what: "a task of another key", spoil: `update tasks set data = '\x01d486f29b' || substr(data, 6) where stage = 'review'`, r: postgres.Rewriting{Act: rotation, To: keyTwo}, want: vigil.ErrTampered},
		{what: "a listed key of no row", spoil: `update listed set key = substr(key, 2) || '\x00' where n = 2`, r: postgres.Rewriting{Act: rotation, To: keyTwo}, want: vigil.ErrTampered},
		{what: "a moved mention", spoil: `update mentions set at = at + 1`, r: postgres.Rewriting{Act: rotation, To: keyTwo}, want: vigil.ErrTampered},
		{what: "a reading that is gone", spoil: `delete from records where typ = 'listing'`, r: postgres.Rewriting{Act: rotation, To: keyTwo}, want: vigil.ErrTampered},
		{what: "not the owner", spoil: `grant usage on schema %[1]s to stranger; grant all on all tables in schema %[1]s to stranger; grant all on all sequences in schema %[1]s to stranger`, login: "stranger",
			r: postgres.Rewriting{Act: rotation, To: keyTwo}, want: vigil.ErrRefused},
	} {
		name := "whole"
		if tt.spoil != "" {
			name = fmt.Sprint("spoilt", i)
		}
		address := caseAddress(t, database, name)
		if i == 0 || tt.spoil != "" {
			sealedCase(t, address, keyOne)
		}
		if tt.spoil != "" {
			pg.SQL(t, database, `set search_path = `+name+`; `+strings.ReplaceAll(tt.spoil, "%[1]s", name))
		}
		if tt.login != "" {
			address = strings.Replace(address, "postgres@", tt.login+"@", 1)
		}
		if tt.keys == nil {
			tt.keys = []seal.Key{keyOne}
		}
		before := contents(t, database, name)
		err := postgres.Rewrite(t.Context(), address, postgres.Options{Keys: tt.keys}, tt.r)
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) || strings.Contains(fmt.Sprint(err), "secret") {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
		if after := contents(t, database, name); before != after {
			t.Errorf("%s: the case was changed", tt.what)
		}
	}
}

// contents is a hash of all tables but that of connections, and of what guards them.
func contents(t *testing.T, database, name string) string {
	t.Helper()
	sql := ""
	for _, table := range []string{"meta", "lines", "hashes", "logs", "records", "bodies", "rows", "listed", "sources", "pace", "tasks", "counts", "pages", "captures", "mentions", "triage", "levels", "docs"} {
		sql += fmt.Sprintf(`select '%[2]s', md5(string_agg(t::text, ' ' order by t::text)) from %[1]s.%[2]s t;`, name, table)
	}
	return server.Server(t).SQL(t, database, sql+`select tgname, tgrelid::regclass, tgenabled from pg_trigger where not tgisinternal order by 1, 2`)
}

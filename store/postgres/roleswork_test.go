package postgres_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"vigil"
	"vigil/internal/pgtest"
	"vigil/store"
	"vigil/store/postgres"
)

// TestACaseIsWorkedOnByRoles has an owner register an order, and then a page on its way
// from the crawler to the reviewer and the auditor, each by a login of its own.
func TestACaseIsWorkedOnByRoles(t *testing.T) {
	ctx := t.Context()
	s := pgtest.New(t)
	db := s.Database(t)
	as := func(login string) *postgres.Store {
		t.Helper()
		st, err := postgres.Open(ctx, rolesAddress(t, s, login, db), postgres.Options{Tool: "test"})
		if err != nil {
			t.Fatalf("open as %s: %v", login, err)
		}
		t.Cleanup(func() { st.Close() })
		return st
	}
	made, err := postgres.Create(ctx, rolesAddress(t, s, "postgres", db), postgres.Options{Tool: "test"})
	if err != nil {
		t.Fatal(err)
	}
	made.Close()
	sql, err := postgres.RolesSQL("north")
	if err != nil {
		t.Fatal(err)
	}
	if err := postgres.Run(ctx, rolesAddress(t, s, "postgres", db), sql); err != nil {
		t.Fatal(err)
	}
	for _, r := range postgres.Roles() {
		grant, err := postgres.GrantSQL("north", r, string(r))
		if err != nil {
			t.Fatal(err)
		}
		s.SQL(t, db, "create role "+string(r)+" login; "+grant)
	}
	owner, crawler, classifier, reviewer, auditor := as("owner"), as("crawler"), as("classifier"), as("reviewer"), as("auditor")

	now := time.Now().UTC()
	const source = "ORD-1/a"
	from, until := now.Add(-time.Hour), now.Add(time.Hour)
	order := vigil.Order{ID: "ORD-1", NotBefore: from, NotAfter: until, Sources: []vigil.Source{{
		Order: "ORD-1", Name: "a", Hosts: []string{"a.onion"}, NotBefore: from, NotAfter: until, Interval: time.Millisecond, Concurrency: 1, MaxPages: 9,
	}}}
	if _, err := owner.Record(ctx, vigil.Result{Act: roleAct(vigil.ActAuthorize), Record: order}); err != nil {
		t.Fatal("the owner registers an order:", err)
	}
	another := vigil.Act{Actor: "ada", Action: vigil.ActAuthorize, Order: "ORD-2", Reason: "test"}
	if _, err := crawler.Record(ctx, vigil.Result{Act: another, Record: vigil.Order{ID: "ORD-2", NotBefore: from, NotAfter: until}}); !refused(err) {
		t.Errorf("the crawler registers an order: %v, want it refused by the database", err)
	}

	if _, err := crawler.Enqueue(ctx, vigil.NewTask(vigil.Fetch, source, "http://a.onion/1")); err != nil {
		t.Fatal("the crawler queues:", err)
	}
	p := rolePage(source, now)
	work(t, crawler, vigil.Fetch, vigil.Result{Act: roleAct(vigil.ActFetch), Record: p, Next: []vigil.Task{vigil.NewTask(vigil.Extract, source, p.ID)}})
	l := vigil.Listing{ID: vigil.NewListingID(source, p.URL), Source: source, Page: p.ID, URL: p.URL, PageType: vigil.PageListing, Title: "a tide table"}
	work(t, classifier, vigil.Extract, vigil.Result{Act: roleAct(vigil.ActExtract), Record: l, Next: []vigil.Task{vigil.NewTask(vigil.Classify, source, p.ID)}})
	a := vigil.Assessment{ID: l.ID, Source: source, Page: p.ID, Level: vigil.LevelReview, Score: 0.5, Genre: vigil.GenreUnknown, Lang: "en", Model: "m", Findings: []vigil.Finding{}, Identifiers: []vigil.Identifier{}}
	work(t, classifier, vigil.Classify, vigil.Result{Act: roleAct(vigil.ActClassify), Record: a, Next: []vigil.Task{vigil.NewTask(vigil.Review, source, p.ID)}})

	if _, _, err := crawler.Lease(ctx, store.LeaseRequest{Stage: vigil.Review, Holder: "x", N: 1, TTL: time.Minute}); !refused(err) {
		t.Errorf("the crawler claims a review: %v, want it refused by the database", err)
	}
	d := vigil.Decision{Listing: l.ID, Source: source, Page: p.ID, Verdict: vigil.Relevant, Reason: "R1", Reviewer: "ada", Time: now}
	work(t, reviewer, vigil.Review, vigil.Result{Act: roleAct(vigil.ActDecide), Record: d})

	n := 0
	for _, err := range auditor.Log(ctx, "ORD-1") {
		if err != nil {
			t.Fatal("the auditor reads the log:", err)
		}
		n++
	}
	if n != 5 {
		t.Errorf("the auditor reads %d entries, want 5", n)
	}
	if _, err := auditor.Prove(ctx, "ORD-1", 1, 5); err != nil {
		t.Error("the auditor proves an entry:", err)
	}
	if _, err := auditor.Page(ctx, p.ID); !refused(err) {
		t.Errorf("the auditor reads a page: %v, want it refused by the database", err)
	}
}

// work leases the one task of a stage and commits what came of it.
func work(t *testing.T, s *postgres.Store, st vigil.Stage, r vigil.Result) {
	t.Helper()
	ts, _, err := s.Lease(t.Context(), store.LeaseRequest{Stage: st, Holder: "w", N: 1, TTL: time.Minute})
	if err != nil || len(ts) != 1 {
		t.Fatalf("lease of %s: %d tasks, %v", st, len(ts), err)
	}
	if err := s.Commit(t.Context(), ts[0], r); err != nil {
		t.Fatalf("commit of %s: %v", st, err)
	}
}

// refused says whether the database refused for want of a right.
func refused(err error) bool {
	var e interface{ SQLState() string }
	return errors.As(err, &e) && e.SQLState() == "42501"
}

func roleAct(action string) vigil.Act {
	return vigil.Act{Actor: "ada", Action: action, Order: "ORD-1", Reason: "test"}
}

func rolePage(source string, at time.Time) vigil.Page {
	body := []byte("<p>a tide table</p>")
	sum, url := vigil.SumHex(body), "http://a.onion/1"
	p := vigil.Page{Source: source, URL: url, FinalURL: url, Method: vigil.ByFetch, CapturedAt: at, Status: 200,
		RawSHA256: sum, RawSize: int64(len(body)), BodySHA256: sum, BodySize: int64(len(body)), Body: body}
	p.ID = vigil.NewPageID(p)
	return p
}

func rolesAddress(t *testing.T, s *pgtest.Server, login, db string) string {
	t.Helper()
	u, err := url.Parse(s.AddressAs(login, db))
	if err != nil {
		t.Fatal(err)
	}
	u.RawQuery = strings.Join([]string{u.RawQuery, "case=north", "pool_max_conns=3"}, "&")
	return u.String()
}

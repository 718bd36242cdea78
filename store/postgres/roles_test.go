package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"vigil/internal/pgtest"
)

// rolesCase is a case named c with a bit of everything, its roles, and a login of each,
// named like the role; the login "stranger" has none.
func rolesCase(t *testing.T) (s *pgtest.Server, db string) {
	t.Helper()
	s = pgtest.New(t)
	db = s.Database(t)
	var schema strings.Builder
	schema.WriteString("create schema c; set search_path = c;\n")
	for _, file := range []string{"schema/0001_case.sql", "schema/0002_kept.sql"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		schema.Write(b)
	}
	s.SQL(t, db, schema.String())
	s.SQL(t, db, `set search_path = c;
		insert into meta values ('layout', 'x'); insert into clock (latest) values (0);
		insert into logs values ('ORD-1', 2); insert into lines values ('ORD-1', 0, 'a'), ('ORD-1', 1, 'b'); insert into hashes values ('ORD-1', 0, 'h');
		insert into sources values ('ORD-1/s', 'rules'); insert into pace values ('ORD-1/s');
		insert into records values ('page', 'p1', 'ORD-1', 0, 'r'); insert into bodies values ('s1', 'body', 'b'); insert into rows values ('l1', 1, 'r');
		insert into handed values ('me', 1); insert into counts values ('ORD-1/s', 'fetch', 'queued', 1); insert into unused values ('s1');
		insert into triage values ('li1', 'ORD-1/s', 1, 0.5, 't-review', true);
		insert into tasks select 't-' || st, st, 'ORD-1/s', 'queued', 0, n, null, '{}', '{}', 'd'
			from unnest(array['fetch','extract','classify','review','reread','adjudicate','follow-up']) with ordinality as x(st, n);
		insert into tasks values ('t-ended', 'review', 'ORD-1/s', 'done', 0, 8, null, '{}', '{}', 'd');`)
	sql, err := RolesSQL("c")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // again is no harm
		if err := Run(t.Context(), s.Address(db)+"&case=c", sql); err != nil {
			t.Fatal(err)
		}
	}
	s.SQL(t, db, "create role stranger login")
	for _, r := range Roles() {
		s.SQL(t, db, fmt.Sprintf("create role %s login", r))
		grant, err := GrantSQL("c", r, string(r))
		if err != nil {
			t.Fatal(err)
		}
		s.SQL(t, db, grant)
	}
	return s, db
}

// acts are what is tried, and who may: the letters of crawler, classifier (k),
// reviewer, auditor, owner.
var acts = []struct{ who, what, sql string }{
	{"ckrao", "read a log", "select line from lines"},
	{"ckrao", "read the tree", "select hash from hashes"},
	{"ckrao", "read the sizes of logs", "select size from logs"},
	{"ckro", "read a record", "select data from records"},
	{"ckro", "read a body", "select data from bodies"},
	{"ckro", "read the queue", "select data from tasks"},
	{"ckro", "search", "select data from docs"},

	{"co", "add a page", "insert into records values ('page', 'p2', 'ORD-1', 2, 'r')"},
	{"co", "add a body", "insert into bodies values ('s2', 'body', 'b')"},
	{"cko", "add a listing", "insert into records values ('listing', 'li1', 'ORD-1', 2, 'r')"},
	{"ko", "add an assessment", "insert into records values ('assessment', 'li1', 'ORD-1', 2, 'r')"},
	{"ro", "decide", "insert into records values ('decision', 'li1', 'ORD-1', 2, 'r')"},
	{"ro", "remark", "insert into records values ('remark', 'li1', 'ORD-1', 2, 'r')"},
	{"ro", "change an account", "insert into records values ('account', 'ada', '', 0, 'r')"},
	{"o", "register an order", "insert into records values ('order', 'ORD-2', 'ORD-2', 0, 'r')"},
	{"o", "hold", "insert into records values ('hold', 'h1', '', 0, 'r')"},
	{"o", "import a watchlist", "insert into records values ('watchlist', 'l2', '', 0, 'r'); insert into rows values ('l2', 1, 'r')"},
	{"o", "add a row to a watchlist", "insert into rows values ('l1', 2, 'r')"},
	{"o", "add a source", "insert into sources values ('ORD-1/t', 'rules')"},

	{"ckro", "add to a log", "insert into lines values ('ORD-1', 2, 'c'); insert into hashes values ('ORD-1', 3, 'h'); update logs set size = 3 where ord = 'ORD-1'"},
	{"ckro", "begin a log", "insert into logs values ('ORD-2', 0)"},
	{"", "change a line of a log", "update lines set line = 'x'"},
	{"", "take a line away", "delete from lines where seq = 1"},
	{"", "take all lines away", "truncate lines"},
	{"", "change the tree", "update hashes set hash = 'x'"},
	{"", "make a log shorter", "update logs set size = 1"},
	{"", "give a log's lines to another", "update logs set ord = 'ORD-9'"},
	{"", "take a log away", "delete from logs"},
	{"", "change a record", "update records set data = 'x'"},
	{"", "change a body", "update bodies set data = 'x'"},
	{"", "take all records away", "truncate records"},
	{"o", "erase a record", "delete from records"},
	{"o", "erase a body", "delete from bodies"},
	{"o", "erase a task", "delete from tasks"},

	{"co", "lease a fetch", lease("fetch")},
	{"cko", "lease an extraction", lease("extract")},
	{"ko", "lease a classification", lease("classify")},
	{"ro", "claim a review", lease("review")},
	{"ro", "claim a second reading", lease("reread")},
	{"ro", "claim an adjudication", lease("adjudicate")},
	{"ro", "claim what is to be come back to", lease("follow-up")},
	{"kro", "ask for a review again", "update tasks set state = 'queued', data = 'x' where id = 't-ended'"},
	{"ro", "end a review", "update tasks set state = 'done', until = null where id = 't-review'"},
	{"co", "queue a fetch", queue("fetch")},
	{"ckro", "queue a classification", queue("classify")},
	{"ckro", "set waits back with the clock", "update tasks set until = until - 5; update pace set last = last - 5; update clock set latest = 5"},
	{"o", "make a review of a fetch", "update tasks set stage = 'review' where id = 't-fetch'"},
	{"o", "make a fetch of a review", "update tasks set stage = 'fetch' where id = 't-review'"},

	{"co", "pause a source", "update sources set standing = 'paused'"},
	{"o", "change what a source's rules are", "update sources set data = 'x'"},
	{"co", "count a page", "update pace set pages = pages + 1"},
	{"ckro", "rank a listing", "update triage set level = 2; insert into levels values ('ORD-1/s', 2, 1, 1)"},
	{"o", "change which key the case has", "update meta set value = 'x'"},

	{"o", "add a column", "alter table records add extra text"},
	{"o", "take a guard away", "alter table lines disable trigger all"},
	{"", "take roles' limits away for good", "alter role c_crawler superuser"},
	{"o", "make a table", "create table c.t (n int)"},
	{"", "make a table for all", "create table public.t (n int)"},
	{"o", "give others rights", `grant select on records to public;
		do $$ begin if not has_table_privilege('stranger', 'c.records', 'select') then raise insufficient_privilege; end if; end $$`},
	{"", "pass for a replica, which no trigger stops", "set session_replication_role = replica"},
	{"", "read files of the server", "select pg_read_file('/etc/hostname')"},
	{"", "run programs on the server", "copy (select 1) to program 'true'"},
	{"", "read passwords", "select rolpassword from pg_authid"},
	{"o", "become the owner", "set role c_owner"},
	{"c", "become a crawler", "set role c_crawler"},
}

func lease(stage string) string {
	return "select id from tasks where stage = '" + stage + "' for update skip locked; update tasks set state = 'leased', until = 9, data = 'x' where id = 't-" + stage + "'"
}

func queue(stage string) string {
	return "insert into tasks values ('new', '" + stage + "', 'ORD-1/s', 'queued', 0, 99, null, '{}', '{}', 'd') on conflict do nothing returning true"
}

func TestRoles(t *testing.T) {
	s, db := rolesCase(t)
	t.Run("MayDoTheirWorkAndNothingElse", func(t *testing.T) { theirWorkAndNothingElse(t, s, db) })
	t.Run("OfOneCaseAreNobodyInAnother", func(t *testing.T) { nobodyInAnother(t, s, db) })
	t.Run("EvenASuperuserMustTakeTheGuardAwayFirst", func(t *testing.T) { guarded(t, s, db) })
}

func theirWorkAndNothingElse(t *testing.T, s *pgtest.Server, db string) {
	for login, letter := range map[string]string{"crawler": "c", "classifier": "k", "reviewer": "r", "auditor": "a", "owner": "o", "stranger": "-"} {
		t.Run(login, func(t *testing.T) {
			c, err := pgx.Connect(t.Context(), s.AddressAs(login, db)+"&search_path=c")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close(context.Background())
			for _, a := range acts {
				err := try(t, c, a.sql)
				var refused *pgconn.PgError
				switch may := strings.Contains(a.who, letter); {
				case may && err != nil:
					t.Errorf("%s may not %s: %v", login, a.what, err)
				case !may && err == nil:
					t.Errorf("%s may %s", login, a.what)
				case !may && !(errors.As(err, &refused) && slices.Contains([]string{"42501", "42P01"}, refused.Code)):
					// A stranger does not even see the tables (42P01).
					t.Errorf("%s may not %s, but for another reason: %v", login, a.what, err)
				}
			}
		})
	}
}

// try runs statements in a transaction that is then rolled back.
func try(t *testing.T, c *pgx.Conn, sql string) error {
	t.Helper()
	tx, err := c.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(t.Context())
	_, err = tx.Conn().PgConn().Exec(t.Context(), sql).ReadAll()
	return err
}

func guarded(t *testing.T, s *pgtest.Server, db string) {
	for _, sql := range []string{"update c.lines set line = 'x'", "delete from c.lines", "truncate c.records", "update c.records set data = 'x'", "update c.logs set size = 1"} {
		if _, err := s.Try("postgres", db, sql); err == nil || !strings.Contains(err.Error(), "kept for good") && !strings.Contains(err.Error(), "cannot become") {
			t.Errorf("%s by a superuser: %v, want it refused", sql, err)
		}
	}
}

// Cases in one database have nothing to do with each other.
func nobodyInAnother(t *testing.T, s *pgtest.Server, db string) {
	s.SQL(t, db, "create schema d; create table d.lines (line text)")
	if _, err := s.Try("owner", db, "select * from d.lines"); err == nil {
		t.Error("the owner of a case reads another")
	}
}

func TestStatementsAreOfWellNamedThingsOnly(t *testing.T) {
	for _, name := range []string{"", "C", "a b", "a;drop", "a'", `a"`, "1a", strings.Repeat("a", 49), "a-b", "ä"} {
		if sql, err := RolesSQL(name); err == nil {
			t.Errorf("case %q is named in %q", name, sql)
		}
		if sql, err := GrantSQL(name, Crawler, "x"); err == nil {
			t.Errorf("case %q is named in %q", name, sql)
		}
	}
	for _, login := range []string{"", "a\x00b", strings.Repeat("a", 64)} {
		if sql, err := GrantSQL("c", Crawler, login); err == nil {
			t.Errorf("login %q is named in %q", login, sql)
		}
	}
	if sql, err := GrantSQL("c", "superuser", "x"); err == nil || !strings.Contains(err.Error(), "crawler, classifier") {
		t.Errorf("an unknown role: %q, %v", sql, err)
	}
	if sql, err := GrantSQL("c", Crawler, `a"; drop`); err != nil || sql != `GRANT c_crawler TO "a""; drop";`+"\n" {
		t.Errorf("%q, %v, want the name quoted", sql, err)
	}
	if Role("x").In("c") != "c_x" || len(Classifier.In(strings.Repeat("a", 48))) > 63 {
		t.Error("the longest name of a case leaves no room for its roles")
	}
}

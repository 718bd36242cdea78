package main

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"vigil/fixtures"
	"vigil/internal/config"
	"vigil/internal/pgtest"
)

// A post is a machine of a shared case with the login, and as much of the folder, as
// SHARED.md says that it needs.
type post struct {
	t   *testing.T
	dir string
}

// run runs the program there.
func (p post) run(args ...string) ran {
	p.t.Helper()
	return finish(p.t, exec.CommandContext(p.t.Context(), "vigil", append([]string{"--case", p.dir}, args...)...))
}

// may runs the program, which must succeed, and returns what it wrote.
func (p post) may(args ...string) string {
	p.t.Helper()
	return vigilOK(p.t, append([]string{"--case", p.dir}, args...)...)
}

// mayNot runs the program, which the database must refuse, and says so to people.
func (p post) mayNot(login string, args ...string) {
	p.t.Helper()
	r := p.run(args...)
	for _, want := range []string{"the database refuses", login, "hint: ", "vigil db grant"} {
		if r.code != exitRefused || !strings.Contains(r.stderr, want) {
			p.t.Errorf("vigil %s as %s: want exit code %d and %q, got %s", strings.Join(args, " "), login, exitRefused, want, r)
			return
		}
	}
}

// posts makes a case on a server, its roles, and a login with a machine for each role.
func posts(t *testing.T, markets []fixtures.Market) map[string]post {
	pg := pgtest.New(t)
	database := pg.Database(t)
	at := func(login string) string { return pg.AddressAs(login, database) + "&case=north" }
	dir := sharedCase(t, at("postgres"), markets)
	owner := post{t, dir}
	if sql := owner.may("db", "init", "--print"); !strings.Contains(sql, "CREATE ROLE") {
		t.Errorf("db init prints no statements:\n%s", sql)
	}
	if got := pg.SQL(t, database, "select count(*) from pg_roles where rolname like 'north%'"); got != "0" {
		t.Errorf("db init --print made %s roles", got)
	}
	owner.may("db", "init")
	all := map[string]post{}
	for role, needs := range map[string][]string{
		"crawler":    {"keys/case.agekey", "keys/log.key", "keys/log.pub"},
		"classifier": {"keys/case.agekey", "keys/log.key", "keys/log.pub"},
		"reviewer":   {"keys/case.agekey", "keys/log.key", "keys/log.pub"},
		"auditor":    {"keys/log.pub"},
		"owner":      {"keys", "allowed_signers"},
	} {
		pg.SQL(t, database, "create role "+role+"_1 login")
		if sql := owner.may("db", "grant", role, role+"_1", "--print"); sql != "GRANT north_"+role+` TO "`+role+"_1\";\n" {
			t.Errorf("db grant prints %q", sql)
		}
		owner.may("db", "grant", role, role+"_1")
		to := filepath.Join(t.TempDir(), role)
		for _, name := range append(needs, config.Name, "north.keys") {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(to, name)), 0o700); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.CommandContext(t.Context(), "cp", "-a", filepath.Join(dir, name), filepath.Join(to, name)).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
		set(t, to, func(c *config.Config) { c.Store.URL = at(role + "_1") })
		all[role] = post{t, to}
	}
	return all
}

// TestEachMachineDoesItsWorkByItsRoleAlone: what SHARED.md's table of machines says, from
// an order to an audit.
func TestEachMachineDoesItsWorkByItsRoleAlone(t *testing.T) {
	t.Parallel()
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	socks, _ := counting(t, markets)
	at := posts(t, markets)
	crawler, classifier, reviewer, auditor, owner := at["crawler"], at["classifier"], at["reviewer"], at["auditor"], at["owner"]

	// Before there is any work, nobody does another's.
	classifier.mayNot("classifier_1", "--socks", socks, "crawl")
	reviewer.mayNot("reviewer_1", "--socks", socks, "crawl")
	crawler.may("--socks", socks, "crawl")
	reviewer.mayNot("reviewer_1", "classify")
	classifier.may("classify")
	classifier.mayNot("classifier_1", "review", "next")
	crawler.mayNot("crawler_1", "review", "next")

	reviewer.may("--as", "ann", "review", "next")
	reviewerDecides(t, reviewer)
	for _, p := range []post{crawler, classifier, reviewer} {
		p.mayNot(filepath.Base(p.dir)+"_1", "hold", "set", "all", "--reason", "asked for")
	}
	owner.may("log", "verify")
	owner.may("check")

	// The auditor reads logs, without the key, and nothing else.
	if out := auditor.may("log", "verify"); !strings.Contains(out, "PASS") {
		t.Errorf("the auditor's log verify says\n%s", out)
	}
	if out := auditor.may("log", "--json"); !strings.Contains(out, `"action":"decide"`) {
		t.Errorf("the auditor's log says\n%s", out)
	}
	if r := auditor.run("review"); r.code == exitDone {
		t.Errorf("the auditor reads the queue: %s", r)
	}
}

// TestAnAuditorNeedsNoKeyOfACaseThatHasNone: the login reads the logs, and the database
// keeps the rest from it, with or without encryption.
func TestAnAuditorNeedsNoKeyOfACaseThatHasNone(t *testing.T) {
	t.Parallel()
	pg := pgtest.New(t)
	database := pg.Database(t)
	dir := filepath.Join(t.TempDir(), "case")
	vigilOK(t, "--store", pg.Address(database)+"&case=open", "init", dir, "--no-encryption")
	owner := post{t, dir}
	owner.may("db", "init")
	pg.SQL(t, database, "create role auditor_2 login; create role stranger_2 login")
	owner.may("db", "grant", "auditor", "auditor_2")
	auditor := post{t, joined(t, dir, pg.AddressAs("auditor_2", database)+"&case=open")}
	if r := auditor.run("log", "verify"); r.code != exitDone || !strings.Contains(r.stdout, "PASS") || !strings.Contains(r.stderr, "lets this login read the logs alone") {
		t.Errorf("log verify: %s", r)
	}
	auditor.mayNot("auditor_2", "review")
	auditor.mayNot("auditor_2", "db", "init")
	stranger := post{t, joined(t, dir, pg.AddressAs("stranger_2", database)+"&case=open")}
	stranger.mayNot("stranger_2", "log")
	if r := owner.run("db", "grant", "king", "auditor_2"); r.code != exitUsage || !strings.Contains(r.stderr, "want one of crawler") {
		t.Errorf("db grant king: %s", r)
	}
}

// reviewerDecides decides on the first of the queue by the pages.
func reviewerDecides(t *testing.T, p post) {
	t.Helper()
	s := serve(t, "--case", p.dir, "--as", "ann", "serve", "--address", "127.0.0.1:0")
	item := regexp.MustCompile(`/item/([0-9a-f]{32})`).FindString(s.get("/"))
	if item == "" {
		t.Fatal("the queue is empty")
	}
	seen := regexp.MustCompile(`name="seen" value="([^"]*)"`).FindStringSubmatch(s.get(item))
	if seen == nil {
		t.Fatal("no decision form")
	}
	s.post(item+"/decide", url.Values{"seen": {seen[1]}, "verdict": {"relevant"}, "reason": {"offer-of-person"}})
	s.stop()
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vigil/fixtures"
	"vigil/internal/config"
	"vigil/internal/pgtest"
)

// TestACaseOnAServerIsBackedUpAsItSays runs what vigil backup says to do, and what
// SHARED.md says of restoring, on another server. There transactions have other numbers,
// and nothing that the case holds rests on them.
func TestACaseOnAServerIsBackedUpAsItSays(t *testing.T) {
	t.Parallel()
	pg, other := pgtest.New(t), pgtest.New(t)
	database := pg.Database(t)
	pg.SQL(t, database, `do $$ begin for i in 1..20000 loop perform pg_current_xact_id(); commit; end loop; end $$`)
	markets, err := fixtures.Markets()
	if err != nil {
		t.Fatal(err)
	}
	dir := sharedCase(t, pg.Address(database)+"&case=north&pool_max_conns=3", markets)
	socks, _ := counting(t, markets)
	vigilOK(t, "--case", dir, "--socks", socks, "crawl")
	vigilOK(t, "--case", dir, "classify")
	vigilOK(t, "--case", dir, "classify", "--again")
	vigilOK(t, "--case", dir, "db", "init")
	want := map[string]string{}
	readings := [][]string{{"search", "photo", "--json"}, {"review", "--json"}, {"source", "list", "--json"}}
	for _, args := range readings {
		want[args[0]] = vigilOK(t, append([]string{"--case", dir}, args...)...)
	}
	if !strings.Contains(want["search"], `"title":"Photo`) {
		t.Fatalf("nothing is found: the test tests nothing:\n%.500s", want["search"])
	}

	work := t.TempDir()
	sh := func(command string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", command)
		cmd.Dir = work
		cmd.Env = append(os.Environ(), "PATH=/usr/lib/postgresql/15/bin:"+os.Getenv("PATH"), "DIR="+dir, "OLD="+pg.Address("postgres"), "NEW="+other.Address("postgres"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	out, err := exec.CommandContext(t.Context(), "vigil", "--case", dir, "backup", "saved").CombinedOutput()
	if err == nil {
		t.Fatalf("backup did not refuse:\n%s", out)
	}
	said := 0
	for line := range strings.Lines(string(out)) {
		for _, program := range []string{"pg_dump ", "tar "} {
			if _, command, ok := strings.Cut(line, program); ok {
				sh(program + command)
				said++
			}
		}
	}
	if said != 2 {
		t.Fatalf("it said %d commands, want those for the database and for the folder:\n%s", said, out)
	}
	sh(`pg_dumpall --roles-only --no-role-passwords --dbname="$OLD" > roles.sql`)

	sh(`psql --quiet --file=roles.sql --dbname="$NEW" || true; createdb --maintenance-db="$NEW" vigil`)
	sh(`pg_restore --exit-on-error --dbname="` + other.Address("vigil") + `" north.dump`)
	sh(`mkdir case; tar --extract --file=north.tar --directory=case; test ! -e case/keys/case.agekey; test ! -e case/keys/log.key`)
	restored := filepath.Join(work, "case")
	set(t, restored, func(c *config.Config) { c.Store.URL = other.Address("vigil") + "&case=north" })
	sh(`cp -p "$DIR"/keys/case.agekey "$DIR"/keys/log.key "$DIR"/keys/case_ed25519 case/keys/`) // from where they are kept

	for _, args := range readings {
		if got := vigilOK(t, append([]string{"--case", restored}, args...)...); got != want[args[0]] {
			t.Errorf("%s says\n%.500s\nand before the backup\n%.500s", args[0], got, want[args[0]])
		}
	}
	if out := vigilOK(t, "--case", restored, "check"); !strings.Contains(out, "\n0 faults") {
		t.Errorf("check said\n%s", out)
	}
	verifyCase(t, restored)
	vigilOK(t, "--case", restored, "classify", "--again")
	if got := vigilOK(t, "--case", restored, readings[0][0], readings[0][1], readings[0][2]); strings.Count(got, "\n") != strings.Count(want["search"], "\n") {
		t.Errorf("when it went on, it finds\n%.500s\nand before\n%.500s", got, want["search"])
	}
	if out := vigilOK(t, "--case", restored, "check"); !strings.Contains(out, "\n0 faults") {
		t.Errorf("check said, when it went on,\n%s", out)
	}
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vigil/internal/pgtest"
)

// TestACopyToAnotherEngineAndBackThatIsKilledIsTheSame: the demo's case goes to a server and comes
// back, and the copying process is killed in the middle of each way, several times.
func TestACopyToAnotherEngineAndBackThatIsKilledIsTheSame(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	vigilOK(t, "demo", "--dir", filepath.Join(dir, "demo"))
	at := filepath.Join(dir, "demo", "case")
	vigilOK(t, "--case", at, "classify", "--again") // so that the log takes more than one transaction
	pg := pgtest.New(t)
	database, proxy := pg.Database(t), pg.Proxy(t)
	server, through := pg.Address(database)+"&case=north", proxy.Address(database)+"&case=north"
	back := joined(t, at, "bolt:vigil.db")
	for _, name := range []string{"vigil.db", "vigil.db.keys", checkpointsDir} {
		if err := os.RemoveAll(filepath.Join(back, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, way := range []struct {
		from, to string
		moments  []string // what is asked of the database as the process dies
	}{
		{"bolt:" + filepath.Join(at, "vigil.db"), through, []string{"INSERT INTO hashes", "setval('place'", "UPDATE sources SET standing", "ALTER SCHEMA"}},
		{through, "bolt:" + filepath.Join(back, "vigil.db"), []string{"SELECT id, data FROM tasks", "FROM sources"}},
	} {
		for _, moment := range way.moments {
			killAt(t, proxy.LoseQuestion(moment), exec.CommandContext(t.Context(), "vigil", "--case", at, "copy", way.from, way.to))
		}
		if out := vigilOK(t, "--case", at, "copy", way.from, way.to); !strings.Contains(out, "both ends verified; the roots are the same") {
			t.Errorf("copy to %s said\n%s", way.to, out)
		}
	}

	there := joined(t, at, server)
	listing := decided(t, at)
	logs, bundles := map[string]string{}, map[string]string{}
	for _, c := range []string{at, there, back} {
		if out := vigilOK(t, "--case", c, "check"); !strings.Contains(out, "\n0 faults") {
			t.Errorf("check of %s said\n%s", c, out)
		}
		verifyCase(t, c)
		logs[c] = vigilOK(t, "--case", c, "log", "--json", "--order", demoOrder)
		bundles[c] = filepath.Join(t.TempDir(), "bundle")
		vigilOK(t, "--case", c, "bundle", listing, "-o", bundles[c])
		vigilOK(t, "verify", bundles[c])
	}
	for _, c := range []string{there, back} {
		if logs[c] != logs[at] {
			t.Errorf("the log of order %s in %s has other bytes", demoOrder, c)
		}
		sameBundles(t, bundles[at], bundles[c])
	}
}

// killAt runs cmd and kills it when the moment comes, which it must, unless it dies of it.
func killAt(t *testing.T, moment <-chan struct{}, cmd *exec.Cmd) {
	t.Helper()
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-moment:
		cmd.Process.Kill()
		<-ended
	case err := <-ended:
		select {
		case <-moment: // it has seen by itself that the connection is cut
			return
		default:
		}
		t.Fatalf("%s ended before it could be killed: %v\n%s", cmd, err, said.String())
	}
}

// decided returns the ID of the listing that the demo decides on.
func decided(t *testing.T, dir string) string {
	t.Helper()
	_, id, ok := strings.Cut(vigilOK(t, "--case", dir, "log", "--json", "--action", "decide"), `"type":"decision","id":"`)
	if !ok {
		t.Fatal("nothing is decided")
	}
	id, _, _ = strings.Cut(id, `"`)
	return id
}

// sameBundles compares what two bundles of one listing say of it: all but what tells of
// the bundle itself, its number, time and proofs.
func sameBundles(t *testing.T, a, b string) {
	t.Helper()
	same := 0
	for _, part := range []string{"captures/*.json", "classification/*", "listings/*", "order/*", "review/*", "exchange/identifiers.csv", "exchange/links.graphml"} {
		names, err := filepath.Glob(filepath.Join(a, "data", part))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join(b, strings.TrimPrefix(name, a)))
			if err != nil || string(got) != string(want) {
				t.Errorf("%s of the copy's bundle differs (%v)", strings.TrimPrefix(name, a), err)
			}
			same++
		}
	}
	if same < 8 {
		t.Errorf("%d files compared: the test tests too little", same)
	}
}

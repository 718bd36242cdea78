package postgres_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"vigil/internal/pgtest"
	"vigil/internal/seal"
	"vigil/store/postgres"
)

// rewritten names the case that a child of the next test rewrites, and of how many
// rows it is told when it is killed.
const rewritten = "VIGIL_TEST_REWRITTEN_CASE"

// TestRewriteUntilKilled is the child: it seals a case with one key and the other, time
// and again.
func TestRewriteUntilKilled(t *testing.T) {
	address := os.Getenv(rewritten)
	if address == "" {
		t.Skip("it is for another test's child")
	}
	keys := []seal.Key{keyOne, keyTwo}
	for {
		for _, k := range keys {
			o := postgres.Options{Tool: "test", Keys: keys}
			err := postgres.Rewrite(t.Context(), address, o, postgres.Rewriting{To: k, Act: rotation, Progress: func(done, of int64) { fmt.Println("rows", done) }})
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println("rewritten")
		}
	}
}

// TestARewritingKilledAtAnyMoment leaves the case whole under the old key or the new one.
func TestARewritingKilledAtAnyMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes; not with -short")
	}
	pg := server.Server(t)
	database := pg.Database(t)
	address := caseAddress(t, database, "killed")
	sealedCase(t, address, keyOne)
	want := show(t, address, keyOne)
	whole, cut := 0, 0
	for round := range 14 {
		said := killAfter(t, address, 3+2*round, time.Duration(round%3)*time.Millisecond)
		whole += said["rewritten"]
		if said["rows"]%9 != 0 { // tables
			cut++
		}
		// What the child had sent, the server may still be at.
		for pg.SQL(t, "postgres", "select count(*) from pg_stat_activity where datname = '"+database+"'") != "0" {
			time.Sleep(5 * time.Millisecond)
		}
		if diff := cmp.Diff(want, show(t, address, keyOne, keyTwo)); diff != "" {
			t.Fatalf("round %d (-before +after):\n%s", round, diff)
		}
	}
	if whole == 0 || cut == 0 {
		t.Errorf("it was rewritten %d times, and cut off in the middle %d times: the test shows nothing", whole, cut)
	}
}

// killAfter runs the child on a case, kills it a while after some lines, and counts by
// their first words what it said.
func killAfter(t *testing.T, address string, lines int, d time.Duration) map[string]int {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^TestRewriteUntilKilled$")
	cmd.Env = append(os.Environ(), rewritten+"="+address)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said, n := map[string]int{}, 0
	for scan := bufio.NewScanner(out); scan.Scan(); n++ {
		word, _, _ := strings.Cut(scan.Text(), " ")
		said[word]++
		if n == lines {
			time.AfterFunc(d, func() { cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Fatalf("the child ended by itself: %v, %v", err, said)
	}
	return said
}

// TestARewritingGoesOnAfterTheServerCameBack: it begins anew, and asks for the key anew.
func TestARewritingGoesOnAfterTheServerCameBack(t *testing.T) {
	pg := pgtest.New(t)
	address := pg.Address(pg.Database(t))
	sealedCase(t, address, keyOne)
	want := show(t, address, keyOne)
	asked, crashed := 0, false
	err := postgres.Rewrite(t.Context(), address, postgres.Options{Keys: []seal.Key{keyOne}}, postgres.Rewriting{
		Act:    rotation,
		Locked: func(*postgres.Store) (seal.Key, error) { asked++; return keyTwo, nil },
		Progress: func(done, of int64) {
			if crashed || done < of/2 {
				return
			}
			crashed = true
			if err := errors.Join(pg.Crash(), pg.Start()); err != nil {
				t.Error(err)
			}
		},
	})
	if err != nil || asked != 2 {
		t.Fatalf("%v, asked %d times for the key; want twice", err, asked)
	}
	if diff := cmp.Diff(want, show(t, address, keyTwo)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

package pgtest_test

import (
	"bufio"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/internal/pgtest"
)

// shared is for tests that leave the server up.
var shared pgtest.Shared

func TestMain(m *testing.M) {
	if os.Getenv(startsOnly) != "" {
		m.Run()
		return
	}
	code := m.Run()
	if err := shared.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func TestAServerKeepsWhatWasCommittedBeforeItCrashed(t *testing.T) {
	s := pgtest.New(t)
	db := s.Database(t)
	s.SQL(t, db, "create table kept (n int); insert into kept values (7)")
	if err := s.Crash(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Try("postgres", db, "select 1"); err == nil {
		t.Error("a crashed server answers")
	}
	if err := s.Crash(); err != nil {
		t.Errorf("crash one that is down: %v", err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if got := s.SQL(t, db, "select n from kept"); got != "7" {
		t.Errorf("kept is %q after the crash, want 7", got)
	}
	if err := s.Start(); err == nil {
		t.Error("a server that is up was started again")
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if got := s.SQL(t, db, "select n from kept"); got != "7" {
		t.Errorf("kept is %q after a clean stop, want 7", got)
	}
}

func TestAServerHasTheSettingsThatWereAskedForAndNoNetwork(t *testing.T) {
	s := pgtest.New(t, "max_connections=17")
	if got := s.SQL(t, "postgres", "show max_connections; show listen_addresses; show fsync"); got != "17\n\non" {
		t.Errorf("max_connections, listen_addresses and fsync are %q, want 17, none, on", got)
	}
}

func TestARoleIsRefusedInTheServersWords(t *testing.T) {
	s := shared.Server(t)
	db := s.Database(t)
	s.SQL(t, db, "create role reader login; create table closed (n int)")
	if _, err := s.Try("reader", db, "select n from closed"); err == nil || !strings.Contains(err.Error(), "permission denied for table closed") {
		t.Errorf("a role without a grant reads: %v, want permission denied", err)
	}
	if got, err := s.Try("reader", db, "select current_user"); err != nil || got != "reader" {
		t.Errorf("the role is %q, %v, want reader", got, err)
	}
}

// startsOnly asks for a server that nobody stops.
const startsOnly = "VIGIL_TEST_STARTS_ONLY"

func TestStartsOnly(t *testing.T) {
	if os.Getenv(startsOnly) == "" {
		return
	}
	fmt.Println(pgtest.New(t).Address("postgres"))
	select {}
}

func TestTheProcessorTimeOfEndedConnectionsIsCounted(t *testing.T) {
	s := shared.Server(t)
	before, err := s.CPU()
	if err != nil {
		t.Fatal(err)
	}
	s.SQL(t, "postgres", "do $$ begin while clock_timestamp() < now() + interval '0.3 s' loop end loop; end $$")
	waitFor(t, func() bool {
		after, err := s.CPU()
		return err == nil && after > before
	})
}

func TestAServerEndsWithTheProcessThatIsKilled(t *testing.T) {
	shared.Server(t) // or there is none to start
	cmd := exec.Command(os.Args[0], "-test.run=^TestStartsOnly$")
	cmd.Env = append(os.Environ(), startsOnly+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t, strings.TrimSpace(address))
	t.Cleanup(func() { os.RemoveAll(dir) })
	cmd.Process.Kill()
	cmd.Wait()
	waitFor(t, func() bool { return isGone(filepath.Join(dir, "data", "postmaster.pid")) })
}

// folder is where a server at an address keeps everything.
func folder(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query().Get("host")
}

func TestASharedServerIsOne(t *testing.T) {
	if a, b := shared.Server(t), shared.Server(t); a != b {
		t.Error("two who share were given two servers")
	}
	var unused pgtest.Shared
	if err := unused.Stop(); err != nil {
		t.Errorf("stop a shared server that nobody asked for: %v", err)
	}
}

func TestAServerLeavesNothingBehind(t *testing.T) {
	var s *pgtest.Server
	t.Run("in between", func(t *testing.T) { s = pgtest.New(t) })
	if dir := folder(t, s.Address("postgres")); !isGone(dir) {
		t.Errorf("%s is still there", dir)
	}
}

func isGone(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, os.ErrNotExist)
}

// psql asks by way of a proxy, and tells when it has ended.
func psql(t *testing.T, p *pgtest.Proxy, db, sql string) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() {
		cmd := exec.Command("/usr/lib/postgresql/15/bin/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", p.Address(db), "-c", sql)
		out, err := cmd.CombinedOutput()
		if err != nil {
			err = errors.New(string(out))
		}
		done <- err
	}()
	return done
}

func TestACutNetworkEndsConnectionsUntilItIsMended(t *testing.T) {
	s := shared.Server(t)
	p := s.Proxy(t)
	if err := <-psql(t, p, "postgres", "select 1"); err != nil {
		t.Fatal(err)
	}
	sleeps := psql(t, p, "postgres", "select pg_sleep(600)")
	waitFor(t, func() bool { return running(t, s, "pg_sleep") == "1" })
	p.Cut()
	if err := <-sleeps; err == nil || !strings.Contains(err.Error(), "server closed the connection") {
		t.Errorf("a client that was cut off says %v, want that the connection was closed", err)
	}
	if err := <-psql(t, p, "postgres", "select 1"); err == nil {
		t.Error("a client got through a cut network")
	}
	p.Mend()
	if err := <-psql(t, p, "postgres", "select 1"); err != nil {
		t.Errorf("after it was mended: %v", err)
	}
}

func TestAStalledNetworkHoldsBackWhatIsSent(t *testing.T) {
	s := shared.Server(t)
	p := s.Proxy(t)
	db := s.Database(t)
	s.SQL(t, db, "create table came (n int)")
	p.Stall()
	held := psql(t, p, db, "insert into came values (1)")
	select {
	case err := <-held:
		t.Fatalf("it ended in a stalled network: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	if got := s.SQL(t, db, "select count(*) from came"); got != "0" {
		t.Errorf("%s rows came through a stalled network", got)
	}
	p.Mend()
	if err := <-held; err != nil {
		t.Errorf("after it was mended: %v", err)
	}
	if got := s.SQL(t, db, "select count(*) from came"); got != "1" {
		t.Errorf("%s rows came, want the one that was held back", got)
	}
}

func TestAQuestionCanBeLostAndSoCanAnAnswer(t *testing.T) {
	s := shared.Server(t)
	p := s.Proxy(t)
	db := s.Database(t)
	s.SQL(t, db, "create table came (n int)")

	lost := p.LoseQuestion("values (1)")
	if err := <-psql(t, p, db, "insert into came values (1)"); err == nil {
		t.Error("a client whose question was lost does not say so")
	}
	<-lost
	if got := s.SQL(t, db, "select count(*) from came"); got != "0" {
		t.Errorf("%s rows of a lost question", got)
	}

	lost = p.LoseAnswer("values (2)")
	if err := <-psql(t, p, db, "insert into came values (2)"); err == nil {
		t.Error("a client whose answer was lost does not say so")
	}
	<-lost
	if got := s.SQL(t, db, "select n from came"); got != "2" {
		t.Errorf("rows %q, want the one whose answer was lost", got)
	}

	lost = p.LoseReply("COMMIT")
	if err := <-psql(t, p, db, "begin; insert into came values (3); commit"); err == nil {
		t.Error("a client that was not told of its commit does not say so")
	}
	<-lost
	if got := s.SQL(t, db, "select max(n) from came"); got != "3" {
		t.Errorf("the last row is %q, want the one that was committed", got)
	}
	if err := <-psql(t, p, db, "insert into came values (2)"); err != nil {
		t.Errorf("only the first is lost; the next: %v", err)
	}
}

func running(t *testing.T, s *pgtest.Server, what string) string {
	return s.SQL(t, "postgres", "select count(*) from pg_stat_activity where pid <> pg_backend_pid() and state = 'active' and query like '%"+what+"%'")
}

func waitFor(t *testing.T, is func() bool) {
	t.Helper()
	for range 1000 {
		if is() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("what was waited for did not come")
}

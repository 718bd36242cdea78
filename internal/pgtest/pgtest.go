// Package pgtest starts PostgreSQL for tests: a real server in a temporary
// folder, reached by a unix socket and by nothing else, that can be stopped,
// crashed and cut off.
package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/internal/needs"
)

// bin is where Debian's postgresql-15 puts its programs. It puts neither initdb
// nor postgres on the PATH.
const bin = "/usr/lib/postgresql/15/bin"

// patience is how long a server may take to start or to stop. It is not there to
// measure anything: recovery after a crash on a busy machine takes a while.
const patience = 2 * time.Minute

// A Server is a PostgreSQL server with one superuser, postgres. Whoever reaches its
// socket may be any role, without a password.
type Server struct {
	dir      string   // holds data, log and socket; short, for a socket's path may have 107 bytes
	settings []string // "name=value", as postgres -c takes them
	who      account

	mu  sync.Mutex // guards run
	run *running   // nil while it is down
}

type running struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process is gone
}

// New starts a server for t, with such settings as "max_connections=20" if some are
// given, and removes it with all that it holds when t ends. Without PostgreSQL t is
// skipped, or fails where CI=true. If t fails, it shows the end of the server's log.
func New(t testing.TB, settings ...string) *Server {
	t.Helper()
	need(t)
	s, err := create(settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server's log ends:\n%s", s.logTail())
		}
		if err := s.remove(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// need skips t where PostgreSQL is not installed, but not on CI.
func need(t testing.TB) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(bin, "postgres")); err != nil {
		needs.Lacking(t, "postgresql-15")
	}
}

func create(settings []string) (_ *Server, err error) {
	who, err := unprivileged()
	if err != nil {
		return nil, err
	}
	// TMPDIR may be too long for a socket, or closed to the account that runs it.
	dir, err := os.MkdirTemp("/tmp", "vigil-pg")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(dir)
		}
	}()
	s := &Server{dir: dir, settings: settings, who: who}
	if err := who.own(dir); err != nil {
		return nil, err
	}
	// Without -N it would sync some thousand files that no test misses. The server
	// itself syncs.
	initdb := s.command("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return s, s.Start()
}

func (s *Server) data() string    { return filepath.Join(s.dir, "data") }
func (s *Server) logFile() string { return filepath.Join(s.dir, "log") }

// command is a program of PostgreSQL as the account that may run it, in a folder
// that this account may read.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(bin, name), args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH"), "HOME=" + s.dir}
	s.who.runs(cmd)
	return cmd
}

// Start starts a server that is down and waits until it takes connections, which
// after a crash is when it has recovered. Of one that is up it is an error.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != nil {
		return errors.New("start postgres: it is up")
	}
	args := []string{"-D", s.data(), "-k", s.dir, "-c", "listen_addresses=", "-c", "shared_buffers=32MB", "-c", "max_wal_size=256MB"}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	log, err := os.OpenFile(s.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := s.command("postgres", args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	run := &running{cmd: cmd, ended: make(chan struct{})}
	go func() {
		cmd.Wait()
		close(run.ended)
	}()
	s.run = run
	return s.waitUntilReady()
}

// waitUntilReady looks at the file in which the server says how it is, as pg_ctl does.
func (s *Server) waitUntilReady() error {
	deadline := time.After(patience)
	for {
		if s.ready() {
			return nil
		}
		select {
		case <-s.run.ended:
			s.run = nil
			return fmt.Errorf("postgres ended as it started\n%s", s.logTail())
		case <-deadline:
			return errors.Join(fmt.Errorf("postgres is not ready after %v\n%s", patience, s.logTail()), s.end(immediate))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// ready says whether the eighth line of postmaster.pid, which is of this process, is
// "ready". A crashed server leaves the file of another process.
func (s *Server) ready() bool {
	b, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return false
	}
	lines := strings.Split(string(b), "\n")
	return len(lines) > 7 && lines[0] == fmt.Sprint(s.run.cmd.Process.Pid) && strings.TrimSpace(lines[7]) == "ready"
}

// Stop stops the server as its operator would: what runs is rolled back, what was
// committed is written down. A server that is down stays down.
func (s *Server) Stop() error { return s.stop(fast) }

// Crash stops the server as pg_ctl -m immediate does: nothing is written down, and
// the next start recovers from its write-ahead log.
func (s *Server) Crash() error { return s.stop(immediate) }

func (s *Server) stop(how stopSignal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end(how)
}

func (s *Server) end(how stopSignal) error {
	if s.run == nil {
		return nil
	}
	defer func() { s.run = nil }()
	if err := how.send(s.run.cmd.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop postgres: %w", err)
	}
	select {
	case <-s.run.ended:
		return nil
	case <-time.After(patience):
		s.run.cmd.Process.Kill()
		<-s.run.ended
		return fmt.Errorf("postgres did not stop within %v and was killed", patience)
	}
}

func (s *Server) remove() error {
	return errors.Join(s.Crash(), os.RemoveAll(s.dir))
}

func (s *Server) logTail() string {
	b, err := os.ReadFile(s.logFile())
	if err != nil {
		return err.Error()
	}
	if cut := len(b) - 4000; cut > 0 {
		b = b[cut:]
	}
	return string(b)
}

// Address is that of a database for the superuser; "postgres" is always there.
func (s *Server) Address(database string) string { return s.AddressAs("postgres", database) }

// AddressAs is Address for another role.
func (s *Server) AddressAs(role, database string) string { return address(s.dir, role, database) }

func address(socketDir, role, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + database}
	u.RawQuery = url.Values{"host": {socketDir}}.Encode()
	return u.String()
}

// Database makes an empty database for t, drops it when t ends, whoever still uses it,
// and returns its name.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("t%d", time.Now().UnixNano())
	s.SQL(t, "postgres", "create database "+name)
	t.Cleanup(func() {
		if s.up() {
			s.SQL(t, "postgres", "drop database if exists "+name+" with (force)")
		}
	})
	return name
}

func (s *Server) up() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run != nil
}

// SQL runs statements as the superuser, by psql, and returns their rows: columns
// parted by "|", rows by line feeds. An error is t's end.
func (s *Server) SQL(t testing.TB, database, statements string) string {
	t.Helper()
	out, err := s.Try("postgres", database, statements)
	if err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
	return out
}

// Program is one of PostgreSQL's own programs, such as pgbench, that is to find the
// server by itself, as the superuser.
func (s *Server) Program(name string, args ...string) *exec.Cmd {
	cmd := s.command(name, args...)
	cmd.Env = append(cmd.Env, "PGHOST="+s.dir, "PGUSER=postgres")
	return cmd
}

// Folder is where the server's account may read and write files.
func (s *Server) Folder() string { return s.dir }

// Try is SQL as a role that may be refused; the error is what the server says.
func (s *Server) Try(role, database, statements string) (string, error) {
	cmd := s.command("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", s.AddressAs(role, database))
	cmd.Stdin = strings.NewReader(statements)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("psql: %w: %s", err, bytes.TrimSpace(said.Bytes()))
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

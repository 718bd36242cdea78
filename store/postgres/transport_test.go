package postgres

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"vigil"
	"vigil/internal/pgtest"
)

func TestTheWayToTheDatabaseIsItsOwnMachineOrProvesItsName(t *testing.T) {
	clearEnvironment(t)
	for address, allowed := range map[string]bool{
		"postgres:///case?host=/run/postgresql":                           true,
		"host=/run/postgresql dbname=case":                                true,
		"postgres://127.0.0.1/case":                                       true,
		"postgres://127.1.2.3/case?sslmode=disable":                       true,
		"postgres://[::1]/case":                                           true,
		"postgres://localhost/case":                                       true,
		"postgres://db.example.org/case?sslmode=verify-full":              true,
		"postgres://db.example.org:6432/case?sslmode=verify-full":         true,
		"postgres://192.0.2.7/case?sslmode=verify-full":                   true,
		"postgres://db.example.org/case?sslrootcert=system":               true, // implies verify-full
		"postgres://a.example.org,b.example.org/case?sslmode=verify-full": true,

		"postgres://db.example.org/case":                               false,
		"postgres://db.example.org/case?sslmode=disable":               false,
		"postgres://db.example.org/case?sslmode=allow":                 false,
		"postgres://db.example.org/case?sslmode=prefer":                false,
		"postgres://db.example.org/case?sslmode=require":               false,
		"postgres://db.example.org/case?sslmode=verify-ca":             false,
		"postgres://192.0.2.7/case":                                    false,
		"postgres://127.0.0.1.example.org/case":                        false,
		"postgres://localhost.example.org/case":                        false,
		"postgres://[::ffff:192.0.2.7]/case":                           false,
		"postgres://0.0.0.0/case":                                      false,
		"postgres://127.0.0.1,db.example.org/case":                     false, // one of two is enough
		"postgres://db.example.org,127.0.0.1/case":                     false,
		"postgres://127.0.0.1/case?host=db.example.org":                false,
		"postgres:///case?host=/run/postgresql,db.example.org":         false,
		"postgres://127.0.0.1/case?host=db.example.org&sslmode=prefer": false,
	} {
		c, err := pgconn.ParseConfig(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		err = checkTransport(c)
		switch {
		case allowed && err != nil:
			t.Errorf("%s is refused: %v", address, err)
		case !allowed && !errors.Is(err, vigil.ErrRefused):
			t.Errorf("%s: %v, want it refused", address, err)
		case !allowed && !strings.Contains(err.Error(), "sslmode=verify-full"):
			t.Errorf("%s: %v, want the fix named", address, err)
		}
	}
}

func TestTheEnvironmentCannotSendTheCaseElsewhere(t *testing.T) {
	clearEnvironment(t)
	t.Setenv("PGHOST", "db.example.org")
	c, err := pgconn.ParseConfig("postgres:///case")
	if err != nil {
		t.Fatal(err)
	}
	if err := checkTransport(c); !errors.Is(err, vigil.ErrRefused) {
		t.Errorf("a host of the environment without TLS: %v, want it refused", err)
	}
	t.Setenv("PGSSLMODE", "verify-full")
	if c, err = pgconn.ParseConfig("postgres:///case"); err != nil {
		t.Fatal(err)
	}
	if err := checkTransport(c); err != nil {
		t.Errorf("with TLS of the environment: %v", err)
	}
}

func TestARefusalDoesNotShowThePassword(t *testing.T) {
	clearEnvironment(t)
	c, err := pgconn.ParseConfig("postgres://vigil:open-sesame@db.example.org/case")
	if err != nil {
		t.Fatal(err)
	}
	if err := checkTransport(c); err == nil || strings.Contains(err.Error(), "sesame") {
		t.Errorf("%v, want a refusal without the password", err)
	}
}

func FuzzCheckTransport(f *testing.F) {
	clearEnvironment(f)
	f.Add("127.0.0.1", "disable")
	f.Add("db.example.org", "verify-full")
	f.Add("localhost", "prefer")
	f.Add("/run/postgresql", "require")
	f.Fuzz(func(t *testing.T, host, mode string) {
		c, err := pgconn.ParseConfig("dbname=case host='" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(host) + "' sslmode='" + mode + "'")
		if err != nil || checkTransport(c) != nil {
			return
		}
		// What was let through and is not TLS stays on this machine.
		ways := []*pgconn.FallbackConfig{{Host: c.Host, Port: c.Port, TLSConfig: c.TLSConfig}}
		for _, w := range append(ways, c.Fallbacks...) {
			network, _ := pgconn.NetworkAddress(w.Host, w.Port)
			if network == "tcp" && w.TLSConfig == nil && !strings.EqualFold(w.Host, "localhost") && !strings.HasPrefix(w.Host, "127.") && !strings.Contains(w.Host, "::") {
				t.Errorf("host %q with sslmode %q goes over the network in the clear", w.Host, mode)
			}
		}
	})
}

// clearEnvironment forgets what libpq would take from it.
func clearEnvironment(t testing.TB) {
	t.Helper()
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "PG") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	t.Setenv("HOME", t.TempDir()) // .pgpass, .pg_service.conf, .postgresql/root.crt
}

// TestAServerProvesItsName, or nothing is asked of it.
func TestAServerProvesItsName(t *testing.T) {
	clearEnvironment(t)
	for name, tt := range map[string]struct {
		host  string // of the certificate
		other bool   // it is by an authority that is not the case's
		ok    bool
	}{
		"by a certificate for it": {host: "127.0.0.1", ok: true},
		"not by another's name":   {host: "db.example.org"},
		"not by just anybody":     {host: "127.0.0.1", other: true},
	} {
		t.Run(name, func(t *testing.T) {
			pg := pgtest.New(t)
			port, authority := pg.ServeTLS(t, tt.host)
			if tt.other {
				_, authority = pgtest.New(t).ServeTLS(t, tt.host)
			}
			address := fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=verify-full&sslrootcert=%s", port, authority)
			s, err := Create(t.Context(), address, Options{Patience: time.Second})
			if !tt.ok {
				if err == nil {
					s.Close()
				}
				if err == nil || !strings.Contains(err.Error(), "certificate") {
					t.Errorf("got %v, want a word on the certificate", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			var encrypted bool
			if err := s.pool.QueryRow(t.Context(), "select ssl from pg_stat_ssl where pid = pg_backend_pid()").Scan(&encrypted); err != nil || !encrypted {
				t.Errorf("the connection is encrypted: %v, %v", encrypted, err)
			}
			if _, err := Open(t.Context(), fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?sslmode=disable", port), Options{Patience: time.Second}); err == nil || !strings.Contains(err.Error(), "no encryption") {
				t.Errorf("in the clear: %v, want it refused by the server", err)
			}
		})
	}
}

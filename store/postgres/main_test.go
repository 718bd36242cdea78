package postgres

import (
	"fmt"
	"os"
	"testing"

	"vigil/internal/pgtest"
)

// shared is the server of all tests of this process but those that crash one, or want
// one with other settings. Each case is a schema of its own.
var shared pgtest.Shared

func TestMain(m *testing.M) {
	code := m.Run()
	if err := shared.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// SharedServer is for tests outside of the package.
func SharedServer(t testing.TB) *pgtest.Server { return shared.Server(t) }

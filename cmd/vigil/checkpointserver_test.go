package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vigil/internal/config"
	"vigil/internal/pgtest"
	"vigil/store/postgres"
)

// TestCheckpointsGoOnAfterAnOutage: the server goes away and comes back while the case
// is open.
func TestCheckpointsGoOnAfterAnOutage(t *testing.T) {
	t.Parallel()
	pg := pgtest.New(t)
	dir := filepath.Join(t.TempDir(), "case")
	address := pg.Address(pg.Database(t))
	vigilOK(t, "--store", address, "init", "--no-encryption", dir)
	cfg, err := config.Read(filepath.Join(dir, config.Name))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Log.Entries = 1
	st, err := postgres.Open(t.Context(), address, postgres.Options{Patience: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var said shout
	cs := &openCase{dir: dir, config: cfg, Store: st}
	if cs.keeper, err = (&app{dir: dir, stdout: io.Discard, stderr: &said}).keep(cs); err != nil {
		t.Fatal(err)
	}
	signed := func(size string) func() bool {
		return func() bool {
			_, err := os.Stat(filepath.Join(dir, "checkpoints", "_case", size))
			return err == nil
		}
	}
	view(t, cs)
	eventually(t, "a checkpoint of 2 entries", signed("2"))
	if err := pg.Crash(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it says that the server is away", said.says("cannot be reached"))
	if err := pg.Start(); err != nil {
		t.Fatal(err)
	}
	view(t, cs)
	eventually(t, "a checkpoint of 3 entries", signed("3"))
	if err := cs.keeper.end(); err != nil {
		t.Errorf("it ends with %v, and all is signed", err)
	}
}

package bolt

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// An owner is told to others while a case is open, in the file PATH.owner.
// bbolt's lock on the case decides who has it; this file only says who that is,
// so that one which a crash left behind does no harm.
type owner struct {
	PID     int       `json:"pid"`
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
	Address string    `json:"address,omitempty"`
}

// maxOwner bounds an owner's file in bytes.
const maxOwner = 4 << 10

func ownerPath(path string) string { return path + ".owner" }

// writeOwner replaces what an owner before us left behind. Only the holder of
// the case's lock may call it.
func writeOwner(path string, o Options) error {
	b, err := json.Marshal(owner{os.Getpid(), o.Command, o.Now().UTC(), o.Address})
	if err != nil {
		return err
	}
	if err := removeOwner(path); err != nil {
		return err
	}
	f, err := os.OpenFile(ownerPath(path), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

func removeOwner(path string) error {
	if err := os.Remove(ownerPath(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// readOwner says who has the case open, and what to do about it, to follow the
// words "in use".
func readOwner(path string) string {
	const unknown = "by another process: stop it, or wait for its end"
	f, err := os.Open(ownerPath(path))
	if err != nil {
		return unknown
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxOwner))
	if err != nil {
		return unknown
	}
	var o owner
	if json.Unmarshal(b, &o) != nil || o.PID <= 0 {
		return unknown
	}
	// The file may hold anything: quote what it says.
	who := fmt.Sprintf("by %q (process %d) since %s", o.Command, o.PID, o.Since.Format(time.RFC3339))
	if o.Address == "" {
		return who + ": stop it, or wait for its end"
	}
	return fmt.Sprintf("%s: use its page at %q, or stop it", who, o.Address)
}

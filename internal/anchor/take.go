package anchor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"vigil"
	"vigil/internal/custody"
	"vigil/internal/timestamp"
)

// A Taken anchor says what was added to a folder, and for which checkpoint.
type Taken struct {
	Log    string
	Size   int64
	File   string // from the folder's parent on
	SHA256 string // of the file
	By     string // witness or authority, and when
	Known  bool   // it was there before
}

// Take checks what another party made of a checkpoint, finds the checkpoint by
// it, and keeps it: a note with a witness's signature, an OpenSSH signature over
// a checkpoint's text, or an RFC 3161 response over a signed checkpoint.
//
// What no trusted key or authority signed is refused: the error wraps
// [vigil.ErrRefused]. So is what fits no checkpoint in the folder.
func (f Folder) Take(ctx context.Context, l Log, data []byte, t Trust) (Taken, error) {
	if len(data) > maxFile {
		return Taken{}, fmt.Errorf("%d bytes, at most %d", len(data), maxFile)
	}
	t.Witnesses = t.Witnesses.without(t.Keys)
	switch {
	case bytes.HasPrefix(data, []byte("-----BEGIN SSH SIGNATURE-----")):
		return f.takeSSH(ctx, l, data, t)
	case len(data) > 0 && data[0] == 0x30: // a DER sequence
		return f.takeToken(data, t)
	}
	return f.takeNote(data, t)
}

// refused marks an error of a check as a refusal.
func refused(err error) error { return fmt.Errorf("%w: %w", vigil.ErrRefused, err) }

func (f Folder) takeNote(data []byte, t Trust) (Taken, error) {
	if len(t.Witnesses.notes) == 0 {
		return Taken{}, refused(errors.New("log_witnesses names no key of the form NAME+ID+KEY"))
	}
	text, found, err := t.Witnesses.inNote(data)
	if err != nil {
		return Taken{}, refused(err)
	}
	c, err := custody.Parse(text)
	if err != nil {
		return Taken{}, err
	}
	own, _, err := f.Checkpoint(c.Log, c.Size, t.Keys)
	if err != nil {
		return Taken{}, fmt.Errorf("the checkpoint that it signs: %w", err)
	}
	if own != c {
		return Taken{}, refused(fmt.Errorf("%w: it signs another root of the first %d entries of log %q", vigil.ErrTampered, c.Size, c.Log))
	}
	by := found[len(found)-1]
	return f.take(c.Log, c.Size, suffixCosigned+"."+short(data), data, by.String())
}

func (f Folder) takeSSH(ctx context.Context, l Log, data []byte, t Trust) (Taken, error) {
	if len(t.Witnesses.ssh) == 0 {
		return Taken{}, refused(errors.New("log_witnesses has no line of OpenSSH's allowed_signers"))
	}
	var last error
	for c, note := range f.newestFirst(t.Keys) {
		text, _, _ := bytes.Cut(note, []byte("\n\n"))
		at, err := lastTime(ctx, l, c)
		if err != nil {
			return Taken{}, err
		}
		by, err := t.Witnesses.overText(append(bytes.Clone(text), '\n'), data, at)
		if err == nil {
			return f.take(c.Log, c.Size, suffixWitness+"."+short(data)+suffixSSH, data, by.String())
		}
		last = err
	}
	return Taken{}, refused(fmt.Errorf("it fits no checkpoint of this case; the last try said: %w", last))
}

// lastTime returns when the last entry of a checkpoint says that it was written.
func lastTime(ctx context.Context, l Log, c vigil.Checkpoint) (time.Time, error) {
	for e, err := range l.LogFrom(ctx, c.Log, c.Size-1) {
		return e.Time, err
	}
	return time.Time{}, fmt.Errorf("log %q: %w: it has fewer than the %d entries of a checkpoint of it", c.Log, vigil.ErrTampered, c.Size)
}

func (f Folder) takeToken(data []byte, t Trust) (Taken, error) {
	tok, err := timestamp.Parse(data)
	if err != nil {
		return Taken{}, err
	}
	if t.Authorities == nil {
		return Taken{}, refused(errors.New("log_tsa.pem has no root certificate of a time-stamping authority"))
	}
	if err := tok.Trust(t.Authorities); err != nil {
		return Taken{}, refused(err)
	}
	by := tok.Authority() + " on " + tok.At.UTC().Format(time.RFC3339)
	for c, note := range f.newestFirst(t.Keys) {
		if tok.Covers(note) {
			return f.take(c.Log, c.Size, "."+short(data)+suffixTimestamp, data, by)
		}
	}
	return Taken{}, refused(errors.New("it dates no checkpoint of this case"))
}

// newestFirst yields the checkpoints of all logs that are signed, with their
// notes.
func (f Folder) newestFirst(known Keys) func(yield func(vigil.Checkpoint, []byte) bool) {
	return func(yield func(vigil.Checkpoint, []byte) bool) {
		logs, _ := f.Logs() // what cannot be read fits nothing
		for _, log := range logs {
			sizes, _ := f.Sizes(log)
			for _, size := range slices.Backward(sizes) {
				c, note, err := f.Checkpoint(log, size, known)
				if err == nil && !yield(c, note) {
					return
				}
			}
		}
	}
}

// short names a file by its bytes: several parties may anchor one checkpoint, and
// one party may do so twice.
func short(data []byte) string { return vigil.SumHex(data)[:16] }

// take keeps what was checked.
func (f Folder) take(log string, size int64, suffix string, data []byte, by string) (Taken, error) {
	t := Taken{Log: log, Size: size, File: f.name(log, size, suffix), SHA256: vigil.SumHex(data), By: by}
	err := f.add(log, size, suffix, data)
	if errors.Is(err, vigil.ErrExists) {
		old, readErr := f.read(log, size, suffix)
		if readErr == nil && bytes.Equal(old, data) {
			t.Known = true
			return t, nil
		}
	}
	return t, err
}

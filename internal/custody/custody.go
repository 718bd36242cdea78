// Package custody keeps the rules of the custody log: what a line of it is,
// how lines hash to a Merkle tree (RFC 6962, section 2.1), how a proof shows
// that a line is in the tree, and how a checkpoint is written down.
//
// It stores nothing. An engine keeps the lines and the hashes that [Append]
// gives it, and hands them back through a [HashReader]. A log grows only: each
// line is hashed once, in the bytes in which it was first written.
package custody

import (
	"encoding/json"
	"fmt"
	"time"

	"vigil"
)

// Version is the version of a line's form that this program writes and reads.
const Version = 1

// MaxLine bounds a line, in bytes. Lines hold names, hashes and counts, never
// page content; a longer one is a mistake.
const MaxLine = 64 << 10

// Line returns the line of e: one JSON object with the fields in the order in
// which [vigil.Event] declares them, details sorted by name, the time in UTC,
// and no line end. The same event gives the same bytes.
//
// e.V must be [Version]: the zero Event has no line.
func Line(e vigil.Event) ([]byte, error) {
	if e.V != Version {
		return nil, fmt.Errorf("write log line: version %d, want %d", e.V, Version)
	}
	if e.Seq < 0 || e.Seq >= MaxSize {
		return nil, fmt.Errorf("write log line: number %d, want 0 or more and less than 2^48", e.Seq)
	}
	// Round drops the clock's monotonic reading, which no file can hold.
	e.Time = e.Time.Round(0).UTC()
	line, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("write log line %d: %w", e.Seq, err)
	}
	if len(line) > MaxLine {
		return nil, fmt.Errorf("write log line %d: %d bytes, at most %d", e.Seq, len(line), MaxLine)
	}
	return line, nil
}

// ParseLine reads a line. It refuses a version that this program does not
// know. It does not demand the form that [Line] writes: an older program may
// have written the line, and its bytes, not its meaning, are what is proved.
func ParseLine(line []byte) (vigil.Event, error) {
	if len(line) > MaxLine {
		return vigil.Event{}, fmt.Errorf("read log line: %d bytes, at most %d", len(line), MaxLine)
	}
	var e vigil.Event
	if err := json.Unmarshal(line, &e); err != nil {
		return vigil.Event{}, fmt.Errorf("read log line: %w", err)
	}
	if e.V != Version {
		return vigil.Event{}, fmt.Errorf("read log line: version %d, this program reads version %d", e.V, Version)
	}
	e.Time = e.Time.In(time.UTC)
	return e, nil
}

//go:build !linux

package postgres

import (
	"syscall"
	"time"
)

// endSilence leaves it to the system when a silent connection breaks.
func endSilence(string, syscall.RawConn, time.Duration) error { return nil }

//go:build unix

package bolt_test

import (
	"syscall"
	"time"
)

// cpuTime returns how long the process has kept processors busy. Unlike a clock it
// does not count what other work on the machine takes.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

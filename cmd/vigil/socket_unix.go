//go:build unix

package main

import (
	"errors"
	"net"
	"syscall"
)

// listenPrivately listens on a unix socket that only its owner may open. The umask
// is the process's: what others make in the same moment is as private.
func listenPrivately(path string) (net.Listener, error) {
	defer syscall.Umask(syscall.Umask(0o177))
	return net.Listen("unix", path)
}

// runs reports whether there is a process with a number, whoever's it is.
func runs(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

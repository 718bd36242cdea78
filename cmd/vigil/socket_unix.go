//go:build unix

package main

import (
	"net"
	"syscall"
)

// listenPrivately listens on a unix socket that only its owner may open. The umask
// is the process's: what others make in the same moment is as private.
func listenPrivately(path string) (net.Listener, error) {
	defer syscall.Umask(syscall.Umask(0o177))
	return net.Listen("unix", path)
}

//go:build !linux

package main

import (
	"fmt"
	"net"

	"vigil"
)

// peerOf refuses: this system is not asked who holds the other end of a socket.
func peerOf(net.Conn) (uid int, err error) {
	return 0, hint(fmt.Errorf("%w: vigil cannot tell on this system who asks over a socket", vigil.ErrRefused), "use the pages, or stop the server")
}

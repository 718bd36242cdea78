package postgres

import (
	"syscall"
	"time"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of linux/tcp.h: for how many milliseconds what was
// sent may be unacknowledged (RFC 5482).
const tcpUserTimeout = 18

// endSilence has a connection break if the other side acknowledges nothing for so long.
// Otherwise Linux would try for a quarter of an hour.
func endSilence(network string, c syscall.RawConn, after time.Duration) error {
	if network == "unix" {
		return nil
	}
	var err error
	if e := c.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(after.Milliseconds()))
	}); e != nil {
		return e
	}
	return err
}

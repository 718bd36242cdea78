package postgres

import (
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestASilentNetworkIsNotWaitedForLong: what was sent over TCP and is not acknowledged
// breaks the connection after a minute.
func TestASilentNetworkIsNotWaitedForLong(t *testing.T) {
	clearEnvironment(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	c, err := pgx.ParseConfig("postgres://" + ln.Addr().String() + "/case")
	if err != nil {
		t.Fatal(err)
	}
	letGo(c, time.Second)
	conn, err := c.DialFunc(t.Context(), "tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	raw, err := conn.(*wire).Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var ms int
	if e := raw.Control(func(fd uintptr) { ms, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout) }); e != nil || err != nil {
		t.Fatal(e, err)
	}
	if got := time.Duration(ms) * time.Millisecond; got != gone {
		t.Errorf("it is waited for %v, want %v", got, gone)
	}
}

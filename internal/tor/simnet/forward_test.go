package simnet

import (
	"net"
	"testing"
)

func TestForwardsOnLoopbackAlone(t *testing.T) {
	n, err := Start(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	for _, addr := range []string{"192.0.2.1:80", "0.0.0.0:80", "localhost:80", "127.0.0.1", "", "[2001:db8::1]:80"} {
		if err := n.Forward("a.onion", addr); err == nil {
			t.Errorf("forwards to %q", addr)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := n.Forward("a.onion:8080", l.Addr().String()); err != nil {
		t.Error(err)
	}
	if addr, code, _ := n.route(Request{Host: "a.onion", Port: 8080, Type: Name}); addr != l.Addr().String() || code != replyOK {
		t.Errorf("routes to %q with code %d, want %s", addr, code, l.Addr())
	}
}

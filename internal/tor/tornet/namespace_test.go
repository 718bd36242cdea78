package tornet

import (
	"strings"
	"testing"

	"vigil/internal/needs"
)

func isolated(t *testing.T, loopback bool) *Namespace {
	t.Helper()
	ns, err := Isolate(loopback)
	needs.Right(t, err, "root, or user namespaces")
	t.Cleanup(func() {
		if err := ns.Close(); err != nil {
			t.Error(err)
		}
	})
	return ns
}

func TestANamespaceHasLoopbackOnlyOrNothing(t *testing.T) {
	for _, loopback := range []bool{false, true} {
		out, err := isolated(t, loopback).Command("cat", "/proc/net/route", "/proc/net/if_inet6").Output()
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(out), "eth") {
			t.Errorf("another interface is there:\n%s", out)
		}
		up := strings.Contains(string(out), "lo\n")
		if up != loopback {
			t.Errorf("loopback is up: %v, want %v\n%s", up, loopback, out)
		}
	}
}

func TestSentCountsAttempts(t *testing.T) {
	ns := isolated(t, false)
	if n, err := ns.Sent(); err != nil || n != 0 {
		t.Errorf("at first %d, %v, want 0", n, err)
	}
	// It has to fail, and that is what is counted.
	if out, err := ns.Command("bash", "-c", "echo x >/dev/udp/192.0.2.1/53").CombinedOutput(); err == nil {
		t.Fatalf("sent out of a namespace without a network: %s", out)
	}
	if n, err := ns.Sent(); err != nil || n == 0 {
		t.Errorf("after an attempt %d, %v, want 1 or more", n, err)
	}
}

func TestSumTable(t *testing.T) {
	const table = "Ip: Forwarding OutRequests OutNoRoutes\nIp: 2 40 2\nTcp: OutRequests\nTcp: 9\n"
	if n, err := sumTable(table, "Ip:", "OutRequests", "OutNoRoutes"); err != nil || n != 42 {
		t.Errorf("%d, %v, want 42", n, err)
	}
	for _, bad := range []string{"", "Ip: OutRequests\nIp: 1\n", "Ip: OutRequests OutNoRoutes\nIp: 1 x\n", "Ip: OutRequests OutNoRoutes\n"} {
		if n, err := sumTable(bad, "Ip:", "OutRequests", "OutNoRoutes"); err == nil {
			t.Errorf("%q: %d, want an error: no count is not 0", bad, n)
		}
	}
}

func TestNilNamespaceRunsCommandsAsTheyAre(t *testing.T) {
	var ns *Namespace
	if cmd := ns.Command("x", "y"); len(cmd.Args) != 2 || cmd.Args[0] != "x" {
		t.Errorf("%v, want x y", cmd.Args)
	}
	if err := ns.Close(); err != nil {
		t.Error(err)
	}
}

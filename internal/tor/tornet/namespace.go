package tornet

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// A Namespace is a network namespace of its own: a process in it reaches no
// network but the one that is in it, and at most a unix socket outside. It ends
// with this process, however that ends.
//
// The nil Namespace is no namespace: its commands run as they are.
type Namespace struct {
	keeper *exec.Cmd      // sits in the namespace, which therefore stays
	hold   io.WriteCloser // standard input of the keeper, which ends when it closes
	enter  []string       // arguments of nsenter
}

// quickack: delayed acknowledgements and Nagle's algorithm together cost 44 ms
// at several hops of every request through Tor.
const loopbackUp = `ip link set lo up &&
ip route replace local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1 quickack 1 &&
ip route replace local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 quickack 1 &&
`

// Isolate makes a namespace in which nothing is up or, if loopback is true,
// only loopback. It needs unshare and nsenter (util-linux), ip (iproute2) for
// loopback, and root or unprivileged user namespaces; the error says what is
// missing. The caller must call Close.
func Isolate(loopback bool) (*Namespace, error) {
	script := "echo ready; exec cat"
	tools := []string{"unshare", "nsenter"}
	if loopback {
		script = loopbackUp + script
		tools = append(tools, "ip")
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			return nil, fmt.Errorf("no network namespace: %s is not installed", tool)
		}
	}
	ns, err := isolate(script, []string{"--net"}, []string{"--net"})
	if err != nil { // not root, or root without the right
		var err2 error
		ns, err2 = isolate(script, []string{"--user", "--map-root-user", "--net"}, []string{"--user", "--preserve-credentials", "--net"})
		if err2 != nil {
			return nil, fmt.Errorf("no network namespace: %w; as a user: %w", err, err2)
		}
	}
	return ns, nil
}

func isolate(script string, unshare, enter []string) (*Namespace, error) {
	keeper := exec.Command("unshare", append(unshare, "--", "sh", "-c", script)...)
	keeper.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // ^C is for us, and then Close is
	var problem strings.Builder
	keeper.Stderr = &problem
	hold, err := keeper.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := keeper.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := keeper.Start(); err != nil {
		return nil, err
	}
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		hold.Close()
		return nil, errors.Join(keeper.Wait(), errors.New(strings.TrimSpace(problem.String())))
	}
	enter = append(enter, "--target", strconv.Itoa(keeper.Process.Pid), "--")
	return &Namespace{keeper: keeper, hold: hold, enter: enter}, nil
}

// Command is exec.Command for a process in the namespace.
func (ns *Namespace) Command(name string, args ...string) *exec.Cmd {
	if ns == nil {
		return exec.Command(name, args...)
	}
	all := append(append([]string(nil), ns.enter...), name)
	return exec.Command("nsenter", append(all, args...)...)
}

// Sent counts the IP packets that were sent in the namespace and the attempts
// that found no route: 0 means that nobody so much as tried. It asks the
// kernel; a firewall would not see the attempts that fail before it.
func (ns *Namespace) Sent() (int, error) {
	dir := fmt.Sprintf("/proc/%d/net/", ns.keeper.Process.Pid)
	v4, err := os.ReadFile(dir + "snmp")
	if err != nil {
		return 0, fmt.Errorf("count packets: %w", err)
	}
	n, err := sumTable(string(v4), "Ip:", "OutRequests", "OutNoRoutes")
	if err != nil {
		return 0, fmt.Errorf("count packets: %ssnmp: %w", dir, err)
	}
	v6, err := os.ReadFile(dir + "snmp6")
	if errors.Is(err, os.ErrNotExist) {
		return n, nil // a kernel without IPv6
	}
	if err != nil {
		return 0, fmt.Errorf("count packets: %w", err)
	}
	for line := range strings.Lines(string(v6)) {
		f := strings.Fields(line)
		if len(f) != 2 || f[0] != "Ip6OutRequests" && f[0] != "Ip6OutNoRoutes" {
			continue
		}
		v, err := strconv.Atoi(f[1])
		if err != nil {
			return 0, fmt.Errorf("count packets: %ssnmp6: %w", dir, err)
		}
		n += v
	}
	return n, nil
}

// sumTable adds up columns of /proc/net/snmp, in which a line of names stands
// above a line of values, both beginning with the protocol.
func sumTable(table, protocol string, columns ...string) (sum int, err error) {
	var names []string
	found := 0
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] != protocol {
			continue
		}
		if names == nil {
			names = f
			continue
		}
		for i := range min(len(f), len(names)) {
			for _, c := range columns {
				if names[i] != c {
					continue
				}
				v, err := strconv.Atoi(f[i])
				if err != nil {
					return 0, err
				}
				sum += v
				found++
			}
		}
	}
	if found != len(columns) {
		return 0, fmt.Errorf("%d of the columns %v found", found, columns)
	}
	return sum, nil
}

// Close gives the namespace up. The kernel keeps it until its last process
// ends. It does nothing to nil.
func (ns *Namespace) Close() error {
	if ns == nil {
		return nil
	}
	if err := ns.hold.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return err
	}
	if err := ns.keeper.Wait(); err != nil && ns.keeper.ProcessState == nil {
		return err
	}
	return nil
}

// Package tornet runs a private Tor network on this machine, for tests: four
// directory authorities that are also the only relays, one host of onion
// services, and one client with a SOCKS port. None of them is an exit and none
// knows another directory, so that nothing in it can reach a public address.
// Where it can, it runs in a network namespace in which only loopback is up:
// that is also 50 times faster, since acknowledgements are then not delayed.
//
// It talks to the tests through unix sockets, which cross namespaces: the SOCKS
// port, and the web servers of the services. So a test need not be in the
// namespace itself, and a crawler may sit in another, empty one.
//
// It needs tor (see [MinVersion]) and, for the namespace, iproute2 and
// util-linux. A start takes about 9 s.
package tornet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// relayCount: an onion service needs four relays (guard, vanguard, middle, and
// the point of introduction, rendezvous or directory, all different). Each is
// an authority, because a plain relay caches directory documents late: 18 s.
const relayCount = 4

// startTime bounds a start, which takes 30 s on a machine that is busy, and
// pause is how often progress is looked for.
const (
	startTime = 2 * time.Minute
	pause     = 25 * time.Millisecond
)

// firstPort is where the ports begin inside a namespace, where all are free.
const firstPort = 5000

// A Config says what a network holds. The zero Config is a network without
// services.
type Config struct {
	Services []Service
	// AuthDir is the client's folder of key files for services that want client
	// authorisation; none if empty. Tor wants it with mode 0700.
	AuthDir     string
	Client      []string // more lines for the client's torrc
	NoNamespace bool     // run where this process runs, even if a namespace could be had
	Logf        func(format string, args ...any)
}

// A Net is a running network. Its methods are for one goroutine at a time; the
// network itself serves any number of clients.
type Net struct {
	Client, Host *Node // of the SOCKS port, and of the services
	Relays       []*Node

	dir     string
	socket  string // path of the SOCKS port
	tcp     string // the same on TCP
	ns      *Namespace
	onions  []*Onion
	web     []*http.Server
	serving sync.WaitGroup
	logf    func(format string, args ...any)
}

// A relay is what a directory authority needs beside its process.
type relay struct {
	node                 *Node
	orPort, dirPort      int
	fingerprint, v3ident string
}

// Start brings a network up and returns when every service can be reached. On
// an error nothing is left running; the error holds the last lines of every
// process's log. The caller must call Close; if it dies first, the processes
// end with it.
func Start(ctx context.Context, cfg Config) (*Net, error) {
	if err := Available(); err != nil {
		return nil, fmt.Errorf("tornet: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	n := &Net{}
	begun := time.Now()
	n.logf = func(format string, args ...any) {
		if cfg.Logf != nil {
			cfg.Logf("tornet: %4.1f s: %s", time.Since(begun).Seconds(), fmt.Sprintf(format, args...))
		}
	}
	if err := n.start(ctx, cfg); err != nil {
		n.end()
		var logs strings.Builder
		for _, nd := range n.nodes() {
			logs.WriteString(nd.lastWords())
		}
		return nil, errors.Join(fmt.Errorf("tornet: %w\n%s", err, logs.String()), n.Close())
	}
	return n, nil
}

func (n *Net) start(ctx context.Context, cfg Config) (err error) {
	for _, s := range cfg.Services {
		if err := s.check(); err != nil {
			return err
		}
	}
	if n.dir, err = os.MkdirTemp("", "tornet"); err != nil { // short: a socket's path has at most 108 bytes
		return err
	}
	ports, err := n.place(cfg)
	if err != nil {
		return err
	}
	n.socket, n.tcp = filepath.Join(n.dir, "socks"), fmt.Sprintf("127.0.0.1:%d", ports[0])
	relays, err := n.makeRelays(ctx, ports[1:])
	if err != nil {
		return err
	}
	common := forAll + directory(relays)
	for _, r := range relays {
		r.node.torrc = common + r.torrc()
		n.Relays = append(n.Relays, r.node)
		if err := n.launch(r.node); err != nil {
			return err
		}
	}
	n.Client, n.Host = n.node("client"), n.node("host")
	n.Client.torrc = common + n.clientTorrc(cfg, ports[0])
	n.Host.torrc = common + forClients + "SocksPort 0\n"
	for _, nd := range []*Node{n.Client, n.Host} {
		if err := n.launch(nd); err != nil {
			return err
		}
	}
	if err := n.firstVote(ctx); err != nil {
		return err
	}
	n.logf("the relays agree")
	if err := n.goOnline(ctx); err != nil {
		return err
	}
	return n.addAll(ctx, cfg.Services)
}

// place finds the namespace, if one is wanted and can be had, and the ports.
func (n *Net) place(cfg Config) (ports []int, err error) {
	const want = 1 + 2*relayCount
	if cfg.NoNamespace {
		return freePorts(want)
	}
	if n.ns, err = Isolate(true); err != nil {
		n.logf("%v; running without, more slowly", err)
		return freePorts(want)
	}
	for i := range want {
		ports = append(ports, firstPort+i)
	}
	return ports, nil
}

func (n *Net) node(name string) *Node {
	return &Node{Name: name, dir: filepath.Join(n.dir, name), ns: n.ns}
}

func (n *Net) makeRelays(ctx context.Context, ports []int) ([]*relay, error) {
	relays := make([]*relay, relayCount)
	for i := range relays {
		if err := ctx.Err(); err != nil { // keys take time on a busy machine
			return nil, err
		}
		r := &relay{node: n.node(fmt.Sprintf("auth%d", i)), orPort: ports[2*i], dirPort: ports[2*i+1]}
		if err := r.makeKeys(r.node.dir); err != nil {
			return nil, err
		}
		if err := fakeBandwidth(r.node.dir); err != nil {
			return nil, err
		}
		relays[i] = r
	}
	return relays, nil
}

func (n *Net) launch(nd *Node) error {
	if err := nd.launch(); err != nil {
		return err
	}
	n.logf("%s is process %d", nd.Name, nd.cmd.Process.Pid)
	return nil
}

// goOnline lets the host and the client use the network.
func (n *Net) goOnline(ctx context.Context) error {
	for _, nd := range []*Node{n.Host, n.Client} {
		if _, err := nd.Control("SETCONF DisableNetwork=0"); err != nil {
			return err
		}
	}
	for _, nd := range []*Node{n.Host, n.Client} {
		if err := nd.online(ctx, n.until); err != nil {
			return err
		}
	}
	n.logf("the client is ready")
	return nil
}

type untilFunc func(ctx context.Context, what string, ok func() (bool, error)) error

// until asks ok again and again, until it says yes or fails. It fails too if a
// process has ended by itself.
func (n *Net) until(ctx context.Context, what string, ok func() (bool, error)) error {
	for {
		done, err := ok()
		if err != nil {
			return fmt.Errorf("until %s: %w", what, err)
		}
		if done {
			return nil
		}
		for _, nd := range n.nodes() {
			if err := nd.alive(); err != nil {
				return fmt.Errorf("until %s: %w", what, err)
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("until %s: %w", what, context.Cause(ctx))
		case <-time.After(pause):
		}
	}
}

// nodes returns the nodes whose process was started.
func (n *Net) nodes() []*Node {
	var started []*Node
	for _, nd := range append(n.Relays[:len(n.Relays):len(n.Relays)], n.Client, n.Host) {
		if nd != nil && nd.cmd != nil {
			started = append(started, nd)
		}
	}
	return started
}

// SOCKS returns the client's SOCKS port in the form of vigil's --socks,
// unix:PATH. It can be reached from any namespace.
func (n *Net) SOCKS() string { return "unix:" + n.socket }

// SOCKSOnTCP returns the same as 127.0.0.1:PORT. Where the network has a
// namespace, only a process in that reaches it: see [Net.Command].
func (n *Net) SOCKSOnTCP() string { return n.tcp }

// Isolated reports whether the network has a namespace of its own.
func (n *Net) Isolated() bool { return n.ns != nil }

// Command is exec.Command for a process in the network's namespace, or beside
// the network if there is none.
func (n *Net) Command(name string, args ...string) *exec.Cmd { return n.ns.Command(name, args...) }

// Restart starts a node again, killing it first if it runs, and waits until it
// serves as before.
func (n *Net) Restart(ctx context.Context, nd *Node) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	nd.Kill()
	if err := n.launch(nd); err != nil {
		return fmt.Errorf("tornet: restart: %w", err)
	}
	if nd != n.Client && nd != n.Host {
		return nil
	}
	if err := nd.online(ctx, n.until); err != nil {
		return fmt.Errorf("tornet: restart: %w", err)
	}
	if nd == n.Host {
		return n.publish(ctx, n.onions)
	}
	return nil
}

// end ends the processes. There is nothing in them that is worth a farewell.
func (n *Net) end() {
	for _, nd := range n.nodes() {
		nd.Kill()
	}
}

// Close ends every process and web server, and removes all files. It may be
// called again.
func (n *Net) Close() error {
	n.end()
	var errs []error
	for _, s := range n.web {
		errs = append(errs, s.Close())
	}
	n.serving.Wait()
	errs = append(errs, n.ns.Close())
	if n.dir != "" {
		errs = append(errs, os.RemoveAll(n.dir))
	}
	return errors.Join(errs...)
}

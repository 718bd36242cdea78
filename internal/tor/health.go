package tor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checkTime bounds each of the questions of [Network.Health]: what is asked is on
// this machine.
const checkTime = 10 * time.Second

// Health is what can be told about Tor without touching the network.
type Health struct {
	IsTor        bool     // the proxy answers as Tor's SOCKS port does
	Version      string   // of Tor, as "0.4.9.11"; empty without a control port
	Bootstrapped int      // percent; -1 if not known
	Warnings     []string // what a person should mend, in words
}

// Health asks the proxy, and Tor's control port if [Config] names one. The
// error wraps [ErrNoProxy] if nothing listens at the proxy's address. A control
// port that cannot be asked is a warning: nothing is fetched through it.
func (n *Network) Health(ctx context.Context) (Health, error) {
	h := Health{Bootstrapped: -1}
	var err error
	if h.IsTor, err = n.isTor(ctx); err != nil {
		return h, err
	}
	if !h.IsTor {
		h.warn("the proxy at %s speaks, but does not answer as Tor does", n.proxy.address)
	}
	if n.control == (endpoint{}) {
		return h, nil
	}
	if err := n.askControl(ctx, &h); err != nil {
		h.warn("the control port at %s cannot be asked: %v", n.control.address, err)
	}
	return h, nil
}

func (h *Health) warn(format string, args ...any) {
	h.Warnings = append(h.Warnings, fmt.Sprintf(format, args...))
}

// isTor asks the proxy whether it is Tor: to an HTTP request Tor's SOCKS port
// answers "501 Tor is not an HTTP Proxy". Another SOCKS5 proxy, or silence, is no
// Tor and no error.
func (n *Network) isTor(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	c, err := n.dialProxy(ctx)
	if err != nil {
		return false, fmt.Errorf("check the proxy: %w", err)
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	if _, err := io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		return false, ctx.Err()
	}
	// What a proxy says before it hangs up counts, however it hangs up.
	answer, _ := io.ReadAll(io.LimitReader(c, 4096))
	line, _, _ := bytes.Cut(answer, []byte("\n"))
	return strings.HasPrefix(string(line), "HTTP/1.0 501") && bytes.Contains(line, []byte("Tor")), nil
}

// askControl fills in what the control port knows.
func (n *Network) askControl(ctx context.Context, h *Health) error {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	conn, err := n.dial(ctx, n.control)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	c := newControl(conn)
	if err := c.authenticate(); err != nil {
		return err
	}
	if h.Version, err = c.info("version"); err != nil {
		return err
	}
	h.judgeVersion()
	phase, err := c.info("status/bootstrap-phase")
	if err != nil {
		return err
	}
	h.judgeBootstrap(phase)
	return n.judgePorts(c, h)
}

// oldestTor is the oldest version without a known fault that a hostile service
// or relay can use against us.
const oldestTor = "0.4.9.11"

// judgeVersion warns of a version with known faults (ChangeLog of 0.4.9.11).
func (h *Health) judgeVersion() {
	h.Version, _, _ = strings.Cut(h.Version, " ") // a build may name its git commit
	switch older, err := olderVersion(h.Version, oldestTor); {
	case err != nil:
		h.warn("Tor gives its version as %q, which cannot be compared with %s", h.Version, oldestTor)
	case older:
		h.warn("Tor %s is older than %s, in which a rendezvous point can pass itself off as the onion service (tor#41297) and a service can crash Tor (tor#41295): update Tor", h.Version, oldestTor)
	}
}

// olderVersion compares versions as Tor counts them: four numbers, and perhaps
// a status, as in 0.5.0.1-alpha, which is looked at no further.
func olderVersion(a, b string) (bool, error) {
	x, err := versionNumbers(a)
	if err != nil {
		return false, err
	}
	y, err := versionNumbers(b)
	return slices.Compare(x, y) < 0, err
}

func versionNumbers(s string) ([]int, error) {
	s, _, _ = strings.Cut(s, "-")
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return nil, fmt.Errorf("version %q: want four numbers", s)
	}
	v := make([]int, 4)
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("version %q: want four numbers", s)
		}
		v[i] = int(n)
	}
	return v, nil
}

// judgeBootstrap reads a line as `NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"`.
func (h *Health) judgeBootstrap(phase string) {
	for _, f := range strings.Fields(phase) {
		v, ok := strings.CutPrefix(f, "PROGRESS=")
		if !ok {
			continue
		}
		if p, err := strconv.Atoi(v); err == nil && p >= 0 && p <= 100 {
			h.Bootstrapped = p
		}
	}
	if h.Bootstrapped >= 0 && h.Bootstrapped < 100 {
		h.warn("Tor is %d%% connected to its network; the log of Tor says what it waits for", h.Bootstrapped)
	}
}

// judgePorts warns if the control port belongs to another Tor than the proxy,
// and if the proxy's port lets through more than onion services.
func (n *Network) judgePorts(c *control, h *Health) error {
	listeners, err := c.info("net/listeners/socks")
	if err != nil {
		return err
	}
	ours := n.proxy.address
	if n.proxy.network == "unix" {
		ours = "unix:" + ours
	}
	if !slices.Contains(quotedFields(listeners), ours) {
		h.warn("the Tor at the control port does not listen at %s: is it another Tor, or has it no network?", ours)
		return nil
	}
	lines, err := c.conf("SocksPort")
	if err != nil {
		return err
	}
	h.judgeFlags(ours, lines)
	return nil
}

// judgeFlags warns of flags that the SocksPort line for our address lacks.
// A port that Tor chose itself cannot be told from others, unless it is the only one.
func (h *Health) judgeFlags(ours string, lines []string) {
	var line []string
	if len(lines) == 0 {
		line = []string{ours} // the port that Tor opens unasked
	}
	for _, l := range lines {
		f := strings.Fields(strings.ReplaceAll(l, `"`, ""))
		if len(f) > 0 && (f[0] == ours || "127.0.0.1:"+f[0] == ours || len(lines) == 1) {
			line = f
		}
	}
	if line == nil {
		return
	}
	for flag, without := range map[string]string{
		"OnionTrafficOnly": "Tor would let requests out to other addresses than onion services",
		"ExtendedErrors":   "Tor does not tell why an onion service cannot be reached",
	} {
		if !slices.ContainsFunc(line, func(f string) bool { return strings.EqualFold(f, flag) }) {
			h.warn("the SocksPort at %s lacks %s: %s", ours, flag, without)
		}
	}
	slices.Sort(h.Warnings)
}

// quotedFields splits a list of quoted strings.
func quotedFields(s string) (fields []string) {
	for s != "" {
		q, err := quotedPrefix(s)
		if err != nil {
			return fields
		}
		fields = append(fields, q.value)
		s = strings.TrimLeft(q.rest, " ")
	}
	return fields
}

// A quoted is a quoted string and what follows it.
type quoted struct{ value, rest string }

var errNotQuoted = errors.New("no quoted string")

// quotedPrefix reads a quoted string in the manner of C, as control-spec has
// it, at the start of s.
func quotedPrefix(s string) (quoted, error) {
	if !strings.HasPrefix(s, `"`) {
		return quoted{}, errNotQuoted
	}
	q, err := strconv.QuotedPrefix(s)
	if err != nil {
		return quoted{}, errNotQuoted
	}
	v, err := strconv.Unquote(q)
	if err != nil {
		return quoted{}, errNotQuoted
	}
	return quoted{v, s[len(q):]}, nil
}

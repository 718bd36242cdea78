package tor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/net/proxy"
)

// isolationUser is the SOCKS user name that both C Tor and Arti take as "the
// password is an isolation token" (Tor proposal 351).
const isolationUser = "<torS0X>0"

var (
	// errNotSOCKS says that the proxy answered something else than SOCKS5.
	errNotSOCKS = fmt.Errorf("%w: what answers there does not speak SOCKS5", ErrNoProxy)
	// errNoIsolation says that the proxy would take the connection without the
	// token, as Tor with PreferSOCKSNoAuth does.
	errNoIsolation = errors.New("the proxy does not ask for user and password: sources would share circuits")
	// errBadToken says that the proxy refuses the token.
	errBadToken = errors.New("the proxy refuses the isolation token as user and password")
	// errNoName says that an address is none that may be asked for.
	errNoName = errors.New("want a name of 1 to 255 bytes, no IP address, and a port")
)

// A replyCode is a proxy's refusal.
type replyCode byte

func (c replyCode) Error() string { return fmt.Sprintf("refused with code 0x%02X", byte(c)) }

// A toProxy is the dialer under the SOCKS client of x/net. It connects to the
// proxy, and taps the connection, whatever address it is asked for.
type toProxy func(context.Context) (net.Conn, error)

// DialContext implements [proxy.ContextDialer].
func (dial toProxy) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	c, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	return &tap{Conn: c}, nil
}

// Dial implements [proxy.Dialer], which [proxy.SOCKS5] wants and does not use.
func (dial toProxy) Dial(network, address string) (net.Conn, error) {
	return dial.DialContext(context.Background(), network, address)
}

// handshake has dial connect to a SOCKS5 proxy and asks that for address, a name
// and a port, under an isolation token. It reads not a byte beyond the proxy's
// reply. The error is a [replyCode], one of the errors above, that of dial or of
// the connection, or why ctx ended.
func handshake(ctx context.Context, dial toProxy, token, address string) (net.Conn, error) {
	if err := checkName(address); err != nil {
		return nil, err
	}
	// Where the proxy is, only dial knows.
	d, err := proxy.SOCKS5("", "", &proxy.Auth{User: isolationUser, Password: token}, dial)
	if err != nil {
		return nil, err
	}
	c, err := d.(proxy.ContextDialer).DialContext(ctx, "tcp", address)
	if err == nil {
		return c, nil
	}
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		err = op.Err // it names what our own errors name
	}
	return nil, causeOr(ctx, err)
}

// checkName refuses what x/net would not send to the proxy as a name: the proxy
// resolves, nobody else.
func checkName(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("address %q: %w", address, errNoName)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	_, noIP := netip.ParseAddr(host)
	if err != nil || n == 0 || host == "" || len(host) > 255 || noIP == nil {
		return fmt.Errorf("address %q: %w", address, errNoName)
	}
	return nil
}

// A tap judges the first bytes that a proxy says, before the SOCKS client hears
// them: what went wrong is to be told from the bytes, not from that client's
// words, and the client offers to do without the token.
type tap struct {
	net.Conn
	heard int   // bytes of the proxy's that were judged
	err   error // the judgement, if it is against the proxy
}

// judged is how many bytes are. Those that follow are an address of no use, and
// what the service says.
const judged = 8

// Read implements net.Conn. After a byte that the proxy must not say, it returns
// why, and nothing else from then on.
func (t *tap) Read(p []byte) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	n, err := t.Conn.Read(p)
	for _, b := range p[:min(n, judged-t.heard)] {
		if t.err = t.judge(b); t.err != nil {
			return 0, t.err
		}
	}
	return n, err
}

// judge reports what is wrong with the next byte of a proxy that takes user and
// password. The bytes are, in turn: version and method (RFC 1928, section 3),
// version and status (RFC 1929, section 2), version, reply code, a reserved byte
// and the type of the bound address (RFC 1928, section 6).
func (t *tap) judge(b byte) error {
	at := t.heard
	t.heard++
	switch {
	case at == 1 && b != 2:
		return errNoIsolation
	case at == 3 && b != 0:
		return errBadToken
	case at == 5 && b != 0:
		return replyCode(b)
	case (at == 0 || at == 4) && b != 5, at == 2 && b != 1, at == 6 && b != 0, at == 7 && b != 1 && b != 3 && b != 4:
		return errNotSOCKS
	}
	return nil
}

package tor

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// Numbers of SOCKS5 (RFC 1928) and of its user and password (RFC 1929).
const (
	socksVersion = 5
	authVersion  = 1
	methodUser   = 2
	cmdConnect   = 1
	typeIPv4     = 1
	typeName     = 3
	typeIPv6     = 4
)

// isolationUser is the SOCKS user name that both C Tor and Arti take as "the
// password is an isolation token" (Tor proposal 351).
const isolationUser = "<torS0X>0"

var (
	// errNotSOCKS says that the proxy answered something else than SOCKS5.
	errNotSOCKS = fmt.Errorf("%w: what answers there does not speak SOCKS5", ErrNoProxy)
	// errNoIsolation says that the proxy would take the connection without the token.
	errNoIsolation = errors.New("the proxy takes no user and password: sources would share circuits")
	// errBadToken says that the proxy refuses the token.
	errBadToken = errors.New("the proxy refuses the isolation token as user and password")
)

// A replyCode is a proxy's refusal.
type replyCode byte

func (c replyCode) Error() string { return fmt.Sprintf("refused with code 0x%02X", byte(c)) }

// handshake asks the SOCKS5 proxy on c for address, a name and a port, under an
// isolation token. It offers no other authentication: a proxy that takes none
// would isolate nothing. It reads not a byte beyond the proxy's reply. The error
// is a [replyCode], one of the errors above, or that of c.
func handshake(c io.ReadWriter, token, address string) error {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil || host == "" || len(host) > 255 {
		return fmt.Errorf("address %q: want a name of 1 to 255 bytes and a port", address)
	}
	if err := say(c, []byte{socksVersion, 1, methodUser}); err != nil {
		return err
	}
	switch b, err := hear(c, 2); {
	case err != nil:
		return err
	case b[0] != socksVersion:
		return errNotSOCKS
	case b[1] != methodUser:
		return errNoIsolation
	}
	auth := appendString([]byte{authVersion}, isolationUser)
	if err := say(c, appendString(auth, token)); err != nil {
		return err
	}
	switch b, err := hear(c, 2); {
	case err != nil:
		return err
	case b[0] != authVersion:
		return errNotSOCKS
	case b[1] != 0:
		return errBadToken
	}
	// A name, whatever it looks like: the proxy resolves, nobody else.
	ask := appendString([]byte{socksVersion, cmdConnect, 0, typeName}, host)
	if err := say(c, binary.BigEndian.AppendUint16(ask, uint16(port))); err != nil {
		return err
	}
	return hearReply(c)
}

// hearReply reads the reply to a request (RFC 1928, section 6).
func hearReply(r io.Reader) error {
	b, err := hear(r, 4)
	switch {
	case err != nil:
		return err
	case b[0] != socksVersion:
		return errNotSOCKS
	case b[1] != 0:
		return replyCode(b[1])
	}
	n := 0 // bytes of the bound address, which is of no use here
	switch b[3] {
	case typeIPv4:
		n = net.IPv4len
	case typeIPv6:
		n = net.IPv6len
	case typeName:
		if b, err = hear(r, 1); err != nil {
			return err
		}
		n = int(b[0])
	default:
		return errNotSOCKS
	}
	_, err = hear(r, n+2)
	return err
}

// appendString appends a byte of length, and s, which is short.
func appendString(b []byte, s string) []byte { return append(append(b, byte(len(s))), s...) }

func say(w io.Writer, b []byte) error {
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("speak to the proxy: %w", err)
	}
	return nil
}

func hear(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, fmt.Errorf("hear the proxy: %w", err)
	}
	return b, nil
}

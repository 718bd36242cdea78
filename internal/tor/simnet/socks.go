package simnet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// Numbers of RFC 1928 (SOCKS5) and RFC 1929 (its user and password).
const (
	version5     = 5
	authVersion  = 1
	methodNone   = 0x00
	methodUser   = 0x02
	methodRefuse = 0xff
	cmdConnect   = 1

	replyOK             = 0x00
	replyFailure        = 0x01
	replyNotAllowed     = 0x02
	replyRefused        = 0x05
	replyCommand        = 0x07
	replyAddressType    = 0x08
	replyDescriptorGone = 0xf0 // Tor proposal 304: onion service descriptor not found
)

// Address types of RFC 1928, section 5.
const (
	IPv4 = 1
	Name = 3
	IPv6 = 4
)

// A Request is what a client asked of the SOCKS server.
type Request struct {
	Host     string // as written by the client
	Port     int
	User     string // empty if the client did not authenticate
	Password string
	Type     byte // IPv4, Name or IPv6
}

// refusal is an error that the client is told by a reply code.
type refusal byte

func (r refusal) Error() string { return fmt.Sprintf("socks: refused with code 0x%02x", byte(r)) }

// readRequest does the server's part of the handshake up to the client's
// request. A *refusal says which reply the client is owed.
func readRequest(rw io.ReadWriter) (Request, error) {
	var q Request
	method, err := readGreeting(rw)
	if err != nil {
		return q, err
	}
	if _, err := rw.Write([]byte{version5, method}); err != nil {
		return q, err
	}
	switch method {
	case methodRefuse:
		return q, errors.New("socks: the client offers neither no authentication nor user and password")
	case methodUser:
		if err := readAuth(rw, &q); err != nil {
			return q, err
		}
		if _, err := rw.Write([]byte{authVersion, 0}); err != nil {
			return q, err
		}
	}
	return q, readConnect(rw, &q)
}

// readGreeting picks user and password if the client offers it, as Tor does.
func readGreeting(r io.Reader) (method byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, fmt.Errorf("socks: greeting: %w", err)
	}
	if head[0] != version5 {
		return 0, fmt.Errorf("socks: greeting: version %d, want 5", head[0])
	}
	methods := make([]byte, head[1])
	if _, err := io.ReadFull(r, methods); err != nil {
		return 0, fmt.Errorf("socks: greeting: %w", err)
	}
	method = methodRefuse
	for _, m := range methods {
		switch {
		case m == methodUser:
			return methodUser, nil
		case m == methodNone:
			method = methodNone
		}
	}
	return method, nil
}

// readAuth reads a user and password (RFC 1929, section 2).
func readAuth(r io.Reader, q *Request) error {
	var v [1]byte
	if _, err := io.ReadFull(r, v[:]); err != nil {
		return fmt.Errorf("socks: authentication: %w", err)
	}
	if v[0] != authVersion {
		return fmt.Errorf("socks: authentication: version %d, want 1", v[0])
	}
	for _, field := range []*string{&q.User, &q.Password} {
		s, err := readString(r)
		if err != nil {
			return fmt.Errorf("socks: authentication: %w", err)
		}
		*field = s
	}
	return nil
}

// readConnect reads a CONNECT request (RFC 1928, section 4).
func readConnect(r io.Reader, q *Request) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return fmt.Errorf("socks: request: %w", err)
	}
	if head[0] != version5 {
		return fmt.Errorf("socks: request: version %d, want 5", head[0])
	}
	q.Type = head[3]
	if err := readHost(r, q); err != nil {
		return err
	}
	var port [2]byte
	if _, err := io.ReadFull(r, port[:]); err != nil {
		return fmt.Errorf("socks: request: port: %w", err)
	}
	q.Port = int(binary.BigEndian.Uint16(port[:]))
	if head[1] != cmdConnect {
		return refusal(replyCommand)
	}
	return nil
}

func readHost(r io.Reader, q *Request) error {
	var ip []byte
	switch q.Type {
	case IPv4:
		ip = make([]byte, net.IPv4len)
	case IPv6:
		ip = make([]byte, net.IPv6len)
	case Name:
		name, err := readString(r)
		if err != nil {
			return fmt.Errorf("socks: request: name: %w", err)
		}
		q.Host = name
		return nil
	default:
		return refusal(replyAddressType)
	}
	if _, err := io.ReadFull(r, ip); err != nil {
		return fmt.Errorf("socks: request: address: %w", err)
	}
	q.Host = net.IP(ip).String()
	return nil
}

// readString reads a length byte and as many bytes.
func readString(r io.Reader) (string, error) {
	var n [1]byte
	if _, err := io.ReadFull(r, n[:]); err != nil {
		return "", err
	}
	s := make([]byte, n[0])
	if _, err := io.ReadFull(r, s); err != nil {
		return "", err
	}
	return string(s), nil
}

// writeReply answers a request. The bound address is of no use to a client
// and always 0.0.0.0:0.
func writeReply(w io.Writer, code byte) error {
	_, err := w.Write([]byte{version5, code, 0, IPv4, 0, 0, 0, 0, 0, 0})
	return err
}

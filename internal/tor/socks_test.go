package tor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// A script is a connection to a proxy that has said all it will say, whatever it
// hears.
type script struct {
	net.Conn // none
	says     io.Reader
	heard    bytes.Buffer
	closed   bool
}

func (s *script) Read(p []byte) (int, error)  { return s.says.Read(p) }
func (s *script) Write(p []byte) (int, error) { return s.heard.Write(p) }
func (s *script) Close() error                { s.closed = true; return nil }
func (s *script) SetDeadline(time.Time) error { return nil }

// ask does the handshake with s.
func (s *script) ask(address string) (net.Conn, error) {
	dial := func(context.Context) (net.Conn, error) { return s, nil }
	return handshake(context.Background(), dial, "token", address)
}

const welcome = "\x05\x02\x01\x00" // user and password wanted, and accepted

func TestHandshake(t *testing.T) {
	for name, test := range map[string]struct {
		says string
		want error // nil if it is accepted
	}{
		"an IPv4 address bound":        {welcome + "\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50", nil},
		"an IPv6 address bound":        {welcome + "\x05\x00\x00\x04" + strings.Repeat("\x00", 18), nil},
		"a name bound":                 {welcome + "\x05\x00\x00\x03\x01a\x00\x50", nil},
		"an empty name bound":          {welcome + "\x05\x00\x00\x03\x00\x00\x50", nil},
		"a reserved byte set":          {welcome + "\x05\x00\x7f\x01\x7f\x00\x00\x01\x00\x50", errNotSOCKS},
		"nothing":                      {"", io.EOF},
		"half a method":                {"\x05", io.ErrUnexpectedEOF},
		"SOCKS4":                       {"\x00\x5a\x00\x00", errNotSOCKS},
		"HTTP":                         {"HTTP/1.0 400 Bad Request\r\n\r\n", errNotSOCKS},
		"no authentication":            {"\x05\x00", errNoIsolation},
		"no method":                    {"\x05\xff", errNoIsolation},
		"an unasked method":            {"\x05\x01", errNoIsolation},
		"hangs up before the password": {"\x05\x02", io.EOF},
		"another authentication":       {"\x05\x02\x05\x00", errNotSOCKS},
		"the token refused":            {"\x05\x02\x01\x01", errBadToken},
		"hangs up before the reply":    {welcome, io.EOF},
		"half a reply":                 {welcome + "\x05", io.ErrUnexpectedEOF},
		"no more than a code":          {welcome + "\x05\xf0", replyCode(0xf0)},
		"a reply of SOCKS4":            {welcome + "\x04\x00\x00\x01\x7f\x00\x00\x01\x00\x50", errNotSOCKS},
		"an unknown address type":      {welcome + "\x05\x00\x00\x09\x7f\x00\x00\x01\x00\x50", errNotSOCKS},
		"half an address":              {welcome + "\x05\x00\x00\x01\x7f\x00", io.ErrUnexpectedEOF},
		"half a name":                  {welcome + "\x05\x00\x00\x03\xffabc", io.ErrUnexpectedEOF},
		"no name":                      {welcome + "\x05\x00\x00\x03", io.EOF},
		"a code, and hangs up":         {welcome + "\x05\xf2\x00\x01", replyCode(0xf2)},
	} {
		cut := test.want == io.EOF || test.want == io.ErrUnexpectedEOF
		says := test.says + "REST"
		if cut {
			says = test.says
		}
		s := &script{says: strings.NewReader(says)}
		c, err := s.ask("a.onion:80")
		if !errors.Is(err, test.want) || (err == nil) == s.closed {
			t.Errorf("%s: %v (closed: %t), want %v", name, err, s.closed, test.want)
		}
		if err != nil {
			continue
		}
		if rest, err := io.ReadAll(c); err != nil || string(rest) != "REST" {
			t.Errorf("%s: %q left (%v), want what the service says next, whole", name, rest, err)
		}
	}
}

const (
	greeting = "\x05\x02\x00\x02" // no authentication, or user and password
	password = "\x01\x09<torS0X>0\x05token"
	request  = "\x05\x01\x00\x03\x07a.onion\x00\x50"
)

func TestTheHandshakeSaysNoMoreThanItMust(t *testing.T) {
	for says, want := range map[string]string{
		"\x05\x00" + "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00": greeting,
		"\x05\xff":                               greeting,
		"HTTP/1.0 501 No\r\n":                    greeting,
		"\x05\x02\x01\x01":                       greeting + password,
		"\x05\x02\x05\x00":                       greeting + password,
		welcome + "\x05\x01\x00":                 greeting + password + request,
		welcome + "\x05\x00\x00\x03\x00\x00\x00": greeting + password + request,
	} {
		s := &script{says: strings.NewReader(says)}
		_, _ = s.ask("a.onion:80")
		if got := s.heard.String(); got != want {
			t.Errorf("to %q it says %q, want %q", says, got, want)
		}
	}
}

func TestOnlyNamesAreAskedFor(t *testing.T) {
	long := strings.Repeat("a", 255)
	for _, address := range []string{"a.onion:80", "a:65535", "127.1:1", "2130706433:1", long + ":80"} {
		s := &script{says: strings.NewReader(welcome + "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")}
		if _, err := s.ask(address); err != nil {
			t.Error(err)
		}
		host, port, _ := strings.Cut(address, ":")
		n, err := strconv.Atoi(port)
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("\x05\x01\x00\x03%s%s%s", []byte{byte(len(host))}, host, []byte{byte(n >> 8), byte(n)})
		if got, ok := strings.CutPrefix(s.heard.String(), greeting+password); !ok || got != want {
			t.Errorf("%s: asks %q, want the name as it is: %q", address, got, want)
		}
	}
	for _, address := range []string{
		"a.onion", ":80", "a.onion:65536", "a.onion:-1", "a.onion:+80", "a.onion:0", "a.onion:", "a.onion:http", long + "a:80", "",
		"127.0.0.1:80", "[::1]:443", "[::ffff:127.0.0.1]:80", "[fe80::1%lo]:80",
	} {
		s := &script{says: strings.NewReader(welcome)}
		_, err := s.ask(address)
		var e *Error
		if !errors.Is(err, errNoName) || !errors.As(explain(address, err), &e) || e.Class != Invalid || s.heard.Len() > 0 {
			t.Errorf("%q: %v after %q, want a refusal before a word", address, err, s.heard.String())
		}
	}
}

// A proxy that stays silent does not see the client give up: net.Pipe blocks
// until the other end reads or writes.
func TestTheContextEndsTheHandshake(t *testing.T) {
	gone := errors.New("gone")
	for says, ctx := range map[string]func() (context.Context, context.CancelFunc){
		"": func() (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(t.Context(), 10*time.Millisecond, gone)
		},
		"\x05\x02": func() (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(t.Context(), 10*time.Millisecond, gone)
		},
		welcome + "\x05\x00": func() (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(10*time.Millisecond, func() { cancel(gone) })
			return ctx, func() { cancel(nil) }
		},
	} {
		client, server := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, server) }()
		go func() { _, _ = io.WriteString(server, says) }()
		ctx, cancel := ctx()
		if _, err := handshake(ctx, func(context.Context) (net.Conn, error) { return client, nil }, "token", "a.onion:80"); err != gone {
			t.Errorf("after %q: %v, want why the context ended", says, err)
		}
		if _, err := server.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("after %q: %v, want a closed connection", says, err)
		}
		cancel()
		server.Close()
	}
}

func TestADeadlineSeenEarlyIsTheContexts(t *testing.T) {
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	s := &script{says: iotest.ErrReader(os.ErrDeadlineExceeded)}
	time.AfterFunc(10*time.Millisecond, func() { cancel(gone) })
	if _, err := handshake(ctx, func(context.Context) (net.Conn, error) { return s, nil }, "token", "a.onion:80"); err != gone {
		t.Errorf("%v, want why the context ended", err)
	}
}

// FuzzHandshake has the real client of x/net listen to a proxy through the tap.
func FuzzHandshake(f *testing.F) {
	for _, says := range []string{
		welcome + "\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50tail", welcome + "\x05\x00\x00\x03\x03abc\x00\x50", welcome + "\x05\x00\x00\x03\xff",
		welcome + "\x05\x00\x00\x04" + strings.Repeat("\x00", 18), welcome + "\x05\xf6\x00\x01", welcome + "\x05\x00\x01\x01",
		"\x05\xff", "\x05\x00\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50", "HTTP/1.0 501 Tor is not an HTTP Proxy\r\n", "",
	} {
		f.Add([]byte(says))
	}
	f.Fuzz(func(t *testing.T, says []byte) {
		whole := bytes.NewReader(says)
		s := &script{says: whole}
		_, err := s.ask("a.onion:80")
		took := len(says) - whole.Len()
		if want := replyLength(says); (err == nil) != (want > 0) || err == nil && took != want {
			t.Errorf("took %q: %v; a reply has %d bytes", says[:took], err, want)
		}
		if heard := s.heard.String(); strings.Contains(heard, request) && !bytes.HasPrefix(says, []byte(welcome)) {
			t.Errorf("said %q to a proxy that is no Tor", heard)
		}
		bitwise := &script{says: iotest.OneByteReader(bytes.NewReader(says))}
		if _, again := bitwise.ask("a.onion:80"); fmt.Sprint(again) != fmt.Sprint(err) {
			t.Errorf("%v byte by byte, %v in one", again, err)
		}
		if err == nil {
			return
		}
		var e *Error
		if err := explain("a.onion:80", err); !errors.As(err, &e) || e.Class == "" || e.Hint() == "" || e.Error() == "" {
			t.Errorf("%v is not explained", err)
		}
		if len(says) > 5 && string(says[:5]) == welcome+"\x05" && says[5] != 0 && e.Code != says[5] {
			t.Errorf("%v, want the code 0x%02x", e, says[5])
		}
	})
}

// replyLength is how many bytes of says are a proxy's part of a handshake in
// which all goes well; 0 if they are none.
func replyLength(says []byte) int {
	const head = welcome + "\x05\x00\x00"
	if len(says) < len(head)+2 || string(says[:len(head)]) != head {
		return 0
	}
	n, ok := map[byte]int{1: 8 + 4 + 2, 3: 8 + 1 + int(says[8]) + 2, 4: 8 + 16 + 2}[says[7]]
	if !ok || len(says) < n {
		return 0
	}
	return n
}

func TestEveryClassHasItsHint(t *testing.T) {
	for code := range 256 {
		if code == 0 {
			continue
		}
		var e *Error
		if !errors.As(explainReply("a.onion:80", byte(code)), &e) || e.Hint() == "" {
			t.Errorf("code 0x%02x has no hint", code)
		}
	}
}

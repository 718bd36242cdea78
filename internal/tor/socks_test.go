package tor

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// A script is a proxy that has said all it will say, whatever it hears.
type script struct {
	says  *bytes.Reader
	heard bytes.Buffer
}

func (s *script) Read(p []byte) (int, error)  { return s.says.Read(p) }
func (s *script) Write(p []byte) (int, error) { return s.heard.Write(p) }

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
		"a reserved byte set":          {welcome + "\x05\x00\x7f\x01\x7f\x00\x00\x01\x00\x50", nil},
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
		"half a reply":                 {welcome + "\x05\xf0", io.ErrUnexpectedEOF},
		"a reply of SOCKS4":            {welcome + "\x04\x00\x00\x01\x7f\x00\x00\x01\x00\x50", errNotSOCKS},
		"an unknown address type":      {welcome + "\x05\x00\x00\x09\x7f\x00\x00\x01\x00\x50", errNotSOCKS},
		"half an address":              {welcome + "\x05\x00\x00\x01\x7f\x00", io.ErrUnexpectedEOF},
		"half a name":                  {welcome + "\x05\x00\x00\x03\xffabc", io.ErrUnexpectedEOF},
		"no name":                      {welcome + "\x05\x00\x00\x03", io.EOF},
		"a code, and hangs up":         {welcome + "\x05\xf2\x00\x01", replyCode(0xf2)},
	} {
		s := &script{says: bytes.NewReader([]byte(test.says + "REST"))}
		cut := test.want == io.EOF || test.want == io.ErrUnexpectedEOF
		if cut {
			s.says = bytes.NewReader([]byte(test.says))
		}
		err := handshake(s, "token", "a.onion:80")
		if !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
		if test.want == nil && s.says.Len() != len("REST") {
			t.Errorf("%s: %d bytes left, want what the service says next, whole", name, s.says.Len())
		}
	}
}

func TestHandshakeSendsTheNameAsItIs(t *testing.T) {
	for address, want := range map[string]string{
		"a.onion:80":      "\x05\x01\x00\x03\x07a.onion\x00\x50",
		"127.0.0.1:65535": "\x05\x01\x00\x03\x09127.0.0.1\xff\xff",
		"[::1]:443":       "\x05\x01\x00\x03\x03::1\x01\xbb",
	} {
		s := &script{says: bytes.NewReader([]byte(welcome + "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"))}
		if err := handshake(s, "token", address); err != nil {
			t.Fatal(err)
		}
		all := "\x05\x01\x02" + "\x01\x09<torS0X>0\x05token" + want
		if s.heard.String() != all {
			t.Errorf("%s: said %q, want %q", address, s.heard.String(), all)
		}
	}
	for _, address := range []string{"a.onion", ":80", "a.onion:65536", "a.onion:-1", strings.Repeat("a", 256) + ":80"} {
		s := &script{says: bytes.NewReader(nil)}
		if err := handshake(s, "token", address); err == nil || s.heard.Len() > 0 {
			t.Errorf("%q: %v after %q, want an error before a word", address, err, s.heard.String())
		}
	}
}

func FuzzHandshake(f *testing.F) {
	for _, says := range []string{
		welcome + "\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50tail", welcome + "\x05\x00\x00\x03\x03abc\x00\x50",
		welcome + "\x05\xf6\x00\x01", "\x05\xff", "HTTP/1.0 501 Tor is not an HTTP Proxy\r\n", "",
	} {
		f.Add([]byte(says))
	}
	f.Fuzz(func(t *testing.T, says []byte) {
		s := &script{says: bytes.NewReader(says)}
		err := handshake(s, "token", "a.onion:80")
		took := len(says) - s.says.Len()
		if err == nil && (took < 4+7 || says[4] != 5 || says[5] != 0) {
			t.Errorf("accepted %q", says[:took])
		}
		if took > 4+4+1+255+2 {
			t.Errorf("took %d bytes", took)
		}
		if err == nil {
			return
		}
		var e *Error
		if err := explain("a.onion:80", err); !errors.As(err, &e) || e.Class == "" || e.Hint() == "" || e.Error() == "" {
			t.Errorf("%v is not explained", err)
		}
	})
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

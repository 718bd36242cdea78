package simnet

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A pipe is a client that has said all it will say.
type pipe struct {
	io.Reader
	bytes.Buffer
}

func (p *pipe) Read(b []byte) (int, error) { return p.Reader.Read(b) }

const (
	greetUser    = "\x05\x02\x00\x02"
	greetNone    = "\x05\x01\x00"
	auth         = "\x01\x04user\x06secret"
	connectName  = "\x05\x01\x00\x03\x07a.onion\x00\x50"
	connectIPv4  = "\x05\x01\x00\x01\x7f\x00\x00\x01\x1f\x90"
	connectIPv6  = "\x05\x01\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x50"
	bindName     = "\x05\x02\x00\x03\x07a.onion\x00\x50"
	connectOther = "\x05\x01\x00\x09\x07a.onion\x00\x50"
)

func TestReadRequest(t *testing.T) {
	for _, test := range []struct {
		name, in string
		want     Request
		answer   string
	}{
		{"with user and password", greetUser + auth + connectName, Request{"a.onion", 80, "user", "secret", Name}, "\x05\x02\x01\x00"},
		{"without", greetNone + connectName, Request{Host: "a.onion", Port: 80, Type: Name}, "\x05\x00"},
		{"IPv4", greetNone + connectIPv4, Request{Host: "127.0.0.1", Port: 8080, Type: IPv4}, "\x05\x00"},
		{"IPv6", greetNone + connectIPv6, Request{Host: "::1", Port: 80, Type: IPv6}, "\x05\x00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &pipe{Reader: bytes.NewReader([]byte(test.in))}
			got, err := readRequest(c)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if c.String() != test.answer {
				t.Errorf("answered %q, want %q", c.String(), test.answer)
			}
		})
	}
}

func TestReadRequestRefuses(t *testing.T) {
	for _, test := range []struct {
		name, in string
		code     refusal // 0 if the client is owed no reply
	}{
		{"BIND", greetNone + bindName, replyCommand},
		{"an unknown address type", greetNone + connectOther, replyAddressType},
		{"SOCKS4", "\x04\x01\x00\x50", 0},
		{"HTTP", "GET / HTTP/1.0\r\n\r\n", 0},
		{"foreign methods only", "\x05\x01\x01", 0},
		{"half a request", greetNone + connectName[:6], 0},
		{"nothing", "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := readRequest(&pipe{Reader: bytes.NewReader([]byte(test.in))})
			if err == nil {
				t.Fatal("accepted")
			}
			var code refusal
			errors.As(err, &code)
			if code != test.code {
				t.Errorf("reply code 0x%02x, want 0x%02x (%v)", byte(code), byte(test.code), err)
			}
		})
	}
}

func FuzzReadRequest(f *testing.F) {
	for _, in := range []string{greetUser + auth + connectName, greetNone + connectIPv4, greetNone + connectIPv6, greetNone + bindName, "\x05\xff"} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		q, err := readRequest(&pipe{Reader: bytes.NewReader(in)})
		if err == nil && q.Type != Name && q.Type != IPv4 && q.Type != IPv6 {
			t.Errorf("accepted address type %d", q.Type)
		}
		if len(q.Host) > 255 || len(q.User) > 255 || len(q.Password) > 255 {
			t.Errorf("a field longer than its length byte allows: %+v", q)
		}
	})
}

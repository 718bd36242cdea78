package tor_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil"
	"vigil/internal/tor"
	"vigil/internal/tor/simnet"
)

// raw is an onion service that says what it likes. After it has read a request,
// it calls serve with the number of the connection, from 1, and then hangs up.
func raw(t *testing.T, serve func(n int, c net.Conn)) (host string, sim *simnet.Net) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for n := 1; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer c.Close()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
					serve(n, c)
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); running.Wait() })
	host = onion("raw")
	sim = start(t, nil)
	if err := sim.Forward(host, l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	return host, sim
}

// pour writes s again and again until the client hangs up.
func pour(c net.Conn, s string) {
	big := []byte(strings.Repeat(s, 1+(4<<10)/len(s)))
	for {
		if _, err := c.Write(big); err != nil {
			return
		}
	}
}

func TestHostileServersAreCutOff(t *testing.T) {
	for name, serve := range map[string]func(net.Conn){
		"an endless status line": func(c net.Conn) { pour(c, "HTTP/1.1 200 OK") },
		"an endless header":      func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nA: "); pour(c, "a") },
		"endlessly many headers": func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n"); pour(c, "A: b\r\n") },
		"endless continuation":   func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nA: b\r\n"); pour(c, " c\r\n") },
		"interim responses":      func(c net.Conn) { pour(c, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n") },
		"100 Continue for ever":  func(c net.Conn) { pour(c, "HTTP/1.1 100 Continue\r\n\r\n") },
		"blank lines":            func(c net.Conn) { pour(c, "\r\n") },
		"no HTTP":                func(c net.Conn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.2p1\r\n") },
		"HTTP/2":                 func(c net.Conn) { io.WriteString(c, "\x00\x00\x00\x04\x00\x00\x00\x00\x00") },
		"nothing":                func(net.Conn) {},
		"two lengths": func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")
		},
		"a negative length": func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n") },
		"another protocol": func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nPRI")
		},
		"endless chunk extensions": func(c net.Conn) { io.WriteString(c, chunked+"1;"); pour(c, "x=y;") },
		"chunks of nothing but extensions": func(c net.Conn) {
			io.WriteString(c, chunked)
			pour(c, "1;"+strings.Repeat("x", 1000)+"\r\na\r\n")
		},
		"a chunk that is none":  func(c net.Conn) { io.WriteString(c, chunked+"zz\r\nabc") },
		"a chunk too large":     func(c net.Conn) { io.WriteString(c, chunked+"fffffffffffffffff\r\nabc") },
		"endless trailers":      func(c net.Conn) { io.WriteString(c, chunked+"1\r\na\r\n0\r\n"); pour(c, "A: b\r\n") },
		"less than it promised": func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc") },
		"a body cut in a chunk": func(c net.Conn) { io.WriteString(c, chunked+"a\r\nabc") },
		"a header byte by byte": func(c net.Conn) { drip(c, "HTTP/1.1 200 OK\r\n"+strings.Repeat("A: b\r\n", 10000)) },
		"interim, byte by byte": func(c net.Conn) { drip(c, strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 10000)) },
		"a header with a NUL":   func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nA\x00: b\r\n\r\n") },
		"a transfer coding of its": func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			host, sim := raw(t, func(_ int, c net.Conn) { serve(c) })
			cfg := config(sim.Addr())
			cfg.HeaderTimeout = 300 * time.Millisecond
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, "GET", "http://"+host+"/", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := network(t, cfg).Transport(source("a", host), tor.Session{}).RoundTrip(req)
			var got int64
			if err == nil {
				got, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
				resp.Body.Close()
			}
			if err == nil || ctx.Err() != nil {
				t.Errorf("%d bytes and %v, want an error of its own", got, err)
			}
			var e *tor.Error
			if errors.As(err, &e) {
				t.Errorf("%v: the proxy is blamed", err)
			}
		})
	}
}

const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

// drip writes s a byte at a time.
func drip(c net.Conn, s string) {
	for i := range len(s) {
		if _, err := io.WriteString(c, s[i:i+1]); err != nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestTheBytesStayRaw(t *testing.T) {
	a := onion("a")
	const packed = "\x1f\x8b\x08\x00 not really"
	sim := start(t, map[string]http.Handler{a: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		io.WriteString(w, packed)
	})})
	resp := held(t, network(t, config(sim.Addr())).Transport(source("a", a), tor.Session{}), "http://"+a+"/")
	b, err := io.ReadAll(resp.Body)
	if err != nil || string(b) != packed || resp.Header.Get("Content-Encoding") != "gzip" || resp.Uncompressed {
		t.Errorf("got %q (%v) with %v, want it as sent", b, err, resp.Header)
	}
}

// An answer to a question that was not asked must not become the next page.
func TestAConnectionWithUnaskedBytesIsClosed(t *testing.T) {
	hungUp := make(chan error, 1)
	host, sim := raw(t, func(n int, c net.Conn) {
		if n > 1 {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond")
			return
		}
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst")
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled")
		_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
		_, err := c.Read(make([]byte, 1))
		hungUp <- err
	})
	tr := network(t, config(sim.Addr())).Transport(source("a", host), tor.Session{})
	if b, err := get(t, tr, "http://"+host+"/1"); err != nil || b != "first" {
		t.Fatal(b, err)
	}
	if err := <-hungUp; err == nil || errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "timeout") {
		t.Errorf("the connection stayed open: %v", err)
	}
	if b, err := get(t, tr, "http://"+host+"/2"); err != nil || b != "second" {
		t.Errorf("the second page is %q (%v)", b, err)
	}
}

func TestAnyCertificateOfAnOnionServiceIsTaken(t *testing.T) {
	a := onion("a")
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s", r.Proto, r.TLS.ServerName)
	}))
	server.EnableHTTP2 = true
	server.StartTLS() // with a certificate for other names, of no known authority
	t.Cleanup(server.Close)
	sim := start(t, nil)
	if err := sim.Forward(a+":443", server.Listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	resp := held(t, network(t, config(sim.Addr())).Transport(source("a", a), tor.Session{}), "https://"+a+"/")
	b, err := io.ReadAll(resp.Body)
	if want := "HTTP/1.1 " + a; err != nil || string(b) != want {
		t.Errorf("got %q (%v), want %q", b, err, want)
	}
	if resp.TLS == nil || len(resp.TLS.PeerCertificates) == 0 || !resp.TLS.PeerCertificates[0].Equal(server.Certificate()) {
		t.Error("the certificate is not told: it is evidence")
	}
	server.TLS.MinVersion, server.TLS.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if _, err := get(t, network(t, config(sim.Addr())).Transport(source("a", a), tor.Session{}), "https://"+a+"/"); err == nil {
		t.Error("TLS 1.1 was spoken")
	}
}

func TestHTTPSToAPlainServiceIsNoProxyFailure(t *testing.T) {
	a := onion("a")
	sim := start(t, map[string]http.Handler{a + ":443": http.HandlerFunc(hello)})
	_, err := get(t, network(t, config(sim.Addr())).Transport(source("a", a), tor.Session{}), "https://"+a+"/")
	var e *tor.Error
	if err == nil || errors.As(err, &e) || errors.Is(err, vigil.ErrRefused) {
		t.Errorf("%v, want an error of the service's", err)
	}
}

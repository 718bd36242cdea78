package tor_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vigil/internal/needs"
	"vigil/internal/tor"
)

const torAnswer = "HTTP/1.0 501 Tor is not an HTTP Proxy\r\nContent-Type: text/html\r\n\r\n"

// A controlPort answers commands by their first matching prefix.
type controlPort map[string]string

// start listens; every connection is talked to until it hangs up.
func (p controlPort) start(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { p.talk(c) })
		}
	})
	t.Cleanup(func() { l.Close(); running.Wait() })
	return l.Addr().String()
}

func (p controlPort) talk(c net.Conn) {
	defer c.Close()
	r := bufio.NewScanner(c)
	for r.Scan() {
		answer := "510 Unrecognized command\r\n"
		for prefix, a := range p {
			if strings.HasPrefix(r.Text(), prefix) {
				answer = a
			}
		}
		if strings.HasPrefix(r.Text(), "AUTHCHALLENGE SAFECOOKIE ") && answer == "prove" {
			answer = prove(r.Text()[len("AUTHCHALLENGE SAFECOOKIE "):], p)
		}
		if _, err := io.WriteString(c, answer); err != nil {
			return
		}
	}
}

var cookie = strings.Repeat("c", 32)

// prove answers a challenge as a Tor that knows the cookie does, and makes p
// accept the right response alone.
func prove(nonce string, p controlPort) string {
	n, _ := hex.DecodeString(nonce)
	server := strings.Repeat("s", 32)
	sum := func(key string) string {
		m := hmac.New(sha256.New, []byte(key))
		io.WriteString(m, cookie+string(n)+server)
		return strings.ToUpper(hex.EncodeToString(m.Sum(nil)))
	}
	p["AUTHENTICATE "+strings.ToLower(sum("Tor safe cookie authentication controller-to-server hash"))] = "250 OK\r\n"
	return fmt.Sprintf("250 AUTHCHALLENGE SERVERHASH=%s SERVERNONCE=%X\r\n", sum("Tor safe cookie authentication server-to-controller hash"), server)
}

// healthy answers as a Tor that serves proxy with all that we want.
func healthy(proxy string) controlPort {
	return controlPort{
		"PROTOCOLINFO":                "250-PROTOCOLINFO 1\r\n250-AUTH METHODS=NULL\r\n250-VERSION Tor=\"0.4.9.11\"\r\n250 OK\r\n",
		"AUTHENTICATE":                "250 OK\r\n",
		"GETINFO version":             "250-version=0.4.9.11\r\n250 OK\r\n",
		"GETINFO status/bootstrap":    "250-status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY=\"Done\"\r\n250 OK\r\n",
		"GETINFO net/listeners/socks": "250-net/listeners/socks=\"127.0.0.1:1\" \"" + proxy + "\"\r\n250 OK\r\n",
		"GETCONF SocksPort":           "250-SocksPort=127.0.0.1:1\r\n250 SocksPort=" + proxy + " OnionTrafficOnly extendederrors\r\n",
		"AUTHCHALLENGE SAFECOOKIE ":   "513 no\r\n",
	}
}

func TestHealth(t *testing.T) {
	proxy := talk(t, torAnswer)
	cookieFile := filepath.Join(t.TempDir(), "cookie \"1\"")
	if err := os.WriteFile(cookieFile, []byte(cookie), 0o600); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(short, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	safeCookie := func(file string) string {
		return "250-PROTOCOLINFO 1\r\n250-AUTH METHODS=COOKIE,SAFECOOKIE COOKIEFILE=" + strconv.Quote(file) + "\r\n250 OK\r\n"
	}
	for name, test := range map[string]struct {
		change func(p controlPort)
		want   string // in the warnings, which are joined; empty for none at all
	}{
		"all is well":    {func(controlPort) {}, ""},
		"a newer Tor":    {func(p controlPort) { p["GETINFO version"] = "250-version=0.5.0.1-alpha (git-abc)\r\n250 OK\r\n" }, ""},
		"an older Tor":   {func(p controlPort) { p["GETINFO version"] = "250-version=0.4.9.10\r\n250 OK\r\n" }, "tor#41297"},
		"an odd version": {func(p controlPort) { p["GETINFO version"] = "250-version=latest\r\n250 OK\r\n" }, "cannot be compared"},
		"bootstrapping":  {func(p controlPort) { p["GETINFO status/bootstrap"] = boot(45) }, "45%"},
		"another Tor": {func(p controlPort) {
			p["GETINFO net/listeners/socks"] = "250-net/listeners/socks=\"127.0.0.1:1\"\r\n250 OK\r\n"
		}, "another Tor"},
		"a port for all traffic": {func(p controlPort) { p["GETCONF SocksPort"] = "250 SocksPort=" + proxy + "\r\n" }, "OnionTrafficOnly"},
		"a default port":         {func(p controlPort) { p["GETCONF SocksPort"] = "250 SocksPort\r\n" }, "ExtendedErrors"},
		"a cookie": {func(p controlPort) {
			p["PROTOCOLINFO"], p["AUTHCHALLENGE SAFECOOKIE "] = safeCookie(cookieFile), "prove"
			delete(p, "AUTHENTICATE")
		}, ""},
		"a cookie of another's": {func(p controlPort) {
			p["PROTOCOLINFO"] = safeCookie(cookieFile)
			p["AUTHCHALLENGE SAFECOOKIE "] = "250 AUTHCHALLENGE SERVERHASH=" + strings.Repeat("00", 32) + " SERVERNONCE=" + strings.Repeat("00", 32) + "\r\n"
		}, "not that Tor"},
		"a file that is no cookie": {func(p controlPort) { p["PROTOCOLINFO"] = safeCookie(short) }, "32 bytes"},
		"a folder as cookie":       {func(p controlPort) { p["PROTOCOLINFO"] = safeCookie(t.TempDir()) }, "32 bytes"},
		"a relative cookie file":   {func(p controlPort) { p["PROTOCOLINFO"] = safeCookie("cookie") }, "absolute"},
		"a missing cookie file":    {func(p controlPort) { p["PROTOCOLINFO"] = safeCookie(cookieFile + "x") }, "no such file"},
		"a password":               {func(p controlPort) { p["PROTOCOLINFO"] = "250-AUTH METHODS=HASHEDPASSWORD\r\n250 OK\r\n" }, "SAFECOOKIE"},
		"plain cookies only": {func(p controlPort) {
			p["PROTOCOLINFO"] = "250-AUTH METHODS=COOKIE COOKIEFILE=\"" + cookieFile + "\"\r\n250 OK\r\n"
		}, "SAFECOOKIE"},
		"a refusal":        {func(p controlPort) { p["AUTHENTICATE"] = "515 Bad authentication\r\n" }, "515"},
		"no control port":  {func(p controlPort) { p["PROTOCOLINFO"] = "SSH-2.0-OpenSSH\r\n" }, "does not speak"},
		"an endless line":  {func(p controlPort) { p["PROTOCOLINFO"] = "250 " + strings.Repeat("x", 1<<20) }, "does not speak"},
		"an endless reply": {func(p controlPort) { p["PROTOCOLINFO"] = strings.Repeat("250-x\r\n", 1<<16) }, "more than 256 lines"},
		"no such info":     {func(p controlPort) { p["GETINFO version"] = "552 Unrecognized key\r\n" }, "552"},
	} {
		t.Run(name, func(t *testing.T) {
			p := healthy(proxy)
			test.change(p)
			cfg := config(proxy)
			cfg.Control = p.start(t)
			h, err := network(t, cfg).Health(t.Context())
			if err != nil || !h.IsTor {
				t.Fatalf("%+v, %v, want a Tor", h, err)
			}
			warnings := strings.Join(h.Warnings, "\n")
			if test.want == "" && (warnings != "" || h.Bootstrapped != 100 || h.Version == "") {
				t.Errorf("%+v, want no warning", h)
			}
			if !strings.Contains(warnings, test.want) {
				t.Errorf("warnings %q, want %q in them", warnings, test.want)
			}
		})
	}
}

func boot(percent int) string {
	return fmt.Sprintf("250-status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=%d TAG=x SUMMARY=\"y\"\r\n250 OK\r\n", percent)
}

func TestHealthWithoutAControlPort(t *testing.T) {
	h, err := network(t, config(talk(t, torAnswer))).Health(t.Context())
	if err != nil || !h.IsTor || h.Version != "" || h.Bootstrapped != -1 || len(h.Warnings) != 0 {
		t.Errorf("%+v, %v, want a Tor of which no more is known", h, err)
	}
	h, err = network(t, config(talk(t, "HTTP/1.0 501 Not Implemented\r\n\r\n"))).Health(t.Context())
	if err != nil || h.IsTor || len(h.Warnings) != 1 {
		t.Errorf("%+v, %v, want a warning that it is no Tor", h, err)
	}
	cfg := config(filepath.Join("unix:"+t.TempDir(), "none"))
	if _, err := network(t, cfg).Health(t.Context()); !errors.Is(err, tor.ErrNoProxy) {
		t.Errorf("%v, want ErrNoProxy", err)
	}
	cfg = config(talk(t, torAnswer))
	cfg.Control = "unix:" + filepath.Join(t.TempDir(), "none")
	if h, err := network(t, cfg).Health(t.Context()); err != nil || len(h.Warnings) != 1 {
		t.Errorf("%+v, %v, want a warning about the control port", h, err)
	}
}

// TestHealthOfARealTor asks a Tor that is forbidden the network.
func TestHealthOfARealTor(t *testing.T) {
	needs.Program(t, "tor")
	program, err := exec.LookPath("tor")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil { // else Tor refuses to put a socket there
		t.Fatal(err)
	}
	torrc := filepath.Join(dir, "torrc")
	if err := os.WriteFile(torrc, []byte("DisableNetwork 1\nSocksPort 0\nClientOnly 1\nCookieAuthentication 1\nDataDirectory "+dir+
		"\nControlSocket "+dir+"/control\n__OwningControllerProcess "+strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program, "-f", torrc, "--defaults-torrc", filepath.Join(dir, "none"), "--ignore-missing-torrc", "--hush")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	cfg := config(talk(t, torAnswer))
	cfg.Control = "unix:" + dir + "/control"
	n := network(t, cfg)
	var h tor.Health
	for range 500 { // until it listens
		if h, err = n.Health(t.Context()); err != nil {
			t.Fatal(err)
		}
		if h.Version != "" {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if strings.Count(h.Version, ".") != 3 || h.Bootstrapped != 0 {
		t.Errorf("%+v, want a version of four numbers and nothing bootstrapped", h)
	}
	warnings := strings.Join(h.Warnings, "\n")
	if !strings.Contains(warnings, "another Tor") || !strings.Contains(warnings, "0%") {
		t.Errorf("warnings %q, want that this Tor has no network, and not our proxy", warnings)
	}
}

package tor

import (
	"bufio"
	"strings"
	"testing"
)

func TestReadReply(t *testing.T) {
	for in, want := range map[string]string{
		"250 OK\r\n":                                  "250 OK",
		"250-a=1\r\n250-b=2\r\n250 OK\r\nrest":        "250 a=1|b=2|OK",
		"250+a=\r\nx\r\n250 y\r\n..\r\n.\r\n250 OK\n": "250 a=|OK",
		"551 no\r\n":                                  "551 no",
		"250 \r\n":                                    "250 ",
	} {
		code, lines, err := readReply(bufio.NewReader(strings.NewReader(in)))
		if got := code + " " + strings.Join(lines, "|"); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", "250", "250 OK", "250\r\n", "250-a\r\n", "25x OK\r\n", "250-a\r\n550 b\r\n", "250*a\r\n", "\r\n", "250+a\r\nb\r\n"} {
		if code, lines, err := readReply(bufio.NewReader(strings.NewReader(in))); err == nil {
			t.Errorf("%q was read as %s %q", in, code, lines)
		}
	}
}

func FuzzReadReply(f *testing.F) {
	for _, in := range []string{
		"250-PROTOCOLINFO 1\r\n250-AUTH METHODS=COOKIE,SAFECOOKIE COOKIEFILE=\"/run/tor/control.authcookie\"\r\n250-VERSION Tor=\"0.4.9.11\"\r\n250 OK\r\n",
		"250-net/listeners/socks=\"127.0.0.1:9050\" \"unix:/run/tor/socks\"\r\n250 OK\r\n", "250 SocksPort=unix:\"/a b\" OnionTrafficOnly\r\n",
		"250+a=\r\nx\r\n.\r\n250 OK\r\n", "250-version=0.4.9.11\r\n250 OK\r\n", "250-status/bootstrap-phase=NOTICE BOOTSTRAP PROGRESS=5\r\n250 OK\r\n",
	} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		code, lines, err := readReply(bufio.NewReaderSize(strings.NewReader(in), maxReplyLine))
		if err != nil {
			return
		}
		if !isCode(code) || len(lines) == 0 || len(lines) > maxReplyLines {
			t.Errorf("read %q and %d lines", code, len(lines))
		}
		h := Health{Bootstrapped: -1, Version: lines[0]}
		h.judgeVersion()
		h.judgeBootstrap(lines[0])
		h.judgeFlags("127.0.0.1:9050", lines)
		quotedFields(lines[0])
		if _, file, err := authMethods(lines); err == nil && len(file) > maxReplyLine {
			t.Errorf("a file name of %d bytes", len(file))
		}
		if h.Bootstrapped < -1 || h.Bootstrapped > 100 {
			t.Errorf("%d%% bootstrapped", h.Bootstrapped)
		}
	})
}

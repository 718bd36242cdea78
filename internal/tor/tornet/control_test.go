package tornet

import (
	"bufio"
	"net"
	"slices"
	"strings"
	"testing"
)

func TestReadReply(t *testing.T) {
	for _, test := range []struct {
		in, code string
		lines    []string
	}{
		{"250 OK\r\n", "250", []string{"OK"}},
		{"250-version=0.4.9.11\r\n250 OK\r\n", "250", []string{"version=0.4.9.11", "OK"}},
		{"250+ns/all=\r\nr a\r\n..dot\r\n.\r\n250 OK\r\n", "250", []string{"ns/all=\nr a\n.dot", "OK"}},
		{"512 Bad arguments\r\n", "512", []string{"Bad arguments"}},
	} {
		code, lines, err := readReply(bufio.NewReader(strings.NewReader(test.in)))
		if err != nil || code != test.code || !slices.Equal(lines, test.lines) {
			t.Errorf("%q: %s %q %v, want %s %q", test.in, code, lines, err, test.code, test.lines)
		}
	}
	for _, bad := range []string{"", "250", "250 OK", "x\r\n", "250+a=\r\nno end\r\n"} {
		if code, lines, err := readReply(bufio.NewReader(strings.NewReader(bad))); err == nil {
			t.Errorf("%q: %s %q, want an error", bad, code, lines)
		}
	}
}

func FuzzReadReply(f *testing.F) {
	for _, in := range []string{"250 OK\r\n", "250-a=b\r\n250 OK\r\n", "250+a=\r\nx\r\n.\r\n250 OK\r\n", "650 HS_DESC UPLOADED\r\n", "\r\n"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		code, lines, err := readReply(bufio.NewReader(strings.NewReader(in)))
		if err == nil && (len(code) != 3 || len(lines) == 0) {
			t.Errorf("accepted as %q %q", code, lines)
		}
	})
}

func TestControlEndsWithTor(t *testing.T) {
	ours, theirs := net.Pipe()
	c := newControl(ours)
	theirs.Close()
	if _, err := c.do("GETINFO version"); err == nil {
		t.Error("an answer from nobody")
	}
	c.close()
}

func TestVersions(t *testing.T) {
	v, err := parseVersion("Tor version 0.4.9.11.\nThis build of Tor is covered by …\n")
	if err != nil || v != "0.4.9.11" {
		t.Errorf("%q, %v", v, err)
	}
	if v, err := parseVersion("Tor version 0.5.0.1-alpha (git-0123456789abcdef).\n"); err != nil || v != "0.5.0.1-alpha" {
		t.Errorf("%q, %v", v, err)
	}
	if v, err := parseVersion("bash: no tor\n"); err == nil {
		t.Errorf("found %q", v)
	}
	for v, want := range map[string]bool{
		"0.4.8.24": true, "0.4.9.9": true, "0.4.9.10": true, "0.4.9.11": false, "0.4.9.12": false, "0.4.10.1": false, "0.5.0.1-alpha": false, "1.0": false, "0.4.9": true, "": true,
	} {
		if older(v, MinVersion) != want {
			t.Errorf("older(%q, %q) is %v", v, MinVersion, !want)
		}
	}
}

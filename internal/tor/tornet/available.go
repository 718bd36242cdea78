package tornet

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// MinVersion is the oldest Tor that may be used. In older ones a rendezvous
// point can impersonate a service, and a service can end the client.
const MinVersion = "0.4.9.11"

// Available says why no network can be started on this machine; nil means that
// one can.
func Available() error {
	out, err := exec.Command("tor", "--version").Output()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("tor is not installed (apt-get install --no-install-recommends tor)")
	}
	if err != nil {
		return fmt.Errorf("tor --version: %w", err)
	}
	version, err := parseVersion(string(out))
	if err != nil {
		return err
	}
	if older(version, MinVersion) {
		return fmt.Errorf("tor %s is too old: want %s or newer", version, MinVersion)
	}
	return nil
}

// parseVersion finds "0.4.9.11" in "Tor version 0.4.9.11 (git-…).".
func parseVersion(out string) (string, error) {
	line, _, _ := strings.Cut(out, "\n")
	f := strings.Fields(line)
	if len(f) < 3 || f[0] != "Tor" || f[1] != "version" {
		return "", fmt.Errorf("tor --version says %q: want \"Tor version …\"", line)
	}
	return strings.TrimRight(f[2], "."), nil
}

// older compares versions part by part. A part with letters ("0.5.0.1-alpha")
// counts by the digits it begins with.
func older(a, b string) bool {
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		m, n := digits(x[i]), digits(y[i])
		if m != n {
			return m < n
		}
	}
	return len(x) < len(y)
}

func digits(s string) int {
	end := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if end >= 0 {
		s = s[:end]
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

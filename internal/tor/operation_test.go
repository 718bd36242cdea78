package tor_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vigil/internal/needs"
	"vigil/internal/tor/tornet"
)

// block returns the text of the one fenced block of a kind in OPERATION.md.
func block(t *testing.T, kind string) string {
	t.Helper()
	doc, err := os.ReadFile("OPERATION.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(doc), "\n```"+kind+"\n")
	text, rest, closed := strings.Cut(text, "\n```\n")
	if !ok || !closed || strings.Contains(rest, "\n```"+kind+"\n") {
		t.Fatalf("OPERATION.md: want one block of %s", kind)
	}
	return text + "\n"
}

// written writes text to a file and returns its path.
func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheRecommendedTorrc(t *testing.T) {
	needs.Right(t, tornet.Available(), "tor, which make deps installs")
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	verify := func(torrc string) (string, error) {
		torrc = strings.NewReplacer("/run/tor-instances/vigil", dir, "/var/lib/tor-instances/vigil", dir).Replace(torrc)
		file := written(t, "torrc", torrc+"DataDirectory "+dir+"\n")
		out, err := exec.Command("tor", "--verify-config", "-f", file, "--defaults-torrc", filepath.Join(dir, "none"), "--ignore-missing-torrc").CombinedOutput()
		return string(out), err
	}
	if err := os.Mkdir(filepath.Join(dir, "onion_auth"), 0o700); err != nil {
		t.Fatal(err)
	}
	torrc := block(t, "torrc")
	out, err := verify(torrc)
	if err != nil || !strings.Contains(out, "Configuration was valid") {
		t.Errorf("tor --verify-config: %v\n%s", err, out)
	}
	for line := range strings.Lines(out) {
		if strings.Contains(line, "[warn]") && !strings.Contains(line, "running Tor as root") {
			t.Errorf("tor --verify-config warns: %s", line)
		}
	}
	if !strings.Contains(torrc, " "+tornet.SocksFlags+"\n") {
		t.Errorf("the tests' SOCKS port has other flags: %s", tornet.SocksFlags)
	}
	if out, err := verify(torrc + "NoSuchLine 1\n"); err == nil {
		t.Errorf("tor accepts anything: %s", out)
	}
	doc, err := os.ReadFile("OPERATION.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), "Version "+tornet.MinVersion+" or newer") {
		t.Errorf("OPERATION.md names another least version than %s", tornet.MinVersion)
	}
}

func TestTheUnit(t *testing.T) {
	needs.Program(t, "systemd-analyze")
	unit := block(t, "ini")
	for _, line := range []string{"PrivateNetwork=yes\n", "RestrictAddressFamilies=AF_UNIX\n"} {
		if !strings.Contains(unit, line) {
			t.Errorf("the unit lacks %s", line)
		}
	}
	// The program need not be installed here, nor tor's units.
	unit = strings.ReplaceAll(unit, "/usr/local/bin/vigil", "/bin/true")
	unit = strings.ReplaceAll(unit, "Requires=tor@vigil.service\n", "")
	out, err := exec.Command("systemd-analyze", "verify", written(t, "vigil.service", unit)).CombinedOutput()
	if err != nil || strings.Contains(string(out), "vigil.service:") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	bad := strings.ReplaceAll(unit, "PrivateNetwork=", "PrivateNetworks=")
	if out, err := exec.Command("systemd-analyze", "verify", written(t, "vigil.service", bad)).CombinedOutput(); err == nil && !strings.Contains(string(out), "vigil.service:") {
		t.Errorf("systemd-analyze accepts anything: %s", out)
	}
}

func TestTheFirewall(t *testing.T) {
	needs.Program(t, "nft")
	ns, err := tornet.Isolate(true)
	needs.Right(t, err, "root, or user namespaces")
	defer ns.Close()
	rules := strings.ReplaceAll(block(t, "nft"), `"vigil"`, "0") // an account that is there
	nft := ns.Command("nft", "-f", "-")
	nft.Stdin = strings.NewReader(rules)
	if out, err := nft.CombinedOutput(); err != nil {
		t.Fatalf("nft: %v\n%s", err, out)
	}
	dial := func(address string) error {
		return ns.Command("bash", "-c", "echo x >/dev/tcp/"+address).Run()
	}
	_ = dial("127.0.0.1/9050") // passes the rules, and nobody listens
	if n := refused(t, ns); n != 0 {
		t.Errorf("%d packets to Tor were refused", n)
	}
	_ = dial("127.0.0.1/9051")
	if n := refused(t, ns); n == 0 {
		t.Error("a packet to another port was not refused")
	}
}

// refused reads the counter of the rules.
func refused(t *testing.T, ns *tornet.Namespace) (n int) {
	t.Helper()
	out, err := ns.Command("nft", "list", "ruleset").CombinedOutput()
	if err != nil {
		t.Fatalf("nft: %v\n%s", err, out)
	}
	_, text, ok := strings.Cut(string(out), "counter packets ")
	if _, err := fmt.Sscan(text, &n); !ok || err != nil {
		t.Fatalf("no counter in\n%s", out)
	}
	return n
}

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vigil/internal/bundle"
)

// The test vector of the format, and who signed it (FORMAT.md).
const (
	vector  = "../../internal/bundle/testdata/vector.zip"
	signers = `judge@court.example namespaces="vigil-order" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIUhZ+yaRDWk18LhpTDJiq+bgKL3KVo5Ec/uviWXQL/v
vigil-case namespaces="vigil-bundle" ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIlWsj16MDVX6a5ZGM/il3Q4bAEBbAYzccVDPmOGJpqG
`
)

// later is after the vector was sealed.
var later = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

func write(t *testing.T, name, text string) string {
	t.Helper()
	full := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return full
}

func TestExitCodesSayWhatBecameOfTheBundle(t *testing.T) {
	data, err := os.ReadFile(vector)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(data)
	changed[len(changed)/2] ^= 1
	bad := write(t, "bad.zip", string(changed))
	trusted := write(t, "signers", signers)
	for name, tt := range map[string]struct {
		args   []string
		now    time.Time
		code   int
		stdout string
		stderr string
	}{
		"a good bundle":                 {[]string{vector}, later, exitPassed, "NOT CHECKED  signer", ""},
		"with trusted signers":          {[]string{"-signers", trusted, vector}, later, exitPassed, "PASS         signer", ""},
		"with two dashes":               {[]string{"--signers", trusted, vector}, later, exitPassed, "PASS         order", ""},
		"what it does not prove":        {[]string{vector}, later, exitPassed, "It does not prove", ""},
		"signers that nobody is":        {[]string{"-signers", write(t, "none", ""), vector}, later, exitInvalid, "FAIL         signer", "ask the sender"},
		"a changed byte":                {[]string{bad}, later, exitInvalid, "FAIL", "ask the sender"},
		"sealed in the future":          {[]string{vector}, later.AddDate(-1, 0, 0), exitInvalid, "clocks", "ask the sender"},
		"no file":                       {[]string{"nosuch"}, later, exitUsage, "", "nosuch"},
		"no bundle":                     {nil, later, exitUsage, "", "usage: vigil-verify"},
		"two bundles":                   {[]string{vector, vector}, later, exitUsage, "", "usage: vigil-verify"},
		"no such flag":                  {[]string{"-x", vector}, later, exitUsage, "", "-x"},
		"help":                          {[]string{"-h"}, later, exitPassed, "", "usage: vigil-verify"},
		"signers that cannot be read":   {[]string{"-signers", "nosuch", vector}, later, exitUsage, "", "nosuch"},
		"signers that are none":         {[]string{"-signers", bad, vector}, later, exitUsage, "", "line 1"},
		"authorities that are none":     {[]string{"-authorities", trusted, vector}, later, exitUsage, "", "signers"},
		"log keys that are none":        {[]string{"-log-keys", trusted, vector}, later, exitUsage, "", "signers"},
		"a name that acts on terminals": {[]string{"\x1b[2J"}, later, exitUsage, "", "‹U+001B›"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(tt.args, &stdout, &stderr, tt.now); code != tt.code {
			t.Errorf("%s: exit code %d, want %d: %s", name, code, tt.code, &stderr)
		}
		if !strings.Contains(stdout.String(), tt.stdout) || !strings.Contains(stderr.String(), tt.stderr) {
			t.Errorf("%s: printed %q and %q", name, &stdout, &stderr)
		}
		if strings.Contains(stdout.String()+stderr.String(), "\x1b") {
			t.Errorf("%s: printed what acts on a terminal", name)
		}
	}
}

func TestJSONHoldsTheSame(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := run([]string{"-json", vector}, &stdout, &stderr, later); code != exitPassed {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	var r bundle.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil || !r.OK() || r.Bundle != "bundle-vector-2" || r.Kind != bundle.Evidential || r.Scope == "" {
		t.Errorf("%v: %+v", err, r)
	}
}

// The program is small enough to be read: no store, no crawler, no network of ours.
func TestItIsMadeOfFewParts(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Skipf("no go command: %v", err)
	}
	parts := map[string]bool{}
	for part := range strings.FieldsSeq(string(out)) {
		parts[part] = true
	}
	for _, want := range []string{"vigil/internal/bundle", "vigil/internal/custody"} {
		if !parts[want] {
			t.Errorf("%s is not in it: go list says something else", want)
		}
	}
	for _, never := range []string{
		"vigil/store", "vigil/store/bolt", "go.etcd.io/bbolt", "vigil/internal/tor", "golang.org/x/net/proxy", "vigil/crawler", "github.com/gocolly/colly/v2",
		"vigil/classify", "vigil/internal/review", "vigil/internal/keyring", "github.com/spf13/cobra",
	} {
		if parts[never] {
			t.Errorf("%s is in it", never)
		}
	}
}

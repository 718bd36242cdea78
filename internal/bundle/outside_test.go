package bundle

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// commands returns the command lines of VERIFY.txt: those that are indented by
// three blanks and begin with a word of tool.
func commands(manual, tool string) []string {
	var found []string
	for line := range strings.Lines(manual) {
		if line = strings.TrimRight(line, "\n"); strings.HasPrefix(line, "   "+tool+" ") {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// shell runs a command line in dir.
func shell(t *testing.T, dir, line string) (string, error) {
	t.Helper()
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		t.Skipf("no %s on this machine: VERIFY.txt is not tried with it", tool)
	}
}

func TestManualWithSha256sum(t *testing.T) {
	need(t, "sha256sum")
	need(t, "sha512sum")
	_, dir := smallWorld(t)
	manual := string(files(t, dir)[manualName])
	lines := append(commands(manual, "sha256sum -c"), commands(manual, "sha512sum -c")...)
	if len(lines) != 4 {
		t.Fatalf("VERIFY.txt has %d lines with sha256sum and sha512sum, want 4", len(lines))
	}
	for _, line := range lines {
		if out, err := shell(t, dir, line); err != nil || out != "" {
			t.Errorf("%s: %v: %s", line, err, out)
		}
	}
	put(t, filepath.Join(dir, reportName), []byte("changed"))
	if _, err := shell(t, dir, lines[0]); err == nil {
		t.Error("sha256sum did not notice a change")
	}
}

func TestManualWithSSHKeygen(t *testing.T) {
	need(t, "ssh-keygen")
	w, dir := smallWorld(t)
	manual := string(files(t, dir)[manualName])
	trusted := filepath.Join(t.TempDir(), "trusted")
	put(t, trusted, []byte(w.court.line+w.exporter.line))
	lines := commands(manual, "ssh-keygen")
	if len(lines) != 3 {
		t.Fatalf("VERIFY.txt has %d lines with ssh-keygen, want 3", len(lines))
	}
	for _, line := range lines {
		line = strings.NewReplacer("TRUSTED", trusted, "NAME", "judge@court.example").Replace(line)
		if out, err := shell(t, dir, line); err != nil {
			t.Errorf("%s: %v: %s", line, err, out)
		}
	}
	own := strings.Replace(lines[0], "TRUSTED", signersName, 1)
	if out, err := shell(t, dir, own); err != nil || !strings.Contains(out, "Good") {
		t.Errorf("%s: %v: %s", own, err, out)
	}
	put(t, filepath.Join(dir, signedName), []byte("changed"))
	if _, err := shell(t, dir, own); err == nil {
		t.Error("ssh-keygen did not notice a change")
	}
}

func TestManualWithPython(t *testing.T) {
	need(t, "python3")
	w := newWorld(t)
	dir := w.write(t)
	manual := string(files(t, dir)[manualName])
	program := regexp.MustCompile(`(?s)\nimport base64.*?\n\n`).FindString(manual)
	script := filepath.Join(t.TempDir(), "proof.py")
	put(t, script, []byte(program))
	out, err := shell(t, dir, "python3 "+script+" data/custody/order")
	if want := len(w.contents.Logs[0].Entries); err != nil || strings.Count(out, " ok\n") != want || strings.Contains(out, "NOT") {
		t.Fatalf("%v, want %d proofs: %s", err, want, out)
	}
	events := filepath.Join(dir, orderLogDir+eventsName)
	put(t, events, []byte(strings.Replace(string(files(t, dir)[orderLogDir+eventsName]), "clerk", "Clerk", 1)))
	if out, _ := shell(t, dir, "python3 "+script+" data/custody/order"); strings.Count(out, "NOT IN THE LOG") != 1 {
		t.Errorf("a changed line: %s", out)
	}
}

func TestManualRecordsMatchTheLog(t *testing.T) {
	need(t, "sha256sum")
	w, dir := smallWorld(t)
	all := files(t, dir)
	events := string(all[orderLogDir+eventsName])
	lines := commands(string(all[manualName]), "sha256sum data/listings/*.json")
	lines = append(lines, strings.Replace(commands(string(all[manualName]), "while")[0], "LISTING", w.contents.Exhibits[0].Listing.ID, 1))
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2", len(lines))
	}
	n := 0
	for _, line := range lines {
		out, err := shell(t, dir, line)
		if err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
		for sum := range strings.Lines(out) {
			n++
			if !strings.Contains(events, `"sha256":"`+strings.Fields(sum)[0]+`"`) {
				t.Errorf("the log does not tell of %s", sum)
			}
		}
	}
	if n != 5 {
		t.Errorf("%d records, want 5", n)
	}
}

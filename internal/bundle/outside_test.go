package bundle

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vigil/internal/needs"
)

// blocks returns the commands of VERIFY.txt by the number of their section, as
// a person would paste them: lines that begin with four blanks, and what stands
// between a line with << and its END.
func blocks(manual string) map[string]string {
	found := map[string]string{}
	section, here := "", false
	for line := range strings.Lines(manual) {
		if n, _, ok := strings.Cut(line, ". "); ok && len(n) <= 2 && n[0] >= '0' && n[0] <= '9' {
			section = n
		}
		command, ok := strings.CutPrefix(line, "    ")
		if here {
			command, ok, here = line, true, line != "END\n"
		}
		if ok {
			found[section] += command
			here = here || strings.HasSuffix(command, "<<'END'\n")
		}
	}
	return found
}

// shell runs a script in dir.
func shell(t *testing.T, dir, script string) (string, error) {
	t.Helper()
	cmd := exec.Command("sh", "-c", "work="+t.TempDir()+"\n"+script)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// manual returns the sections of VERIFY.txt of a bundle.
func manual(t *testing.T, dir string) map[string]string {
	t.Helper()
	return blocks(string(files(t, dir)[manualName]))
}

func TestManualWithSha256sum(t *testing.T) {
	needs.Program(t, "sha256sum", "sha512sum", "find", "sed")
	_, dir := smallWorld(t)
	m := manual(t, dir)
	if out, err := shell(t, dir, m["1"]+m["2"]); err != nil || out != "sha256 ok\nsha512 ok\nno file added\n" {
		t.Errorf("%v: %s", err, out)
	}
	put(t, filepath.Join(dir, "data/extra"), nil)
	if out, _ := shell(t, dir, m["2"]); out != "" {
		t.Errorf("with a file more: %s", out)
	}
	put(t, filepath.Join(dir, manualName), []byte("changed"))
	if out, _ := shell(t, dir, m["1"]); strings.Contains(out, "ok\n") {
		t.Errorf("with a changed file: %s", out)
	}
}

func TestManualWithSSHKeygen(t *testing.T) {
	needs.Program(t, "ssh-keygen", "sed", "tr")
	w, dir := smallWorld(t)
	m := manual(t, dir)
	trusted := filepath.Join(t.TempDir(), "trusted")
	put(t, trusted, []byte(w.court.line+w.exporter.line))
	own := strings.Replace(m["3"], "signatures/allowed_signers", trusted, 1)
	for _, script := range []string{m["3"], own} {
		if out, err := shell(t, dir, script); err != nil || !strings.Contains(out, `Good "vigil-bundle" signature for vigil-case`) {
			t.Errorf("%s: %v: %s", script, err, out)
		}
	}
	if out, err := shell(t, dir, own+m["6"]); err != nil || !strings.Contains(out, `Good "vigil-order" signature`) || !strings.Contains(out, "judge@court.example") {
		t.Errorf("the order: %v: %s", err, out)
	}
	put(t, trusted, []byte(newParty(t, "vigil-case", "vigil-bundle").line))
	if out, err := shell(t, dir, own); err == nil {
		t.Errorf("with another's key: %s", out)
	}
	put(t, filepath.Join(dir, orderName), []byte("changed"))
	if out, _ := shell(t, dir, m["6"]); strings.Contains(out, "Good") {
		t.Errorf("with a changed order: %s", out)
	}
	put(t, filepath.Join(dir, signedName), []byte("changed"))
	if out, err := shell(t, dir, m["3"]); err == nil {
		t.Errorf("with a changed manifest: %s", out)
	}
}

func TestManualSaysWhatIsNotThere(t *testing.T) {
	needs.Program(t, "ssh-keygen", "openssl", "sha256sum")
	_, dir := smallWorld(t)
	m := manual(t, dir)
	if out, err := shell(t, dir, m["3"]+m["4"]+m["5"]); err != nil || !strings.HasSuffix(out, "not released\nno time stamp\n") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestManualWithOpenSSL(t *testing.T) {
	needs.Program(t, "openssl", "python3")
	_, dir := smallWorld(t)
	m := manual(t, dir)
	out, err := shell(t, dir, m["7"])
	if err != nil || strings.Count(out, " ok\n") != 4 || !strings.Contains(out, "signature of the captures: Verified OK") {
		t.Errorf("%v: %s", err, out)
	}
	name := filepath.Join(dir, waczName)
	changed := strings.Replace(string(files(t, dir)[waczName]), `"signature": "`, `"signature": "AAAA`, 1)
	changed = strings.Replace(changed, `json-pages-1.0`, `json-pages-1.1`, 1)
	put(t, name, []byte(changed))
	if out, err := shell(t, dir, m["7"]); err == nil && strings.Count(out, " ok\n") == 4 {
		t.Errorf("with a changed package: %s", out)
	}
}

func TestManualShowsAPage(t *testing.T) {
	needs.Program(t, "python3", "cat")
	w, dir := smallWorld(t)
	out, err := shell(t, dir, manual(t, dir)["8"])
	page := strings.ReplaceAll(string(w.exhibits[0].Page.Body), "\r", "^M")
	if err != nil || !strings.HasPrefix(out, "WARC/1.1^M\nWARC-Type: response^M\n") || !strings.HasSuffix(out, page+"^M\n^M\n") {
		t.Errorf("%v: %s", err, out)
	}
}

// What a bundle says must not run in the shell of who checks it by hand.
func TestManualRunsNothingOfTheBundle(t *testing.T) {
	needs.Program(t, "sh", "python3", "ssh-keygen", "openssl", "sha256sum", "sed", "grep", "comm")
	_, dir := smallWorld(t)
	all := files(t, dir)
	script := ""
	for _, n := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10"} {
		script += blocks(string(all[manualName]))[n]
	}
	for name, data := range all {
		for _, evil := range []string{"$(touch touched)", "`touch touched`", "\"; touch touched; \"", "'; touch touched; '", "\ntouch touched\n"} {
			var changed []byte
			for i, line := range strings.SplitAfter(string(data), "\n") {
				if i < 20 {
					changed = append(changed, strings.NewReplacer(": ", ": "+evil, `":"`, `":"`+strings.ReplaceAll(evil, "\n", ""), "vigil-case", evil).Replace(line)...)
				}
			}
			put(t, filepath.Join(dir, name), changed)
			if name != signersName && !strings.Contains(evil, "(") {
				continue // one spelling is enough for most
			}
			shell(t, dir, script)
		}
		if name != manualName {
			put(t, filepath.Join(dir, name), data)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "touched")); err == nil {
		t.Error("a command of the bundle was run")
	}
}

func TestManualRecordsMatchTheLog(t *testing.T) {
	needs.Program(t, "sha256sum", "grep", "comm")
	w := newWorld(t)
	dir := w.write(t)
	m := manual(t, dir)
	if out, err := shell(t, dir, m["9"]); err != nil || out != "" {
		t.Errorf("%v: %s", err, out)
	}
	for _, name := range []string{listingDir + w.exhibits[0].Listing.ID + ".json", reviewDir + exhibit(3, nil).Listing.ID + ".jsonl", orderRecName} {
		data := files(t, dir)[name]
		put(t, filepath.Join(dir, name), []byte(strings.Replace(string(data), "e", "E", 1)))
		if out, err := shell(t, dir, m["9"]); err != nil || strings.Count(out, "\n") != 1 {
			t.Errorf("%s changed: %v: %s", name, err, out)
		}
		put(t, filepath.Join(dir, name), data)
	}
}

func TestManualWithPython(t *testing.T) {
	needs.Program(t, "python3")
	w := newWorld(t)
	dir := w.write(t)
	m := manual(t, dir)
	want := 0
	for range w.contents.Logs[0].Entries {
		want++
	}
	if out, err := shell(t, dir, m["10"]); err != nil || strings.Count(out, " ok\n") != want || strings.Contains(out, "NOT") {
		t.Fatalf("%v, want %d proofs: %s", err, want, out)
	}
	events := filepath.Join(dir, orderLogDir+eventsName)
	put(t, events, []byte(strings.Replace(string(files(t, dir)[orderLogDir+eventsName]), "clerk", "Clerk", 1)))
	if out, _ := shell(t, dir, m["10"]); strings.Count(out, "NOT IN THE LOG") != 1 {
		t.Errorf("a changed line: %s", out)
	}
}

package outside

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"vigil/internal/needs"
)

// A section of VERIFY.txt says how to check one thing: what it tells a reader to
// paste into a shell.
type section struct {
	title  string // "1. No byte has changed …"; empty for what comes before the first
	script string
}

// sections reads VERIFY.txt. What is to be pasted is indented by four blanks, or is
// a here-document that begins on such a line, up to END.
func sections(manual string) []section {
	all := []section{{}}
	title := regexp.MustCompile(`^[0-9]+\. `)
	here := false
	for line := range strings.Lines(manual) {
		last := &all[len(all)-1]
		command, pasted := strings.CutPrefix(line, "    ")
		switch {
		case here:
			last.script += line
			here = line != "END\n"
		case pasted:
			last.script += command
			here = strings.HasSuffix(command, "<<'END'\n")
		case title.MatchString(line):
			all = append(all, section{title: strings.TrimSpace(line)})
		}
	}
	return all
}

// paste pastes VERIFY.txt into a plain shell without vigil, all of it from the top to
// the bottom, and returns what each section printed, by its number.
func paste(t *testing.T, dir string) map[string]string {
	t.Helper()
	var script strings.Builder
	for _, s := range sections(string(read(t, filepath.Join(dir, "data", "VERIFY.txt")))) {
		number, _, _ := strings.Cut(s.title, ".")
		script.WriteString("echo '=== " + number + "'\n" + s.script)
	}
	t.Setenv("PATH", withoutVigil())
	t.Setenv("TMPDIR", t.TempDir())
	out, _ := run(t, dir, "sh", "-c", script.String()) // what it prints counts
	said := map[string]string{}
	for part := range strings.SplitSeq(out, "=== ") {
		number, text, _ := strings.Cut(part, "\n")
		said[number] = text
	}
	return said
}

// withoutVigil is where programs are looked for, but for folders that have ours.
func withoutVigil() string {
	dirs := slices.DeleteFunc(filepath.SplitList(os.Getenv("PATH")), func(dir string) bool {
		ours, err := filepath.Glob(filepath.Join(dir, "vigil*"))
		return err != nil || len(ours) > 0
	})
	return strings.Join(dirs, string(filepath.ListSeparator))
}

// good is what the sections of VERIFY.txt print of a bundle in which all is well,
// and which two people have released, without a time stamp.
var good = map[string]string{
	"":   `^$`,
	"1":  `^sha256 ok\nsha512 ok\n$`,
	"2":  `^no file added\n$`,
	"3":  `^Good "vigil-bundle" signature for vigil-case with ED25519 key SHA256:\S+\n$`,
	"4":  `^the release names this bundle\n(Good "vigil-release" signature for \S+@unit\.example with ED25519 key SHA256:\S+\n){2}$`,
	"5":  `^No time stamp: no time-stamping authority is configured for the case\.\n$`,
	"6":  `^Good "vigil-order" signature with ED25519 key SHA256:\S+\n`,
	"7":  `^(\S+ ok\n)+signature of the captures: Verified OK\n$`,
	"8":  `(?s)^WARC/1\.1\^M\n.*</html>`,
	"9":  `^$`,
	"10": `^([0-9]+ ok\n)+$`,
}

// manual pastes every command of VERIFY.txt, and then does so where something has
// changed, which the section in question must notice by itself.
func (e *evidence) manual(t *testing.T) {
	needs.Program(t, "sha256sum", "sha512sum", "ssh-keygen", "openssl", "unzip", "python3")
	said := paste(t, e.bundle)
	for number, want := range good {
		if !regexp.MustCompile(want).MatchString(said[number]) {
			t.Errorf("section %q prints %q, want %s", number, said[number], want)
		}
		delete(said, number)
	}
	if len(said) != 0 {
		t.Errorf("sections of VERIFY.txt that this test does not know: %q", said)
	}
	for _, planted := range []map[string]string{ // patterns of files by section
		{"1": "data/listings/*.txt", "3": "signatures/tagmanifest-sha256.txt.sig", "6": "data/order/order.toml",
			"7": "data/captures/captures.wacz", "9": "data/listings/*.json", "10": "data/custody/order/events.jsonl"},
		{"1": "bag-info.txt", "4": "signatures/release.pae", "6": "data/order/order.toml.sig", "9": "data/review/*.jsonl", "10": "data/custody/order/proofs.jsonl"},
		{"3": "tagmanifest-sha256.txt", "4": "signatures/release.2.sig", "9": "data/classification/*.json", "10": "data/custody/order/checkpoint.txt"},
	} {
		dir := e.copied(t)
		for _, pattern := range planted {
			found, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
			if err != nil || len(found) == 0 {
				t.Fatalf("no %s in the bundle: %v", pattern, err)
			}
			flip(t, found[0])
		}
		said := paste(t, dir)
		for number, file := range planted {
			if regexp.MustCompile(good[number]).MatchString(said[number]) {
				t.Errorf("%s was changed, and section %s prints %q", file, number, said[number])
			}
		}
	}
	dir := e.copied(t)
	put(t, filepath.Join(dir, "data", "added.txt"), []byte("added"))
	if said := paste(t, dir)["2"]; regexp.MustCompile(good["2"]).MatchString(said) {
		t.Errorf("a file was added, and section 2 prints %q", said)
	}
}

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// marketPage is a page of a market that no profile knows, whose rules outweigh the
// text of its listings.
func marketPage(market string, n int) string {
	rules := strings.Repeat("Never pay outside of the "+market+", and report whoever asks you to do so. ", 8)
	return fmt.Sprintf(`<title>Thing %[1]s</title><h1>Thing %[1]s</h1><div>Price: %[2]d EUR</div><div>Vendor: harbour</div>
		<div>It has %[3]sparts.</div><div>%[4]s</div>`, strings.Repeat("x", n), n+5, strings.Repeat("many ", n), rules)
}

// extracted runs vigil extract over a folder and returns the descriptions by file.
func extracted(t *testing.T, dir string) map[string]string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run([]string{"extract", "--dir", dir}, strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	got := map[string]string{}
	for lines := bufio.NewScanner(&out); lines.Scan(); {
		var l struct{ File, Description string }
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		got[l.File] = l.Description
	}
	return got
}

func TestWhatTheSavedPagesOfAMarketRepeatIsInNoDescription(t *testing.T) {
	dir := t.TempDir()
	write := func(name, page string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for n := 1; n <= 5; n++ {
		write(fmt.Sprintf("bazaar.example/%d.html", n), marketPage("bazaar", n))
	}
	for n := 1; n <= 2; n++ { // too few to say what is repeated
		write(fmt.Sprintf("quay.example/%d.html", n), marketPage("quay", n))
	}
	for path, text := range extracted(t, dir) {
		if want := strings.Contains(path, "quay"); strings.Contains(text, "Never pay") != want {
			t.Errorf("%s has the rules: %t, want %t\n%s", path, !want, want, text)
		}
		if !strings.Contains(text, "many parts") {
			t.Errorf("%s lost its text: %q", path, text)
		}
	}
}

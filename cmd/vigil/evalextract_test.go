package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// The page on accuracy holds what the command prints.
func TestThePageOnAccuracyIsWhatIsMeasured(t *testing.T) {
	page, err := os.ReadFile("../../internal/extract/ACCURACY.md")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (&app{stdout: &out}).evalExtract(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), out.String()) {
		t.Errorf("internal/extract/ACCURACY.md is out of date: vigil eval --extract prints\n%s", out.String())
	}
}

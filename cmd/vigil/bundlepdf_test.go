package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vigil/internal/needs"
)

func printed(t *testing.T, page string, made time.Time) []byte {
	t.Helper()
	dir := t.TempDir()
	var out bytes.Buffer
	err := printer{dir}.print(t.Context(), &out, made, func(w io.Writer) error {
		_, err := io.WriteString(w, page)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("printing left %v behind (%v)", left, err)
	}
	return out.Bytes()
}

var printedAt = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

func TestTheSamePageIsPrintedAsTheSameBytes(t *testing.T) {
	needs.Program(t, "chromium")
	const page = "<!DOCTYPE html><html lang=en><title>A report</title><h1>One page</h1><p>of text"
	one := printed(t, page, printedAt)
	time.Sleep(1100 * time.Millisecond) // so that the clock of the PDF goes on
	two := printed(t, page, printedAt)
	if !bytes.Equal(one, two) {
		t.Errorf("two prints of one page differ: %d and %d bytes", len(one), len(two))
	}
	if !bytes.Contains(one, []byte("/CreationDate (D:20261120093000+00'00')")) {
		t.Error("the PDF does not state the time that it was given")
	}
	if other := printed(t, page, printedAt.Add(time.Hour)); bytes.Equal(one, other) {
		t.Error("another time changes nothing")
	}
}

func TestPrintingSendsNothing(t *testing.T) {
	needs.Program(t, "chromium")
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer s.Close()
	page := fmt.Sprintf(`<!DOCTYPE html><html lang=en><title>x</title><link rel=stylesheet href="%[1]s/css"><style>@import "%[1]s/import"; body{background:url(%[1]s/bg)}</style>
<script>fetch("%[1]s/script")</script><img src="%[1]s/img" alt=""><iframe src="%[1]s/frame"></iframe><object data="%[1]s/object"></object>text`, s.URL)
	printed(t, page, printedAt)
	if n := asked.Load(); n != 0 {
		t.Errorf("the browser asked %d times", n)
	}
	// Nor does it where the system allows no namespace.
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "report.html"), []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := (browserRun{"chromium", dir, false}).run(t.Context()); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := readPDF(filepath.Join(dir, "report.pdf")); err != nil {
		t.Error(err)
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("without a namespace the browser asked %d times", n)
	}
}

func TestWithoutChromiumThereIsNoPDF(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := printer{t.TempDir()}.print(t.Context(), io.Discard, printedAt, func(io.Writer) error { return nil })
	if !errors.Is(err, errNoBrowser) {
		t.Errorf("got %v, want %v", err, errNoBrowser)
	}
}

func TestAPDFKeepsItsLengthWhenItLosesItsDates(t *testing.T) {
	for _, pdf := range []string{
		"%PDF-1.4\n/CreationDate (D:20200102030405+00'00')\n/ModDate (D:20200102030405-05'30')\n/ID [<0123456789abcdef0123456789ABCDEF> <0123456789abcdef0123456789ABCDEE>]",
		"%PDF-1.4\n/CreationDate (D:20200102030405Z)", "%PDF-1.4 nothing", "",
	} {
		got := string(undated([]byte(pdf), printedAt))
		if len(got) != len(pdf) {
			t.Errorf("%q became %q", pdf, got)
		}
		for _, gone := range []string{"2020", "ABCDE", "05'30'"} {
			if strings.Contains(got, gone) {
				t.Errorf("%q still has %s", got, gone)
			}
		}
	}
}

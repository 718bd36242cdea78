package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestInOrderKeepsTheOrderOfTheRows(t *testing.T) {
	var in strings.Builder
	const n = 5000
	for i := range n {
		fmt.Fprintf(&in, "%d\n", i+1)
	}
	next := 0
	err := inOrder(t.Context(), strings.NewReader(in.String()), func(rw row) string { return fmt.Sprintf("%d %s", rw.n, rw.text) },
		func(s string) error {
			next++
			if want := fmt.Sprintf("%d %d", next, next); s != want {
				return fmt.Errorf("got %q, want %q", s, want)
			}
			return nil
		})
	if err != nil || next != n {
		t.Errorf("%d rows, %v", next, err)
	}
}

func TestInOrderEndsOnEveryError(t *testing.T) {
	broken := errors.New("broken")
	same := func(rw row) row { return rw }
	endless := iotest.DataErrReader(zeros{})
	if err := inOrder(t.Context(), endless, same, func(row) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("emit fails: %v, want %v", err, broken)
	}
	if err := inOrder(t.Context(), iotest.ErrReader(broken), same, func(row) error { return nil }); !errors.Is(err, broken) {
		t.Errorf("read fails: %v, want %v", err, broken)
	}
	ctx, stop := context.WithCancel(t.Context())
	if err := inOrder(ctx, endless, same, func(row) error { stop(); return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v, want context.Canceled", err)
	}
}

// zeros is an endless run of rows.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	return copy(p, "0\n0\n0\n0\n"), nil
}

func TestRows(t *testing.T) {
	long := strings.Repeat("x", maxLine+1)
	for in, want := range map[string][]string{
		"":                      nil,
		"a":                     {"1 a"},
		"a\nb\r\n":              {"1 a", "2 b"},
		"\n\na":                 {"1 ", "2 ", "3 a"},
		long + "\nb":            {"1 too long", "2 b"},
		"a\n" + long:            {"1 a", "2 too long"},
		long[:maxLine] + "\nb":  {"1 " + long[:maxLine], "2 b"},
		"a\n" + long[:200] + "": {"1 a", "2 " + long[:200]},
	} {
		var got []string
		for rw, err := range rows(strings.NewReader(in)) {
			switch {
			case err != nil:
				t.Fatal(err)
			case errors.Is(rw.err, errLongLine):
				got = append(got, fmt.Sprintf("%d too long", rw.n))
			default:
				got = append(got, fmt.Sprintf("%d %s", rw.n, rw.text))
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%.40q: (-want +got)\n%.400s", in, d)
		}
	}
}

// FuzzFilters holds what a filter's output must be for any input: one line of
// JSON for each row that is not empty, and no panic.
func FuzzFilters(f *testing.F) {
	f.Add([]byte(`{"id":"a","title":"one woman, for sale"}`))
	f.Add([]byte("{\"id\":\"a\",\"description\":\"\\ud800\xff's\"}\n\nx"))
	c, err := newClassifier()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var out bytes.Buffer
		a := &app{stdin: bytes.NewReader(in), stdout: &out, stderr: io.Discard}
		if err := a.filter(t.Context(), nil, classifyRow(c)); err != nil && !strings.Contains(err.Error(), "could not be read") {
			t.Fatal(err)
		}
		want := 0
		for rw := range rows(bytes.NewReader(in)) {
			if rw.err != nil || len(bytes.TrimSpace(rw.text)) > 0 {
				want++
			}
		}
		if got := bytes.Count(out.Bytes(), []byte("\n")); got != want {
			t.Errorf("%d lines for %d rows", got, want)
		}
	})
}

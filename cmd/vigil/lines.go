package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"
	"sync"
)

// maxLine bounds a line of input in bytes; a longer one is reported, and the
// rest of it passed over.
const maxLine = 4 << 20

var errLongLine = fmt.Errorf("line is longer than %d bytes", maxLine)

// input opens FILE, or standard input for "-" and nothing. The name is for
// messages.
func (a *app) input(operands []string) (r io.ReadCloser, name string, err error) {
	if len(operands) == 0 || operands[0] == "-" {
		return io.NopCloser(a.stdin), "standard input", nil
	}
	f, err := os.Open(operands[0])
	if err != nil {
		return nil, "", usage(err)
	}
	return f, operands[0], nil
}

// A row is one line of input, without its end.
type row struct {
	n    int // from 1
	text []byte
	err  error // errLongLine
}

// rows yields the lines of r. The error of a read ends it.
func rows(r io.Reader) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		br := bufio.NewReaderSize(r, 64<<10)
		for n := 1; ; n++ {
			text, err := readLine(br)
			if err == io.EOF {
				return
			}
			if err != nil && err != errLongLine {
				yield(row{}, fmt.Errorf("line %d: %w", n, err))
				return
			}
			if !yield(row{n, text, err}, nil) {
				return
			}
		}
	}
}

// readLine reads one line; io.EOF if there is none.
func readLine(br *bufio.Reader) (line []byte, err error) {
	long := false
	for {
		part, more, err := br.ReadLine()
		if err == io.EOF && (len(line) > 0 || long) {
			err, more = nil, false
		}
		if err != nil {
			return nil, err
		}
		if long = long || len(line)+len(part) > maxLine; !long {
			line = append(line, part...)
		}
		if !more {
			break
		}
	}
	if long {
		return nil, errLongLine
	}
	return line, nil
}

// inOrder calls f for the rows of r on all cores, and hands what it returns to
// emit in the order of the rows. It holds a bounded number of rows at a time.
func inOrder[T any](parent context.Context, r io.Reader, f func(row) T, emit func(T) error) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	type job struct {
		row row
		out chan T
	}
	workers := runtime.GOMAXPROCS(0)
	todo, order := make(chan job), make(chan chan T, 64*workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for j := range todo {
				j.out <- f(j.row)
			}
		})
	}
	var readErr error
	wg.Go(func() {
		defer close(order)
		defer close(todo)
		for rw, err := range rows(r) {
			if err != nil {
				readErr = err
				return
			}
			j := job{rw, make(chan T, 1)}
			select {
			case order <- j.out:
				todo <- j
			case <-ctx.Done():
				return
			}
		}
	})
	var emitErr error
	for out := range order {
		if v := <-out; emitErr == nil {
			if emitErr = emit(v); emitErr != nil {
				cancel()
			}
		}
	}
	wg.Wait()
	return errors.Join(emitErr, readErr, context.Cause(parent))
}

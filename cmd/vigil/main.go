// Command vigil collects listings from the sources that a legal order names,
// through Tor, says which of them show indicators of trafficking in women and
// which bytes say so, lets reviewers decide, and exports evidence that others
// can check without it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"vigil"
)

// Exit codes. Scripts depend on them.
const (
	exitDone    = 0
	exitFailed  = 1 // the work failed
	exitUsage   = 2 // wrong usage or bad input
	exitRefused = 3 // no authority, out of scope, wrong signature
	exitInvalid = 4 // verification failed
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// run is the whole program. The first interrupt ends the context, the second
// the process.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	log.SetOutput(io.Discard) // net/http writes there what a hostile service sent
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	cmd := a.command()
	cmd.SetArgs(args)
	err := advised(cmd.ExecuteContext(ctx))
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(stderr, "vigil: %s\n", oneLine(err))
	for _, h := range hints(err) {
		fmt.Fprintf(stderr, "vigil: hint: %s\n", h)
	}
	return exitCode(err)
}

// exitCode maps an error to the program's exit code.
func exitCode(err error) int {
	var usage *usageError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, vigil.ErrRefused):
		return exitRefused
	case errors.Is(err, vigil.ErrTampered):
		return exitInvalid
	}
	return exitFailed
}

// A usageError is wrong usage or bad input.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// usage marks err as wrong usage or bad input; nil stays nil.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &usageError{err}
}

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }

// A hinted error carries the next step at the command line.
type hinted struct {
	err  error
	hint string
}

func (e *hinted) Error() string { return e.err.Error() }
func (e *hinted) Unwrap() error { return e.err }

// hint adds the next step to err; nil stays nil.
func hint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// hints returns the next steps that err carries, outermost first.
func hints(err error) []string {
	var hs []string
	if h, ok := err.(*hinted); ok {
		hs = append(hs, h.hint)
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		hs = append(hs, hints(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			hs = append(hs, hints(one)...)
		}
	}
	return hs
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"
)

// crawlByOthers crawls by processes of their own, as other machines would. What one that
// is killed has left, the others do.
func (d *demo) crawlByOthers(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	said := &oneByOne{w: d.stderr}
	ended := make([]error, d.crawlers)
	var all sync.WaitGroup
	for i := range ended {
		all.Go(func() {
			out := &labelled{label: fmt.Sprintf("   crawler %d: ", i+1), w: said}
			defer out.flush()
			// It is longer than a lease, so that those of the killed are waited for.
			cmd := exec.CommandContext(ctx, self, "--case", d.dir, "--socks", d.socks, "--as", d.who(), "crawl", "--wait", (2 * sharedLease).String())
			cmd.Stdout, cmd.Stderr = out, out
			cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
			cmd.WaitDelay = 10 * time.Second
			err := runAs(cmd, out)
			if err != nil {
				ended[i] = fmt.Errorf("crawler %d: %w", i+1, err)
			}
			switch {
			case ctx.Err() != nil:
			case wasKilled(err):
				fmt.Fprintf(out, "it was killed; what it had begun is the others' in %v\n", sharedLease)
			case err != nil:
				stop()
			}
		})
	}
	all.Wait()
	if ctx.Err() == nil && slices.Contains(ended, nil) {
		return nil
	}
	return errors.Join(ended...)
}

// runAs runs cmd, and says which process it is.
func runAs(cmd *exec.Cmd, out io.Writer) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	fmt.Fprintf(out, "process %d\n", cmd.Process.Pid)
	return cmd.Wait()
}

// wasKilled says whether a process ended by a signal that it could not hear.
func wasKilled(err error) bool {
	var e *exec.ExitError
	if !errors.As(err, &e) {
		return false
	}
	s, ok := e.Sys().(syscall.WaitStatus)
	return ok && s.Signaled() && s.Signal() == syscall.SIGKILL
}

// oneByOne lets several write to w.
type oneByOne struct {
	mu sync.Mutex // guards w
	w  io.Writer
}

func (o *oneByOne) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(b)
}

// labelled writes whole lines, each after its label.
type labelled struct {
	label string
	w     io.Writer
	rest  []byte // of a line
}

func (l *labelled) Write(b []byte) (int, error) {
	l.rest = append(l.rest, b...)
	for {
		line, rest, ok := bytes.Cut(l.rest, []byte("\n"))
		if !ok {
			return len(b), nil
		}
		if _, err := fmt.Fprintf(l.w, "%s%s\n", l.label, line); err != nil {
			return 0, err
		}
		l.rest = rest
	}
}

// flush writes what came without an end.
func (l *labelled) flush() {
	if len(l.rest) > 0 {
		fmt.Fprintf(l.w, "%s%s\n", l.label, l.rest)
	}
}

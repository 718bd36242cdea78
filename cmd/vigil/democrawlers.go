package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// crawlByOthers crawls by processes of their own, as other machines would.
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
			cmd := exec.CommandContext(ctx, self, "--case", d.dir, "--socks", d.socks, "--as", d.who(), "crawl", "--wait", "1m")
			cmd.Stdout, cmd.Stderr = out, out
			cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
			cmd.WaitDelay = 10 * time.Second
			if err := cmd.Run(); err != nil {
				ended[i] = fmt.Errorf("crawler %d: %w", i+1, err)
				stop()
			}
			out.flush()
		})
	}
	all.Wait()
	return errors.Join(ended...)
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

package tornet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
)

// A control is a connection of Tor's control protocol (control-spec). One
// command is under way at a time; events go to whoever listens.
type control struct {
	conn    net.Conn
	command sync.Mutex // held while a command is under way
	replies chan reply
	ended   chan struct{} // closed when Tor has hung up

	mu        sync.Mutex // guards listeners
	listeners map[chan string]struct{}
}

type reply struct {
	code  string
	lines []string
}

var errTorEnded = errors.New("tor has ended")

// socketpair returns our end of a connection and Tor's. Given as
// __OwningControllerFD, Tor's end is a control connection that needs neither
// port nor password, and Tor ends when ours closes, even if we are killed.
func socketpair() (ours net.Conn, theirs *os.File, err error) {
	syscall.ForkLock.RLock() // no child may inherit them by chance
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(fds[0])
		syscall.CloseOnExec(fds[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	theirs = os.NewFile(uintptr(fds[1]), "control of tor")
	file := os.NewFile(uintptr(fds[0]), "control")
	defer file.Close() // FileConn makes a copy
	ours, err = net.FileConn(file)
	if err != nil {
		theirs.Close()
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	return ours, theirs, nil
}

func newControl(conn net.Conn) *control {
	c := &control{conn: conn, replies: make(chan reply, 1), ended: make(chan struct{}), listeners: map[chan string]struct{}{}}
	go c.read()
	return c
}

// close hangs up and waits for read.
func (c *control) close() {
	c.conn.Close()
	<-c.ended
}

func (c *control) read() {
	defer close(c.ended)
	r := bufio.NewReader(c.conn)
	for {
		code, lines, err := readReply(r)
		if err != nil {
			return
		}
		if code == "650" {
			c.tell(lines[0])
			continue
		}
		select {
		case c.replies <- reply{code, lines}:
		default: // nobody asked twice
		}
	}
}

// readReply reads one reply of one or more lines (control-spec, section 2.3).
func readReply(r *bufio.Reader) (code string, lines []string, err error) {
	for {
		line, err := readLine(r)
		if err != nil {
			return "", nil, err
		}
		if len(line) < 4 {
			return "", nil, fmt.Errorf("control: line %q: want a code", line)
		}
		text := line[4:]
		if line[3] == '+' {
			data, err := readData(r)
			if err != nil {
				return "", nil, err
			}
			text += data
		}
		lines = append(lines, text)
		if line[3] == ' ' {
			return line[:3], lines, nil
		}
	}
}

// readData reads lines up to a lone dot.
func readData(r *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		line, err := readLine(r)
		if err != nil {
			return "", err
		}
		if line == "." {
			return b.String(), nil
		}
		b.WriteString("\n" + strings.TrimPrefix(line, "."))
	}
}

func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

// do sends one command and returns the lines of its reply. A refusal is an error.
func (c *control) do(command string) ([]string, error) {
	c.command.Lock()
	defer c.command.Unlock()
	verb, _, _ := strings.Cut(command, " ") // the rest may be a key
	if _, err := io.WriteString(c.conn, command+"\r\n"); err != nil {
		return nil, fmt.Errorf("control: %s: %w", verb, err)
	}
	var r reply
	select {
	case r = <-c.replies:
	case <-c.ended:
		return nil, fmt.Errorf("control: %s: %w", verb, errTorEnded)
	}
	if r.code[0] != '2' {
		return nil, fmt.Errorf("control: %s: %s %s", verb, r.code, strings.Join(r.lines, "; "))
	}
	return r.lines, nil
}

// listen returns the event lines from now on, and what ends that. SETEVENTS
// says which events there are.
func (c *control) listen() (events <-chan string, end func()) {
	ch := make(chan string, 4096)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listeners[ch] = struct{}{}
	return ch, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.listeners, ch)
	}
}

func (c *control) tell(event string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for l := range c.listeners {
		select {
		case l <- event:
		default: // it has stopped listening
		}
	}
}

// await returns when done has accepted an event.
func (c *control) await(ctx context.Context, events <-chan string, done func(event string) bool) error {
	for {
		select {
		case e := <-events:
			if done(e) {
				return nil
			}
		case <-c.ended:
			return errTorEnded
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

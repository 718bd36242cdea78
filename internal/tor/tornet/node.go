package tornet

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// A Node is one Tor process of a network.
type Node struct {
	Name string

	dir   string
	torrc string
	ns    *Namespace

	ctl   *control
	cmd   *exec.Cmd
	out   bytes.Buffer  // what it said outside its log; whole after ended
	ended chan struct{} // closed when the process has

	killed bool // by Kill, and not started again
}

// launch starts the process.
func (nd *Node) launch() error {
	if err := os.MkdirAll(nd.dir, 0o700); err != nil {
		return err
	}
	file, none := filepath.Join(nd.dir, "torrc"), filepath.Join(nd.dir, "none")
	torrc := fmt.Sprintf("DataDirectory %s\nLog notice file %s\n%s", nd.dir, nd.log(), nd.torrc)
	if err := os.WriteFile(file, []byte(torrc), 0o600); err != nil {
		return err
	}
	ours, theirs, err := socketpair()
	if err != nil {
		return err
	}
	defer theirs.Close()
	// --hush and not --quiet, which hides errors of the torrc. An empty file of
	// defaults keeps the system's out.
	cmd := nd.ns.Command("tor", "-f", file, "--defaults-torrc", none, "--ignore-missing-torrc", "--hush", "--__OwningControllerFD", "3")
	cmd.ExtraFiles = []*os.File{theirs}
	nd.out.Reset()
	cmd.Stdout, cmd.Stderr = &nd.out, &nd.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // ^C is for us, and then Close is
	if err := cmd.Start(); err != nil {
		ours.Close()
		return fmt.Errorf("start %s: %w", nd.Name, err)
	}
	ended := make(chan struct{})
	nd.cmd, nd.ctl, nd.ended, nd.killed = cmd, newControl(ours), ended, false
	go func() {
		_ = cmd.Wait() // how it ended is in ProcessState
		close(ended)
	}()
	return nil
}

// alive reports an error if the process has ended by itself.
func (nd *Node) alive() error {
	if nd.killed {
		return nil
	}
	select {
	case <-nd.ended:
		return fmt.Errorf("%s has ended: %v", nd.Name, nd.cmd.ProcessState)
	default:
		return nil
	}
}

// Kill ends the process at once, as a crash would, and waits for it.
func (nd *Node) Kill() {
	nd.killed = true
	_ = nd.cmd.Process.Kill() // it fails if there is nothing to kill
	<-nd.ended
	nd.ctl.close()
}

// Freeze stops the process where it is: its connections stay open and silent.
func (nd *Node) Freeze() error { return nd.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume lets a frozen process go on.
func (nd *Node) Resume() error { return nd.cmd.Process.Signal(syscall.SIGCONT) }

// Control sends one command of the control protocol and returns the lines of
// the reply, without their codes.
func (nd *Node) Control(command string) ([]string, error) {
	lines, err := nd.ctl.do(command)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", nd.Name, err)
	}
	return lines, nil
}

// Info asks for one value by GETINFO (control-spec, section 3.9).
func (nd *Node) Info(key string) (string, error) {
	lines, err := nd.Control("GETINFO " + key)
	if err != nil {
		return "", err
	}
	value, ok := strings.CutPrefix(lines[0], key+"=")
	if !ok {
		return "", fmt.Errorf("%s: GETINFO %s: got %q", nd.Name, key, lines[0])
	}
	return strings.TrimPrefix(value, "\n"), nil
}

// online lets the node use its network, and waits until it can.
func (nd *Node) online(ctx context.Context, until untilFunc) error {
	if _, err := nd.Control("SETCONF DisableNetwork=0"); err != nil {
		return err
	}
	return until(ctx, nd.Name+" is ready", func() (bool, error) {
		s, err := nd.Info("status/bootstrap-phase")
		return strings.Contains(s, "PROGRESS=100"), err
	})
}

func (nd *Node) log() string { return filepath.Join(nd.dir, "log") }

// lastWords returns the end of the log, and what was said outside it.
func (nd *Node) lastWords() string {
	const most = 6
	text, err := os.ReadFile(nd.log())
	if err != nil {
		text = []byte(err.Error())
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	lines = lines[max(0, len(lines)-most):]
	return fmt.Sprintf("--- %s\n%s\n%s", nd.Name, strings.Join(lines, "\n"), nd.out.String())
}

// freePorts returns k ports of 127.0.0.1 that nobody uses now.
func freePorts(k int) (ports []int, err error) {
	for range k {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // only at the end, so that none is given twice
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

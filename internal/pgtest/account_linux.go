package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// An account is whom the server runs as. The zero account is whoever runs the test.
type account struct {
	uid, gid uint32
}

// unprivileged is an account that may run postgres, which refuses root.
func unprivileged() (account, error) {
	if os.Getuid() != 0 {
		return account{}, nil
	}
	u, err := user.Lookup("postgres") // made by Debian's package
	if err != nil {
		return account{}, fmt.Errorf("run postgres as another than root: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("uid %q of postgres: want a number", u.Uid)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("gid %q of postgres: want a number", u.Gid)
	}
	return account{uint32(uid), uint32(gid)}, nil
}

func (a account) own(dir string) error {
	if a == (account{}) {
		return nil
	}
	return os.Chown(dir, int(a.uid), int(a.gid))
}

// runs makes cmd run as a, and end at once if the test is killed.
func (a account) runs(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if a != (account{}) {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
}

// A stopSignal is what pg_ctl -m sends.
type stopSignal syscall.Signal

const (
	fast      = stopSignal(syscall.SIGINT)
	immediate = stopSignal(syscall.SIGQUIT)
)

func (s stopSignal) send(p *os.Process) error { return p.Signal(syscall.Signal(s)) }

//go:build !linux

package pgtest

import (
	"errors"
	"os"
	"os/exec"
	"time"
)

// An account is whom the server runs as; elsewhere than on Linux there is none.
type account struct{}

func unprivileged() (account, error) {
	return account{}, errors.New("pgtest runs on Linux only")
}

func (account) own(string) error { return nil }
func (account) runs(*exec.Cmd)   {}

type stopSignal int

const (
	fast stopSignal = iota
	immediate
)

func (stopSignal) send(p *os.Process) error { return p.Kill() }

// CPU is not known elsewhere than on Linux.
func (s *Server) CPU() (time.Duration, error) {
	return 0, errors.New("pgtest runs on Linux only")
}

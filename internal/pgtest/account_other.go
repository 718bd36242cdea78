//go:build !linux

package pgtest

import (
	"errors"
	"os"
	"os/exec"
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

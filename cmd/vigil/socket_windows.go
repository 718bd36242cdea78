package main

import (
	"errors"
	"net"
	"os"
)

// listenPrivately refuses: who may open a socket, and who has, is not known here.
func listenPrivately(string) (net.Listener, error) {
	return nil, errors.New("this system has no sockets that tell who asks: use the pages")
}

// runs reports whether there is a process with a number.
func runs(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	p.Release()
	return true
}

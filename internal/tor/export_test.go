package tor

import "syscall"

// CloseIdle makes the next requests open connections of their own.
func (n *Network) CloseIdle() { n.closeIdle() }

// OnDial has f told every address that n dials. It is called before n is used.
func (n *Network) OnDial(f func(network, address string)) {
	n.dialer.Control = func(network, address string, _ syscall.RawConn) error {
		f(network, address)
		return nil
	}
}

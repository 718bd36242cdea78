package tor

import "syscall"

// OnDial has f told every address that n dials. It is called before n is used.
func (n *Network) OnDial(f func(network, address string)) {
	n.dialer.Control = func(network, address string, _ syscall.RawConn) error {
		f(network, address)
		return nil
	}
}

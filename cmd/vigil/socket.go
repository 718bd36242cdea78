package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/user"
	"strconv"
	"syscall"
	"time"

	"vigil"
	"vigil/internal/access"
	"vigil/internal/api"
)

// socketName is the unix socket in a case's folder on which a server answers the
// command line, as the case's file has one owner.
const socketName = "vigil.sock"

// maxSocketPath is how long the path of a unix socket may be: sun_path of unix(7)
// has 108 bytes, its end included.
const maxSocketPath = 107

// A socket is the unix socket of a served case.
type socket struct {
	listener net.Listener
	handler  http.Handler
}

// listenSocket listens on the socket of a case that this process has open. What an
// ended server left behind is replaced; what answers, or is no socket, is not.
func listenSocket(path string) (net.Listener, error) {
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("its path has %d bytes, and a unix socket's at most %d: %s", len(path), maxSocketPath, path)
	}
	l, err := listenPrivately(path)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return l, err
	}
	switch info, err := os.Lstat(path); {
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSocket == 0:
		return nil, fmt.Errorf("%s is there and no socket: move it away", path)
	}
	if conn, err := net.DialTimeout("unix", path, time.Second); err == nil {
		conn.Close()
		return nil, fmt.Errorf("another process answers at %s: stop it", path)
	} else if !errors.Is(err, syscall.ECONNREFUSED) {
		return nil, err
	}
	if err := os.Remove(path); err != nil {
		return nil, err
	}
	return listenPrivately(path)
}

// openSocket makes the socket of a case that is served. Without one, the pages are
// served all the same.
func (a *app) openSocket(cs *openCase, cfg api.Config) *socket {
	l, err := listenSocket(cs.path(socketName))
	if err != nil {
		a.info("the command line cannot ask this server: no socket: %s", oneLine(err))
		return nil
	}
	cfg.Hosts, cfg.Who = []string{api.SocketHost}, a.peer(cs)
	return &socket{l, api.Handler(cfg)}
}

// close ends it, if it was not served.
func (s *socket) close() {
	if s != nil {
		s.listener.Close()
	}
}

// start serves until ctx ends, and returns what waits for the end.
func (s *socket) start(ctx context.Context) (wait func() error) {
	if s == nil {
		return func() error { return nil }
	}
	ctx, stop := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() {
		p := &pages{listener: s.listener, handler: s.handler}
		done <- p.serveTo(ctx, withPeer)
	}()
	return func() error {
		stop()
		return <-done
	}
}

// peerKey is the key of a connection's other end in its requests' contexts.
type peerKey struct{}

// A peer is who holds the other end of a connection.
type peer struct {
	uid int
	err error
}

// withPeer is an [http.Server.ConnContext].
func withPeer(ctx context.Context, c net.Conn) context.Context {
	uid, err := peerOf(c)
	return context.WithValue(ctx, peerKey{}, &peer{uid, err})
}

// errOtherUser refuses who could not have opened the case's file.
var errOtherUser = fmt.Errorf("%w: the socket is for whom the server runs as", vigil.ErrRefused)

// peer returns the person that sends a request over the socket. They could have
// opened the case's file, and so may say whose account they use, as the command
// line's --as does. Otherwise it is the account of their name at the operating
// system, and in a case without accounts that of whoever started the server.
func (a *app) peer(cs *openCase) func(*http.Request) (access.Person, error) {
	return func(r *http.Request) (access.Person, error) {
		p, _ := r.Context().Value(peerKey{}).(*peer)
		switch {
		case p == nil:
			return access.Person{}, errOtherUser
		case p.err != nil:
			return access.Person{}, p.err
		case p.uid != os.Geteuid() && p.uid != 0:
			return access.Person{}, errOtherUser
		}
		name := r.Header.Get(api.AccountHeader)
		if name == "" {
			name = a.who()
			if u, err := user.LookupId(strconv.Itoa(p.uid)); err == nil && !a.desk(cs).Who.Solo {
				name = u.Username
			}
		}
		return personNamed(r.Context(), cs, name)
	}
}

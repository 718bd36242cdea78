package tornet

import (
	"context"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"vigil"
)

// webTimeout bounds how long a client may take for the header of a request.
const webTimeout = 30 * time.Second

// A Service is an onion service, with a web server or with the address of one.
type Service struct {
	Key     ed25519.PrivateKey // that its name follows from; a new one if nil
	Handler http.Handler       // answers at every port, over plain HTTP
	// Target is the server's address if Handler is nil: unix:PATH, or HOST:PORT,
	// which is then looked for in the network's namespace.
	Target string
	Ports  []int // 80 if empty
	// Clients are the X25519 keys that may reach the service; if empty, all may.
	Clients []*ecdh.PublicKey
}

// An Onion is a service under its name.
type Onion struct {
	Name    string // 56 characters and .onion
	service Service
}

// Onions returns the names of the services, in the order in which they came.
func (n *Net) Onions() []string {
	var names []string
	for _, o := range n.onions {
		names = append(names, o.Name)
	}
	return names
}

// Add publishes a service and returns its name when it can be reached.
func (n *Net) Add(ctx context.Context, s Service) (name string, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	if err := n.addAll(ctx, []Service{s}); err != nil {
		return "", fmt.Errorf("tornet: %w", err)
	}
	return n.onions[len(n.onions)-1].Name, nil
}

func (n *Net) addAll(ctx context.Context, services []Service) error {
	var added []*Onion
	for _, s := range services {
		o, err := n.prepare(s)
		if err != nil {
			return err
		}
		added = append(added, o)
	}
	if err := n.publish(ctx, added); err != nil {
		return err
	}
	n.onions = append(n.onions, added...)
	return nil
}

func (s Service) check() error {
	switch {
	case s.Handler != nil && s.Target != "":
		return errors.New("a service has both a handler and a target")
	case s.Handler == nil && s.Target == "":
		return errors.New("a service has neither a handler nor a target")
	}
	return nil
}

// prepare fills in what s leaves out, and starts its web server.
func (n *Net) prepare(s Service) (*Onion, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.Key == nil {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		s.Key = key
	}
	if len(s.Ports) == 0 {
		s.Ports = []int{80}
	}
	if s.Handler != nil {
		path, err := n.serve(s.Handler)
		if err != nil {
			return nil, err
		}
		s.Target = "unix:" + path
	}
	return &Onion{Name: vigil.OnionName(s.Key.Public().(ed25519.PublicKey)), service: s}, nil
}

// serve starts a web server on a unix socket.
func (n *Net) serve(h http.Handler) (path string, err error) {
	path = filepath.Join(n.dir, fmt.Sprintf("web%d", len(n.web)))
	l, err := net.Listen("unix", path)
	if err != nil {
		return "", err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: webTimeout}
	n.web = append(n.web, s)
	n.serving.Go(func() { _ = s.Serve(l) }) // ends with http.ErrServerClosed
	return path, nil
}

// publish gives services to the host and waits until every announced upload is
// confirmed. A service has two descriptors (of this and the next time period),
// each sent to several directories: a client that looks too early finds none.
func (n *Net) publish(ctx context.Context, onions []*Onion) error {
	if len(onions) == 0 {
		return nil
	}
	events, end := n.Host.ctl.listen()
	defer end()
	if _, err := n.Host.Control("SETEVENTS HS_DESC"); err != nil {
		return err
	}
	states := map[string]*uploads{}
	for _, o := range onions {
		if _, err := n.Host.Control(addOnion(o.service)); err != nil {
			return fmt.Errorf("publish %s: %w", o.Name, err)
		}
		states[strings.TrimSuffix(o.Name, ".onion")] = &uploads{descriptors: map[string]bool{}}
	}
	err := n.Host.ctl.await(ctx, events, func(event string) bool {
		// HS_DESC ACTION ADDRESS AUTH DIRECTORY DESCRIPTOR …
		f := strings.Fields(event)
		if len(f) < 5 || states[f[2]] == nil {
			return false
		}
		states[f[2]].note(f[1], f[5:])
		for _, u := range states {
			if !u.complete() {
				return false
			}
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("until the services are published: %w", err)
	}
	n.logf("%d services published", len(onions))
	return nil
}

// uploads is how far the descriptors of one service have got.
type uploads struct {
	descriptors     map[string]bool
	sent, confirmed int
}

func (u *uploads) note(action string, rest []string) {
	switch {
	case action == "UPLOAD" && len(rest) > 0:
		u.sent++
		u.descriptors[rest[0]] = true
	case action == "UPLOADED":
		u.confirmed++
	}
}

func (u *uploads) complete() bool { return len(u.descriptors) >= 2 && u.confirmed >= u.sent }

func addOnion(s Service) string {
	var b strings.Builder
	b.WriteString("ADD_ONION ED25519-V3:" + onionKey(s.Key))
	if len(s.Clients) > 0 {
		b.WriteString(" Flags=V3Auth")
	}
	for _, p := range s.Ports {
		fmt.Fprintf(&b, " Port=%d,%s", p, s.Target)
	}
	for _, c := range s.Clients {
		b.WriteString(" ClientAuthV3=" + plainBase32(c.Bytes()))
	}
	return b.String()
}

func plainBase32(b []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)
}

// Remove takes a service away from the network.
func (n *Net) Remove(name string) error {
	i := slices.IndexFunc(n.onions, func(o *Onion) bool { return o.Name == name })
	if i < 0 {
		return fmt.Errorf("tornet: there is no service %s", name)
	}
	if _, err := n.Host.Control("DEL_ONION " + strings.TrimSuffix(name, ".onion")); err != nil {
		return fmt.Errorf("tornet: %w", err)
	}
	n.onions = slices.Delete(n.onions, i, i+1)
	return nil
}

// Authorise gives the running client a key for a service. It replaces another.
func (n *Net) Authorise(name string, key *ecdh.PrivateKey) error {
	command := fmt.Sprintf("ONION_CLIENT_AUTH_ADD %s x25519:%s", strings.TrimSuffix(name, ".onion"), base64.StdEncoding.EncodeToString(key.Bytes()))
	if _, err := n.Client.Control(command); err != nil {
		return fmt.Errorf("tornet: %w", err)
	}
	return nil
}

// WriteKeyFile writes a key for a service where a client whose
// ClientOnionAuthDir is dir finds it when it starts.
func WriteKeyFile(dir, name string, key *ecdh.PrivateKey) error {
	address := strings.TrimSuffix(name, ".onion")
	line := fmt.Sprintf("%s:descriptor:x25519:%s\n", address, plainBase32(key.Bytes()))
	return os.WriteFile(filepath.Join(dir, address+".auth_private"), []byte(line), 0o600)
}

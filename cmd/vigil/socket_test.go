package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"vigil/internal/api"
)

// socketDir is a folder with a short path, as a socket's may not be long.
func socketDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "vigil")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func TestASocketThatNobodyAnswersIsReplacedAndNoOther(t *testing.T) {
	path := filepath.Join(socketDir(t), socketName)
	l, err := listenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has mode %v, %v; want 0600", info.Mode(), err)
	}
	answering := l
	var answered sync.WaitGroup
	answered.Go(func() {
		for {
			c, err := answering.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	})
	if _, err := listenSocket(path); err == nil || !strings.Contains(err.Error(), "another process answers") {
		t.Errorf("beside one that answers: %v", err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false) // as a crash leaves it behind
	l.Close()
	answered.Wait()
	l, err = listenSocket(path)
	if err != nil {
		t.Fatalf("in place of one that nobody answers: %v", err)
	}
	l.Close()
	if _, err := os.Lstat(path); err == nil {
		t.Error("the socket is there after its end")
	}

	if err := os.WriteFile(path, []byte("a person's file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := listenSocket(path); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("in place of a file: %v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "a person's file" {
		t.Errorf("the file is %q, %v", b, err)
	}
	if _, err := listenSocket(filepath.Join(socketDir(t), strings.Repeat("x", 100), socketName)); err == nil || !strings.Contains(err.Error(), "at most 107") {
		t.Errorf("at a long path: %v", err)
	}
}

// Over the socket, who asks is who the kernel says; a request that came another way
// is nobody's.
func TestOnlyWhoMayOpenTheCaseIsSomebodyOnItsSocket(t *testing.T) {
	dir := filepath.Join(socketDir(t), "case")
	vigilOK(t, "init", "--no-encryption", dir)
	s := serve(t, "--case", dir, "--as", "ada", "serve", "--address", "127.0.0.1:0")
	for as, want := range map[string]string{"": "ada", "bo": "bo"} {
		c, err := api.Dial(t.Context(), filepath.Join(dir, socketName), as)
		if err != nil {
			t.Fatal(err)
		}
		me, err := c.Me(t.Context())
		if err != nil || me.Account != want || !me.Solo {
			t.Errorf("as %q: %+v, %v; want %s", as, me, err, want)
		}
		c.Close()
	}
	if _, err := api.Dial(t.Context(), filepath.Join(dir, socketName), strings.Repeat("x", 65)); err == nil {
		t.Error("a name of 65 bytes is an account")
	}

	// The pages' address takes neither the session nor a name.
	r, err := http.NewRequestWithContext(t.Context(), "GET", s.base+api.Prefix+"/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(api.AccountHeader, "ada")
	resp, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("with a session of the pages: %s", resp.Status)
	}
	s.stop()

	a := &app{dir: dir}
	cs, err := a.open("test", "")
	if err != nil {
		t.Fatal(err)
	}
	defer cs.Close()
	for name, change := range map[string]func(*http.Request) *http.Request{
		"no peer":      func(r *http.Request) *http.Request { return r },
		"another user": withUser(os.Geteuid() + 1),
		"not on a unix socket": func(r *http.Request) *http.Request {
			c, _ := net.Pipe()
			return r.WithContext(withPeer(r.Context(), c))
		},
	} {
		r, _ := http.NewRequestWithContext(t.Context(), "GET", "http://vigil/api/v1/me", nil)
		if p, err := a.peer(cs)(change(r)); err == nil {
			t.Errorf("%s is %+v", name, p)
		}
	}
	if p, err := a.peer(cs)(withUser(os.Geteuid())(r)); err != nil || p.Account != "ada" {
		t.Errorf("the server's own user is %+v, %v", p, err)
	}
}

// withUser puts a user at the other end of a request.
func withUser(uid int) func(*http.Request) *http.Request {
	return func(r *http.Request) *http.Request {
		return r.WithContext(context.WithValue(r.Context(), peerKey{}, &peer{uid: uid}))
	}
}

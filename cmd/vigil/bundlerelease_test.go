package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"

	"vigil/internal/keyring"
	"vigil/internal/signature"
	"vigil/internal/timestamp"
	"vigil/internal/tor/simnet"
)

// newPerson is "person FILE PRINCIPAL": it writes FILE and FILE.pub, and to FILE.signer
// the line that lets this key sign releases.
func newPerson(ts *testscript.TestScript, _ bool, args []string) {
	private, public, err := signature.GenerateKey(args[1])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), private, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".pub"), public, 0o644))
	line := fmt.Sprintf("%s namespaces=%q %s", args[1], signature.Release, public)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".signer"), []byte(line), 0o644))
}

// serveAuthority is "tsa NAME DIR": openssl answers under this name behind the proxy,
// with the keys and the tsa.cnf of the folder.
func serveAuthority(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[1])
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Content-Type") != timestamp.QueryType || os.WriteFile(filepath.Join(dir, "q.tsq"), body, 0o600) != nil {
			http.Error(w, "no query", http.StatusBadRequest)
			return
		}
		cmd := exec.Command("sh", "answer.sh")
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			http.Error(w, "no answer", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", timestamp.ReplyType)
		w.Write(out)
	}))
	ts.Defer(web.Close)
	ts.Check(ts.Value("net").(*simnet.Net).Forward(args[0], web.Listener.Addr().String()))
}

// trustCase is "trustcase CASE FILE": it appends the line of the case's key to FILE.
func trustCase(ts *testscript.TestScript, _ bool, args []string) {
	public := ts.ReadFile(filepath.Join(args[0], keyFile+".pub"))
	appendTo(ts, args[1], fmt.Appendf(nil, "%s namespaces=%q %s", caseSigner, signature.Bundle, public))
}

// newRecipient is "recipient FILE VAR": it writes an identity of age, and sets $VAR to
// its public key.
func newRecipient(ts *testscript.TestScript, _ bool, args []string) {
	id, err := keyring.NewIdentity()
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), id.File("test"), 0o600))
	ts.Setenv(args[1], id.Recipient())
}

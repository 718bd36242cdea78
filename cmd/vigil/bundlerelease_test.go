package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

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

// unseal is "draft BUNDLE DIR": it makes a draft in DIR of what is in a sealed bundle,
// under another ID.
func unseal(ts *testscript.TestScript, _ bool, args []string) {
	from, to := ts.MkAbs(args[0]), ts.MkAbs(args[1])
	ts.Check(os.CopyFS(to, os.DirFS(from)))
	ts.Check(os.RemoveAll(filepath.Join(to, "signatures")))
	name := filepath.Join(to, "bag-info.txt")
	old, err := os.ReadFile(name)
	ts.Check(err)
	var info strings.Builder
	for line := range strings.Lines(string(old)) {
		switch label, _, _ := strings.Cut(line, ":"); label {
		case "External-Identifier":
			info.WriteString("External-Identifier: bundle-" + filepath.Base(args[1]) + "\n")
		case "X-Sealed", "X-Exporter", "X-Signer":
		default:
			info.WriteString(line)
		}
	}
	ts.Check(os.WriteFile(name, []byte(info.String()), 0o600))
	for _, alg := range []string{"256", "512"} {
		cmd := exec.Command("sh", "-c", "sha"+alg+"sum bag-info.txt bagit.txt manifest-sha256.txt manifest-sha512.txt > tagmanifest-sha"+alg+".txt")
		cmd.Dir = to
		ts.Check(cmd.Run())
	}
}

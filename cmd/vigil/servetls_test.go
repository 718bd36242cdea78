package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// writeCert writes a certificate for a name and its key into a folder, and returns
// who trusts it.
func writeCert(t *testing.T, dir, name string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, b := range map[string]*pem.Block{"tls.pem": {Type: "CERTIFICATE", Bytes: der}, "tls.key": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return pool
}

func TestServeWithACertificateAnswersItsNamesAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "case")
	vigilOK(t, "init", "--no-encryption", dir)
	roots := writeCert(t, filepath.Join(dir, "keys"), "vigil.example")
	config := "version = 1\n[serve]\naddress = \"127.0.0.1:0\"\nhosts = [\"vigil.example\"]\ntls_cert = \"keys/tls.pem\"\ntls_key = \"keys/tls.key\"\n"
	if err := os.WriteFile(filepath.Join(dir, "vigil.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	// Others could reach this address, and nobody has an account.
	out, err := exec.CommandContext(t.Context(), "vigil", "--case", dir, "serve", "--address", "0.0.0.0:0").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "has no accounts") {
		t.Errorf("served to everybody: %v\n%s", err, out)
	}
	vigilOK(t, "--case", dir, "--as", "olga", "user", "add", "ana", "--role", "admin")

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "vigil", "--case", dir, "--as", "ana", "serve")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	port := ""
	for lines := bufio.NewScanner(stderr); port == "" && lines.Scan(); {
		if m := regexp.MustCompile(`sign in at https://vigil\.example:(\d+)`).FindStringSubmatch(lines.Text()); m != nil {
			port = m[1]
		}
	}
	if port == "" {
		t.Fatal("serve did not say where people sign in")
	}
	go io.Copy(io.Discard, stderr)

	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dial, TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "vigil.example"}, ForceAttemptHTTP2: true}}
	for host, want := range map[string]int{"vigil.example:" + port: http.StatusOK, "evil.example:" + port: http.StatusMisdirectedRequest} {
		resp, err := client.Get(fmt.Sprintf("https://%s/login", host))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != want || resp.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: status %d, want %d, and HSTS\n%s", host, resp.StatusCode, want, body)
		}
	}
	old := &tls.Config{RootCAs: roots, ServerName: "vigil.example", MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	if c, err := tls.Dial("tcp", "127.0.0.1:"+port, old); err == nil {
		c.Close()
		t.Error("TLS 1.1 is spoken")
	}
	cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err != nil {
		t.Errorf("after an interrupt: %v", err)
	}
}

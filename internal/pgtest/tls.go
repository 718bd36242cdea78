package pgtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// ServeTLS restarts the server so that it takes connections at a port of 127.0.0.1,
// encrypted ones alone, under a certificate for a host: a name or an address. It
// returns the port, and the file of the authority by which the certificate is. The
// socket is no more where [Server.Address] says.
func (s *Server) ServeTLS(t testing.TB, host string) (port int, authority string) {
	t.Helper()
	// Whoever takes the port between here and the start makes the start fail.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port = l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	certificate, key, authority := filepath.Join(s.dir, "server.crt"), filepath.Join(s.dir, "server.key"), filepath.Join(s.dir, "authority.crt")
	if err := s.certify(host, certificate, key, authority); err != nil {
		t.Fatal(err)
	}
	hba := filepath.Join(s.data(), "pg_hba.conf")
	if err := os.WriteFile(hba, []byte("local all all trust\nhostssl all all 127.0.0.1/32 trust\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	s.settings = append(s.settings, "listen_addresses=127.0.0.1", fmt.Sprint("port=", port), "ssl=on", "ssl_cert_file="+certificate, "ssl_key_file="+key)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	return port, authority
}

// certify writes a certificate for a host, its key, and the certificate of the authority
// that signed it.
func (s *Server) certify(host, certificate, key, authority string) error {
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority of a test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter}
	if ip := net.ParseIP(host); ip != nil {
		leaf.IPAddresses = []net.IP{ip}
	} else {
		leaf.DNSNames = []string{host}
	}
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &signer.PublicKey, signer)
	if err != nil {
		return err
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, &own.PublicKey, signer)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		return err
	}
	for _, f := range []struct{ name, kind, der string }{
		{certificate, "CERTIFICATE", string(leafDER)}, {key, "PRIVATE KEY", string(keyDER)}, {authority, "CERTIFICATE", string(caDER)},
	} {
		if err := os.WriteFile(f.name, pem.EncodeToMemory(&pem.Block{Type: f.kind, Bytes: []byte(f.der)}), 0o600); err != nil {
			return err
		}
		if err := s.who.own(f.name); err != nil {
			return err
		}
	}
	return nil
}

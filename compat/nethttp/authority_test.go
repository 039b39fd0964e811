package nethttp_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"testing"
	"time"
)

// An authority signs certificates for localhost and 127.0.0.1, and those of clients.
type authority struct {
	t     testing.TB
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	roots *x509.CertPool // trusts it
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	ca := &authority{t: t, roots: x509.NewCertPool()}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "authority"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(time.Hour),
		KeyUsage:              x509.KeyUsageCertSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	ca.key = must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, template, &ca.key.PublicKey, ca.key))
	ca.cert = must[*x509.Certificate](t)(x509.ParseCertificate(der))
	ca.roots.AddCert(ca.cert)
	return ca
}

// sign returns a certificate of a name.
func (ca *authority) sign(name string, use x509.ExtKeyUsage) tls.Certificate {
	ca.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    ca.cert.NotBefore,
		NotAfter:     ca.cert.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{use},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	key := must[*ecdsa.PrivateKey](ca.t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	der := must[[]byte](ca.t)(x509.CreateCertificate(rand.Reader, template, ca.cert, &key.PublicKey, ca.key))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// server and client return configurations for the two ends.
func (ca *authority) server() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{ca.sign("server", x509.ExtKeyUsageServerAuth)}}
}

func (ca *authority) client() *tls.Config {
	return &tls.Config{RootCAs: ca.roots, ServerName: "localhost"}
}

// files writes a certificate for a server and its key to files.
func (ca *authority) files() (cert, key string) {
	ca.t.Helper()
	signed := ca.sign("server", x509.ExtKeyUsageServerAuth)
	der := must[[]byte](ca.t)(x509.MarshalPKCS8PrivateKey(signed.PrivateKey))
	file := func(of string, b []byte) string {
		return fileWith(ca.t, pem.EncodeToMemory(&pem.Block{Type: of, Bytes: b}))
	}
	return file("CERTIFICATE", signed.Certificate[0]), file("PRIVATE KEY", der)
}

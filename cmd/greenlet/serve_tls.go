package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"time"
)

// tlsConfig returns what to serve TLS with, or nil if it is not asked for.
func (o serveOptions) tlsConfig() (*tls.Config, error) {
	var cert tls.Certificate
	var err error
	switch {
	case o.selfSigned:
		cert, err = selfSigned(o.addr)
	case o.cert != "":
		if cert, err = tls.LoadX509KeyPair(o.cert, o.key); err != nil {
			err = fmt.Errorf("cannot use the certificate %s with the key %s: %w", o.cert, o.key, err)
		}
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}}
	if o.kind != "echo" {
		config.NextProtos = []string{"http/1.1"}
	}
	return config, nil
}

// selfSigned makes a certificate for the host in addr and for the names of this machine to itself. It is valid for a month.
func selfSigned(addr string) (cert tls.Certificate, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return cert, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return cert, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "greenlet serve, self-signed"},
		NotBefore:    now.Add(-time.Hour), // clocks differ
		NotAfter:     now.AddDate(0, 1, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if host, _, err := net.SplitHostPort(addr); err == nil && host != "" && host != "localhost" {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return cert, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// fingerprint is that of the certificate, by which who serves can tell who asks which one it is.
func fingerprint(config *tls.Config) string {
	return fmt.Sprintf("%x", sha256.Sum256(config.Certificates[0].Certificate[0]))
}

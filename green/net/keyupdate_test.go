package net

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
)

// A recordWriter makes TLS 1.3 records of TLS_AES_128_GCM_SHA256 from a traffic secret.
type recordWriter struct {
	secret []byte
	aead   cipher.AEAD
	iv     []byte
	seq    uint64
}

func expand(t *testing.T, secret []byte, label string, n int) []byte {
	info := fmt.Appendf([]byte{byte(n >> 8), byte(n), byte(len("tls13 " + label))}, "tls13 %s\x00", label)
	out, err := hkdf.Expand(sha256.New, secret, string(info), n)
	if err != nil {
		t.Error(err)
	}
	return out
}

func (w *recordWriter) use(t *testing.T, secret []byte) {
	block, err := aes.NewCipher(expand(t, secret, "key", 16))
	if err != nil {
		t.Error(err)
		return
	}
	w.aead, err = cipher.NewGCM(block)
	if err != nil {
		t.Error(err)
	}
	w.secret, w.iv, w.seq = secret, expand(t, secret, "iv", 12), 0
}

func (w *recordWriter) append(out []byte, kind byte, data ...byte) []byte {
	inner := append(bytes.Clone(data), kind)
	head := []byte{23, 3, 3, 0, byte(len(inner) + w.aead.Overhead())}
	nonce := bytes.Clone(w.iv)
	for i := range 8 {
		nonce[11-i] ^= byte(w.seq >> (8 * i))
	}
	w.seq++
	out = append(out, head...)
	return w.aead.Seal(out, nonce, inner, head)
}

// appendUpdate appends a request for new keys, which asks for the peer's in turn.
func (w *recordWriter) appendUpdate(t *testing.T, out []byte) []byte {
	out = w.append(out, 22, 24, 0, 0, 1, 1)
	w.use(t, expand(t, w.secret, "traffic upd", sha256.Size))
	return out
}

// Answers to requests for new keys do not pile up while the peer reads nothing.
func TestTLS_KeyUpdatesDoNotPileUp(t *testing.T) {
	ts := httptest.NewUnstartedServer(nil)
	ts.StartTLS()
	certificates := ts.TLS.Certificates
	ts.Close()
	for name, opts := range map[string][]green.Option{"poller": nil, "portable": {green.Portable()}} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			flooded, over := make(chan bool), make(chan struct{})
			peerDone := make(chan struct{})
			go func() {
				defer close(peerDone)
				defer close(flooded)
				raw, err := l.Accept()
				if err != nil {
					t.Error(err)
					return
				}
				defer raw.Close()
				var keys bytes.Buffer
				c := tls.Server(raw, &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS13,
					SessionTicketsDisabled: true, KeyLogWriter: &keys})
				if err := c.Handshake(); err != nil || c.ConnectionState().CipherSuite != tls.TLS_AES_128_GCM_SHA256 {
					t.Errorf("handshake: %v, suite %x", err, c.ConnectionState().CipherSuite)
					return
				}
				var random, secret string
				for line := range bytes.Lines(keys.Bytes()) {
					fmt.Sscanf(string(line), "SERVER_TRAFFIC_SECRET_0 %s %s", &random, &secret)
				}
				traffic, _ := hex.DecodeString(secret)
				w := &recordWriter{}
				w.use(t, traffic)
				var flood []byte
				for range 6000 {
					flood = w.append(w.appendUpdate(t, flood), 23, 'x')
				}
				raw.SetWriteDeadline(time.Now().Add(time.Second)) // it need not take all
				raw.Write(flood)
				flooded <- true
				<-over
			}()
			err = green.Run(func(h *green.Hub) error {
				c, err := DialTLS(h, "tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true})
				if err != nil {
					return err
				}
				h.Go(func() error {
					for {
						if _, err := c.Write(make([]byte, 1<<20)); err != nil {
							return nil // the end of the test
						}
					}
				})
				most := 0
				reader := h.Go(func() error {
					for buf := make([]byte, 1); ; {
						if _, err := c.Read(buf); err != nil {
							return nil
						}
						if c.sending {
							most = max(most, len(c.p.out))
						}
					}
				})
				if _, err := green.Offload(h, func(context.Context) (bool, error) { return <-flooded, nil }); err != nil {
					return err
				}
				for before := -1; before != most; { // until the reader gets no further
					before = most
					if err := h.Sleep(50 * time.Millisecond); err != nil {
						return err
					}
				}
				if most <= maxPending || most > maxPending+3*maxRecord {
					t.Errorf("%d bytes have piled up; the limit is %d", most, maxPending)
				}
				close(over)
				c.Close()
				return reader.Join()
			}, opts...)
			if err != nil {
				t.Error(err)
			}
			<-peerDone
		})
	}
}

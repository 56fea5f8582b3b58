package net_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	stdnet "net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-greenlet/greenlet/green"
	"github.com/go-greenlet/greenlet/green/net"
)

// patience is after what an openssl that hangs is ended.
const patience = time.Minute

// openssl returns the files of the test's certificate and its key, or skips the test.
func openssl(t *testing.T) (cert, key string) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	own, _ := identity()
	der, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	must(t, err)
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(t.TempDir(), name)
		must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
		return path
	}
	return write("cert.pem", "CERTIFICATE", own.Certificate[0]), write("key.pem", "PRIVATE KEY", der)
}

// eachVersion runs f for every version of TLS that is in use.
func eachVersion(t *testing.T, f func(t *testing.T, flag string, version uint16)) {
	t.Helper()
	t.Run("TLS 1.2", func(t *testing.T) { f(t, "-tls1_2", tls.VersionTLS12) })
	t.Run("TLS 1.3", func(t *testing.T) { f(t, "-tls1_3", tls.VersionTLS13) })
}

// runClient runs openssl s_client beside the hub, with what it gets to send.
func runClient(h *green.Hub, input string, args ...string) (string, error) {
	return green.Offload(h, func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		cmd := exec.CommandContext(ctx, "openssl", append([]string{"s_client"}, args...)...)
		cmd.Stdin = strings.NewReader(input)
		out, err := cmd.CombinedOutput()
		return string(out), err
	})
}

func TestTLS_ServesOpenSSL(t *testing.T) {
	cert, key := openssl(t)
	own, pool := identity()
	for _, c := range []struct {
		name     string
		auth     tls.ClientAuthType
		args     []string
		protocol string
		peers    int
		refused  bool
		offload  bool
	}{
		{name: "plain"},
		{name: "offloaded", offload: true},
		{name: "ALPN", args: []string{"-alpn", "other,test/1"}, protocol: "test/1"},
		{name: "ALPN in vain", args: []string{"-alpn", "other"}, refused: true},
		{name: "client certificate", auth: tls.RequireAndVerifyClientCert, args: []string{"-cert", cert, "-key", key}, peers: 1},
		{name: "no client certificate", auth: tls.RequireAndVerifyClientCert, refused: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, flag string, version uint16) {
				each(t, func(t *testing.T, h *green.Hub) {
					settings := &net.TLS{Offload: c.offload, Config: &tls.Config{
						Certificates: []tls.Certificate{own}, ClientAuth: c.auth, ClientCAs: pool, NextProtos: []string{"test/1"},
					}}
					var state tls.ConnectionState
					var failed error
					s := &net.StreamServer{Handler: settings.Handler(func(c *net.TLSConn) error {
						state = c.ConnectionState()
						line, err := bufio.NewReader(c).ReadString('\n')
						if err == nil {
							_, err = io.WriteString(c, "you said "+line)
						}
						return err
					})}
					s.OnError = func(_ stdnet.Conn, err error) { failed = err }
					address, served := serve(t, h, s)
					out, err := runClient(h, "hello\n", append([]string{
						"-connect", address, flag, "-quiet", "-CAfile", cert, "-verify_return_error",
						"-servername", "localhost", "-verify_hostname", "localhost",
					}, c.args...)...)
					must(t, s.Stop(-1))
					must(t, served.Join())
					if c.refused {
						if err == nil || failed == nil || strings.Contains(out, "you said") {
							t.Errorf("it was not refused: %v, the server heard %v\n%s", err, failed, out)
						}
						return
					}
					must(t, failed)
					if err != nil || !strings.Contains(out, "you said hello\n") {
						t.Errorf("s_client: %v\n%s", err, out)
					}
					expect(t, "version", state.Version, version)
					expect(t, "protocol", state.NegotiatedProtocol, c.protocol)
					expect(t, "name", state.ServerName, "localhost")
					expect(t, "client's certificates", len(state.PeerCertificates), c.peers)
				})
			})
		})
	}
}

// A client that asks for new keys gets its answer, and goes on.
func TestTLS_OpenSSLUpdatesItsKeys(t *testing.T) {
	cert, _ := openssl(t)
	each(t, func(t *testing.T, h *green.Hub) {
		settings, _ := secure(false)
		said := ""
		s := &net.StreamServer{Handler: settings.Handler(func(c *net.TLSConn) error {
			lines := bufio.NewReader(c)
			for {
				line, err := lines.ReadString('\n')
				if err == io.EOF {
					return nil
				} else if err != nil {
					return err
				}
				said += line
				if _, err := io.WriteString(c, "you said "+line); err != nil {
					return err
				}
			}
		})}
		var failed error
		s.OnError = func(_ stdnet.Conn, err error) { failed = err }
		address, served := serve(t, h, s)
		// s_client takes a line with K, at the beginning of what it reads at a time, for a command: each is written alone.
		out, err := green.Offload(h, func(ctx context.Context) (string, error) {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, "openssl", "s_client", "-connect", address, "-tls1_3", "-CAfile", cert)
			in, err := cmd.StdinPipe()
			if err != nil {
				return "", err
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				return "", err
			}
			cmd.Stderr = cmd.Stdout // where it confirms commands
			if err := cmd.Start(); err != nil {
				return "", err
			}
			all, text := bufio.NewReader(out), ""
			for _, line := range []string{"one", "K", "two", "K", "three"} {
				want := "you said " + line
				if line == "K" {
					want = "KEYUPDATE"
				}
				io.WriteString(in, line+"\n")
				for got := ""; err == nil && !strings.HasPrefix(got, want); text += got {
					got, err = all.ReadString('\n')
				}
			}
			in.Close()
			rest, _ := io.ReadAll(all)
			return text + string(rest), errors.Join(err, cmd.Wait())
		})
		must(t, s.Stop(-1))
		must(t, served.Join())
		must(t, failed)
		if err != nil {
			t.Errorf("s_client: %v\n%s", err, out)
		}
		expect(t, "said", said, "one\ntwo\nthree\n")
	})
}

// startServer runs openssl s_server beside the hub, for one connection, and returns its address and what waits for its end
// and returns what it has printed.
func startServer(t *testing.T, h *green.Hub, args ...string) (address string, end func() (string, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	cmd := exec.CommandContext(ctx, "openssl", append([]string{"s_server", "-accept", "127.0.0.1:0", "-naccept", "1"}, args...)...)
	in, err := cmd.StdinPipe() // it ends with its input
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	cmd.Stderr = cmd.Stdout
	must(t, cmd.Start())
	lines, text := bufio.NewReader(out), ""
	address, err = green.Offload(h, func(context.Context) (string, error) {
		for {
			line, err := lines.ReadString('\n')
			text += line
			if at, ok := strings.CutPrefix(line, "ACCEPT "); ok {
				return strings.TrimSpace(at), nil
			}
			if err != nil {
				return "", fmt.Errorf("s_server does not say its address: %w\n%s", err, text)
			}
		}
	})
	if err != nil {
		cancel()
		t.Fatal(errors.Join(err, cmd.Wait()))
	}
	return address, func() (string, error) {
		return green.Offload(h, func(context.Context) (string, error) {
			defer cancel()
			defer in.Close()
			rest, _ := io.ReadAll(lines)
			return text + string(rest), cmd.Wait()
		})
	}
}

func TestTLS_TalksToOpenSSL(t *testing.T) {
	cert, key := openssl(t)
	own, pool := identity()
	eachVersion(t, func(t *testing.T, flag string, version uint16) {
		each(t, func(t *testing.T, h *green.Hub) {
			for _, c := range []struct {
				args   []string
				config *tls.Config
			}{
				{nil, &tls.Config{}},
				{[]string{"-alpn", "test/1"}, &tls.Config{NextProtos: []string{"other", "test/1"}}},
				{[]string{"-Verify", "1", "-CAfile", cert, "-verify_return_error"}, &tls.Config{Certificates: []tls.Certificate{own}}},
			} {
				address, end := startServer(t, h, append([]string{"-cert", cert, "-key", key, flag, "-rev"}, c.args...)...)
				c.config.RootCAs = pool
				s := &net.TLS{Config: c.config}
				client, err := s.Dial(h, "tcp", address)
				must(t, err)
				lines := bufio.NewReader(client)
				for line, want := range map[string]string{"hello\n": "olleh\n", strings.Repeat("ab", 1000) + "\n": strings.Repeat("ba", 1000) + "\n"} {
					_, err = io.WriteString(client, line)
					must(t, err)
					got, err := lines.ReadString('\n')
					must(t, err)
					expect(t, "answer", got, want)
				}
				state := client.ConnectionState()
				expect(t, "version", state.Version, version)
				if c.config.NextProtos != nil {
					expect(t, "protocol", state.NegotiatedProtocol, "test/1")
				}
				_, err = io.WriteString(client, "CLOSE\n") // which s_server -rev takes for the end
				must(t, err)
				rest, err := io.ReadAll(lines)
				must(t, err)
				expect(t, "rest", string(rest), "")
				must(t, client.Close())
				out, err := end()
				if err != nil {
					t.Errorf("s_server: %v\n%s", err, out)
				}
			}
		})
	})
}

// A page of s_server ends with the end of TLS, and so does what we read.
func TestTLS_ReadsAPageOfOpenSSL(t *testing.T) {
	cert, key := openssl(t)
	_, pool := identity()
	eachVersion(t, func(t *testing.T, flag string, version uint16) {
		each(t, func(t *testing.T, h *green.Hub) {
			address, end := startServer(t, h, "-cert", cert, "-key", key, flag, "-www")
			client, err := net.DialTLS(h, "tcp", address, &tls.Config{RootCAs: pool})
			must(t, err)
			_, err = io.WriteString(client, "GET / HTTP/1.0\r\n\r\n")
			must(t, err)
			r, err := http.ReadResponse(bufio.NewReader(client), nil)
			must(t, err)
			page, err := io.ReadAll(r.Body)
			must(t, err)
			expect(t, "status", r.StatusCode, 200)
			if !strings.Contains(string(page), "Ciphers common between both SSL end points") {
				t.Errorf("the page: %s", page)
			}
			expect(t, "version", client.ConnectionState().Version, version)
			must(t, client.Close())
			out, err := end()
			if err != nil {
				t.Errorf("s_server: %v\n%s", err, out)
			}
		})
	})
}

// A server that wants a certificate and gets none ends the connection with an alert, which we are told.
func TestTLS_OpenSSLRefusesUs(t *testing.T) {
	cert, key := openssl(t)
	_, pool := identity()
	eachVersion(t, func(t *testing.T, flag string, _ uint16) {
		each(t, func(t *testing.T, h *green.Hub) {
			address, end := startServer(t, h, "-cert", cert, "-key", key, flag, "-rev", "-Verify", "1", "-CAfile", cert)
			client, err := net.DialTLS(h, "tcp", address, &tls.Config{RootCAs: pool})
			if err == nil { // in TLS 1.3 the client's handshake is done before the server has looked
				_, err = client.Read(make([]byte, 1))
				client.Close()
			}
			var alert tls.AlertError
			if !errors.As(err, &alert) && (err == nil || !strings.Contains(err.Error(), "remote error: tls: ")) {
				t.Errorf("what we hear: %v", err)
			}
			end()
		})
	})
}

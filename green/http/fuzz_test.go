package http_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"testing"

	"github.com/go-greenlet/greenlet/green"
	greenhttp "github.com/go-greenlet/greenlet/green/http"
)

// FuzzServeConn sends any bytes: the server must come to an end, and what it answers must be responses.
func FuzzServeConn(f *testing.F) {
	const longest = 2 << 10 // more finds nothing else, and making it smaller takes the fuzzer minutes
	for _, c := range malformed {
		if len(c.raw) > longest/2 {
			continue
		}
		f.Add([]byte(c.raw), 7)
		f.Add([]byte(get("")+c.raw+smuggled), 4096)
	}
	f.Add([]byte("HEAD /long HTTP/1.1\r\nHost: x\r\n\r\nGET /chunked HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 1)
	f.Add([]byte(post("Transfer-Encoding: chunked\r\nTrailer: T\r\n", "3;x\r\nabc\r\n0\r\nT: 1\r\n\r\n")), 3)
	f.Fuzz(func(t *testing.T, raw []byte, step int) {
		if len(raw) > longest {
			t.Skip("too long")
		}
		var out bytes.Buffer
		var methods []string
		err := green.Run(func(h *green.Hub) error {
			s := &greenhttp.Server{
				MaxHeaderBytes: 512,
				OnError:        func(_ *http.Request, err error) { t.Errorf("OnError: %v", err) },
				Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					methods = append(methods, r.Method)
					io.Copy(w, r.Body)
					if r.URL.Path == "/long" {
						w.Write(make([]byte, 10000))
					}
				}),
			}
			s.ServeConn(h, &memConn{in: &steps{raw, max(1, step%5000)}, out: &out})
			return nil
		})
		if err != nil {
			t.Errorf("Run: %v", err)
		}
		br := bufio.NewReader(bytes.NewReader(out.Bytes()))
		for n := 0; ; n++ {
			if _, err := br.Peek(1); err == io.EOF {
				break
			}
			method := http.MethodGet
			if n < len(methods) {
				method = methods[n]
			}
			r, err := http.ReadResponse(br, &http.Request{Method: method})
			if err != nil {
				t.Fatalf("response %d: %v in %q", n, err, out.Bytes())
			}
			if r.StatusCode == http.StatusContinue {
				n--
				continue
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil && !r.Close {
				t.Fatalf("body of response %d: %v in %q", n, err, out.Bytes())
			}
		}
	})
}

// steps reads at most n bytes at a time.
type steps struct {
	b []byte
	n int
}

func (s *steps) Read(p []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.b[:min(s.n, len(s.b))])
	s.b = s.b[n:]
	return n, nil
}

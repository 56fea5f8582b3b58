package http_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-greenlet/greenlet/green"
)

// TestBodyReadAfterAnswer answers more than the buffer holds before the request's body is read: what is left of that body is
// dropped for the client's sake, and a Read must say so, as net/http's does, rather than end as if that were all.
func TestBodyReadAfterAnswer(t *testing.T) {
	const size = 100_000
	raw := fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", size, strings.Repeat("b", size))
	for _, duplex := range []bool{false, true} {
		var got int64
		var failed error
		handler := func(w http.ResponseWriter, r *http.Request) {
			if duplex {
				if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
					t.Error(err)
				}
			}
			io.CopyN(io.Discard, r.Body, 1000)
			io.WriteString(w, strings.Repeat("a", 1<<16))
			got, failed = io.Copy(io.Discard, r.Body)
		}
		with(t, handler, func(t *testing.T, h *green.Hub, addr string) error {
			p, err := dial(h, addr)
			if err != nil {
				return err
			}
			defer p.Close()
			if _, _, err := p.ask("POST", raw); err != nil {
				return err
			}
			if duplex && (got != size-1000 || failed != nil) {
				t.Errorf("with full duplex: %d bytes, %v", got, failed)
			}
			if !duplex && !errors.Is(failed, http.ErrBodyReadAfterClose) {
				t.Errorf("%d bytes, and then %v", got, failed)
			}
			return nil
		})
	}
}

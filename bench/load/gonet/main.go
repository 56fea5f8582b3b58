// Gonet is the echo or HTTP server of the comparison on goroutines and the standard library, or the one whose handlers compute:
//
//	gonet echo|http|work ADDRESS
package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
)

// text is what each server in the comparison answers over HTTP, with the same two headers.
const text = "Hello from a greenlet.\n\nTry /echo, /sleep/1s, /work/100, /events and /stats.\n"

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: gonet echo|http|work ADDRESS")
	}
	l, err := net.Listen("tcp", os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("Serving on", l.Addr())
	switch os.Args[1] {
	case "echo":
		log.Fatal(echo(l))
	case "http":
		log.Fatal(http.Serve(l, http.HandlerFunc(hello)))
	case "work":
		http.HandleFunc("GET /work/{times}", work)
		log.Fatal(http.Serve(l, nil))
	}
	log.Fatalf("what is %q?", os.Args[1])
}

func hello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, text)
}

// work is the same as that of greenlet serve http.
func work(w http.ResponseWriter, r *http.Request) {
	times, err := strconv.Atoi(r.PathValue("times"))
	if err != nil || times < 1 || times > 10_000 {
		http.Error(w, "say how often", http.StatusBadRequest)
		return
	}
	var block [4 << 10]byte
	for range times {
		sum := sha256.Sum256(block[:])
		copy(block[:], sum[:])
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprintf(w, "%x\n", block[:sha256.Size])
}

// echo sends back what comes on each connection.
func echo(l net.Listener) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			buf := make([]byte, 4<<10)
			for {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				if _, err := c.Write(buf[:n]); err != nil {
					return
				}
			}
		}()
	}
}

// Gonet is the echo or HTTP server of the comparison on goroutines and the standard library:
//
//	gonet echo|http ADDRESS
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

// text is what each server in the comparison answers over HTTP, with the same two headers.
const text = "Hello from a greenlet.\n\nTry /echo, /sleep/1s, /events and /stats.\n"

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: gonet echo|http ADDRESS")
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
	}
	log.Fatalf("what is %q?", os.Args[1])
}

func hello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, text)
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

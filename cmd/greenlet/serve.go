package main

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"
)

const serveLong = `Serve runs one of three servers, to try package green with and to measure it. Each connection has a task of its own, and
the tasks of a hub share one goroutine:

  echo    sends back what it gets, over TCP
  http    answers HTTP requests in a few ways, which its page / lists
  chat    has a page with rooms to talk in, for browsers, over WebSocket

When it serves it prints where. It ends at SIGTERM or an interrupt (Ctrl-C): it accepts nothing more, answers what it has
accepted, prints how much that was, and exits with status 0; or with 1 if it had to cut something off after the time that
--grace gives, which with 0 is no failure. A second signal ends it at once.`

const serveEchoLong = `Echo sends back to every client what that sends. Try it with nc localhost 7000.

At the end it still answers for a moment what comes, and then closes the connections: everything that it has read is answered.`

const serveHTTPLong = `HTTP answers requests:

  /             a greeting
  /echo         the body of the request
  /sleep/1s     two lines, and that long between them
  /work/100     the SHA-256 of a block of 4 KiB, hashed that often: a handler that computes
  /events       server-sent events, one a second
  /stats        what the server has done, as JSON

At the end requests that have begun are answered, and idle connections closed. A client that has sent half a head, or half a
TLS handshake, has half a second for the rest.`

const serveChatLong = `Chat serves a page with rooms: open it in two windows. Who comes later sees what was said last. Everything is in memory,
and gone at the end.

All of it runs in one hub, so that rooms need no locks. A member that does not read costs at most some 200 KB, and is gone
after a minute.

A request that names the server in another way than by its address, as localhost, by the machine's name or by one of those of
--host is refused: pages of others could make their own name lead here.`

func serveCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve KIND [FLAG...]",
		Short: "Run a server: echo, http or chat",
		Long:  serveLong,
		Example: "  greenlet serve echo --addr localhost:7000\n" +
			"  greenlet serve http --hubs 0 --tls-self-signed\n" +
			"  greenlet serve chat",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("serve: what? Say echo, http or chat")
			}
			return fmt.Errorf("serve: unknown kind %q; say echo, http or chat", args[0])
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	c.AddCommand(
		serveKind("echo", "Send back what comes, over TCP", serveEchoLong, "localhost:7000", newEcho),
		serveKind("http", "Answer HTTP requests", serveHTTPLong, "localhost:8080", newWeb),
		serveKind("chat", "Serve a page with rooms to talk in", serveChatLong, "localhost:8080", newChat))
	return c
}

// serveOptions are the flags of serve.
type serveOptions struct {
	kind       string
	addr       string
	cert, key  string
	selfSigned bool
	hubs       int
	maxConns   int
	idle       time.Duration
	grace      time.Duration
	top        bool
	hosts      []string
}

// serveKind makes the command of one kind of server, of which begin makes the part of one hub.
func serveKind(kind, short, long, addr string, begin func(*server) beginner) *cobra.Command {
	o := serveOptions{kind: kind, hubs: 1}
	c := &cobra.Command{
		Use:   kind + " [FLAG...]",
		Short: short,
		Long:  long,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("serve %s: what is %q? There are only flags", kind, args[0])
			}
			return o.check()
		},
		RunE: func(*cobra.Command, []string) error {
			if s := serve(o, begin); s != 0 {
				return s
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&o.addr, "addr", addr, "the address to serve, as `HOST:PORT`; without a host all of the machine's; port 0 is a free one")
	f.StringVar(&o.cert, "tls-cert", "", "serve with TLS, with the certificate in `FILE`")
	f.StringVar(&o.key, "tls-key", "", "the key of that certificate, in `FILE`")
	f.BoolVar(&o.selfSigned, "tls-self-signed", false, "serve with TLS, with a certificate that is made now and that nobody knows")
	if kind == "chat" {
		f.StringSliceVar(&o.hosts, "host", nil,
			"serve pages under the name `NAME`, too: without it by address, as localhost and under the machine's name")
	} else {
		f.IntVar(&o.hubs, "hubs", 1, "serve with `N` hubs, each on a goroutine of its own; 0 is one for each processor")
	}
	f.IntVar(&o.maxConns, "max-conns", 0, "serve at most `N` connections at a time in each hub; the next ones wait; 0 is no limit")
	f.DurationVar(&o.idle, "idle", 0, "close a connection on which nothing happens for this long, 1m say"+idleText(kind))
	f.DurationVar(&o.grace, "grace", 10*time.Second, "at the end wait this long for what is being served; 0 cuts it off")
	f.BoolVar(&o.top, "top", false, "show what the hubs do, once a second, on a screen that is cleared each time")
	return c
}

// idleText says what --idle is about, and what it is without.
func idleText(kind string) string {
	switch kind {
	case "http":
		return ": before a\nrequest, in its head or in an upload to /echo; 0 is what is usual: 2m between two requests,\n" +
			"no limit for an upload; a head or a TLS handshake never has more than 10s to come"
	case "chat":
		return ": before a\nrequest or in its head, but not in a room, where pings tell who has gone; 0 is what is usual:\n" +
			"2m between two requests; a head or a TLS handshake never has more than 10s to come"
	}
	return ";\n0 is no limit; a TLS handshake never has more than 10s"
}

// check says what is wrong with the flags.
func (o serveOptions) check() error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("serve "+o.kind+": "+format, args...)
	}
	_, port, err := net.SplitHostPort(o.addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	switch {
	case err != nil:
		return fail("--addr %s: that is no HOST:PORT", o.addr)
	case (o.cert == "") != (o.key == ""):
		return fail("--tls-cert and --tls-key go together")
	case o.selfSigned && o.cert != "":
		return fail("--tls-self-signed makes a certificate; there is one with --tls-cert")
	case o.hubs < 0 || o.hubs > maxHubs:
		return fail("--hubs %d: from 0 to %d", o.hubs, maxHubs)
	case o.maxConns < 0:
		return fail("--max-conns %d: not less than 0", o.maxConns)
	case o.idle < 0:
		return fail("--idle %v: not less than 0", o.idle)
	case o.grace < 0:
		return fail("--grace %v: not less than 0", o.grace)
	}
	return nil
}

const maxHubs = 1024

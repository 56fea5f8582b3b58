"""The echo or HTTP server of the comparison on gevent or eventlet:

    server.py gevent|gevent-nagle|eventlet echo|http HOST:PORT
"""
import socket
import sys

TEXT = b"Hello from a greenlet.\n\nTry /echo, /sleep/1s, /work/100, /events and /stats.\n"


def hello(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(TEXT)))])
    return [TEXT]


def echo(sock, address):
    try:
        while True:
            data = sock.recv(4096)
            if not data:
                break
            sock.sendall(data)
    except OSError:
        pass
    finally:
        sock.close()


def nodelay(listener):
    """Turns Nagle's algorithm off, as Go does: a response in two writes would wait 40 ms for the client. Accepted
    connections inherit it."""
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def say(address):
    print("Serving on %s:%d" % (address[0], address[1]), flush=True)


def with_gevent(kind, host, port, nagle=False):
    import gevent.socket
    from gevent.pywsgi import WSGIServer
    from gevent.server import StreamServer

    listener = gevent.socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(4096)
    if not nagle:
        nodelay(listener)
    say(listener.getsockname())
    server = StreamServer(listener, echo) if kind == "echo" else WSGIServer(listener, hello, log=None)
    server.serve_forever()


def with_gevent_nagle(kind, host, port):
    with_gevent(kind, host, port, nagle=True)


def with_eventlet(kind, host, port):
    import eventlet
    import eventlet.wsgi

    listener = eventlet.listen((host, port), backlog=4096)
    nodelay(listener)
    say(listener.getsockname())
    if kind == "echo":
        # The limit of serve, 1000 greenlets, would keep the other connections of the comparison waiting.
        eventlet.serve(listener, echo, concurrency=20000)
    else:
        eventlet.wsgi.server(listener, hello, log_output=False, keepalive=True, max_size=20000)


if __name__ == "__main__":
    system, kind, address = sys.argv[1:]
    host, port = address.rsplit(":", 1)
    {"gevent": with_gevent, "gevent-nagle": with_gevent_nagle, "eventlet": with_eventlet}[system](kind, host, int(port))

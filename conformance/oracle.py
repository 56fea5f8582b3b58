"""Executes scripts of the common subset with Python's greenlet: oracle.py FILE, or scripts as JSON strings on
standard input, a line each, which are answered by their logs, each in a process of its own."""

import gc
import json
import os
import resource
import signal
import sys

import greenlet


class Raised(Exception):
    def __init__(self, value):
        self.value = value


def raisable(e):
    return e if e is greenlet.GreenletExit or isinstance(e, greenlet.GreenletExit) else Raised(e)


def raise_(e):
    raise raisable(e)


def catch(f, *args, **kwargs):
    try:
        return (f(*args, **kwargs), None)
    except Raised as r:
        return (None, r.value)
    except greenlet.GreenletExit as e:
        return (None, e)
    except BaseException as e:
        return (None, str(e))


class Maker:
    """Stands for greenlet.greenlet: a function, as it is in Starlark."""

    raisable = staticmethod(raisable)

    def __call__(self, *args, **kwargs):
        return greenlet.greenlet(*args, **kwargs)


MODULE = {"greenlet": Maker(), "getcurrent": greenlet.getcurrent, "settrace": greenlet.settrace,
          "gettrace": greenlet.gettrace, "GreenletExit": greenlet.GreenletExit, "raise_": raise_, "catch": catch}

# Where they differ, Starlark's names of types.
TYPES = {"str": "string"}


def typename(v):
    return TYPES.get(type(v).__name__, type(v).__name__)


def text(v):
    if not isinstance(v, greenlet.greenlet):
        return str(v)
    return repr(v).split("(otid=", 1)[1].split(")", 1)[1]  # the words, without addresses


def namespace(out):
    names = {"type": typename, "str": text, "print": lambda *words: out(" ".join([str(w) for w in words]) + "\n")}
    names["load"] = lambda module, *members: names.update((m, MODULE[m]) for m in members)
    return names


def answer(code, pipe):
    """The life of a process that executes one script."""
    gc.disable()
    signal.alarm(5)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = lambda line: os.write(pipe, line.encode())  # at once, since Python may crash
    try:
        exec(code, namespace(out))
    except BaseException as e:
        out("uncaught %s: %s\n" % (type(e).__name__, e))
    os._exit(0)


def serve():
    print(json.dumps({"greenlet": greenlet.__version__, "python": sys.version.split()[0]}), flush=True)
    for line in sys.stdin:
        code = compile(json.loads(line), "program", "exec")
        r, w = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(r)
            answer(code, w)
        os.close(w)
        with os.fdopen(r, "rb") as f:
            log = f.read().decode()
        _, status = os.waitpid(pid, 0)
        if status != 0:
            log += "python died: %d\n" % os.waitstatus_to_exitcode(status)
        print(json.dumps(log), flush=True)


if len(sys.argv) > 1:
    with open(sys.argv[1]) as f:
        exec(compile(f.read(), sys.argv[1], "exec"), namespace(sys.stdout.write))
    sys.stdout.flush()
    os._exit(0)  # the greenlets that are left stay as they are, as on the other side
serve()

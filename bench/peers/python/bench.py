"""One work of the comparison on Python's greenlet, gevent or eventlet: bench.py SYSTEM WORK N.

Prints one line of JSON. PyPy runs this file, too: its greenlet module is its own.
"""
import gc
import json
import os
import sys
import time

system, work, n = sys.argv[1], sys.argv[2], int(sys.argv[3])

import greenlet

main = greenlet.getcurrent()
DEPTH = 400


def own_greenlet():
    """Returns make(f), which starts one that runs f, and spawn(f, v), which runs f(v) in one and returns its result."""
    def make(f):
        g = greenlet.greenlet(f)
        g.switch()
        return g
    return make, lambda f, v: greenlet.greenlet(f).switch(v)


def own_gevent():
    import gevent

    def make(f):
        g = gevent.Greenlet(f)
        g.switch()
        return g
    return make, lambda f, v: gevent.spawn(f, v).get()


def own_eventlet():
    import eventlet
    from eventlet.greenthread import GreenThread

    def make(f):
        g = GreenThread(main)
        g.switch(f, (), {})
        return g
    return make, lambda f, v: eventlet.spawn(f, v).wait()


make, spawn = {"greenlet": own_greenlet, "gevent": own_gevent, "eventlet": own_eventlet}[system]()


def answer():
    v = 0
    while True:
        v = main.switch(v)


def from_depth(left):
    if left == 0:
        answer()
    return from_depth(left - 1) + 1


def from_c_depth(left):
    """Every call goes through sorted, which is written in C, so that it takes a piece of the C stack."""
    if left == 0:
        answer()
    sorted((left - 1,), key=from_c_depth)
    return 1


def pingpong(f):
    g = make(f)

    def run(n):
        for i in range(n // 2):
            g.switch(i)
    return run


def ring():
    size = 100
    members = [None] * size

    def member(i):
        def run():
            left = main.switch()
            while True:
                if left <= 0:
                    left = main.switch()
                else:
                    left = members[(i + 1) % size].switch(left - 1)
        return run
    for i in range(size):
        members[i] = make(member(i))
    return members[0].switch


def spawns(n):
    def f(v):
        return v
    for i in range(n):
        spawn(f, i)


def chain(n):
    sys.setrecursionlimit(10 * n + 1000)

    def link(v):
        if v == n:
            return v
        return spawn(link, v + 1)
    if spawn(link, 1) != n:
        raise SystemExit("the chain returned something else")


def resident():
    gc.collect()
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def memory(n):
    kept = [None] * n

    make(answer)
    before = resident()
    for i in range(n):
        kept[i] = make(answer)
    return resident() - before


def tasks():
    """Returns spawn(f), which starts a task, join(t), give_way(), and queue(size); a size of 0 is a rendezvous."""
    if system == "gevent":
        import gevent
        import gevent.queue
        make_queue = lambda size: gevent.queue.Queue(size) if size else gevent.queue.Channel()
        return gevent.spawn, lambda t: t.join(), lambda: gevent.sleep(0), make_queue
    import eventlet
    import eventlet.queue
    return eventlet.spawn, lambda t: t.wait(), lambda: eventlet.sleep(0), eventlet.queue.Queue


def joins(n):
    spawn, join, _, _ = tasks()

    def f():
        pass
    for _ in range(n):
        join(spawn(f))


def turns(n):
    spawn, join, give_way, _ = tasks()

    def take():
        for _ in range(n // 2):
            give_way()
    for t in [spawn(take), spawn(take)]:
        join(t)


def passing(size):
    spawn, join, _, queue = tasks()

    def run(n):
        q = queue(size)

        def put():
            for i in range(n):
                q.put(i)
        t = spawn(put)
        for _ in range(n):
            q.get()
        join(t)
    return run


if work == "memory":
    result = {"bytes": memory(n)}
else:
    if work == "chain":
        run, warm = chain, 0
    else:
        run = {
            "switch": lambda: pingpong(answer),
            "depth": lambda: pingpong(lambda: from_depth(DEPTH)),
            "depth-c": lambda: pingpong(lambda: from_c_depth(DEPTH)),
            "ring": ring,
            "spawn": lambda: spawns,
            "join": lambda: joins,
            "yield": lambda: turns,
            "queue": lambda: passing(100),
            "rendezvous": lambda: passing(0),
        }[work]()
        warm = n // 5
    if warm:
        run(warm)
    t = time.perf_counter_ns()
    run(n)
    result = {"ns": time.perf_counter_ns() - t}
result.update(work=work, n=n)
print(json.dumps(result), flush=True)
os._exit(0)  # what is parked is not worth unwinding

// One work of the comparison on Boost.Context's fibers: bench WORK N. Prints one line of JSON.
#include <boost/context/fiber.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace ctx = boost::context;
using ctx::fiber;

static const int depth = 400;
static long passed; // the value that travels with a switch: a fiber carries none itself

static fiber answer(fiber back) {
  while (passed >= 0) {
    passed++;
    back = std::move(back).resume();
  }
  return back;
}

__attribute__((noinline)) static int from_depth(int left, fiber *back) {
  if (left == 0) {
    *back = answer(std::move(*back));
    return 0;
  }
  int below = from_depth(left - 1, back);
  asm volatile("" : "+r"(below)); // keeps it a call
  return below + 1;
}

template <class F> static std::function<void(long)> pingpong(F f) {
  auto to = std::make_shared<fiber>(fiber(f).resume());
  return [to](long n) {
    fiber other = std::move(*to);
    for (long i = 0; i < n / 2; i++) {
      passed = i;
      other = std::move(other).resume();
    }
    *to = std::move(other);
  };
}

// Whoever is resumed is handed the fiber that resumed it, and puts it where that one belongs.
static std::vector<fiber> members(100);
static fiber main_fiber;
static long left;
static size_t from; // the member that switches, or members.size() for main

static void arrive(fiber f) { (from == members.size() ? main_fiber : members[from]) = std::move(f); }

static std::function<void(long)> ring() {
  for (size_t i = 0; i < members.size(); i++) {
    from = members.size();
    arrive(fiber([i](fiber back) {
                   arrive(std::move(back));
                   for (;;) {
                     from = i;
                     if (left-- <= 0) {
                       arrive(std::move(main_fiber).resume());
                     } else {
                       arrive(std::move(members[(i + 1) % members.size()]).resume());
                     }
                   }
                   return fiber();
                 }).resume());
  }
  return [](long n) {
    left = n;
    from = members.size();
    arrive(std::move(members[0]).resume());
  };
}

static void spawn(long n) {
  for (long i = 0; i < n; i++) {
    passed = i;
    fiber([](fiber back) {
      passed++;
      return back;
    }).resume();
  }
}

static long link(long v, long n) {
  if (v == n) {
    return v;
  }
  long result = 0;
  fiber([&result, v, n](fiber back) {
    result = link(v + 1, n);
    return back;
  }).resume();
  return result;
}

static void chain(long n) {
  if (link(0, n) != n) {
    std::fprintf(stderr, "the chain returned something else\n");
    std::exit(1);
  }
}

static long resident() {
  long size = 0, pages = 0;
  FILE *f = std::fopen("/proc/self/statm", "r");
  if (!f || std::fscanf(f, "%ld %ld", &size, &pages) != 2) {
    std::exit(1);
  }
  std::fclose(f);
  return pages * sysconf(_SC_PAGESIZE);
}

static std::vector<fiber> kept;

static long memory(long n) {
  for (long i = 0; i < n; i++) {
    kept.push_back(fiber());
  }
  long before = resident();
  for (fiber &f : kept) {
    f = fiber(answer).resume();
  }
  return resident() - before;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bench WORK N\n");
    return 2;
  }
  std::string work = argv[1];
  long n = std::atol(argv[2]);
  if (work == "memory") {
    std::printf("{\"work\": \"memory\", \"n\": %ld, \"bytes\": %ld}\n", n, memory(n));
    std::fflush(stdout);
    std::_Exit(0); // what is parked is not worth unwinding
  }
  std::function<void(long)> run;
  if (work == "switch") {
    run = pingpong(answer);
  } else if (work == "depth") {
    run = pingpong([](fiber back) {
      from_depth(depth, &back);
      return back;
    });
  } else if (work == "ring") {
    run = ring();
  } else if (work == "spawn") {
    run = spawn;
  } else if (work == "chain") {
    run = chain;
  } else {
    std::fprintf(stderr, "no such work: %s\n", argv[1]);
    return 2;
  }
  if (work != "chain") {
    run(n / 5);
  }
  auto start = std::chrono::steady_clock::now();
  run(n);
  auto took = std::chrono::steady_clock::now() - start;
  long long ns = std::chrono::duration_cast<std::chrono::nanoseconds>(took).count();
  std::printf("{\"work\": \"%s\", \"n\": %ld, \"ns\": %lld}\n", work.c_str(), n, ns);
  std::fflush(stdout);
  std::_Exit(0);
}

# One work of the comparison on Ruby's fibers: bench.rb WORK N. Prints one line of JSON.
require "fiber"
require "json"

WORK, N = ARGV[0], ARGV[1].to_i
DEPTH = 400

def answer
  v = 0
  loop { v = Fiber.yield(v) }
end

def from_depth(left)
  answer if left == 0
  from_depth(left - 1) + 1
end

# Every call goes through Array#each, which is written in C.
def from_c_depth(left)
  answer if left == 0
  [left - 1].each { |l| from_c_depth(l) }
end

def pingpong(&body)
  f = Fiber.new(&body)
  f.resume
  ->(n) { (n / 2).times { |i| f.resume(i) } }
end

# The members of the ring transfer to each other; main transfers to the first and gets control back at the end.
def ring
  size = 100
  main = Fiber.current
  members = []
  size.times do |i|
    members << Fiber.new do
      left = main.transfer
      loop { left = left <= 0 ? main.transfer : members[(i + 1) % size].transfer(left - 1) }
    end
  end
  members.each(&:transfer)
  ->(n) { members[0].transfer(n) }
end

def spawn_all(n)
  n.times { |i| Fiber.new { |v| v }.resume(i) }
end

def chain(n)
  link = lambda do |v|
    v == n ? v : Fiber.new(&link).resume(v + 1)
  end
  raise "the chain returned something else" unless Fiber.new(&link).resume(1) == n
end

def resident
  GC.start
  File.read("/proc/self/statm").split[1].to_i * 4096
end

def memory(n)
  kept = Array.new(n)
  before = resident
  n.times do |i|
    kept[i] = Fiber.new { answer }
    kept[i].resume
  end
  resident - before
end

def now = Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond)

begin
  if WORK == "memory"
    result = { bytes: memory(N) }
  else
    run = {
      "switch" => -> { pingpong { answer } },
      "depth" => -> { pingpong { from_depth(DEPTH) } },
      "depth-c" => -> { pingpong { from_c_depth(DEPTH) } },
      "ring" => -> { ring },
      "spawn" => -> { method(:spawn_all) },
      "chain" => -> { method(:chain) },
    }.fetch(WORK).call
    run.call(N / 5) if WORK != "chain"
    t = now
    run.call(N)
    result = { ns: now - t }
  end
rescue FiberError, SystemStackError, NoMemoryError => e
  result = { cannot: e.message }
end
puts JSON.generate({ work: WORK, n: N }.merge(result))
$stdout.flush
exit!(0) # what is parked is not worth unwinding

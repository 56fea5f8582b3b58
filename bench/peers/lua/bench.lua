-- One work of the comparison on Lua's coroutines: bench.lua WORK N. Prints one line of JSON. LuaJIT runs this file, too.
local work, n = arg[1], tonumber(arg[2])
local create, resume, yield = coroutine.create, coroutine.resume, coroutine.yield
local depth = 400

local function cannot(why)
  why = tostring(why):gsub("^[^:]*:%d+: ", ""):gsub('["\\%c]', " ")
  print(string.format('{"work": "%s", "n": %d, "cannot": "%s"}', work, n, why))
  os.exit(0)
end

local function check(ok, v)
  if not ok then cannot(v) end
  return v
end

local function answer()
  local v = 0
  while true do v = yield(v) end
end

local function from_depth(left)
  if left == 0 then answer() end
  return from_depth(left - 1) + 1
end

-- Every call goes through table.sort, which is written in C.
local function from_c_depth(left)
  if left == 0 then answer() end
  table.sort({ 1, 2 }, function(a, b)
    from_c_depth(left - 1)
    return a < b
  end)
end

local function pingpong(f)
  local co = create(f)
  check(resume(co))
  return function(n)
    for i = 1, n / 2 do resume(co, i) end
  end
end

-- A coroutine can only go back to who resumed it, so the ring goes over a trampoline: each yields the number of the next.
local function ring()
  local size, members = 100, {}
  for i = 1, size do
    local following = i % size + 1
    members[i] = create(function()
      while true do yield(following) end
    end)
    resume(members[i])
  end
  return function(n)
    local at, _ = 1, nil
    for _ = 1, n do
      local _, to = resume(members[at])
      at = to
    end
  end
end

local function spawn(n)
  local function f(v) return v end
  for i = 1, n do resume(create(f), i) end
end

local function chain(n)
  local function link(v)
    if v == n then return v end
    return check(resume(create(link), v + 1))
  end
  if check(resume(create(link), 1)) ~= n then cannot("the chain returned something else") end
end

local function resident()
  collectgarbage()
  collectgarbage()
  local f = assert(io.open("/proc/self/statm"))
  local _, pages = f:read("*n", "*n")
  f:close()
  return pages * 4096
end

local function memory(n)
  local kept = {}
  for i = 1, n do kept[i] = false end
  local before = resident()
  for i = 1, n do
    kept[i] = create(answer)
    resume(kept[i])
  end
  return resident() - before
end

if work == "memory" then
  print(string.format('{"work": "%s", "n": %d, "bytes": %d}', work, n, memory(n)))
  os.exit(0)
end

local run = ({
  switch = function() return pingpong(answer) end,
  depth = function() return pingpong(function() from_depth(depth) end) end,
  ["depth-c"] = function() return pingpong(function() from_c_depth(depth) end) end,
  ring = ring,
  spawn = function() return spawn end,
  chain = function() return chain end,
})[work]()
if work ~= "chain" then run(math.floor(n / 5)) end
local clock = os.clock -- Lua has no other clock finer than a second; nothing here sleeps
local t = clock()
run(n)
print(string.format('{"work": "%s", "n": %d, "ns": %d}', work, n, math.floor((clock() - t) * 1e9)))
os.exit(0)

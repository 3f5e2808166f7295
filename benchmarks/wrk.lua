-- Sends what is in the file: requests that were made beforehand, each after its length in eight digits.
-- Without a file, the same request again and again. Prints its result as JSON.
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  ran_out = false
  if args[1] and args[1] ~= "-" then
    file = assert(io.open(args[1] .. "." .. number, "rb"))
    file:setvbuf("full", 1048576)
  else
    fixed = wrk.format(args[2] or "GET", args[3])
  end
end

function request()
  if fixed then return fixed end
  local length = file:read(8)
  if not length then
    ran_out = true
    wrk.thread:stop()
    return wrk.format("GET", "/healthz")
  end
  return file:read(tonumber(length))
end

function done(summary, latency, requests)
  local ran_out = 0
  for _, thread in ipairs(threads) do
    if thread:get("ran_out") then ran_out = ran_out + 1 end
  end
  local e = summary.errors
  io.write(string.format(
    '\nJSON{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"max":%d,"failed":%d,"broken":%d,"ran_out":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    e.status, e.connect + e.read + e.write + e.timeout, ran_out))
end

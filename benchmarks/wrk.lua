-- Sends the requests in a file, each prefixed with its length in eight digits. At the end of the file it starts again
-- if its second argument is "repeat", and otherwise stops. Prints its result as JSON.
--
-- Now and then a client opens a new connection, as a reverse proxy does. A server's processes keep the connections that
-- they accept; if one process happened to accept all of them at the start, the others would be idle until the end.
local REQUESTS_PER_CONNECTION = 50
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  ran_out = false
  again = args[2] == "repeat"
  file = assert(io.open(args[1], "rb"))
  file:setvbuf("full", 1048576)
  sent = 0
end

function request()
  local length = file:read(8)
  if not length and again then
    file:seek("set")
    length = file:read(8)
  end
  if not length then
    ran_out = true
    wrk.thread:stop()
    return wrk.format("GET", "/healthz")
  end
  sent = sent + 1
  local text = file:read(tonumber(length))
  return sent % REQUESTS_PER_CONNECTION > 0 and text or text:gsub("\r\n", "\r\nConnection: close\r\n", 1)
end

function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format(
    '\nJSON{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"max":%d,"failed":%d,"broken":%d,"ran_out":%s}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
    e.status, e.connect + e.read + e.write + e.timeout, tostring(threads[1]:get("ran_out"))))
end

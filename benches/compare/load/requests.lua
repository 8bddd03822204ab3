-- wrk's script: which session each request shows, and the report as one line of JSON.
--
-- Without COOKIES, every request is the one of the command line. With it (a file of 65-byte lines, each a cookie's
-- value), COUNT sessions spread evenly over the file take turns; each thread has its own share of them.

local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init()
  local path = os.getenv("COOKIES")
  if not path then
    return
  end
  local count, of = tonumber(os.getenv("COUNT")), tonumber(os.getenv("THREADS"))
  local file = assert(io.open(path, "rb"))
  local lines = file:seek("end") / 65
  local requests, turn = {}, 0
  for i = number, count - 1, of do
    file:seek("set", math.floor(i * lines / count) * 65)
    wrk.headers["Cookie"] = os.getenv("COOKIE_NAME") .. "=" .. file:read(64)
    requests[#requests + 1] = wrk.format()
  end
  file:close()
  request = function()
    turn = turn % #requests + 1
    return requests[turn]
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f,' ..
      '"refused":%d,"broken":%d,"timeouts":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    latency.max / 1000, errors.status, errors.connect + errors.read + errors.write, errors.timeout))
end

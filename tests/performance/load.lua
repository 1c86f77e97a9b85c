-- wrk: POST one body; with a file of tokens each request takes the next. Prints what was measured as one line of JSON.
-- Arguments after `--`: the file with the body, the file with tokens (one a line; none: calls are not signed).

local tokens, used = {}, 0

function init(arguments)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  local file = assert(io.open(arguments[1], "rb"))
  wrk.body = file:read("*a")
  file:close()
  if arguments[2] then
    for token in io.lines(arguments[2]) do
      tokens[#tokens + 1] = token
    end
    request = function()
      used = used + 1
      return wrk.format(nil, nil, { ["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. tokens[used] })
    end
  end
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\nMEASURED {"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout
  ))
end

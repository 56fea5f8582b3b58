-- Prints what wrk has measured as a line of JSON, times in ns. wrk counts in µs.
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('{"requests": %d, "errors": %d, "seconds": %f, "p50": %d, "p99": %d, "p999": %d}\n',
    summary.requests, e.connect + e.read + e.write + e.status + e.timeout, summary.duration / 1e6,
    latency:percentile(50) * 1000, latency:percentile(99) * 1000, latency:percentile(99.9) * 1000))
end

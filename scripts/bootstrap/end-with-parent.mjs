// Loaded before the program that bootstrap.mjs runs: ends it when bootstrap.mjs is gone, also after a kill -9, which
// nothing can pass on. BOOTSTRAP_ON_PARENT_END says how: 'exit' at once, or a signal name for an orderly stop.
const how = process.env.BOOTSTRAP_ON_PARENT_END
delete process.env.BOOTSTRAP_ON_PARENT_END

if (how !== undefined && process.send !== undefined) {
  process.once('disconnect', () => (how === 'exit' ? process.exit(1) : process.kill(process.pid, how)))
  process.channel?.unref()
  // Without a handler Node would end without running exit handlers, which stop the servers of a test run.
  if (how === 'exit') {
    process.once('SIGINT', () => process.exit(130))
    process.once('SIGTERM', () => process.exit(143))
  }
}

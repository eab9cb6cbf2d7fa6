/** What one isolated process may use, and how long the governor waits for it. One table, so that a person can judge it whole. */
export const LIMITS = {
  start_ms: 20_000, // from the start of the process to its first word
  grace_ms: 10_000, // beyond a command's own time limit, before the governor ends the process from outside
  tool_ms: 30 * 60_000, // a tool call from outside: the commands in it have limits of their own
  watch_every_ms: 100,
  unwatched_ms: 3_000, // at most, however long a look has taken
  count_files_every_ms: 10_000, // at the latest, while something runs
  farewell_ms: 2_000, // for a command that is told that the talk is over, to end by itself
  unread_max_bytes: 32 * 1024 * 1024, // said to a command that does not read
  halted_ms: 3_000, // after a limit of all processes together has struck, before the isolation is ended from outside
  read_max_bytes: 16 * 1024 * 1024, // a file that a tool reads or writes
  remember_bytes: 16 * 1024 * 1024, // unclaimed content held in memory, so that it can be put back
  remember_file_bytes: 1024 * 1024,
} as const;

export type ProxyLimits = { readonly [Name in keyof typeof PROXY_LIMITS]: number };

/** What one task's way out may use. `bytes_max`: both ways, over all its connections. */
export const PROXY_LIMITS = {
  connections_max: 256, // at once, both sides of each counted
  head_bytes: 16 * 1024,
  head_ms: 15_000,
  resolve_ms: 10_000,
  connect_ms: 15_000,
  idle_ms: 180_000,
  bytes_max: 16 * 1024 * 1024 * 1024,
  addresses_max: 4, // of one name that are tried
  refusals_max: 20, // that are kept for the worker
} as const;

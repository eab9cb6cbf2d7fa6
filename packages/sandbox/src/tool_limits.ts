/** What a tool may take and give. Times end the whole process tree; sizes are cut in the middle and say so. */
export const TOOL_LIMITS = {
  bash_ms: 120_000,
  verify_ms: 600_000,
  git_ms: 30_000,
  search_ms: 20_000,
  search_max_bytes: 4_000_000,
  jq_ms: 10_000,
  parse_ms: 10_000,
  log_max_bytes: 64_000_000, // where a command's whole output stops and its tree is ended
  shown_bytes: 5_500, // of a command's output, head and tail each: together they fit into `answer_max_chars`
  git_max_bytes: 16_000_000,
  answer_max_chars: 12_000,
  read_max_chars: 11_000,
  matches: 100,
  match_line_chars: 300,
  glob_results: 200,
  list_entries: 500,
  commits: 10,
} as const;

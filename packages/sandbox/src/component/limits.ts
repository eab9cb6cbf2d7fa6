/** What a component may use, beside what its own table says. */
export const COMPONENT_LIMITS = {
  file_max_bytes: 32 * 1024 * 1024, // the component itself
  input_max_chars: 48 * 1024 * 1024,
  output_max_bytes: 1024 * 1024, // what it returns
  changes_max_bytes: 32 * 1024 * 1024, // all files that one call changes
  refused_max: 20, // sentences
  said_max_chars: 4_000, // of its standard error
  compile_ms: 120_000,
  compile_memory_bytes: 2 * 1024 * 1024 * 1024,
  describe_ms: 30_000,
  process_bytes: 256 * 1024 * 1024, // what the process that runs it may use beside the component's own memory
} as const;

/**
 * The names of all tools, of whatever role. They stand here once more so that a configuration can be checked without
 * loading the tools; a test keeps the two alike.
 */
export const TOOL_NAMES: readonly string[] = [
  ...["read_file", "head", "tail", "list_dir", "tree", "glob", "grep", "ripgrep", "ast_grep", "find_references"],
  ...["search_tests_for", "word_count", "jq", "git_diff", "recent_changes", "assert_file_unchanged", "run_tests"],
  ...["lint_check", "type_check", "scope_status", "run_script", "write_file", "edit_file", "apply_patch"],
  ...["delete_file", "revert_file", "run_bash", "lint_fix", "format_file", "done", "emit_plan"],
  ...["check_syntax", "file_symbols", "related_files"],
];

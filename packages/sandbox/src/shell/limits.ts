/** How much of a shell text is followed. Beyond any of them it cannot be judged, and is refused where commands are judged. */
export const SHELL_LIMITS = {
  text_max_chars: 100_000,
  nodes_max: 50_000, // of one text
  depth_max: 120, // of the grammar's tree: a list of 100 commands is 100 deep
  parse_steps_max: 20_000, // calls of the parser's progress report
  within_max: 12, // commands within commands: `sh -c "sh -c …"`
  commands_max: 4_000, // of a text and all the texts in it
  values_max: 16, // literal values that one variable is followed through
} as const;

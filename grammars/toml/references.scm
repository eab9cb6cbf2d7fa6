; What the grammar takes and TOML does not: a key or a table twice. docs/grammars.md says what each capture means.

(document (pair . (_) @entry)) @entry.of
(document (table "[" . (_) @entry)) @entry.of
(document (table_array_element) @entry.break) @entry.of
(table (pair . (_) @entry)) @entry.of
(table_array_element (pair . (_) @entry)) @entry.of
(inline_table (pair . (_) @entry)) @entry.of

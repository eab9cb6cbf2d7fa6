; What the units of a TOML text are: its tables, and the keys in them. docs/grammars.md says what each capture means.

(pair . (_) @name) @key
(pair . (_) @name (inline_table) @body) @key
(table "[" . (_) @name "]" @head) @key

; One of a list of tables is known by what it says it is called, and is nothing but its place where it does not say.
(table_array_element) @statement
((table_array_element "[[" . (_) @name "]]" @head (pair . (bare_key) @_key . "=" . (string) @name)) @key
  (#any-of? @_key "name" "version" "id"))

; What the grammar takes and JSON does not: a key twice in one object. docs/grammars.md says what each capture means.

(object (pair key: (string) @entry)) @entry.of

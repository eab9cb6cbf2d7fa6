; What the units of a JSON text are: the keys of its objects. docs/grammars.md says what each capture means.

(pair key: (string) @name) @key

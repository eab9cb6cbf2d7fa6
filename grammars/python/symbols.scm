; What the units of a Python text are. docs/grammars.md says what each capture means.

; What has values in it, or is made of bytes, documents nothing.
((module . (comment)* . (expression_statement . [
    (string . (string_start) @_start)
    (concatenated_string . (string . (string_start) @_start) (string . (string_start) @_start)* .)
  ] .) @doc) (#not-match? @_start "[fFbBtT]"))
((block . (comment)* . (expression_statement . [
    (string . (string_start) @_start)
    (concatenated_string . (string . (string_start) @_start) (string . (string_start) @_start)* .)
  ] .) @doc) (#not-match? @_start "[fFbBtT]"))

(import_statement) @import
(import_from_statement module_name: (_) @name) @import
(future_import_statement "__future__" @name) @import

(assignment left: (identifier) @name) @variable
(assignment left: (pattern_list (identifier) @name)) @variable
(assignment left: (tuple_pattern (identifier) @name)) @variable
(assignment left: (identifier) @name right: (lambda) @parts) @function
(type_alias_statement left: (type (identifier) @name)) @type
(type_alias_statement left: (type (generic_type . (identifier) @name))) @type
(function_definition name: (identifier) @name) @function
(class_definition name: (identifier) @name) @class

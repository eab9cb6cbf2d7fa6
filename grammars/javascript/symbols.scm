; What the units of a JavaScript text are, besides grammars/ecma.

(field_definition property: (_) @name) @field
(field_definition property: (_) @name
  value: [(function_expression) (generator_function) (arrow_function)] @parts) @function

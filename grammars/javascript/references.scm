; What JavaScript has beside grammars/ecma.
(formal_parameters (identifier) @bind.parameter)
(formal_parameters (assignment_pattern left: (identifier) @bind.parameter.optional))
(formal_parameters (rest_pattern (identifier) @bind.parameter.rest))
(formal_parameters [(object_pattern) (array_pattern)] @targets.parameter.rest)
(formal_parameters (assignment_pattern left: [(object_pattern) (array_pattern)] @targets.parameter.rest))
(formal_parameters (rest_pattern [(object_pattern) (array_pattern)] @targets.parameter.rest))
(class_declaration (class_heritage [(identifier) (member_expression)] @class.base)) @class
(class (class_heritage [(identifier) (member_expression)] @class.base)) @class
(class_declaration (class_heritage [(call_expression) (ternary_expression) (parenthesized_expression)] @class.unknown_base)) @class
(class (class_heritage [(call_expression) (ternary_expression) (parenthesized_expression)] @class.unknown_base)) @class
(class_body (field_definition property: [(property_identifier) (private_property_identifier)] @bind.variable))
(class_body (field_definition property: (property_identifier) @bind.variable value: (_) @bind.value))
(field_definition value: (_) @later)

((jsx_opening_element name: (identifier) @label) (#match? @label "^[a-z]"))
((jsx_self_closing_element name: (identifier) @label) (#match? @label "^[a-z]"))
(jsx_closing_element name: (identifier) @label)
(jsx_closing_element name: (member_expression (identifier) @label))
(jsx_namespace_name (identifier) @label)
(method_definition decorator: (decorator [(identifier) (member_expression)] @decorator))
(field_definition decorator: (decorator [(identifier) (member_expression)] @decorator))

; In TypeScript `exports` is a name like any other.
((assignment_expression left: (member_expression object: (identifier) @_exports property: (property_identifier) @exports.nameless))
  (#eq? @_exports "exports"))

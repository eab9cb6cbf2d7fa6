; What JavaScript and TypeScript have in common. docs/grammars.md says what each capture means.

(import_statement) @import
(import_statement source: (string (string_fragment) @name)) @import
(export_statement (export_clause)) @export
(export_statement (export_clause) source: (string (string_fragment) @name)) @export
(export_statement "*" source: (string (string_fragment) @name)) @export.all
(export_statement (namespace_export (_) @name)) @export.as
(export_statement "default" value: (_)) @export.default
(export_statement "default" value: [(function_expression) (generator_function) (arrow_function)] @parts) @function
(export_statement "default" value: (class) @parts) @class

(variable_declarator name: (identifier) @name) @variable
; Patterns in patterns, one deep.
(variable_declarator name: (object_pattern [
    (shorthand_property_identifier_pattern) @name
    (object_assignment_pattern left: (shorthand_property_identifier_pattern) @name)
    (pair_pattern value: [
      (identifier) @name
      (assignment_pattern left: (identifier) @name)
      (array_pattern [(identifier) @name (assignment_pattern left: (identifier) @name) (rest_pattern (identifier) @name)])
      (object_pattern [
        (shorthand_property_identifier_pattern) @name
        (object_assignment_pattern left: (shorthand_property_identifier_pattern) @name)
        (pair_pattern value: [(identifier) @name (assignment_pattern left: (identifier) @name)])
        (rest_pattern (identifier) @name)])])
    (rest_pattern (identifier) @name)])) @variable
(variable_declarator name: (array_pattern [
    (identifier) @name
    (assignment_pattern left: (identifier) @name)
    (rest_pattern (identifier) @name)
    (array_pattern [(identifier) @name (assignment_pattern left: (identifier) @name) (rest_pattern (identifier) @name)])
    (object_pattern [
      (shorthand_property_identifier_pattern) @name
      (object_assignment_pattern left: (shorthand_property_identifier_pattern) @name)
      (pair_pattern value: [(identifier) @name (assignment_pattern left: (identifier) @name)])
      (rest_pattern (identifier) @name)])])) @variable
(variable_declarator name: (identifier) @name
  value: [(function_expression) (generator_function) (arrow_function)] @parts) @function
(variable_declarator name: (identifier) @name value: (class) @parts) @class
(assignment_expression left: (member_expression) @name) @variable
(assignment_expression left: (member_expression) @name
  right: [(function_expression) (generator_function) (arrow_function)] @parts) @function
(assignment_expression left: (member_expression) @name right: (class) @parts) @class

(function_declaration name: (_) @name) @function
(generator_function_declaration name: (_) @name) @function
(class_declaration name: (_) @name) @class
(method_definition name: (_) @name) @function
(method_definition "get" name: (_) @name) @property
(method_definition "set" name: (_) @name) @property.setter

; What the units of a Go text are. docs/grammars.md says what each capture means.

(import_spec path: (interpreted_string_literal (interpreted_string_literal_content) @name)) @import
(import_spec path: (raw_string_literal (raw_string_literal_content) @name)) @import

(function_declaration name: (identifier) @name) @function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @owner
    (generic_type type: (type_identifier) @owner)
    (pointer_type [(type_identifier) @owner (generic_type type: (type_identifier) @owner)])]))
  name: (field_identifier) @name) @method

(const_spec (identifier) @name value: (_)) @variable
(var_spec (identifier) @name) @variable

; A constant that says nothing takes what stands above it, and iota counts lines.
(const_spec (identifier) @name !value) @member
(const_spec (identifier) @name value: (expression_list (iota))) @member
(const_spec (identifier) @name value: (expression_list (_ (iota)))) @member

(type_spec name: (type_identifier) @name) @type
(type_alias name: (type_identifier) @name) @type
(type_spec name: (type_identifier) @name type: (struct_type (field_declaration_list) @body)) @class
(type_spec name: (type_identifier) @name type: (interface_type) @body) @interface

(field_declaration name: (field_identifier) @name) @field
(field_declaration !name type: (_) @name) @field
(method_elem name: (field_identifier) @name) @method

; What the units of a TypeScript text are, besides grammars/ecma.

(import_statement "type") @import.type
(import_statement "type" source: (string (string_fragment) @name)) @import.type
(import_statement (import_require_clause source: (string (string_fragment) @name))) @import
(import_alias . (identifier) @name) @import.alias
(export_statement "type" (export_clause)) @export.type
(export_statement "type" (export_clause) source: (string (string_fragment) @name)) @export.type
(export_statement "=") @export.whole
(export_statement "as" "namespace") @export.namespace

(function_signature name: (_) @name) @function.overload
(abstract_class_declaration name: (_) @name) @class
; In a type that has no name of its own they are nobody's.
(class_body (method_signature name: (_) @name) @function.overload)
(interface_body (method_signature name: (_) @name) @function.overload)
(type_alias_declaration value: (object_type (method_signature name: (_) @name) @function.overload))
(class_body (method_signature "get" name: (_) @name) @property)
(interface_body (method_signature "get" name: (_) @name) @property)
(type_alias_declaration value: (object_type (method_signature "get" name: (_) @name) @property))
(class_body (method_signature "set" name: (_) @name) @property.setter)
(interface_body (method_signature "set" name: (_) @name) @property.setter)
(type_alias_declaration value: (object_type (method_signature "set" name: (_) @name) @property.setter))
(abstract_method_signature name: (_) @name) @function.overload
(abstract_method_signature "get" name: (_) @name) @property
(abstract_method_signature "set" name: (_) @name) @property.setter
(public_field_definition name: (_) @name) @field
(public_field_definition name: (_) @name
  value: [(function_expression) (generator_function) (arrow_function)] @parts) @function
(property_signature name: (_) @name) @field
(type_alias_declaration name: (_) @name) @type
(interface_declaration name: (_) @name) @interface
(enum_declaration name: (_) @name) @enum
(enum_body name: (_) @name @member)
(enum_assignment name: (_) @name) @member
(internal_module name: (_) @name) @namespace
(module name: (_) @name) @namespace
(ambient_declaration "global" @name (statement_block) @body) @namespace

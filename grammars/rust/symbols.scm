; What the units of a Rust text are. docs/grammars.md says what each capture means.

(use_declaration) @import
(use_declaration argument: (scoped_use_list path: (_) @name)) @import
(extern_crate_declaration) @import

(function_item name: (identifier) @name) @function
(function_signature_item name: (identifier) @name) @function
(const_item name: (identifier) @name) @variable
(static_item name: (identifier) @name) @variable
(type_item name: (type_identifier) @name) @type
(associated_type name: (type_identifier) @name) @type
(struct_item name: (type_identifier) @name) @class
(union_item name: (type_identifier) @name) @class
(enum_item name: (type_identifier) @name) @enum
(trait_item name: (type_identifier) @name) @interface
(mod_item name: (identifier) @name) @namespace
(macro_definition name: (identifier) @name) @function.macro
(field_declaration name: (field_identifier) @name) @field
(enum_variant name: (identifier) @name) @member

; What stands in an implementation is a member of what it is for.
(impl_item type: [(type_identifier) @owner (generic_type type: (type_identifier) @owner)]
  body: (declaration_list (function_item name: (identifier) @name) @method))
(impl_item type: [(type_identifier) @owner (generic_type type: (type_identifier) @owner)]
  body: (declaration_list (const_item name: (identifier) @name) @field))
(impl_item type: [(type_identifier) @owner (generic_type type: (type_identifier) @owner)]
  body: (declaration_list (type_item name: (type_identifier) @name) @type))

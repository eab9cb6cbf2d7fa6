; What TypeScript has beside grammars/ecma.

; --- names -----------------------------------------------------------------------------------------------------------
(type_identifier) @name.types
(nested_type_identifier name: (_) @label)
(nested_type_identifier module: (_) @chain.object name: (_) @chain.member) @chain
(nested_identifier object: (_) @chain.object property: (_) @chain.member) @chain
(non_null_expression (_) @chain.object) @chain.through
(instantiation_expression (_) @chain.object) @chain.through
(type_predicate name: (identifier) @label)
(required_parameter name: (identifier) @label)
(optional_parameter name: (identifier) @label)
(index_signature name: (identifier) @label)
(export_statement "namespace" (identifier) @label)
(required_parameter pattern: (this) @label)

; --- scopes ----------------------------------------------------------------------------------------------------------
(_ type_parameters: (_)) @scope.type
[(function_signature) (function_type) (constructor_type) (method_signature) (abstract_method_signature) (call_signature)
  (construct_signature)] @scope.function.signature
(conditional_type) @scope.type
(index_signature (mapped_type_clause)) @scope.type
(abstract_class_declaration) @scope.class
(interface_declaration) @scope.class
(type_alias_declaration value: (object_type)) @scope.class
(enum_declaration) @scope.class
[(module) (internal_module)] @scope.function.arrow.eager
(module body: (_) @scope.body)
(internal_module body: (_) @scope.body)
(type_parameter name: (_) @bind.type_parameter)
(mapped_type_clause name: (_) @bind.type_parameter)
(infer_type (type_identifier) @bind.type_parameter)

; --- definitions -----------------------------------------------------------------------------------------------------
(function_signature name: (_) @bind.function.merging @outside) @definition
(abstract_class_declaration name: (_) @bind.class.lexical @outside) @definition
(interface_declaration name: (_) @bind.type @outside) @definition
(type_alias_declaration name: (_) @bind.type)
(type_alias_declaration name: (_) @bind.type @outside value: (object_type)) @definition
(enum_declaration name: (_) @bind.class.merging @outside) @definition
(module name: (identifier) @bind.namespace @outside) @definition
(internal_module name: (identifier) @bind.namespace @outside) @definition
(module name: (nested_identifier . (identifier) @bind.namespace) @outside) @definition
(internal_module name: (nested_identifier . (identifier) @bind.namespace) @outside) @definition
(import_alias . (identifier) @bind.alias)
(abstract_class_declaration) @class.kind.abstract
(interface_declaration) @class.kind.interface
(type_alias_declaration value: (object_type)) @class.kind.interface
(enum_declaration) @class.kind.enum
(abstract_class_declaration decorator: (decorator
  [(identifier) (member_expression) (call_expression function: (_) @decorator.name)] @decorator)) @decorated

(class_declaration (class_heritage (extends_clause value: [(identifier) (member_expression)] @class.base))) @class
(abstract_class_declaration (class_heritage (extends_clause value: [(identifier) (member_expression)] @class.base))) @class
(class (class_heritage (extends_clause value: [(identifier) (member_expression)] @class.base))) @class
(class_declaration (class_heritage (extends_clause value: [(call_expression) (parenthesized_expression)] @class.unknown_base))) @class
(abstract_class_declaration (class_heritage (extends_clause value: [(call_expression) (parenthesized_expression)] @class.unknown_base))) @class
(class (class_heritage (extends_clause value: [(call_expression) (parenthesized_expression)] @class.unknown_base))) @class
(class_declaration (class_heritage (implements_clause [(type_identifier) (nested_type_identifier)] @class.base))) @class
(class_declaration (class_heritage (implements_clause (generic_type name: (_) @class.base)))) @class
(abstract_class_declaration (class_heritage (implements_clause [(type_identifier) (nested_type_identifier)] @class.base))) @class
(abstract_class_declaration (class_heritage (implements_clause (generic_type name: (_) @class.base)))) @class
(interface_declaration (extends_type_clause [(type_identifier) (nested_type_identifier)] @class.base)) @class
(interface_declaration (extends_type_clause (generic_type name: (_) @class.base))) @class

(class_body [(method_signature name: (property_identifier) @bind.function @outside)
  (abstract_method_signature name: (property_identifier) @bind.function.abstract @outside)])
(class_body (method_signature "static" name: (_) @bind.function.static))
(class_body (public_field_definition name: [(property_identifier) (private_property_identifier)] @bind.variable))
(class_body (public_field_definition "abstract" name: (_) @bind.variable.abstract))
(class_body (public_field_definition name: (property_identifier) @bind.variable value: (_) @bind.value))
(class_body (public_field_definition name: (property_identifier) @bind.variable type: (type_annotation (_) @bind.annotation)))
((class_body (_ (accessibility_modifier) @_access name: (_) @bind.function.private)) (#eq? @_access "private"))
((class_body (_ (accessibility_modifier) @_access name: (_) @bind.function.protected)) (#eq? @_access "protected"))
(class_body (index_signature) @class.open.index)
(public_field_definition value: (_) @later)
(interface_body (property_signature name: (property_identifier) @bind.variable.abstract))
(interface_body (property_signature name: (_) @bind.variable.optional "?"))
(interface_body (method_signature name: (property_identifier) @bind.function.abstract @outside))
(interface_body (method_signature name: (_) @bind.function.optional "?"))
(type_alias_declaration value: (object_type (property_signature name: (property_identifier) @bind.variable.abstract)))
(type_alias_declaration value: (object_type (property_signature name: (_) @bind.variable.optional "?")))
(type_alias_declaration value: (object_type (method_signature name: (property_identifier) @bind.function.abstract @outside)))
(type_alias_declaration value: (object_type (method_signature name: (_) @bind.function.optional "?")))
(type_alias_declaration value: (object_type [(index_signature) (call_signature) (construct_signature)] @class.open.index))
(interface_body [(index_signature) (call_signature) (construct_signature)] @class.open.index)
(enum_body name: (property_identifier) @bind.variable.member)
(enum_assignment name: (property_identifier) @bind.variable.member value: (_) @bind.value)
(required_parameter (accessibility_modifier) pattern: (identifier) @own.parameter)
(required_parameter "readonly" pattern: (identifier) @own.parameter)
(optional_parameter (accessibility_modifier) pattern: (identifier) @own.parameter)

(required_parameter pattern: (identifier) @bind.parameter)
(required_parameter pattern: (identifier) @bind.parameter.optional value: (_))
(required_parameter pattern: (identifier) @bind.parameter type: (type_annotation (_) @bind.annotation))
(optional_parameter pattern: (identifier) @bind.parameter.optional)
(optional_parameter pattern: (identifier) @bind.parameter type: (type_annotation (_) @bind.annotation))
(required_parameter pattern: (rest_pattern (identifier) @bind.parameter.rest))
(required_parameter pattern: [(object_pattern) (array_pattern)] @targets.parameter.rest)
(optional_parameter pattern: [(object_pattern) (array_pattern)] @targets.parameter.rest)
(required_parameter pattern: (rest_pattern [(object_pattern) (array_pattern)] @targets.parameter.rest))
(variable_declarator name: (identifier) @bind.variable type: (type_annotation (_) @bind.annotation))

; --- imports and exports ---------------------------------------------------------------------------------------------
(import_statement "type" source: (string (string_fragment) @import.types))
(import_statement "type" (import_clause [
  (identifier) @bind.import.types
  (namespace_import (identifier) @bind.import.types)
  (named_imports (import_specifier name: (identifier) @bind.import.types !alias))
  (named_imports (import_specifier alias: (identifier) @bind.import.types))]))
(import_specifier "type" name: (identifier) @bind.import.types !alias)
(import_specifier "type" alias: (identifier) @bind.import.types)
(import_statement (import_require_clause (identifier) @bind.import @import.alias
  source: (string (string_fragment) @import.module))) @import
(export_statement "type" source: (string (string_fragment) @import.types))
(export_statement "=" @exports.dynamic)

; --- what is read for types alone ------------------------------------------------------------------------------------
[(type_annotation) (type_arguments) (type_parameters) (type_query) (nested_type_identifier) (implements_clause)
  (extends_type_clause) (ambient_declaration) (asserts_annotation) (type_predicate_annotation)] @types
(type_alias_declaration value: (_) @types)
(interface_declaration body: (_) @types)
(class_body decorator: (decorator [(identifier) (member_expression)] @decorator))
(public_field_definition decorator: (decorator [(identifier) (member_expression)] @decorator))

; --- literals of a type that is named --------------------------------------------------------------------------------
(variable_declarator type: (type_annotation [(type_identifier) (nested_type_identifier)] @call.callee.literal)
  value: (object) @call.arguments) @call
(object (pair key: [(property_identifier) (string)] @call.named)) @call.arguments
(object (pair key: (computed_property_name) @call.spread)) @call.arguments
(object (shorthand_property_identifier) @call.named) @call.arguments
(object (method_definition name: (property_identifier) @call.named)) @call.arguments
(object (spread_element) @call.spread) @call.arguments

; What a Rust text binds, reads, calls and imports. docs/grammars.md says what each capture means.

; --- names -----------------------------------------------------------------------------------------------------------
(identifier) @name
(type_identifier) @name
(lifetime (identifier) @label)
(label (identifier) @label)
(attribute (identifier) @label)
(macro_invocation macro: (identifier) @label)
(macro_definition name: (identifier) @label)
(visibility_modifier (_) @label)
(extern_crate_declaration name: (identifier) @label)
(scoped_identifier path: (_) @chain.object name: (identifier) @label @chain.member) @chain
(scoped_type_identifier path: (_) @chain.object name: (type_identifier) @label @chain.member) @chain
(scoped_identifier !path name: (identifier) @label)
(use_declaration argument: (identifier) @label)
(use_declaration argument: (scoped_identifier path: (identifier) @label))
(use_list (identifier) @label)
(use_list (scoped_identifier path: (identifier) @label))
(use_wildcard (identifier) @label)
(use_wildcard (scoped_identifier path: (identifier) @label))
(use_as_clause path: (identifier) @label)
(use_as_clause path: (scoped_identifier path: (identifier) @label))
(scoped_use_list path: (identifier) @label)
(scoped_use_list path: (scoped_identifier path: (identifier) @label))
(type_binding name: (type_identifier) @label)
(associated_type name: (type_identifier) @label)

; --- scopes ----------------------------------------------------------------------------------------------------------
[(function_item) (function_signature_item)] @scope.function
(closure_expression) @scope.function.arrow
[(mod_item) (trait_item) (impl_item) (struct_item) (union_item) (type_item) (block) (match_arm) (match_block)
  (for_expression) (while_expression) (if_expression)] @scope.block
(enum_item) @scope.class

; --- definitions -----------------------------------------------------------------------------------------------------
(function_item name: (identifier) @bind.function @outside) @definition
(function_signature_item name: (identifier) @bind.function @outside) @definition
(struct_item name: (type_identifier) @bind.variable @outside)
(union_item name: (type_identifier) @bind.variable @outside)
(trait_item name: (type_identifier) @bind.variable @outside)
(type_item name: (type_identifier) @bind.variable @outside)
(enum_item name: (type_identifier) @bind.class @outside) @definition
(enum_variant name: (identifier) @bind.variable.member)
(const_item name: (identifier) @bind.variable)
(const_item name: (identifier) @bind.variable value: (_) @bind.value)
(static_item name: (identifier) @bind.variable)
(mod_item name: (identifier) @bind.namespace @outside)
(type_parameters (type_parameter name: (type_identifier) @bind.variable))
(const_parameter name: (identifier) @bind.variable)
(parameter pattern: (identifier) @bind.parameter)
(closure_parameters (identifier) @bind.parameter)
(let_declaration pattern: (identifier) @bind.variable)
(let_condition pattern: (identifier) @bind.variable)
(for_expression pattern: (identifier) @bind.variable)
[(mut_pattern (identifier) @bind.variable) (ref_pattern (identifier) @bind.variable)
  (captured_pattern . (identifier) @bind.variable) (tuple_pattern (identifier) @bind.variable)
  (slice_pattern (identifier) @bind.variable) (or_pattern (identifier) @bind.variable)
  (reference_pattern (identifier) @bind.variable) (match_pattern . (identifier) @bind.variable)
  (field_pattern pattern: (identifier) @bind.variable)
  (field_pattern name: (shorthand_field_identifier) @bind.variable)]
(tuple_struct_pattern type: (_) (identifier) @bind.variable)

; --- imports ---------------------------------------------------------------------------------------------------------
(use_declaration argument: (identifier) @bind.import)
(use_declaration argument: (scoped_identifier path: (_) @import.from name: (identifier) @import.name @bind.import)) @import
(use_declaration argument: (use_as_clause path: (scoped_identifier path: (_) @import.from name: (identifier) @import.name)
  alias: (identifier) @import.alias @bind.import)) @import
(use_declaration argument: (scoped_use_list path: (_) @import.from
  list: (use_list (identifier) @import.name @bind.import))) @import
(use_declaration argument: (scoped_use_list path: (_) @import.from
  list: (use_list (use_as_clause path: (identifier) @import.name alias: (identifier) @import.alias @bind.import)))) @import
(use_declaration argument: (use_wildcard . (_) @import.from) @import.all) @import
(use_declaration argument: (scoped_use_list path: (_) @import.from list: (use_list (use_wildcard) @open.glob)))
(use_list (identifier) @bind.import)
(use_list (scoped_identifier name: (identifier) @bind.import))
(use_as_clause alias: (identifier) @bind.import)
(scoped_use_list path: (identifier) @bind.import list: (use_list (self)))
(scoped_use_list path: (scoped_identifier name: (identifier) @bind.import) list: (use_list (self)))

; --- calls -----------------------------------------------------------------------------------------------------------
(call_expression function: (_) @call.callee arguments: (arguments) @call.arguments) @call
(arguments (_) @call.placed) @call.arguments
(expression_statement (call_expression) @use.none)

; --- what comes from where nobody sees -------------------------------------------------------------------------------
(macro_invocation (token_tree) @guarded.read)
(macro_definition) @guarded.read
(source_file (macro_invocation) @open.macro)
(source_file (expression_statement (macro_invocation) @open.macro))

; A module in the text has a scope of its own: what it takes whole it takes for itself.
(mod_item body: (_ (use_declaration argument: (use_wildcard . (_) @import.lazy))))

; What a Go text binds, reads, calls and imports. docs/grammars.md says what each capture means.

; --- names -----------------------------------------------------------------------------------------------------------
(identifier) @name
(type_identifier) @name
(package_identifier) @name
(package_clause (package_identifier) @bind.namespace)
(qualified_type package: (package_identifier) @chain.object name: (type_identifier) @label @chain.member) @chain
(selector_expression operand: (_) @chain.object field: (field_identifier) @chain.member) @chain
(keyed_element key: (literal_element (identifier) @label))

; --- scopes ----------------------------------------------------------------------------------------------------------
[(function_declaration) (method_declaration)] @scope.function
(func_literal) @scope.function.arrow
(type_spec) @scope.block
(type_alias) @scope.block
[(block) (if_statement) (for_statement) (expression_switch_statement) (type_switch_statement) (select_statement)
  (expression_case) (type_case) (default_case) (communication_case)] @scope.block

; --- definitions -----------------------------------------------------------------------------------------------------
(function_declaration name: (identifier) @bind.function @outside) @definition
(type_spec name: (type_identifier) @bind.variable @outside)
(type_alias name: (type_identifier) @bind.variable @outside)
(const_spec (identifier) @bind.variable)
(var_spec (identifier) @bind.variable)
(const_spec (identifier) @bind.variable value: (expression_list . (_) @bind.value .))
(var_spec (identifier) @bind.variable value: (expression_list . (_) @bind.value .))
(parameter_declaration name: (identifier) @bind.parameter)
(variadic_parameter_declaration name: (identifier) @bind.parameter.rest)
(type_parameter_declaration name: (identifier) @bind.variable)
(short_var_declaration left: (expression_list (identifier) @bind.variable))
(range_clause left: (expression_list (identifier) @bind.variable))
(receive_statement left: (expression_list (identifier) @bind.variable))
(type_switch_statement alias: (expression_list (identifier) @bind.variable))

; --- imports ---------------------------------------------------------------------------------------------------------
(import_spec !name path: (_ [(interpreted_string_literal_content) (raw_string_literal_content)] @import.module @bind.import.path.lexical)) @import
(import_spec name: (package_identifier) @import.alias @bind.import.lexical
  path: (_ [(interpreted_string_literal_content) (raw_string_literal_content)] @import.module)) @import
(import_spec name: (blank_identifier)
  path: (_ [(interpreted_string_literal_content) (raw_string_literal_content)] @import.from)) @import
(import_spec name: (dot) @import.all
  path: (_ [(interpreted_string_literal_content) (raw_string_literal_content)] @import.from)) @import

; --- calls -----------------------------------------------------------------------------------------------------------
(call_expression function: (_) @call.callee arguments: (argument_list) @call.arguments) @call
(argument_list (_) @call.placed) @call.arguments
(argument_list . (call_expression) @call.spread .) @call.arguments
(argument_list (variadic_argument) @call.spread) @call.arguments
(expression_statement (call_expression) @use.none)


; --- what is there under conditions, or comes from elsewhere -----------------------------------------------------------
((import_spec path: (_ (interpreted_string_literal_content) @open.c)) (#eq? @open.c "C"))
((comment) @open.build (#match? @open.build "^//(go:build| *[+]build)"))

; What names are bound to and read by in JavaScript and in TypeScript alike. docs/grammars.md says what each capture means.

; --- names -----------------------------------------------------------------------------------------------------------
(identifier) @name
(shorthand_property_identifier) @name
(this) @receiver
(super) @receiver
(member_expression object: (_) @chain.object property: (_) @chain.member) @chain
(subscript_expression object: (_) @chain.object index: (string . (string_fragment) @chain.member .)) @chain
(shorthand_property_identifier_pattern) @target
(pair_pattern value: (identifier) @target)
(array_pattern (identifier) @target)
(rest_pattern (identifier) @target)
(assignment_pattern left: (identifier) @target)

; --- scopes ----------------------------------------------------------------------------------------------------------
[(function_declaration) (function_expression) (generator_function) (generator_function_declaration)
  (method_definition)] @scope.function
(arrow_function) @scope.function.arrow
(function_declaration "async") @scope.function.async
(function_expression "async") @scope.function.async
(generator_function "async") @scope.function.async
(generator_function_declaration "async") @scope.function.async
(method_definition "async") @scope.function.async
(arrow_function "async") @scope.function.async
(class_static_block) @scope.function.arrow.eager
(function_declaration body: (_) @scope.body)
(function_expression body: (_) @scope.body)
(generator_function body: (_) @scope.body)
(generator_function_declaration body: (_) @scope.body)
(method_definition body: (_) @scope.body)
(arrow_function body: (_) @scope.body)
(class_static_block body: (_) @scope.body)
[(statement_block) (for_statement) (for_in_statement) (catch_clause) (switch_body)] @scope.block
(class_declaration) @scope.class
(class) @scope.class
(class name: (_)) @scope.block

; --- definitions -----------------------------------------------------------------------------------------------------
(function_declaration name: (_) @bind.function @outside) @definition
(generator_function_declaration name: (_) @bind.function @outside) @definition
(function_expression name: (_) @bind.function) @definition
(generator_function name: (_) @bind.function) @definition
(class_declaration name: (_) @bind.class.lexical @outside) @definition
(class name: (_) @bind.class @outside) @definition
(variable_declarator name: (identifier) @bind.variable value: [(class) (function_expression) (arrow_function)] @definition)
(class_body (method_definition name: (property_identifier) @bind.function @outside) @definition)
(class_body (method_definition name: (private_property_identifier) @bind.function @outside) @definition)
(class_body (method_definition "static" name: (_) @bind.function.static))
(class_body (method_definition "get" name: (_) @bind.function.property))
(class_body (method_definition "set" name: (_) @bind.function.property))
(class_declaration decorator: (decorator [(identifier) (member_expression) (call_expression function: (_) @decorator.name)] @decorator)) @decorated
(export_statement decorator: (decorator [(identifier) (member_expression) (call_expression function: (_) @decorator.name)] @decorator)
  declaration: (_) @decorated)

(variable_declarator name: (identifier) @bind.variable)
(variable_declarator name: (identifier) @bind.variable value: (_) @bind.value)
(lexical_declaration (variable_declarator name: (identifier) @bind.variable.lexical))
(variable_declaration (variable_declarator name: (identifier) @bind.variable.hoisted))
(lexical_declaration (variable_declarator name: [(object_pattern) (array_pattern)] @targets.variable.lexical))
(variable_declaration (variable_declarator name: [(object_pattern) (array_pattern)] @targets.variable.hoisted))
(for_in_statement kind: _ left: (identifier) @bind.variable)
(for_in_statement kind: "var" left: (identifier) @bind.variable.hoisted)
(for_in_statement kind: _ left: [(object_pattern) (array_pattern)] @targets.variable)
(for_in_statement kind: "var" left: [(object_pattern) (array_pattern)] @targets.variable.hoisted)
(catch_clause parameter: (identifier) @bind.variable)
(catch_clause parameter: [(object_pattern) (array_pattern)] @targets.variable)
(arrow_function parameter: (identifier) @bind.parameter)

; --- members that are set --------------------------------------------------------------------------------------------
(assignment_expression left: (member_expression) @write)
(assignment_expression left: (member_expression object: (this) @own.receiver property: (_) @own))
(augmented_assignment_expression left: (member_expression object: (this) @own.receiver property: (_) @own))
((call_expression
  function: (member_expression object: (identifier) @_object property: (_) @_method)
  arguments: (arguments . (this) @class.open.assign))
  (#eq? @_object "Object") (#any-of? @_method "assign" "defineProperty" "defineProperties" "setPrototypeOf"))
(assignment_expression left: (subscript_expression object: (this) @class.open.computed))

; --- imports and exports ---------------------------------------------------------------------------------------------
(import_statement source: (string (string_fragment) @import.from)) @import
(import_statement (import_clause (identifier) @bind.import.lexical @import.default)
  source: (string (string_fragment) @import.from)) @import
(import_statement (import_clause (namespace_import (identifier) @bind.import.lexical @import.alias))
  source: (string (string_fragment) @import.module)) @import
(import_statement (import_clause (named_imports
    (import_specifier name: (identifier) @bind.import.lexical @import.name !alias)))
  source: (string (string_fragment) @import.from)) @import
(import_statement (import_clause (named_imports
    (import_specifier name: (_) @import.name @label alias: (identifier) @bind.import.lexical @import.alias)))
  source: (string (string_fragment) @import.from)) @import

(export_statement declaration: (_) @exported)
; What stands in a namespace, or in another module that is described, is given away by that alone.
(program (export_statement "default" @exports.nameless))
(program (export_statement "default" @exports.name declaration: (_ name: (_) @exports.of)))
(program (export_statement "default" @exports.name value: (identifier) @exports.of))
(export_statement "default" declaration: (_) @exported.default)
(program (export_statement (export_clause (export_specifier name: (_) @exports.name !alias))))
(program (export_statement (export_clause (export_specifier name: (_) @exports.of alias: (_) @exports.name))))
(export_specifier alias: (_) @label)
(export_statement (export_clause (export_specifier name: (_) @import.name @label !alias))
  source: (string (string_fragment) @import.from @import.exported)) @import
(export_statement (export_clause (export_specifier name: (_) @import.name @label alias: (_) @import.alias))
  source: (string (string_fragment) @import.from @import.exported)) @import
(export_statement "*" @import.all source: (string (string_fragment) @import.from @import.exported)) @import
(program (export_statement (namespace_export (_) @exports.name)))
(export_statement (namespace_export (_) @import.alias @label)
  source: (string (string_fragment) @import.module @import.exported)) @import

(call_expression function: (import)
  arguments: (arguments . (string (string_fragment) @import.from @import.lazy))) @import
((call_expression function: (identifier) @_require
  arguments: (arguments . (string (string_fragment) @import.from) .)) @import
  (#eq? @_require "require"))
((variable_declarator name: (identifier) @bind.import @import.alias
  value: (call_expression function: (identifier) @_require
    arguments: (arguments . (string (string_fragment) @import.module) .))) @import
  (#eq? @_require "require"))
((variable_declarator name: (object_pattern (shorthand_property_identifier_pattern) @bind.import @import.name)
  value: (call_expression function: (identifier) @_require
    arguments: (arguments . (string (string_fragment) @import.from) .))) @import
  (#eq? @_require "require"))
((variable_declarator name: (object_pattern
    (pair_pattern key: (property_identifier) @import.name value: (identifier) @bind.import @import.alias))
  value: (call_expression function: (identifier) @_require
    arguments: (arguments . (string (string_fragment) @import.from) .))) @import
  (#eq? @_require "require"))
((assignment_expression left: (member_expression
    object: (member_expression object: (identifier) @_module property: (_) @_exports) property: (property_identifier) @exports.nameless))
  (#eq? @_module "module") (#eq? @_exports "exports"))
((assignment_expression
  left: (member_expression object: (identifier) @_module property: (_) @_exports)
  right: (object [
    (shorthand_property_identifier) @exports.nameless
    (pair key: (property_identifier) @exports.nameless)
    (method_definition name: (property_identifier) @exports.nameless)
    (spread_element) @exports.dynamic]))
  (#eq? @_module "module") (#eq? @_exports "exports"))
((assignment_expression
  left: (member_expression object: (identifier) @_module property: (_) @_exports)
  right: [(identifier) (member_expression) (call_expression) (new_expression) (function_expression) (arrow_function) (class)
    (assignment_expression)] @exports.dynamic)
  (#eq? @_module "module") (#eq? @_exports "exports"))
((call_expression function: (member_expression object: (identifier) @_object property: (_) @_method)
  arguments: (arguments . (member_expression object: (identifier) @_module property: (_) @_exports) @exports.dynamic))
  (#eq? @_object "Object") (#eq? @_method "assign") (#eq? @_module "module") (#eq? @_exports "exports"))

; --- calls -----------------------------------------------------------------------------------------------------------
(call_expression function: (_) @call.callee arguments: (arguments) @call.arguments) @call
(call_expression
  function: (parenthesized_expression [(identifier) (member_expression)] @call.callee) arguments: (arguments) @call.arguments) @call
(new_expression constructor: (_) @call.callee.new arguments: (arguments)? @call.arguments) @call
(arguments (_) @call.placed) @call.arguments
(arguments [(spread_element) (comment)] @call.unplaced) @call.arguments
(arguments (spread_element) @call.spread) @call.arguments
(await_expression (call_expression) @use.awaited)
(expression_statement (call_expression) @use.none)
(expression_statement (new_expression) @use.none)
(expression_statement (await_expression (call_expression) @use.none))
(subscript_expression object: (call_expression) @use.subscript)
((member_expression object: (call_expression) @use.subscript property: (_) @_member)
  (#not-any-of? @_member "then" "catch" "finally"))
((member_expression object: (call_expression) @use.promise property: (_) @_member)
  (#any-of? @_member "then" "catch" "finally"))
(binary_expression left: (call_expression) @use.subscript operator: ["+" "-" "*" "/" "%" "**" "<" ">" "<=" ">="])
(binary_expression operator: ["+" "-" "*" "/" "%" "**" "<" ">" "<=" ">="] right: (call_expression) @use.subscript)
(if_statement condition: (parenthesized_expression (call_expression) @use.subscript))
(while_statement condition: (parenthesized_expression (call_expression) @use.subscript))
(ternary_expression condition: (call_expression) @use.subscript)
(unary_expression operator: "!" argument: (call_expression) @use.subscript)
(for_in_statement right: (call_expression) @use.iterate)
(spread_element (call_expression) @use.iterate)
(variable_declarator name: (array_pattern) @use.targets value: (call_expression) @use.unpack)
(variable_declarator name: (array_pattern) @use.targets value: (await_expression (call_expression) @use.unpack))
(array_pattern (rest_pattern)) @use.open_targets

; --- what is read with care, and what comes from where nobody sees ---------------------------------------------------
(try_statement body: (_) @guarded.import handler: (_))
((unary_expression operator: "typeof" argument: (identifier) @guarded.read))
((call_expression function: (identifier) @open.eval) (#eq? @open.eval "eval"))
(with_statement) @open.with
(string . (string_fragment) @string .)

; --- what the grammar takes and the language does not ----------------------------------------------------------------
(return_statement) @within.function
(await_expression) @within.asynchronous
(yield_expression) @within.function
(break_statement !label) @within.breakable
(continue_statement !label) @within.loop
(for_statement body: (_) @loop)
(for_in_statement body: (_) @loop)
(while_statement body: (_) @loop)
(do_statement body: (_) @loop)
(switch_body) @loop.switch
(object (pair key: [(property_identifier) (string)] @entry)) @entry.of
(object (shorthand_property_identifier) @entry) @entry.of
(object (spread_element) @entry.break) @entry.of

; What Python's names are bound to and read by. docs/grammars.md says what each capture means.

; --- names -----------------------------------------------------------------------------------------------------------
(identifier) @name
(dotted_name (identifier) @label)
(keyword_argument name: (_) @label)
(attribute attribute: (identifier) @label)
(member_type (identifier) @label)
(keyword_pattern . (identifier) @label)
(attribute object: (_) @chain.object attribute: (identifier) @chain.member) @chain
(class_pattern . (dotted_name . (identifier) @read) @read.path)
(case_pattern (dotted_name . (identifier) @read (identifier)) @read.path)
(union_pattern (dotted_name . (identifier) @read (identifier)) @read.path)
(keyword_pattern (dotted_name . (identifier) @read (identifier)) @read.path)
(dict_pattern (dotted_name . (identifier) @read (identifier)) @read.path)

; --- scopes ----------------------------------------------------------------------------------------------------------
(function_definition) @scope.function
(function_definition "async") @scope.function.async
(function_definition type_parameters: (_)) @scope.type
(function_definition return_type: (_) @outside)
(lambda) @scope.function.arrow
(default_parameter value: (_) @outside)
(typed_default_parameter value: (_) @outside)
(typed_default_parameter type: (_) @outside)
(typed_parameter type: (_) @outside)
(class_definition) @scope.class
(class_definition type_parameters: (_)) @scope.type
(class_definition superclasses: (_) @outside)
(type_alias_statement left: (type (generic_type))) @scope.type
[(list_comprehension) (dictionary_comprehension) (set_comprehension)] @scope.comprehension
(generator_expression) @scope.comprehension.lazy
(list_comprehension body: (_) . (comment)* . (for_in_clause right: (_) @outside))
(dictionary_comprehension body: (_) . (comment)* . (for_in_clause right: (_) @outside))
(set_comprehension body: (_) . (comment)* . (for_in_clause right: (_) @outside))
(generator_expression body: (_) . (comment)* . (for_in_clause right: (_) @outside))

; --- definitions -----------------------------------------------------------------------------------------------------
(function_definition name: (identifier) @bind.function @outside) @definition
(class_definition name: (identifier) @bind.class @outside) @definition
(class_definition superclasses: (argument_list [(identifier) (attribute)] @class.base)) @class
(class_definition superclasses: (argument_list (subscript value: [(identifier) (attribute)] @class.base))) @class
(class_definition superclasses: (argument_list
  [(call) (conditional_expression) (list_splat) (subscript value: (call))] @class.unknown_base)) @class
(class_definition superclasses: (argument_list
  (keyword_argument name: (_) @class.keyword value: (_) @class.keyword_value))) @class
(decorated_definition
  (decorator [(identifier) (attribute) (call function: (_) @decorator.name)] @decorator)
  definition: (_) @decorated)
(type_alias_statement left: (type [(identifier) @bind.type (generic_type . (identifier) @bind.type)]))
(type_alias_statement left: (type (generic_type (type_parameter (type (identifier) @bind.type_parameter)))))
(function_definition type_parameters: (type_parameter (type (identifier) @bind.type_parameter)))
(class_definition type_parameters: (type_parameter (type (identifier) @bind.type_parameter)))
(function_definition type_parameters: (type_parameter
  (type [(constrained_type . (type (identifier) @bind.type_parameter)) (splat_type (identifier) @bind.type_parameter)])))
(class_definition type_parameters: (type_parameter
  (type [(constrained_type . (type (identifier) @bind.type_parameter)) (splat_type (identifier) @bind.type_parameter)])))

(parameters (identifier) @bind.parameter)
(lambda_parameters (identifier) @bind.parameter)
(default_parameter name: (identifier) @bind.parameter.optional)
(typed_default_parameter name: (identifier) @bind.parameter.optional type: (_) @bind.annotation)
(typed_parameter . (identifier) @bind.parameter type: (_) @bind.annotation)
(parameters (list_splat_pattern (identifier) @bind.parameter.rest))
(parameters (dictionary_splat_pattern (identifier) @bind.parameter.rest))
(lambda_parameters (list_splat_pattern (identifier) @bind.parameter.rest))
(lambda_parameters (dictionary_splat_pattern (identifier) @bind.parameter.rest))
(typed_parameter (list_splat_pattern (identifier) @bind.parameter.rest))
(typed_parameter (dictionary_splat_pattern (identifier) @bind.parameter.rest))
(parameters (tuple_pattern (identifier) @bind.parameter.rest))
(keyword_separator) @parameters.named

(assignment left: (identifier) @bind.variable)
(assignment left: (identifier) @bind.variable right: (_) @bind.value)
(assignment left: (identifier) @bind.variable type: (_) @bind.annotation)
(assignment left: (identifier) @bind.variable.declared type: (_) !right)
(augmented_assignment left: (identifier) @bind.variable)
(named_expression name: (_) @bind.variable.hoisted)
(pattern_list (identifier) @bind.variable)
(tuple_pattern (identifier) @bind.variable)
(list_pattern (identifier) @bind.variable)
(list_splat_pattern (identifier) @bind.variable)
(for_statement left: (identifier) @bind.variable)
(for_in_clause left: (identifier) @bind.variable)
(as_pattern_target (identifier) @bind.variable)
(as_pattern_target (parenthesized_expression (identifier) @bind.variable))
(as_pattern_target (tuple (identifier) @bind.variable))
(as_pattern_target (tuple (tuple (identifier) @bind.variable)))
(as_pattern_target (tuple (list_splat (identifier) @bind.variable)))
(as_pattern_target (list (identifier) @bind.variable))
(as_pattern (case_pattern) (identifier) @bind.variable)
(case_pattern (dotted_name . (identifier) @bind.variable .))
(union_pattern (dotted_name . (identifier) @bind.variable .))
(keyword_pattern (identifier) (dotted_name . (identifier) @bind.variable .))
(splat_pattern (identifier) @bind.variable)
(delete_statement (identifier) @bind.deleted)
(delete_statement (expression_list (identifier) @bind.deleted))
(delete_statement (parenthesized_expression (identifier) @bind.deleted))
(delete_statement (tuple (identifier) @bind.deleted))
(delete_statement (list (identifier) @bind.deleted))
(delete_statement (expression_list (tuple (identifier) @bind.deleted)))
(global_statement (identifier) @global)
(nonlocal_statement (identifier) @nonlocal)

; --- attributes that are set -----------------------------------------------------------------------------------------
(assignment left: (attribute) @write)
(assignment left: (attribute object: (identifier) @own.receiver attribute: (_) @own))
(augmented_assignment left: (attribute object: (identifier) @own.receiver attribute: (_) @own))
(pattern_list (attribute object: (identifier) @own.receiver attribute: (_) @own) @write)
(tuple_pattern (attribute object: (identifier) @own.receiver attribute: (_) @own) @write)
(list_pattern (attribute object: (identifier) @own.receiver attribute: (_) @own) @write)
(for_statement left: (attribute object: (identifier) @own.receiver attribute: (_) @own) @write)
(for_in_clause left: (attribute object: (identifier) @own.receiver attribute: (_) @own) @write)
(as_pattern_target (attribute object: (identifier) @own.receiver attribute: (_) @own) @write)

; --- imports and exports ---------------------------------------------------------------------------------------------
(import_statement name: (dotted_name . (identifier) @bind.import) @import.module) @import
(import_statement name: (aliased_import
  name: (dotted_name) @import.module alias: (identifier) @bind.import @import.alias)) @import
(import_from_statement module_name: (_) @import.from
  name: (dotted_name (identifier) @bind.import) @import.name) @import
(import_from_statement module_name: (_) @import.from
  name: (aliased_import name: (_) @import.name alias: (identifier) @bind.import @import.alias)) @import
(import_from_statement module_name: (_) @import.from (wildcard_import) @import.all @within.module) @import
(future_import_statement name: (dotted_name (identifier) @bind.import) @pragma)
(future_import_statement name: (aliased_import name: (_) @pragma alias: (identifier) @bind.import))

((assignment left: (identifier) @_name right: (_) @exports.set) (#eq? @_name "__all__"))
((augmented_assignment left: (identifier) @_name right: (_) @exports.add) (#eq? @_name "__all__"))
((call
  function: (attribute object: (identifier) @_name attribute: (identifier) @_method)
  arguments: (argument_list . (_) @exports.add .))
  (#eq? @_name "__all__") (#any-of? @_method "extend" "append"))

; --- calls -----------------------------------------------------------------------------------------------------------
(call function: (_) @call.callee arguments: (_) @call.arguments) @call
(call function: (subscript value: [(identifier) (attribute)] @call.callee) arguments: (_) @call.arguments) @call
(call function: (parenthesized_expression [(identifier) (attribute)] @call.callee) arguments: (_) @call.arguments) @call
(call arguments: (generator_expression) @call.arguments @call.placed)
(argument_list (_) @call.placed) @call.arguments
(argument_list [(list_splat) (dictionary_splat) (keyword_argument) (comment) (line_continuation)] @call.unplaced) @call.arguments
(argument_list (list_splat) @call.spread) @call.arguments
(argument_list (dictionary_splat) @call.spread.named) @call.arguments
(argument_list (keyword_argument name: (_) @call.named)) @call.arguments
(await (call) @use.awaited)
(expression_statement (call) @use.none)
(expression_statement (await (call) @use.none))
(subscript value: (call) @use.subscript)
(subscript value: (parenthesized_expression (await (call) @use.subscript)))
(for_statement right: (call) @use.iterate)
(for_in_clause right: (call) @use.iterate)
(list_splat (call) @use.iterate)
(assignment left: [(pattern_list) (tuple_pattern) (list_pattern)] @use.targets right: (call) @use.unpack)
(assignment left: [(pattern_list) (tuple_pattern) (list_pattern)] @use.targets right: (await (call) @use.unpack))
(for_statement left: (_) @_targets right: (call) @use.iterate)
(pattern_list (list_splat_pattern)) @use.open_targets
(tuple_pattern (list_splat_pattern)) @use.open_targets
(list_pattern (list_splat_pattern)) @use.open_targets
((call function: (identifier) @_super) @receiver (#eq? @_super "super"))

; --- what is read for types alone, or with care ----------------------------------------------------------------------
(typed_parameter type: (_) @annotation)
(typed_default_parameter type: (_) @annotation)
(function_definition return_type: (_) @annotation)
(assignment type: (_) @annotation.local)
(type_alias_statement left: (type [(identifier) (generic_type)]) right: (_) @types)
((if_statement condition: (_) @_condition consequence: (block) @types)
  (#any-of? @_condition "TYPE_CHECKING" "typing.TYPE_CHECKING" "t.TYPE_CHECKING"))
((subscript value: (_) @_generic) @opaque (#any-of? @_generic "Literal" "typing.Literal" "t.Literal" "typing_extensions.Literal"))
((generic_type . (identifier) @_generic) @opaque (#eq? @_generic "Literal"))
(string . (string_start) . (string_content) @string . (string_end) .)

(try_statement body: (block) @guarded.import (except_clause . (block)))
((try_statement body: (block) @guarded.import (except_clause value: (_) @_caught))
  (#match? @_caught "\\b(ImportError|ModuleNotFoundError|Exception|BaseException)\\b"))
((try_statement body: (block) @guarded.read (except_clause value: (_) @_caught))
  (#match? @_caught "\\b(NameError|AttributeError)\\b"))
((try_statement body: (block) @guarded.call (except_clause value: (_) @_caught))
  (#match? @_caught "\\b(TypeError|AttributeError|NameError)\\b"))
((with_statement
  (with_clause (with_item value: [
    (call function: (_) @_keeper arguments: (_) @_caught)
    (as_pattern (call function: (_) @_keeper arguments: (_) @_caught))]))
  body: (block) @guarded.import @guarded.read @guarded.call)
  (#match? @_keeper "(^|\\.)(suppress|raises|assertRaises|assertRaisesRegex)$")
  (#match? @_caught "\\b(ImportError|ModuleNotFoundError|NameError|AttributeError|TypeError|Exception|BaseException)\\b"))
((if_statement condition: (call function: (identifier) @_test) consequence: (block) @guarded.read @guarded.call)
  (#eq? @_test "hasattr"))
((boolean_operator left: (call function: (identifier) @_test) right: (_) @guarded.read @guarded.call)
  (#eq? @_test "hasattr"))
((conditional_expression . (_) @guarded.read @guarded.call (call function: (identifier) @_test))
  (#eq? @_test "hasattr"))

; --- names that come from where nobody sees --------------------------------------------------------------------------
((call function: (identifier) @open.exec arguments: (argument_list . (_) .)) (#eq? @open.exec "exec"))
((call function: (identifier) @open.globals) (#eq? @open.globals "globals"))
((function_definition name: (identifier) @open.getattr) (#any-of? @open.getattr "__getattr__" "__getattribute__"))
((call function: (identifier) @open.module_set arguments: (argument_list . (_) @_object))
  (#eq? @open.module_set "setattr") (#match? @_object "^sys\\.modules"))
((assignment left: (subscript value: (_) @open.module_set)) (#eq? @open.module_set "sys.modules"))
((call function: (identifier) @class.open.setattr arguments: (argument_list . (identifier) @_object))
  (#eq? @class.open.setattr "setattr") (#any-of? @_object "self" "cls"))
((attribute object: (attribute attribute: (identifier) @class.open.dict) attribute: (identifier) @_method)
  (#eq? @class.open.dict "__dict__") (#any-of? @_method "update" "setdefault"))
((assignment left: [
  (subscript value: (attribute attribute: (identifier) @class.open.dict))
  (attribute attribute: (identifier) @class.open.dict)])
  (#eq? @class.open.dict "__dict__"))
((call function: (attribute object: (call function: (identifier) @class.open.dict)) )
  (#eq? @class.open.dict "vars"))
((assignment left: (identifier) @_name right: (_) @class.slots) (#eq? @_name "__slots__"))

; --- what the grammar takes and the language does not ----------------------------------------------------------------
(print_statement) @fault.print_statement
(exec_statement) @fault.exec_statement
(return_statement) @within.function
(yield) @within.function
(await) @within.async
(for_statement "async") @within.async
(with_statement "async") @within.async
(break_statement) @within.loop
(continue_statement) @within.loop
(for_statement body: (_) @loop)
(while_statement body: (_) @loop)
(future_import_statement) @leading
(module . (comment)* . (expression_statement [(string) (concatenated_string)]) @leading.doc)
(comment) @comment
(module (_) @statement) @block
(block (_) @statement) @block
(function_definition body: (block) @filled)
(class_definition body: (block) @filled)
(if_statement consequence: (block) @filled)
(elif_clause consequence: (block) @filled)
(else_clause body: (block) @filled)
(for_statement body: (block) @filled)
(while_statement body: (block) @filled)
(try_statement body: (block) @filled)
(except_clause (block) @filled)
(finally_clause (block) @filled)
(with_statement body: (block) @filled)
(case_clause consequence: (block) @filled)
(match_statement body: (block) @filled)
(if_statement alternative: (_) @clause) @clause.of
(for_statement alternative: (_) @clause) @clause.of
(while_statement alternative: (_) @clause) @clause.of
(try_statement [(except_clause) (else_clause) (finally_clause)] @clause) @clause.of
(decorated_definition definition: (_) @clause) @clause.of
(try_statement body: (_) @fault.try_alone .)

; What TypeScript has where elements stand in it.
((jsx_opening_element name: (identifier) @label) (#match? @label "^[a-z]"))
((jsx_self_closing_element name: (identifier) @label) (#match? @label "^[a-z]"))
(jsx_closing_element name: (identifier) @label)
(jsx_closing_element name: (member_expression (identifier) @label))
(jsx_namespace_name (identifier) @label)

(jsx_self_closing_element name: [(identifier) (member_expression)] @call.callee.element) @call.arguments @call
(jsx_opening_element name: [(identifier) (member_expression)] @call.callee.element) @call.arguments @call
(jsx_opening_element) @call.arguments @call.spread
(jsx_self_closing_element (jsx_attribute . (property_identifier) @call.named)) @call.arguments
(jsx_opening_element (jsx_attribute . (property_identifier) @call.named)) @call.arguments
(jsx_self_closing_element (jsx_expression (spread_element) @call.spread)) @call.arguments

; What TypeScript has where elements stand in it.
((jsx_opening_element name: (identifier) @label) (#match? @label "^[a-z]"))
((jsx_self_closing_element name: (identifier) @label) (#match? @label "^[a-z]"))
(jsx_closing_element name: (identifier) @label)
(jsx_closing_element name: (member_expression (identifier) @label))
(jsx_namespace_name (identifier) @label)

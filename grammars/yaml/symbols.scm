; What the units of a YAML text are: the keys of its mappings. docs/grammars.md says what each capture means.

(block_mapping_pair key: (_) @name) @key
(flow_pair key: (_) @name) @key
(block_mapping_pair key: (_) @name value: (flow_node (flow_mapping) @body)) @key
(flow_pair key: (_) @name value: (flow_node (flow_mapping) @body)) @key

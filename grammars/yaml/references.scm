; What the grammar takes and YAML does not: a key twice in one mapping. docs/grammars.md says what each capture means.

((block_mapping (block_mapping_pair key: (_) @entry)) @entry.of (#not-eq? @entry "<<"))
(flow_mapping (flow_pair key: (_) @entry)) @entry.of

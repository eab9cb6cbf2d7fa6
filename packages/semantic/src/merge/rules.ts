import { z } from "zod";

const names = z.array(z.string());

/**
 * Brackets that hold entries.
 *
 * `node`     the type of the node in the grammar
 * `entries`  types of the nodes that are entries; with any other named child but a comment the node is left alone
 * `field`    null: any child of those types is an entry; else only those in this field
 * `keys`     the field of an entry that is its key, the first that it has; none: all of it
 * `constants` types of the nodes that may be a key
 * `names`    null: wherever it stands; else only as what is given to one of these names
 * `below`    types of the nodes right below which it has to stand; null: anywhere
 * `comma`    what stands between entries
 * `nested`   an entry may be a list of the same type: then what is in it is meant
 * `rule`     "set": names whose order means nothing. "exports": the same, but one that a side takes away is not taken
 *            away beside one that the other adds. "keyed": entries with a key each, of which there is one
 */
const listRuleSchema = z.strictObject({
  node: z.string(),
  entries: names,
  field: z.string().nullable().default(null),
  keys: names.default([]),
  constants: names.default([]),
  names: names.nullable().default(null),
  below: names.nullable().default(null),
  comma: z.enum([",", "|"]).default(","),
  nested: z.boolean().default(false),
  rule: z.enum(["set", "exports", "keyed"]),
});
export type ListRule = z.infer<typeof listRuleSchema>;

/**
 * What the merge has to know of a language: the `merge` section of its profile.
 *
 * `free`   kinds of units whose order means nothing
 * `free_blocks` what the labels of blocks begin with that stand around such units alone
 * `counted` kinds of units whose place says what they are worth: two that both sides add at one place have no order
 * `comments` what begins a comment that goes to the end of its line
 * `lists`  nodes whose entries can be merged one by one
 * `separator` what stands between the units of a scope in braces, and not in front of the first; null: nothing does
 */
export const mergeRulesSchema = z.strictObject({
  free: names.default([]),
  free_blocks: names.default([]),
  counted: names.default([]),
  comments: names.default([]),
  lists: z.array(listRuleSchema).default([]),
  separator: z.string().nullable().default(null),
});
export type MergeRules = z.infer<typeof mergeRulesSchema>;

import { z } from "zod";

const names = z.array(z.string()).default([]);
const table = <T extends z.ZodType>(value: T) => z.record(z.string(), value).default({});

/**
 * What the queries of a language cannot say: the `references` table of its profile.json. Names that are compared with
 * names of the text are written with their dots ("abc.ABC"), as they are after imports are followed.
 *
 * `receiver`            "first_parameter": what a method is called on is its first parameter; "keyword": a word of its own
 * `class_scope`         "names": what a class's body binds can be read there by its name; "members": only as members
 * `construction`        "call": an instance is made by a call of its class; "new": by a call that says so (`@call.new`)
 * `super_calls`         the member that a call of `super` itself calls; null: there is none
 * `lazy_pragma`         the pragma under which annotations are never evaluated; null: they are not in any case
 * `declared`            "types": a declaration without a value binds for types alone; "run": it binds
 * `partial`             callees that take another callee and some of its arguments; `.x`: a member of it that does
 * `optional_types`      patterns of an annotation that is a type or nothing; what is between their parentheses is the type
 * `member_decorators`   what a decorator makes of a method; `.x`: one that ends so
 * `class_decorators`    what a decorator makes of a class; "": nothing; others may make anything of it
 * `class_bases`         what a base makes of a class
 * `class_keywords`      keywords of a class's head: values that change nothing, or what they make of it; others open it
 * `fields`              how a constructor that is generated takes its fields
 * `list_nodes`          nodes that hold the strings of an export list; `string_nodes` the strings; `joined_nodes` sums of lists
 * `string_parts`        nodes that are what a string says, between its quotes
 * `path_ends`           what at the end of a module's path is no part of its name; one after the other
 * `open`                why names come from where nobody sees, by the last part of `@open.x`: a clause
 * `faults`              what is said of a fault, by its code, and under which pragma it is another one
 */
export const referencesProfile = z.strictObject({
  receiver: z.enum(["first_parameter", "keyword"]).default("keyword"),
  class_scope: z.enum(["names", "members"]).default("members"),
  construction: z.enum(["call", "new"]).default("new"),
  super_calls: z.string().nullable().default(null),
  lazy_pragma: z.string().nullable().default(null),
  declared: z.enum(["types", "run"]).default("run"),
  partial: names,
  optional_types: names,
  member_decorators: table(
    z.strictObject({
      kind: z.enum(["static", "class_method", "property"]).optional(),
      abstract: z.boolean().default(false),
    }),
  ),
  class_decorators: table(z.enum(["", "generated"])),
  class_bases: table(z.enum(["generated", "enum", "interface", "abstract"])),
  class_keywords: table(table(z.enum(["", "enum", "abstract"]))),
  fields: z
    .strictObject({
      not: names, // annotations of what is no field
      makers: names, // calls that describe a field
      given: names, // arguments of those that give a value
      hidden: names, // arguments of those that keep a field out, when they are false
      none: names, // arguments of the class's decorator with which no constructor is generated
      named: names, // arguments of either with which a field is given by name only
      from: names, // annotations from which on all fields are given by name only
    })
    .default({ not: [], makers: [], given: [], hidden: [], none: [], named: [], from: [] }),
  list_nodes: names,
  string_nodes: names,
  joined_nodes: names,
  string_parts: names,
  path_ends: names,
  open: table(z.string()),
  faults: table(
    z.strictObject({ message: z.string(), pragma: z.strictObject({ name: z.string(), code: z.string() }).optional() }),
  ),
});
export type ReferencesProfile = z.infer<typeof referencesProfile>;

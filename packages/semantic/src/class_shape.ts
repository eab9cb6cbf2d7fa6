import type { Place } from "./summary.ts";

/**
 * `bases` as they are written, with dots. `members`: what the class itself has, by name. `fields` are in the order of its
 * constructor where one is generated. `open`: why members may come from where nobody sees; null: all are here. `remade`:
 * why it may be made in another way than its constructor says; null: it is made as that says.
 */
export type ClassShape = Place & {
  name: string; // its key below the module
  bases: readonly string[];
  kind: "plain" | "generated" | "enum" | "interface" | "abstract";
  members: readonly Member[];
  fields: readonly { name: string; optional: boolean; by_name: boolean }[];
  slots: readonly string[] | null;
  open: string | null;
  remade: string | null;
};

/**
 * `access`: who may use it: anybody, the classes below too, or the class alone. `own`: set on the instance in a method's
 * body and not in the class's. `abstract`: whoever is below has to have it.
 */
export type Member = {
  name: string;
  kind: "method" | "static" | "class_method" | "property" | "field" | "member" | "own";
  abstract: boolean;
  access: "all" | "heirs" | "class";
  value: string | null; // normalised text of a constant's value, clipped
};

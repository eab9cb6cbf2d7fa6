import type { ClassShape } from "./class_shape.ts";
import type { FunctionShape } from "./structure/complexity.ts";
import type { Span, Unit } from "./unit.ts";

/**
 * All that one text says to others and wants of them: what the linker needs, and all that is kept of a blob. It is plain
 * data. Whoever uses one takes care that `version` of its grammar is the one that is loaded.
 *
 * `faults`   where it cannot be parsed, or would not compile. With one, the rest is not to be relied on
 * `open`     why names may come from where nobody sees (`__getattr__`, `exec`, macros); null: all its names are here
 * `exports`  what it says it gives away (`__all__`, export lists); "dynamic": not to be read off; null: it says nothing
 * `functions` how large and how branched each is
 */
export type Summary = Wants & {
  language: string;
  version: string;
  faults: readonly Fault[];
  units: readonly Unit[];
  bindings: readonly Binding[];
  imports: readonly Import[];
  exports: readonly Export[] | "dynamic" | null;
  open: string | null;
  classes: readonly ClassShape[];
  functions: readonly FunctionShape[];
};

/** What a text does with names of others. `sets`: members that are set where their class is not around, the last of `members`. */
type Wants = {
  reads: readonly Read[];
  calls: readonly Call[];
  sets: readonly Pick<Read, "name" | "members" | "self" | "instance" | "from">[];
  strings: readonly DottedString[];
};

/** `code` says whether the grammar found it or one of the rules that a grammar does not keep. */
export type Fault = { code: string; span: Span; message: string };

/** Where something stands: the key of the unit around it ("": the module itself), and its stretch of the text. */
export type Place = { unit: string; span: Span };

/** A name that others can import. `of`: what it is called in the module's own scope; null: it is bound nowhere there. */
export type Export = { name: string; of: string | null; span: Span };

/** What a name stands for, as an import or an alias says it. `name` null: the module itself; `module` "": this one. */
export type Origin = { module: string; name: string | null };

/**
 * A name bound in the module's own scope. `from` says what an import or an alias (`name` with its dots) binds it to.
 * `time` says whether it is there at run time, or for types alone.
 */
export type Binding = Place & {
  name: string;
  kind: "function" | "class" | "variable" | "type" | "import" | "namespace" | "alias";
  guards: readonly string[];
  time: "run" | "types";
  from: Origin | null;
  value: string | null; // normalised text of a constant's value, clipped; null: none, or not constant
};

/**
 * `module` is as it is written. `names` null: the module itself is bound (as `alias`, or by its first part); "*": all that
 * it gives away. `guarded`: a failure is caught. `eager`: it runs when the module is loaded.
 */
export type Import = Place & {
  module: string;
  names: readonly { name: string; alias: string }[] | "*" | null;
  alias: string | null;
  time: "run" | "types";
  guarded: boolean;
  eager: boolean;
  exported: boolean;
};

/**
 * A read of a dotted name whose first part no scope inside the module binds: it has to come from the module's own scope,
 * an import, or what the language has built in. `members`: the rest of the dots. `self`: the class whose own member
 * is read (`self.x`, `cls.x`, `super().x`, `this.x`; `name` is the word that was used); `instance`: the name of the
 * class of which a local, or the result of a call of that class, is one. `from`: what an import inside the function binds
 * the first part to (of `instance`, where there is one); null: the first part is not bound by such an import.
 */
export type Read = Place & {
  name: string;
  members: readonly string[];
  self: string | null;
  instance: string | null;
  from: Origin | null;
  guarded: boolean;
  time: "run" | "types"; // annotations are read for types alone
  eager: boolean;
};

/**
 * A call, also one that a decorator makes; or the making of an element, or of a thing of a type that is named, whose
 * members are given by name. `callee` is a read like any other. `placed`: arguments by place; `named`: by name; `spread`:
 * some come from a list or a table, so that they cannot be counted. `use`: what is done with the result: "subscript" is all
 * that takes it for a thing of its kind (an index, a member, a sum, a test), "promise" what waits for it.
 */
export type Call = Place & {
  callee: Pick<Read, "name" | "members" | "self" | "instance" | "from">;
  form: "call" | "element" | "literal";
  placed: number;
  named: readonly string[];
  spread: boolean;
  partial: boolean; // more arguments may follow (functools.partial, bind)
  awaited: boolean;
  guarded: boolean;
  use: "none" | "value" | "promise" | "subscript" | "iterate" | `unpack ${number}`;
};

/** A string that looks like a dotted path (`a.b`, `a.b:c`): a patch of a test, an entry point. */
export type DottedString = Place & { text: string };

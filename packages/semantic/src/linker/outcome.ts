import type { ClassShape, Member } from "../class_shape.ts";
import type { Binding } from "../summary.ts";
import type { Unit } from "../unit.ts";

/** What a name stands for. A module is a file, or a folder where no file speaks for it. */
export type Target =
  | { is: "module"; file: string | null; folder: string | null }
  | { is: "definition"; path: string; binding: Binding; unit: Unit | null }
  | { is: "member"; path: string; shape: ClassShape; member: Member; unit: Unit | null };

/** What is not there: a name in a module, a member in a class, a module; or it is there for types alone. */
export type Missing = { what: "name" | "member" | "module" | "run_time"; name: string; path: string; inside: string };

/**
 * Where following a name leads.
 *
 * `found`    `rest`: members of it that cannot be followed. `likely`: why it may be something else after all; null: the
 *            rules of binding alone say so
 * `missing`  everything it could come from was seen, and it is not there
 * `outside`  another package or the language has it
 * `unknown`  it may come from where nobody sees
 */
export type Outcome =
  | { is: "found"; target: Target; rest: readonly string[]; likely: string | null }
  | { is: "missing"; missing: Missing }
  | { is: "outside"; origin: string }
  | { is: "unknown"; why: string };

/** The one definition that two targets are compared by: it is the same in every tree where it stands at one place. */
export function targetKey(target: Target): string {
  if (target.is === "module") return target.file ?? `${target.folder}/`;
  if (target.is === "member") return `${target.path}::${target.shape.name}.${target.member.name}`;
  return `${target.path}::${target.binding.name}`;
}

/** The class, or the interface, that a target is, as `contents.classes` has it; null: it is none. */
export function classOf(target: Target): { path: string; name: string } | null {
  if (target.is === "definition" && (target.binding.kind === "class" || target.binding.kind === "type"))
    return { path: target.path, name: target.binding.name };
  return null;
}

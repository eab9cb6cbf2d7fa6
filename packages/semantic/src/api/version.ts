import type { Level } from "./rules.ts";

/** A version as semver has it; `pre` is "" for a release. One or two numbers are read as if zeros followed. */
export type Version = { major: number; minor: number; patch: number; pre: string };

/** How far a version must go. */
export type Need = "major" | "minor" | "patch" | "none";

/** null: it is none. */
export function versionOf(text: string): Version | null {
  const shape = /^v?(\d{1,9})(?:\.(\d{1,9})(?:\.(\d{1,9})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?)?)?$/;
  const found = shape.exec(text.trim());
  if (!found) return null;
  const [, major, minor = "0", patch = "0", pre = ""] = found;
  return { major: Number(major), minor: Number(minor), patch: Number(patch), pre };
}

/** What is unknown may be breaking. */
export function needOf(levels: Iterable<Level>): Need {
  const all = new Set(levels);
  if (all.has("breaking") || all.has("unknown")) return "major";
  return all.has("compatible") ? "minor" : all.has("documentation") ? "patch" : "none";
}

/** The least release that a change may have. Before 1.0.0 the second number is what the first is afterwards. */
export function nextVersion(base: Version, need: Need): string {
  const { major, minor, patch, pre } = base;
  const words = (...numbers: number[]) => numbers.join(".");
  if (need === "none") return `${words(major, minor, patch)}${pre === "" ? "" : `-${pre}`}`;
  if (prepares(base, need)) return words(major, minor, patch);
  if (need === "major") return major === 0 ? words(0, minor + 1, 0) : words(major + 1, 0, 0);
  return need === "minor" && major > 0 ? words(major, minor + 1, 0) : words(major, minor, patch + 1);
}

/** Whether one version goes as far beyond another as a change needs. */
export function isEnough(base: Version, head: Version, need: Need): boolean {
  if (need === "none") return compareVersions(head, base) >= 0;
  if (compareVersions(head, base) <= 0) return false;
  if (prepares(base, need)) return true;
  if (head.major !== base.major) return true;
  if (need === "major") return base.major === 0 && head.minor !== base.minor;
  return need !== "minor" || base.major === 0 || head.minor !== base.minor;
}

/** A pre-release of a version that goes so far by itself has promised nothing yet. */
function prepares({ major, minor, patch, pre }: Version, need: Need): boolean {
  if (pre === "") return false;
  if (need === "patch") return true;
  if (patch !== 0) return major === 0 && need === "minor";
  return need === "minor" || minor === 0 || major === 0;
}

/** Below 0: the first comes first. */
export function compareVersions(one: Version, other: Version): number {
  const numbers = one.major - other.major || one.minor - other.minor || one.patch - other.patch;
  if (numbers !== 0 || one.pre === other.pre) return numbers;
  if (one.pre === "" || other.pre === "") return one.pre === "" ? 1 : -1;
  const [left, right] = [one.pre.split("."), other.pre.split(".")];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const order = compareParts(left[at], right[at]);
    if (order !== 0) return order;
  }
  return 0;
}

/** A part that is a number comes before one that is a word, and nothing before both. */
function compareParts(one: string | undefined, other: string | undefined): number {
  if (one === other) return 0;
  if (one === undefined || other === undefined) return one === undefined ? -1 : 1;
  const [left, right] = [/^\d+$/.test(one), /^\d+$/.test(other)];
  if (left && right) return Number(one) - Number(other);
  if (left !== right) return left ? -1 : 1;
  return one < other ? -1 : 1;
}

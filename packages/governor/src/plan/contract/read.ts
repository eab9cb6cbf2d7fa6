import { createHash } from "node:crypto";
import { lstatSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { canonical } from "@dgov/kernel";
import { claimOf } from "../../claim_text.ts";
import type { Place } from "../../error.ts";
import { check, decode, parseToml, type Toml } from "../../toml.ts";
import type { KeyPath } from "../../toml_place.ts";
import { CONTRACT_VERSION, ContractFile } from "./file.ts";

/** A contract, read. What it says of files was looked up; nothing of it has been judged. */
export type ContractSource = {
  toml: Toml;
  table: ContractFile;
  hash: string; // sha-256 (hex) of all it says but `dispatch`, so that other prompts leave it as it is
  files: ReadonlyMap<string, FileFact | null>; // by path as written; null: there is no such file in the repository
  linked: ReadonlySet<string>; // see `linkKey`
};

/** `bytes` and `sha256` (hex) of the whole file. */
export type FileFact = { bytes: number; sha256: string };

/** Larger files are looked at by nobody: a source that a plan rests on is a text. */
const FILE_MAX_BYTES = 64 * 1024 * 1024;

/**
 * Reads `_contract.toml`.
 *
 * @param file how findings name it
 * @returns the contract, or null and every place that is wrong with it
 */
export function readContract(
  root: string,
  bytes: Uint8Array,
  file: string,
): { contract: ContractSource | null; places: Place[] } {
  const { toml, places } = parseToml(bytes, file);
  if (toml === null) return { contract: null, places };
  const { version } = toml.value;
  if (typeof version === "number" && version > CONTRACT_VERSION) {
    const message = `Cannot read the contract: it is of version ${version}, and this dgov reads up to ${CONTRACT_VERSION}; use a newer dgov`;
    return { contract: null, places: [faultAt(toml, ["version"], { code: "contract_version", message })] };
  }
  const checked = check(ContractFile, { toml, path: [] });
  if (checked.value === null) return { contract: null, places: checked.places };
  const { dispatch: _told, ...promised } = checked.value;
  const { sources, readiness } = checked.value;
  const wanted = [
    ...Object.values(sources).map(({ path }) => path),
    ...Object.values(readiness).flatMap(({ documents, links }) => [
      ...documents,
      ...links.flatMap(({ from, to }) => [from, to]),
    ]),
  ];
  const files = new Map([...new Set(wanted)].map((path) => [path, factOf(root, path)]));
  const links = Object.values(readiness).flatMap((one) => one.links);
  const contract: ContractSource = {
    toml,
    table: checked.value,
    hash: createHash("sha256").update(canonical(promised)).digest("hex"),
    files,
    linked: new Set(links.filter((link) => isLinked(root, link)).map(linkKey)),
  };
  return { contract, places: [] };
}

/** An error at a key of a contract. */
export function faultAt(
  { file, at }: Toml,
  path: KeyPath,
  { code, message }: { code: string; message: string },
): Place {
  return { severity: "error", code, message, file, ...at(path), unit: null };
}

export const linkKey = ({ from, to }: { from: string; to: string }): string => `${from}\0${to}`;

function factOf(root: string, path: string): FileFact | null {
  const bytes = bytesAt(root, path);
  return bytes && { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** A link could lead anywhere, and what it leads to is no file of the repository. */
function bytesAt(root: string, path: string): Uint8Array | null {
  const claim = claimOf(path);
  if (claim?.kind !== "path" || claim.symbol !== null) return null;
  const full = join(root, claim.path);
  const found = lstatSync(full, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size > FILE_MAX_BYTES) return null;
  return realpathSync(dirname(full)) === join(realpathSync(root), dirname(claim.path)) ? readFileSync(full) : null;
}

/** Whether a Markdown document has an inline link or a reference to a file. */
function isLinked(root: string, { from, to }: { from: string; to: string }): boolean {
  const bytes = bytesAt(root, from);
  const text = bytes && decode(bytes);
  if (text === null) return false;
  const targets = [...text.matchAll(/\]\(\s*<?([^()<>\s#]+)|^\s*\[[^\]]+\]:\s*<?([^<>\s#]+)/gm)];
  return targets.some(([, inline, reference]) => {
    const target = inline ?? reference ?? "";
    return join(dirname(from), target) === join(to) || (target.startsWith("/") && join(target.slice(1)) === join(to));
  });
}

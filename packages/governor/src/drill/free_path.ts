import { isReserved } from "@dgov/sandbox/claim";
import { fnmatch } from "@dgov/sandbox/fnmatch";
import { ignoreRule } from "../ignore.ts";
import type { Facts } from "./drill.ts";

/** A path that a task of this project may create; null: its rules leave none that is known here. */
export function freePath({ project, paths }: Pick<Facts, "project" | "paths">, name: string): string | null {
  const { scope } = project.rules;
  const ignored = ignoreRule(scope.ignore);
  const { src_dir } = project.layout;
  const taken = new Set(paths);
  const folders = [...(src_dir === "." ? [] : [src_dir]), ".", ...scope.allow.map(folderIn)];
  const wanted = [
    ...folders.map((folder) => (folder === "." ? name : `${folder}/${name}`)),
    ...scope.allow.map(sampleOf),
  ];
  return (
    wanted.find(
      (path) =>
        !(taken.has(path) || ignored(path) || isReserved(path)) &&
        !scope.deny.some((pattern) => fnmatch(pattern, path)) &&
        (scope.allow.length === 0 || scope.allow.some((pattern) => fnmatch(pattern, path))),
    ) ?? null
  );
}

/** A path that a pattern is meant for, as far as that can be told by filling in its wild parts. */
export function sampleOf(pattern: string): string {
  const filled = pattern
    .replace(/\[([^\]!])[^\]]*\]/g, "$1")
    .replace(/\*+/g, "dgov_drill")
    .replaceAll("?", "x");
  return filled.endsWith("/") ? `${filled}dgov_drill.txt` : filled;
}

const folderIn = (pattern: string): string => {
  const parts = pattern.split("/");
  const wild = parts.findIndex((part) => /[*?[]/.test(part));
  return parts.slice(0, wild < 0 ? -1 : wild).join("/") || ".";
};

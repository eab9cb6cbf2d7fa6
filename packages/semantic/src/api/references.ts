import { posix } from "node:path";

/**
 * The file that a reference names, seen from the file that it stands in; "" for the same one. null: it is not in the
 * repository, and nobody goes and gets it.
 */
export function referredFile(from: string, ref: string): string | null {
  const [file = ""] = ref.split("#");
  if (file === "") return from;
  if (/^[a-z][a-z0-9+.-]*:|^\/|\\/i.test(file)) return null;
  const decoded = decodedUri(file);
  const path = decoded === null ? ".." : posix.join(posix.dirname(from), decoded);
  return path.startsWith("../") || path === ".." ? null : path;
}

/** The keys on the way that the part of a reference behind its "#" says; null: it names no such way. */
export function pointerOf(ref: string): readonly string[] | null {
  const at = ref.indexOf("#");
  const fragment = at < 0 ? "" : decodedUri(ref.slice(at + 1));
  if (fragment === "") return [];
  if (!fragment?.startsWith("/")) return null;
  return fragment
    .slice(1)
    .split("/")
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

export const escaped = (token: string): string => token.replaceAll("~", "~0").replaceAll("/", "~1");

function decodedUri(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return null; // a stray "%" names nothing
    throw error;
  }
}

/**
 * Files beside a text that it seems to refer to, without reading it. One that is missed, for it was spelled in an unusual
 * way, is told to be missing when it is read.
 */
export function filesNamedIn(path: string, text: string): string[] {
  const named = new Set<string>();
  for (const [, quoted, plain] of text.matchAll(/\$ref["']?\s*:\s*(?:["']([^"'#\n]+)|([^"'#\s,}]+))/g)) {
    const file = referredFile(path, quoted ?? plain ?? "");
    if (file !== null && file !== path) named.add(file);
  }
  return [...named];
}

import { fenced } from "@dgov/worker";

/** Words of others, as material. */
export const fencedText = (text: string): string => fenced(text.trim());

const SLUG_CHARS = 50;

/** A name made of words: `"Add a limit!"` is `add-a-limit`; `plan` where nothing is left of them. */
export function slugOf(text: string): string {
  const slug = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, SLUG_CHARS)
    .replace(/^-+|-+$/g, "");
  return slug === "" ? "plan" : slug;
}

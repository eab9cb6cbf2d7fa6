import { type AnyJson, type JsonMap, stringify } from "@iarna/toml";

/**
 * A value as TOML that every reader takes. The writer escapes only the first control character of a text, and none when
 * it chooses single quotes; so those characters pass through it in disguise, with a quote that rules out that choice.
 */
export function writeToml(value: JsonMap): string {
  return stringify(disguiseMap(value)).replaceAll(NO_SINGLE_QUOTES, "").replaceAll(ESCAPE, "\\u");
}

// Two code points that are no characters: texts may not have them, and where one does it is disguised as well.
const ESCAPE = "\ufdd0";
const NO_SINGLE_QUOTES = "\ufdd1'";
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const BARE = /[\0-\x08\x0b-\x1f\x7f\ufdd0\ufdd1]/g;

function disguise(value: AnyJson): AnyJson {
  if (typeof value === "string") {
    const text = value.replace(BARE, (char) => ESCAPE + char.charCodeAt(0).toString(16).padStart(4, "0"));
    return text === value ? value : text + NO_SINGLE_QUOTES;
  }
  if (Array.isArray(value)) return value.map(disguise);
  return isMap(value) ? disguiseMap(value) : value;
}

const disguiseMap = (map: JsonMap): JsonMap =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, disguise(value)]));

const isMap = (value: AnyJson): value is JsonMap =>
  typeof value === "object" && value !== null && !(value instanceof Date) && !Array.isArray(value);

/** A value that was given away by name, and must not stand in anything that is kept. */
export type Secret = { name: string; value: string };

/** Shorter ones are words that stand everywhere, and no keys. */
const LEAST_CHARS = 8;

/** A text with the name of each secret in its place, the longest first, so that none is left half. */
export function withoutSecrets(text: string, secrets: readonly Secret[]): string {
  const values = secrets.filter(({ value }) => value.length >= LEAST_CHARS);
  return values
    .toSorted((one, other) => other.value.length - one.value.length)
    .reduce((rest, { name, value }) => rest.replaceAll(value, () => `[${name}]`), text);
}

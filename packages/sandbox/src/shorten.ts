/** A text of at most `max_chars` characters: head and tail are kept, and the middle says how much of it is left out. */
export function shorten(text: string, max_chars: number): string {
  if (text.length <= max_chars) return text;
  const note = (n: number) => `\n[${n} characters omitted]\n`;
  const room = max_chars - note(text.length).length;
  const head = Math.ceil(room / 2);
  const tail = Math.floor(room / 2);
  const whole = `${text.slice(0, head)}${note(text.length - room)}${text.slice(text.length - tail)}`;
  return whole.toWellFormed();
}

/** What keys, tokens and passwords look like, each behind what stands in every text that has one: most have none. */
const SECRETS: readonly (readonly [hint: string, secret: RegExp])[] = [
  ["PRIVATE KEY", /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g],
  ["k-", /\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}/g],
  ["", /\b(?:ghp|gho|ghs|ghu|ghr|github_pat|glpat|xox[abprs])[-_][A-Za-z0-9_-]{16,}/g],
  ["AKIA", /\bAKIA[0-9A-Z]{16}\b/g],
  ["AIza", /\bAIza[0-9A-Za-z_-]{30,}/g],
  ["eyJ", /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}/g],
  ["earer", /(?<=\b[Bb]earer\s+)[A-Za-z0-9._~+/-]{16,}/g],
];
const IN_ADDRESS = /(?<=:\/\/[^/\s:@]+:)[^@\s/]+(?=@)/g;

/** What stands behind such a name. It looks back from each character, so it is tried only where there is a name. */
const NAME = /api[_-]?key|secret|token|passwd|password/i;
const NAMED = /(?<=(?:api[_-]?key|secret|token|passwd|password)\\?["']?\s*[:=]\s*\\?["']?)[^\s"'\\,;]{8,}/gi;

export function withoutSecrets(text: string): string {
  let rest = text;
  for (const [hint, secret] of SECRETS) if (rest.includes(hint)) rest = rest.replace(secret, REDACTED);
  if (NAME.test(text)) rest = rest.replace(NAMED, REDACTED);
  return rest.includes("://") ? rest.replace(IN_ADDRESS, REDACTED) : rest;
}
const REDACTED = "[redacted]";

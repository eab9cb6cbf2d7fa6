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

/** What keys, tokens and passwords look like. */
const SECRETS: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}/g,
  /\b(?:ghp|gho|ghs|ghu|ghr|github_pat|glpat|xox[abprs])[-_][A-Za-z0-9_-]{16,}/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\bAIza[0-9A-Za-z_-]{30,}/g,
  /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}/g,
  /(?<=\b[Bb]earer\s+)[A-Za-z0-9._~+/-]{16,}/g,
  /(?<=:\/\/[^/\s:@]+:)[^@\s/]+(?=@)/g,
];

/** What stands behind such a name. It looks back from each character, so it is tried only where there is a name. */
const NAME = /api[_-]?key|secret|token|passwd|password/i;
const NAMED = /(?<=(?:api[_-]?key|secret|token|passwd|password)\\?["']?\s*[:=]\s*\\?["']?)[^\s"'\\,;]{8,}/gi;
const ALL = SECRETS.toSpliced(-1, 0, NAMED);

export function withoutSecrets(text: string): string {
  return (NAME.test(text) ? ALL : SECRETS).reduce((rest, secret) => rest.replace(secret, "[redacted]"), text);
}

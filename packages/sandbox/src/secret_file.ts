/** Names under which people keep secrets: such a file is read only when the plan claims it by name. */
const SECRET_NAMES = [
  /^\.env(\..+)?$/,
  /^\.netrc$/,
  /^\.pypirc$/,
  /^\.git-credentials$/,
  /^id_(rsa|dsa|ecdsa|ed25519)$/,
  /\.(pem|p12|pfx)$/,
];
const HARMLESS = /\.(example|sample|template|dist)$/;

export function isSecretFile(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  return !HARMLESS.test(name) && SECRET_NAMES.some((pattern) => pattern.test(name));
}

/** The same for a search of many files. Git knows no exception to an exception, so the examples are left out too. */
export const SECRET_PATHSPECS = [
  ".env",
  ".env.*",
  ".netrc",
  ".pypirc",
  ".git-credentials",
  "id_rsa",
  "id_dsa",
  "id_ecdsa",
  "id_ed25519",
  "*.pem",
  "*.p12",
  "*.pfx",
].map((name) => `:(exclude,icase,glob)**/${name}`);

import { covers } from "./claim.ts";
import type { Scope } from "./tool.ts";

/** Names under which people keep secrets, in lower case: such a file is read only when the plan claims it by name. */
const SECRET_NAMES = [
  ".env",
  ".env.*",
  ".envrc",
  ".netrc",
  ".npmrc",
  ".pypirc",
  ".pgpass",
  ".git-credentials",
  ".htpasswd",
  "credentials",
  "credentials.json",
  "client_secret*.json",
  "service-account*.json",
  "service_account*.json",
  "kubeconfig",
  "*.kubeconfig",
  "id_rsa",
  "id_dsa",
  "id_ecdsa",
  "id_ed25519",
  "id_*_sk",
  "*.pem",
  "*.key",
  "*.p12",
  "*.pfx",
  "*.jks",
  "*.ppk",
  "*.kdbx",
  "*.tfstate",
];
/** Where a name says nothing, its folder does: `.kube/config`, `.docker/config.json`, `.aws/config`, `.ssh/…`. */
const SECRET_PLACES = /(?:^|\/)(?:\.kube\/config|\.docker\/config\.json|\.aws\/[^/]+|\.ssh\/[^/]+|\.gnupg\/.+)$/;
const HARMLESS = /\.(example|sample|template|dist|defaults?)$|\.pub$/;

const asPattern = (name: string) => new RegExp(`^${name.replace(/[.]/g, "\\.").replaceAll("*", ".*")}$`);
const SECRET_NAME = new RegExp(SECRET_NAMES.map((name) => asPattern(name).source).join("|"));

export function isSecretFile(path: string): boolean {
  const lower = path.toLowerCase();
  const name = lower.slice(lower.lastIndexOf("/") + 1);
  return !HARMLESS.test(name) && (SECRET_NAME.test(name) || SECRET_PLACES.test(lower));
}

/** Whether such a file is kept from a task, because it does not claim it by name. A folder or a pattern is no name. */
export const isKeptSecret = (scope: Pick<Scope, "read" | "write">, path: string): boolean =>
  isSecretFile(path) && !claimsByName(scope, path);

export const claimsByName = ({ read, write }: Pick<Scope, "read" | "write">, path: string): boolean =>
  [...read, ...write].some((claim) => claim.path === path || (claim.kind === "path" && covers(claim, path)));

const EXACT = SECRET_NAMES.filter((name) => !name.includes("*"));

/** Whether a shell's pattern is meant for such a file: it spells a part of the name, as `.en?`, `.*v` and `id_*` do. */
export function couldBeSecret(pattern: string): boolean {
  const name = pattern.slice(pattern.lastIndexOf("/") + 1).toLowerCase();
  const [head = ""] = name.split(/[*?[{]/);
  const tail = /[^*?\]}]*$/.exec(name)?.[0] ?? "";
  if (head === "" || head.length + tail.length < 2) return false; // without a head it fits no name with a dot in front
  const source = name
    .replace(/[.\\^$+()|]/g, "\\$&")
    .replace(/\[[^\]]*\]|\{[^}]*\}|\?/g, "[^/]")
    .replace(/\*/g, "[^/]*");
  return (
    /^[^[{}\]]*(\[\^\/\][^[{}\]]*)*$/.test(source) && EXACT.some((secret) => new RegExp(`^${source}$`).test(secret))
  );
}

/** The same for a search of many files. Git knows no exception to an exception, so the examples are left out too. */
export const SECRET_PATHSPECS = [...SECRET_NAMES, ".kube/config", ".docker/config.json", ".aws/*", ".ssh/*"].map(
  (name) => `:(exclude,icase,glob)**/${name}`,
);

import { timingSafeEqual } from "node:crypto";

/** Why a request is not answered: its status, and one sentence. */
export type Refused = { status: 401 | 403 | 404 | 405 | 413 | 415 | 421; why: string };

/** The most that somebody may send. */
export const BODY_MAX = 65_536;

/**
 * Who may ask for anything at all. The page is this machine's: a name that a stranger's DNS points here (rebinding) stands in
 * `Host`, and a stranger's page that reaches for us stands in `Origin` or `Sec-Fetch-Site`.
 */
export function refuseStranger(headers: Headers, port: number): Refused | null {
  const own = ["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${port}`);
  const host = headers.get("host")?.toLowerCase() ?? "";
  if (!own.includes(host))
    return { status: 421, why: `Cannot answer for "${host.slice(0, 100)}": this page is served to 127.0.0.1 alone` };
  const origin = headers.get("origin");
  if (origin !== null && !own.some((name) => origin === `http://${name}`))
    return { status: 403, why: "Cannot answer another page" };
  return null;
}

/** Who may change something: whoever has the token that was printed when the server began. */
export function refuseChange(request: Request, token: string): Refused | null {
  const given = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  if (!isSame(given, token))
    return { status: 401, why: "Cannot change anything without the token: open the address that dgov serve printed" };
  if (request.headers.get("content-type")?.split(";")[0] !== "application/json")
    return { status: 415, why: "Cannot read it: it must be application/json" };
  return null;
}

/** In a time that says nothing of where they differ. */
function isSame(given: string, token: string): boolean {
  const [one, other] = [given, token].map((text) => new Bun.CryptoHasher("sha256").update(text).digest());
  return one !== undefined && other !== undefined && timingSafeEqual(one, other);
}

/** What every answer says: nothing but our own files may be loaded, framed or read by others, and nothing is kept. */
export const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

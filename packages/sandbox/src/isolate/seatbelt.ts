import { dirname } from "node:path";
import type { Place } from "./landlock.ts";
import type { Readable } from "./readable.ts";

/**
 * What the profile of one isolated process is made from. Paths are real ones: the kernel judges what a path leads to.
 *
 * `places`     may be written; a folder with all in it
 * `read_only`  lies in places and may not be written all the same: what git keeps
 * `port`       the proxy's, on this machine's loopback; null: `network` says all
 */
export type SeatbeltOrder = {
  places: readonly Place[];
  read_only: readonly string[];
  readable: Pick<Readable, "places" | "links" | "hidden"> | "all";
  network: "none" | "open";
  port: number | null;
};

/** Apple's own, which has been called deprecated for ten years and is what everybody uses. */
export const SANDBOX_EXEC = "/usr/bin/sandbox-exec";

/** Programs, libraries and settings of macOS itself, and where people's tools are: nobody's home and no keys. */
const SYSTEM = [
  ...["/System", "/usr", "/bin", "/sbin", "/Library/Apple", "/Library/Frameworks", "/Library/Developer"],
  ...["/Library/Java", "/Applications/Xcode.app", "/opt/homebrew", "/opt/local", "/private/var/select"],
  ...["/private/var/db/dyld", "/private/var/db/timezone", "/private/var/db/xcode_select_link"],
];
const SYSTEM_FILES = [
  "/",
  "/private/etc/localtime",
  "/private/etc/passwd",
  "/private/etc/group",
  "/private/etc/shells",
];
const SYSTEM_LINKS = ["/tmp", "/var", "/etc", "/private/var/db"];
const DEVICES = [...["/dev/null", "/dev/zero", "/dev/random", "/dev/urandom"].map(file), folder("/dev/fd")];

/** What names of users and the C library's messages are asked of. None of them keeps a secret or starts a program. */
const SERVICES = ["com.apple.system.opendirectoryd.libinfo", "com.apple.system.notification_center"];
/** Who checks certificates and resolves names, for a process that has some network. */
const NETWORK_SERVICES = ["com.apple.trustd", "com.apple.trustd.agent", "com.apple.SystemConfiguration.configd"];

/**
 * The profile that `sandbox-exec` takes: everything is refused but what is written here, and of two rules that match the
 * later one decides. It was never run where it was written; its tests evaluate it as text. See docs/threat-model.md.
 *
 * @throws Error for a path that cannot be written in a profile
 */
export function seatbeltProfile(written: SeatbeltOrder): string {
  const order = asTheKernelKnows(written);
  return [
    "(version 1)",
    "(deny default)",
    "(allow process-exec process-fork)",
    "(allow signal (target same-sandbox))",
    "(allow process-info* (target same-sandbox))",
    "(allow sysctl-read)",
    `(allow mach-lookup ${SERVICES.map((name) => `(global-name ${quoted(name)})`).join(" ")})`,
    "(allow ipc-posix-sem)",
    ...reading(order),
    ...writing(order),
    ...networking(order),
    "",
  ].join("\n");
}

function reading({ readable, places, read_only }: SeatbeltOrder): string[] {
  const devices = rule("allow", "file-read* file-ioctl", DEVICES);
  if (readable === "all") return ["(allow file-read*)", ...devices];
  const system = [...SYSTEM.map(folder), ...SYSTEM_FILES.map(file)];
  const given = [...system, ...readable.places, ...places, ...read_only.map(folder)];
  const above = [...new Set(given.flatMap(({ path }) => ancestors(path)))].map(file);
  const links = [...SYSTEM_LINKS, ...readable.links.map(({ path }) => path)].map(file);
  return [
    ...rule("allow", "file-read*", given),
    ...rule("allow", "file-read-metadata", [...above, ...links]),
    ...rule("deny", "file-read*", readable.hidden),
    ...devices,
  ];
}

/** What git keeps comes last: it lies in places that may be written. A link to another file is no way out of them. */
function writing({ places, read_only }: SeatbeltOrder): string[] {
  return [
    ...rule("allow", "file-write*", places),
    ...rule("allow", "file-write-data", DEVICES),
    ...rule("deny", "file-write*", read_only.map(folder)),
    "(deny file-write-setugid)",
  ];
}

/** Local sockets are never opened by a rule for addresses: they lead to services that nobody has confined. */
function networking({ network, port }: SeatbeltOrder): string[] {
  if (port === null && network === "none") return [];
  const services = `(allow mach-lookup ${NETWORK_SERVICES.map((name) => `(global-name ${quoted(name)})`).join(" ")})`;
  if (port !== null) return [services, `(allow network-outbound (remote ip "localhost:${port}"))`];
  return [
    services,
    "(allow system-socket)",
    '(allow network-outbound (remote ip "*:*") (literal "/private/var/run/mDNSResponder"))',
    '(allow network-bind network-inbound (local ip "*:*"))',
  ];
}

function file(path: string): Place {
  return { kind: "file", path };
}

function folder(path: string): Place {
  return { kind: "directory", path };
}

/** A rule without a place would be one for all of them, so then there is none. */
function rule(verdict: "allow" | "deny", operations: string, places: readonly Place[]): string[] {
  if (places.length === 0) return [];
  const filters = places.map(({ kind, path }) => `(${kind === "file" ? "literal" : "subpath"} ${quoted(path)})`);
  return [`(${verdict} ${operations}\n  ${[...new Set(filters)].join("\n  ")})`];
}

/** These three are links on every macOS, and the kernel knows only where they lead. */
const real = (path: string): string => (/^\/(tmp|var|etc)(\/|$)/.test(path) ? `/private${path}` : path);
const realPlaces = (places: readonly Place[]) => places.map(({ kind, path }) => ({ kind, path: real(path) }));

function asTheKernelKnows({ places, read_only, readable, ...rest }: SeatbeltOrder): SeatbeltOrder {
  const readableThere =
    readable === "all"
      ? readable
      : { places: realPlaces(readable.places), hidden: realPlaces(readable.hidden), links: readable.links };
  return { ...rest, places: realPlaces(places), read_only: read_only.map(real), readable: readableThere };
}

const ancestors = (path: string): string[] => (path === "/" ? [] : [dirname(path), ...ancestors(dirname(path))]);

function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what a profile cannot hold
  if (/[\u0000-\u001f\u007f]/.test(text))
    throw new Error(`Cannot confine a process: the path ${JSON.stringify(text)} has control characters; rename it`);
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

import { address, type Libc, SyscallError } from "./libc.ts";

/** A place that may be written or read. A file is granted by itself; a folder with all in it. */
export type Place = { kind: "file" | "directory"; path: string };

const EXECUTE = 1n << 0n;
const WRITE_FILE = 1n << 1n;
const READ_FILE = 1n << 2n;
const READ_DIR = 1n << 3n;
const MAKE_CHAR = 1n << 6n;
const MAKE_BLOCK = 1n << 11n;
const TRUNCATE = 1n << 14n;
const IOCTL_DEV = 1n << 15n;
const READING = EXECUTE | READ_FILE | READ_DIR;

const VERSION_FLAG = 1;
const RULE_PATH_BENEATH = 1;
const O_PATH_CLOEXEC = 0o12000000;

/** Harmless devices. `/dev/tty` is not among them: the process has no terminal, and a tool may not find one. */
const DEVICES = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/** The kernel's Landlock version; 0: it has none, or it was not turned on. */
export function landlockAbi(libc: Libc): number {
  return Math.max(0, libc.syscall("landlock_create_ruleset", 0, 0, VERSION_FLAG));
}

/** `readable`: what may be read besides what may be written; "all": reading is not restricted. */
export type LandlockOrder = { places: readonly Place[]; readable: readonly Place[] | "all"; network: boolean };

/**
 * From here on this thread, and whatever it starts, writes only in `places`, reads only there and in what is `readable`,
 * and (as far as the version goes) opens no TCP connection, and signals or traces nobody outside. There is no way back.
 * Needs no_new_privs.
 *
 * @throws SyscallError when the kernel refuses any part: a jail with a hole is no jail
 */
export function restrictFiles(libc: Libc, { places, readable, network }: LandlockOrder): void {
  const abi = landlockAbi(libc);
  const handled = handledRights(abi) & ~(readable === "all" ? READING : 0n);
  const net = abi >= 4 && !network ? 3n : 0n;
  const attributes = new BigUint64Array([handled, net, abi >= 6 ? 3n : 0n]);
  const size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
  const ruleset = libc.syscall("landlock_create_ruleset", address(attributes), size, 0);
  if (ruleset < 0) throw new SyscallError("make a Landlock ruleset", libc.errno());
  const grant = (path: string, rights: bigint) => allow(libc, ruleset, path, rights & handled);
  const fileRights = EXECUTE | READ_FILE | WRITE_FILE | TRUNCATE | IOCTL_DEV;
  const folderRights = handled & ~(MAKE_CHAR | MAKE_BLOCK | IOCTL_DEV); // a device made here would be a door to the disk
  for (const { kind, path } of places) grant(path, kind === "file" ? fileRights : folderRights);
  for (const path of DEVICES) grant(path, fileRights);
  if (readable !== "all") {
    for (const { kind, path } of readable) grant(path, kind === "file" ? EXECUTE | READ_FILE : READING);
    grant("/proc", READ_FILE | READ_DIR); // whole: run times need their own part, whose name nobody knows beforehand
  }
  if (libc.syscall("landlock_restrict_self", ruleset, 0) < 0) throw new SyscallError("enter Landlock", libc.errno());
  libc.syscall("close", ruleset);
}

/** All rights that the version knows. */
function handledRights(abi: number): bigint {
  const bits = abi >= 5 ? 16n : abi >= 3 ? 15n : abi >= 2 ? 14n : 13n;
  return (1n << bits) - 1n;
}

function allow(libc: Libc, ruleset: number, path: string, rights: bigint): void {
  const place = libc.open(path, O_PATH_CLOEXEC);
  if (place < 0) throw new SyscallError(`grant "${path}"`, libc.errno());
  const rule = new DataView(new ArrayBuffer(12));
  rule.setBigUint64(0, rights, true);
  rule.setInt32(8, place, true);
  const answer = libc.syscall("landlock_add_rule", ruleset, RULE_PATH_BENEATH, address(rule), 0);
  const errno = libc.errno();
  libc.syscall("close", place);
  if (answer < 0) throw new SyscallError(`grant "${path}"`, errno);
}

import { dlopen, FFIType, type Pointer, ptr, read } from "bun:ffi";
import type { Facts } from "../facts.ts";
import { type Stamped, Statx } from "./statx.ts";
import { type Machine, type SyscallName, syscallNumber, thisMachine } from "./syscalls.ts";

const SYMBOLS = {
  syscall: { args: Array.from({ length: 7 }, () => FFIType.i64), returns: FFIType.i64 },
  prctl: { args: [FFIType.i32, FFIType.u64, FFIType.u64, FFIType.u64, FFIType.u64], returns: FFIType.i32 },
  open: { args: [FFIType.ptr, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
  openat: { args: [FFIType.i32, FFIType.ptr, FFIType.i32, FFIType.i32], returns: FFIType.i32 },
  execve: { args: [FFIType.ptr, FFIType.ptr, FFIType.ptr], returns: FFIType.i32 },
  signal: { args: [FFIType.i32, FFIType.u64], returns: FFIType.u64 },
  __errno_location: { args: [], returns: FFIType.ptr },
} as const;

/** glibc, then the names under which musl stands on the two machines. */
const NAMES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1"];

/** A system call of the jail that failed. `errno` is the kernel's number. */
export class SyscallError extends Error {
  override name = "SyscallError";
  readonly errno: number;
  constructor(what: string, errno: number) {
    super(`Cannot ${what}: the kernel answered errno ${errno}`);
    this.errno = errno;
  }
}

/** The few calls of the C library that Bun has no name for. Opened once a process, when first needed: it costs 2 ms. */
export type Libc = {
  syscall(name: SyscallName, ...args: readonly (number | bigint)[]): number; // -1: failed, see `errno`
  prctl(option: number, value: number): number;
  open(path: string, flags: number): number;
  openAt(folder: number, name: string, flags: number): number; // -1: failed; is not inherited
  lookAt(folder: number, name: string): Facts | null; // a link is not followed; null: failed
  stampAt(folder: number, name: string): Stamped | null; // the same, of a name with one character a byte
  execve(path: string, argv: readonly string[], env: readonly string[]): never;
  defaultSignal(signal: number): void;
  errno(): number;
};

export function openLibc(): Libc {
  if (process.platform !== "linux") return NO_CALLS;
  const { symbols } = load();
  const machine = thisMachine(process.arch);
  const errno = () => read.i32(symbols.__errno_location() ?? fail(), 0);
  return {
    errno,
    syscall(name, ...args) {
      const number = syscallNumber(name, machine);
      if (number === null) throw new Error(`Cannot call "${name}": this machine has no such call`);
      const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
      return Number(symbols.syscall(BigInt(number), BigInt(a), BigInt(b), BigInt(c), BigInt(d), BigInt(e), BigInt(f)));
    },
    prctl: (option, value) => symbols.prctl(option, BigInt(value), 0n, 0n, 0n),
    open: (path, flags) => symbols.open(ptr(text(path)), flags, 0),
    ...namedCalls(symbols, machine),
    execve(path, argv, env) {
      const words = { argv: vector(argv), env: vector(env) }; // held here until the kernel has copied them
      symbols.execve(ptr(text(path)), ptr(words.argv.list), ptr(words.env.list));
      throw new SyscallError(`start "${path}"`, errno());
    },
    defaultSignal: (signal) => void symbols.signal(signal, 0n),
  };
}

const ENOSYS = 38;

/** These are Linux's calls: elsewhere each answers as on a kernel that is too old for it. */
const NO_CALLS: Libc = {
  syscall: () => -1,
  prctl: () => -1,
  open: () => -1,
  openAt: () => -1,
  lookAt: () => null,
  stampAt: () => null,
  execve(path) {
    throw new SyscallError(`start "${path}"`, ENOSYS);
  },
  defaultSignal: () => {},
  errno: () => ENOSYS,
};

/** The address of bytes, for a call that takes it as a number. The caller keeps the bytes alive until the call is done. */
export const address = (bytes: NodeJS.ArrayBufferView): Pointer => ptr(bytes);

type Symbols = ReturnType<typeof load>["symbols"];

function load() {
  for (const name of NAMES) {
    try {
      return dlopen(name, SYMBOLS);
    } catch {} // the next name: which one there is, is the only question
  }
  throw new Error(`Cannot isolate: no C library under the names ${NAMES.map((name) => `"${name}"`).join(", ")}`);
}

const fail = (): never => {
  throw new Error("Cannot read errno: the C library gave no address");
};
const text = (value: string) => Buffer.from(`${value}\0`);

const O_CLOEXEC = 0o2_000_000; // on both machines
const NAME_MAX_BYTES = 4096;

/** Asked thousands of times a second: each name is written to the same bytes, and each answer comes in the same. */
function namedCalls({ openat, syscall }: Symbols, machine: Machine): Pick<Libc, "openAt" | "lookAt" | "stampAt"> {
  const [bytes, stat] = [Buffer.alloc(NAME_MAX_BYTES), new Statx()];
  const [at, into] = [ptr(bytes), ptr(stat.bytes)];
  const statx = syscallNumber("statx", machine) ?? fail();
  const spell = (name: string, encoding: "utf8" | "latin1"): boolean => {
    if (name.length * UTF8_MAX_BYTES >= bytes.length || name.includes("\0")) return false;
    bytes[bytes.write(name, encoding)] = 0;
    return true;
  };
  const isSeen = (folder: number) => syscall(statx, folder, at, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, into, 0) === 0n;
  return {
    openAt: (folder, name, flags) => (spell(name, "utf8") ? openat(folder, at, flags | O_CLOEXEC, 0) : -1),
    lookAt: (folder, name) => (spell(name, "utf8") && isSeen(folder) ? stat.facts() : null),
    stampAt: (folder, name) => (spell(name, "latin1") && isSeen(folder) ? stat.stamped() : null),
  };
}
const AT_SYMLINK_NOFOLLOW = 0x100;
const STATX_BASIC_STATS = 0x7ff;
const UTF8_MAX_BYTES = 3; // of one unit of UTF-16

/** A null-ended list of addresses, and what it points to, which must live as long. */
function vector(values: readonly string[]): { list: BigUint64Array; texts: Buffer[] } {
  const texts = values.map(text);
  return { list: new BigUint64Array([...texts.map((bytes) => BigInt(ptr(bytes))), 0n]), texts };
}

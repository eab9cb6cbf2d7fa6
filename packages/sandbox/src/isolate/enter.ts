import { readFileSync } from "node:fs";
import { mostOf, TASKS_KEPT, tasksFor } from "./ceiling.ts";
import type { ResourceLimits } from "./confinement.ts";
import { holdScore, type KernelFiles, keepOnly } from "./kernel_limits.ts";
import { landlockAbi, type Place, restrictFiles } from "./landlock.ts";
import { address, type Libc, openLibc, SyscallError } from "./libc.ts";
import { type DoorOrder, handOutDoor } from "./proxy_door.ts";
import { type Filter, seccompFilter } from "./seccomp.ts";
import { thisMachine } from "./syscalls.ts";
import { readFrameSync } from "./wire.ts";

/**
 * The first frame on the standard input of a process that is about to be isolated. It comes from the governor alone.
 *
 * `argv`      what takes its place once it is restricted: this program again, as the server
 * `readable`  what may be read besides the places; "all" also where bubblewrap shows no more than may be read
 * `landlock`  whether it is the wall ("required") or a second one behind bubblewrap's ("if_there")
 * `door`      the way to the proxy, where the network is a list of hosts
 * `files`     what the server keeps of the descriptors
 */
export type EnterOrder = {
  argv: readonly string[];
  places: readonly Place[];
  readable: readonly Place[] | "all";
  landlock: "required" | "if_there";
  door: DoorOrder | null;
  files: KernelFiles;
  limits: ResourceLimits;
  filter: Omit<Filter, "landlock_abi">;
};

const PR_SET_PDEATHSIG = 1;
const PR_CAPBSET_DROP = 24;
const PR_SET_CHILD_SUBREAPER = 36;
const PR_SET_NO_NEW_PRIVS = 38;
const SIGKILL = 9;
const SIG_SETMASK = 2;
const SECCOMP_SET_MODE_FILTER = 1;
const RLIMIT_FSIZE = 1;
const RLIMIT_CORE = 4;
const RLIMIT_NPROC = 6;
const RLIMIT_NOFILE = 7;

const CAPABILITY_VERSION = 0x20080522;
const CAP_DAC_OVERRIDE = 1; // kept: root works in other people's checkouts; it opens nothing that Landlock closes
const CAP_LAST = 63;

/**
 * Restricts this thread and starts the program anew in its place, so that every thread of the new one is inside.
 * Returns only by an error: a process that could not be restricted must not go on.
 */
export function enterIsolation(): never {
  // The bytes come from the governor over a pipe that nobody else holds, before anything foreign runs.
  const order = readFrameSync(0) as EnterOrder;
  const libc = openLibc();
  libc.prctl(PR_SET_PDEATHSIG, SIGKILL);
  libc.prctl(PR_SET_CHILD_SUBREAPER, 1);
  setLimits(libc, order.limits);
  holdScore(libc, order.files);
  if (libc.prctl(PR_SET_NO_NEW_PRIVS, 1) !== 0) throw new SyscallError("give up new privileges", libc.errno());
  if (order.door !== null) handOutDoor(libc, order.door);
  const landlock_abi = landlockAbi(libc);
  const { places, readable, filter } = order;
  if (landlock_abi > 0) restrictFiles(libc, { places, readable, network: filter.network });
  else if (order.landlock === "required") throw new SyscallError("use Landlock", libc.errno());
  dropCapabilities(libc);
  restrictCalls(libc, { ...order.filter, landlock_abi });
  resetSignals(libc);
  keepOnly(libc, order.files);
  const [program = ""] = order.argv;
  const env = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return libc.execve(program, order.argv, env);
}

/**
 * What the kernel keeps by itself. It counts address space and not memory, and tasks of the user and not of this tree, so
 * there is no limit of the first kind, a wide one of the second, and both are watched from outside; see `watch.ts`. What
 * commands may not take of the second is left for the server's own threads: without one that it needs, it would die.
 */
function setLimits(libc: Libc, { file_bytes, open_files, processes }: ResourceLimits): void {
  limit(libc, RLIMIT_CORE, 0);
  limit(libc, RLIMIT_FSIZE, file_bytes);
  limit(libc, RLIMIT_NOFILE, Math.min(open_files, mostOf("open files")));
  const tasks = tasksOfMachine() + 2 * tasksFor(processes).threads + TASKS_KEPT; // twice: whoever looks should see it first
  if (process.getuid?.() !== 0) limit(libc, RLIMIT_NPROC, Math.min(tasks, mostOf("processes"))); // root has no such limit
}

function limit(libc: Libc, resource: number, most: number): void {
  const value = new BigUint64Array([BigInt(most), BigInt(most)]);
  if (libc.syscall("prlimit64", 0, resource, address(value), 0) < 0)
    throw new SyscallError("set a limit", libc.errno());
}

const tasksOfMachine = () => Number(/\/(\d+)/.exec(readFileSync("/proc/loadavg", "utf8"))?.[1] ?? 0);

/** Root without its powers: no tracing of the server, no devices, no ownership changes, no immutable flags. */
function dropCapabilities(libc: Libc): void {
  const header = new Uint32Array([CAPABILITY_VERSION, 0]);
  const sets = new Uint32Array(6); // effective, permitted, inheritable of the low 32, then of the high 32
  if (libc.syscall("capget", address(header), address(sets)) < 0)
    throw new SyscallError("read the capabilities", libc.errno());
  if (sets.every((set) => set === 0)) return;
  for (let capability = 0; capability <= CAP_LAST; capability++)
    if (capability !== CAP_DAC_OVERRIDE) libc.prctl(PR_CAPBSET_DROP, capability); // beyond the last one it fails, and may
  const keep = 1 << CAP_DAC_OVERRIDE;
  const [effective = 0, permitted = 0] = sets;
  const kept = new Uint32Array([effective & keep, permitted & keep, 0, 0, 0, 0]);
  if (libc.syscall("capset", address(header), address(kept)) < 0)
    throw new SyscallError("give up capabilities", libc.errno());
}

function restrictCalls(libc: Libc, filter: Filter): void {
  const program = seccompFilter(thisMachine(process.arch), filter);
  const header = new DataView(new ArrayBuffer(16)); // struct sock_fprog: a count, padding, an address
  header.setUint16(0, program.length / 8, true);
  header.setBigUint64(8, BigInt(address(program)), true);
  if (libc.syscall("seccomp", SECCOMP_SET_MODE_FILTER, 0, address(header)) < 0)
    throw new SyscallError("filter system calls", libc.errno());
}

/** Ignored and blocked signals are inherited; a command must be able to count on the usual ones. */
function resetSignals(libc: Libc): void {
  for (let signal = 1; signal <= 64; signal++) {
    const fixed = signal === SIGKILL || signal === 19 || signal === 32 || signal === 33; // 32, 33: the C library's own
    if (!fixed) libc.defaultSignal(signal);
  }
  libc.syscall("rt_sigprocmask", SIG_SETMASK, address(new BigUint64Array([0n])), 0, 8);
}

import { AUDIT_ARCH, type Machine, NEWEST_KNOWN, type SyscallName, syscallNumber } from "./syscalls.ts";

/**
 * What the filter closes besides the fixed list. See docs/decisions/0006-landlock-and-seccomp.md.
 *
 * `network`      true: internet sockets may be opened; never local ones, which reach daemons outside the jail
 * `own_ipc`      true: the process has its own IPC and process namespaces: queues end with it, and nobody outside has a number
 * `landlock_abi` 0: no Landlock. The filter fills what old versions leave open (truncation before 3, signals before 6)
 * `protect_pids` processes that may not be signalled where Landlock cannot say so
 */
export type Filter = { network: boolean; own_ipc: boolean; landlock_abi: number; protect_pids: readonly number[] };

type Instruction = readonly [code: number, jump_true: number, jump_false: number, value: number];

const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_AT_LEAST = 0x35;
const JUMP_ANY_BIT = 0x45;
const AND = 0x54;
const RETURN = 0x06;

const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const EPERM = 0x00050001;
const EACCES = 0x0005000d;
const ENOSYS = 0x00050026;
const ENOTSUP = 0x0005005f;

const AT_NUMBER = 0;
const AT_ARCH = 4;
const atArgument = (index: number) => 16 + 8 * index; // the low half: both machines are little-endian

const AF_UNIX = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_NETLINK = 16; // name resolution asks the kernel for its addresses
const NAMESPACE_FLAGS = 0x7e020000; // every CLONE_NEW… that clone takes
const SETID_BITS = 0o6000;
const TERMINAL_INPUT = [0x5412, 0x541c]; // TIOCSTI, TIOCLINUX: typing into somebody's terminal
const FILE_FLAGS = [0x40086602, 0x40087602, 0x401c5820]; // FS_IOC_SETFLAGS and its like: an owner needs only to read
const FILE_SYSTEM = [
  ...[0x50009401, 0x50009417, 0x5000940e, 0x50009418], // btrfs: a snapshot of a volume has all its files under a new name
  ...[0x40806685, 0x800c6613, 0xc0506617, 0xc0406618, 0xc0406619], // fs-verity, fscrypt: open to who may only read
];
const SOCK_STREAM = 1;
const SOCK_SEQPACKET = 5;
const PRIO_USER = 2;
const IOPRIO_WHO_USER = 3;
const WAITED_FOR = [1024, 1026]; // F_SETLEASE, F_NOTIFY: who opens a leased file waits for the holder, 45 s at a time
const SIGNAL_OWNER = [8, 10, 15]; // F_SETOWN, F_SETSIG, F_SETOWN_EX: a signal of choice to a process of choice
const O_ACCMODE = 3;
const O_TRUNC = 0o1000;

const REFUSED: readonly SyscallName[] = [
  ...(["ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp"] as const),
  ...(["pidfd_getfd", "mount", "umount2", "pivot_root", "chroot", "open_tree", "open_tree_attr"] as const),
  ...(["move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "unshare", "setns"] as const),
  ...(["bpf", "perf_event_open", "userfaultfd", "kexec_load", "kexec_file_load", "init_module"] as const),
  ...(["finit_module", "delete_module", "add_key", "request_key", "keyctl", "open_by_handle_at"] as const),
  ...(["fanotify_init", "quotactl", "quotactl_fd", "acct", "swapon", "swapoff", "reboot", "sethostname"] as const),
  ...(["setdomainname", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "syslog"] as const),
  ...(["iopl", "ioperm", "modify_ldt", "lookup_dcookie", "file_setattr"] as const),
];
const ABSENT: readonly SyscallName[] = ["io_uring_setup", "io_uring_enter", "io_uring_register", "clone3"];
const UNSUPPORTED: readonly SyscallName[] = [
  ...(["setxattr", "lsetxattr", "fsetxattr", "setxattrat"] as const),
  ...(["removexattr", "lremovexattr", "fremovexattr", "removexattrat"] as const),
];
const OUTLIVING: readonly SyscallName[] = ["shmget", "msgget", "semget", "mq_open"];

/** The filter as the kernel takes it: eight bytes an instruction. */
export function seccompFilter(machine: Machine, filter: Filter): Uint8Array<ArrayBuffer> {
  const program = [...prologue(machine), ...fixed(machine, filter), ...byArgument(machine, filter), give(ALLOW)];
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [code, jump_true, jump_false, value]] of program.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, jump_true);
    view.setUint8(index * 8 + 3, jump_false);
    view.setUint32(index * 8 + 4, value >>> 0, true);
  }
  return bytes;
}

const give = (verdict: number): Instruction => [RETURN, 0, 0, verdict];
const load = (offset: number): Instruction => [LOAD, 0, 0, offset];

/** A call of another machine (32-bit programs) is killed: its numbers mean other calls. */
function prologue(machine: Machine): Instruction[] {
  return [
    load(AT_ARCH),
    [JUMP_EQUAL, 1, 0, AUDIT_ARCH[machine]],
    give(KILL_PROCESS),
    load(AT_NUMBER),
    [JUMP_AT_LEAST, 0, 1, NEWEST_KNOWN + 1], // also the x32 numbers, which begin at 0x40000000
    give(ENOSYS),
  ];
}

function fixed(machine: Machine, { own_ipc, landlock_abi }: Filter): Instruction[] {
  const old = landlock_abi > 0 && landlock_abi < 3;
  return [
    ...refuse(machine, REFUSED, EPERM),
    ...refuse(machine, ABSENT, ENOSYS),
    ...refuse(machine, UNSUPPORTED, ENOTSUP),
    ...(own_ipc ? [] : refuse(machine, OUTLIVING, EPERM)),
    ...(old ? [...refuse(machine, ["truncate"], EPERM), ...refuse(machine, ["openat2"], ENOSYS)] : []),
  ];
}

function refuse(machine: Machine, names: readonly SyscallName[], verdict: number): Instruction[] {
  return names.flatMap((name) => {
    const number = syscallNumber(name, machine);
    return number === null ? [] : [[JUMP_EQUAL, 0, 1, number] as const, give(verdict)];
  });
}

/** Rules that look at an argument. Each is a block that reloads the call's number at its end, so blocks can stand in a row. */
function byArgument(machine: Machine, { network, own_ipc, landlock_abi, protect_pids }: Filter): Instruction[] {
  const families = network ? [AF_INET, AF_INET6, AF_NETLINK] : [];
  const rules: [SyscallName, Instruction[]][] = [
    ["socket", unlessEqual(0, families, EACCES)],
    ["socketpair", unlessConnected()],
    ["clone", ifAnyBit(0, NAMESPACE_FLAGS, EPERM)],
    ["ioctl", ifEqual(1, [...TERMINAL_INPUT, ...FILE_FLAGS, ...FILE_SYSTEM], EPERM)],
    ["fcntl", ifEqual(1, landlock_abi < 6 ? [...WAITED_FOR, ...SIGNAL_OWNER] : WAITED_FOR, EPERM)],
    ["chmod", ifAnyBit(1, SETID_BITS, EPERM)],
    ["fchmod", ifAnyBit(1, SETID_BITS, EPERM)],
    ["fchmodat", ifAnyBit(2, SETID_BITS, EPERM)],
    ["fchmodat2", ifAnyBit(2, SETID_BITS, EPERM)],
  ];
  if (landlock_abi > 0 && landlock_abi < 3)
    rules.push(["open", truncatesUnwritten(1)], ["openat", truncatesUnwritten(2)]);
  if (!own_ipc) rules.push(...ofOtherProcesses());
  if (landlock_abi < 6) {
    const all = [...protect_pids, 0xffffffff]; // -1 is everybody
    for (const name of ["kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open"] as const)
      rules.push([name, ifEqual(0, all, EPERM)]);
  }
  return rules.flatMap(([name, block]) => {
    const number = syscallNumber(name, machine);
    if (number === null) return [];
    return [[JUMP_EQUAL, 0, block.length + 1, number] as const, ...block, load(AT_NUMBER)];
  });
}

/**
 * A pair whose ends reach nobody but each other. One end of a datagram pair (SOCK_DGRAM, and SOCK_RAW, which becomes it)
 * can send to any socket that has a name, of daemons too.
 */
function unlessConnected(): Instruction[] {
  const types = unlessEqual(1, [SOCK_STREAM, SOCK_SEQPACKET], EACCES, 0xf);
  return [load(atArgument(0)), [JUMP_EQUAL, 1, 0, AF_UNIX], give(EACCES), ...types];
}

/** Calls by which a process of the same user, though outside, could be starved, limited or moved: only for oneself. */
function ofOtherProcesses(): [SyscallName, Instruction[]][] {
  const numbered = ["prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr"] as const;
  const moved = ["migrate_pages", "move_pages"] as const;
  const own = unlessEqual(1, [0], EPERM);
  return [
    ...[...numbered, ...moved].map((name): [SyscallName, Instruction[]] => [name, unlessEqual(0, [0], EPERM)]),
    ["setpriority", [load(atArgument(0)), [JUMP_EQUAL, 0, 1, PRIO_USER], give(EPERM), ...own]],
    ["ioprio_set", [load(atArgument(0)), [JUMP_EQUAL, 0, 1, IOPRIO_WHO_USER], give(EPERM), ...own]],
  ];
}

function unlessEqual(argument: number, values: readonly number[], verdict: number, mask = 0xffffffff): Instruction[] {
  const checks = values.map((value, i): Instruction => [JUMP_EQUAL, values.length - i, 0, value]);
  return [load(atArgument(argument)), [AND, 0, 0, mask], ...checks, give(verdict)];
}

function ifEqual(argument: number, values: readonly number[], verdict: number): Instruction[] {
  const checks = values.flatMap((value): Instruction[] => [[JUMP_EQUAL, 0, 1, value], give(verdict)]);
  return [load(atArgument(argument)), ...checks];
}

function ifAnyBit(argument: number, bits: number, verdict: number): Instruction[] {
  return [load(atArgument(argument)), [JUMP_ANY_BIT, 0, 1, bits], give(verdict)];
}

/** Opening to read, with O_TRUNC: it empties a file, and Landlock before version 3 takes it for reading. */
function truncatesUnwritten(argument: number): Instruction[] {
  return [load(atArgument(argument)), [AND, 0, 0, O_ACCMODE | O_TRUNC], [JUMP_EQUAL, 0, 1, O_TRUNC], give(EACCES)];
}

import { expect, test } from "bun:test";
import { seccompFilter } from "./seccomp.ts";
import { AUDIT_ARCH, type Machine, type SyscallName, syscallNumber } from "./syscalls.ts";

const VERDICTS: Readonly<Record<number, string>> = {
  2147418112: "allow",
  2147483648: "kill",
  327681: "EPERM",
  327693: "EACCES",
  327718: "ENOSYS",
  327775: "ENOTSUP",
};

/** The kernel's machine for these programs, as far as ours go: so that the filter of another machine can be tried here. */
function judge(program: Uint8Array<ArrayBuffer>, call: { arch: number; number: number; args: number[] }): string {
  const view = new DataView(program.buffer);
  const data = (offset: number) => {
    if (offset === 0) return call.number;
    if (offset === 4) return call.arch;
    return (call.args[(offset - 16) / 8] ?? 0) >>> 0;
  };
  for (let at = 0, value = 0; at < program.length / 8; at++) {
    const [code, operand] = [view.getUint16(at * 8, true), view.getUint32(at * 8 + 4, true)];
    const jump = (holds: boolean) => view.getUint8(at * 8 + (holds ? 2 : 3));
    if (code === 0x20) value = data(operand);
    else if (code === 0x15) at += jump(value === operand);
    else if (code === 0x35) at += jump(value >= operand);
    else if (code === 0x45) at += jump((value & operand) !== 0);
    else if (code === 0x54) value = (value & operand) >>> 0;
    else if (code === 0x06) return VERDICTS[operand] ?? `unknown ${operand}`;
    else throw new Error(`No instruction ${code}`);
  }
  throw new Error("The program has no end");
}

const STRICT = { network: false, own_ipc: false, landlock_abi: 7, protect_pids: [77, -66] };
const ONLINE = { ...STRICT, network: true };
const OLD = { ...STRICT, landlock_abi: 1 };
const BEHIND_BWRAP = { ...STRICT, own_ipc: true };

const CASES: [SyscallName, number[], typeof STRICT, string][] = [
  ["close", [3], STRICT, "allow"],
  ["socket", [2, 1], STRICT, "EACCES"],
  ["socket", [1, 1], STRICT, "EACCES"],
  ["socket", [2, 1], ONLINE, "allow"],
  ["socket", [10, 1], ONLINE, "allow"],
  ["socket", [16, 3], ONLINE, "allow"],
  ["socket", [1, 1], ONLINE, "EACCES"],
  ["socket", [17, 3], ONLINE, "EACCES"],
  ["socketpair", [1, 1], STRICT, "allow"],
  ["socketpair", [2, 1], STRICT, "EACCES"],
  ["socketpair", [1, 0x80801], STRICT, "allow"], // non-blocking, closed on exec
  ["socketpair", [1, 5], STRICT, "allow"],
  ["socketpair", [1, 2], ONLINE, "EACCES"],
  ["socketpair", [1, 0x80802], STRICT, "EACCES"],
  ["socketpair", [1, 3], STRICT, "EACCES"],
  ["prlimit64", [0, 7], STRICT, "allow"],
  ["prlimit64", [77, 7], STRICT, "EPERM"],
  ["prlimit64", [77, 7], BEHIND_BWRAP, "allow"],
  ["sched_setaffinity", [0], STRICT, "allow"],
  ["sched_setaffinity", [77], STRICT, "EPERM"],
  ["setpriority", [0, 0, 5], STRICT, "allow"],
  ["setpriority", [0, 77, 5], STRICT, "EPERM"],
  ["setpriority", [2, 0, 5], STRICT, "EPERM"],
  ["ioprio_set", [1, 0, 5], STRICT, "allow"],
  ["ioprio_set", [3, 0, 5], STRICT, "EPERM"],
  ["fcntl", [0, 8, 77], STRICT, "allow"],
  ["fcntl", [0, 8, 77], OLD, "EPERM"],
  ["fcntl", [0, 4, 0], OLD, "allow"],
  ["fcntl", [0, 6, 0], STRICT, "allow"], // F_SETLK
  ["fcntl", [0, 1024, 1], STRICT, "EPERM"], // F_SETLEASE
  ["fcntl", [0, 1024, 1], BEHIND_BWRAP, "EPERM"],
  ["fcntl", [0, 1024, 1], OLD, "EPERM"],
  ["fcntl", [0, 1026, 1], STRICT, "EPERM"],
  ["kill", [-66, 9], OLD, "EPERM"],
  ["kill", [-78, 9], OLD, "allow"],
  ["clone", [0x11], STRICT, "allow"],
  ["clone", [0x10000011], STRICT, "EPERM"],
  ["clone3", [0], STRICT, "ENOSYS"],
  ["ioctl", [0, 0x5401], STRICT, "allow"],
  ["ioctl", [0, 0x5412], STRICT, "EPERM"],
  ["ioctl", [0, 0x40086602], BEHIND_BWRAP, "EPERM"],
  ["ioctl", [0, 0x80086601], STRICT, "allow"], // reading them
  ["ioctl", [0, 0x50009401], STRICT, "EPERM"], // BTRFS_IOC_SNAP_CREATE
  ["ioctl", [0, 0x50009417], BEHIND_BWRAP, "EPERM"],
  ["ioctl", [0, 0x40806685], STRICT, "EPERM"], // FS_IOC_ENABLE_VERITY
  ["ioctl", [0, 0x40049409], STRICT, "allow"], // FICLONE, by which files are copied
  ["fchmodat", [0, 0, 0o755], STRICT, "allow"],
  ["fchmodat", [0, 0, 0o4755], STRICT, "EPERM"],
  ["setxattr", [], STRICT, "ENOTSUP"],
  ["shmget", [], STRICT, "EPERM"],
  ["shmget", [], BEHIND_BWRAP, "allow"],
  ["truncate", [], STRICT, "allow"],
  ["truncate", [], OLD, "EPERM"],
  ["openat", [0, 0, 0o1000], STRICT, "allow"],
  ["openat", [0, 0, 0o1000], OLD, "EACCES"],
  ["openat", [0, 0, 0o1001], OLD, "allow"],
  ["openat", [0, 0, 0o0], OLD, "allow"],
  ["openat2", [], OLD, "ENOSYS"],
  ["kill", [77, 9], STRICT, "allow"],
  ["kill", [77, 9], OLD, "EPERM"],
  ["kill", [-1, 9], OLD, "EPERM"],
  ["kill", [78, 9], OLD, "allow"],
  ["io_uring_setup", [], ONLINE, "ENOSYS"],
  ["unshare", [0], ONLINE, "EPERM"],
  ["ptrace", [16], ONLINE, "EPERM"],
  ["pidfd_open", [5], STRICT, "allow"],
  ["pidfd_getfd", [5], STRICT, "EPERM"],
];

const both = (["x64", "arm64"] as const).flatMap((machine) => CASES.map((one) => [machine, ...one] as const));

test.each(both)("%s: %s(%p) under %p is %s", (machine, name, args, filter, verdict) => {
  const number = syscallNumber(name, machine) ?? -1;
  expect(judge(seccompFilter(machine, filter), { arch: AUDIT_ARCH[machine], number, args })).toBe(verdict);
});

test.each([
  ["x64", AUDIT_ARCH.arm64, 0, "kill"],
  ["x64", 0x40000003, 0, "kill"], // 32-bit
  ["x64", AUDIT_ARCH.x64, 0x40000000, "ENOSYS"], // x32
  ["x64", AUDIT_ARCH.x64, 470, "ENOSYS"],
  ["arm64", AUDIT_ARCH.arm64, 470, "ENOSYS"],
  ["arm64", AUDIT_ARCH.x64, 0, "kill"],
] as [Machine, number, number, string][])("%s: architecture %p, call %p is %s", (machine, arch, number, verdict) => {
  expect(judge(seccompFilter(machine, STRICT), { arch, number, args: [] })).toBe(verdict);
});

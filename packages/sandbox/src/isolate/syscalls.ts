/** The two machines dgov is built for. On any other there is no OS jail, and nothing runs. */
export type Machine = "x64" | "arm64";

/** What the kernel calls the machine in a filter's data (AUDIT_ARCH_…). */
export const AUDIT_ARCH: Readonly<Record<Machine, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };

/** Calls newer than this one are unknown to the filter, and unknown never passes: they answer ENOSYS, as on an older kernel. */
export const NEWEST_KNOWN = 469;

/** Name → number on x64 and arm64, from the kernel's tables; null: the machine has no such call. */
const NUMBERS = {
  // What the jail itself needs.
  close: [3, 57],
  dup3: [292, 24],
  capget: [125, 90],
  capset: [126, 91],
  rt_sigprocmask: [14, 135],
  wait4: [61, 260],
  statx: [332, 291],
  shmctl: [31, 195],
  prlimit64: [302, 261],
  seccomp: [317, 277],
  close_range: [436, 436],
  landlock_create_ruleset: [444, 444],
  landlock_add_rule: [445, 445],
  landlock_restrict_self: [446, 446],
  // What opens the one way out of a network of its own.
  bind: [49, 200],
  listen: [50, 201],
  sendmsg: [46, 211],
  recvmsg: [47, 212],
  // What the filter looks at by argument.
  socket: [41, 198],
  socketpair: [53, 199],
  clone: [56, 220],
  clone3: [435, 435],
  ioctl: [16, 29],
  open: [2, null],
  openat: [257, 56],
  openat2: [437, 437],
  truncate: [76, 45],
  chmod: [90, null],
  fchmod: [91, 52],
  fchmodat: [268, 53],
  fchmodat2: [452, 452],
  fcntl: [72, 25],
  sched_setaffinity: [203, 122],
  sched_setscheduler: [144, 119],
  sched_setparam: [142, 118],
  sched_setattr: [314, 274],
  setpriority: [141, 140],
  ioprio_set: [251, 30],
  migrate_pages: [256, 238],
  move_pages: [279, 239],
  kill: [62, 129],
  tkill: [200, 130],
  tgkill: [234, 131],
  rt_sigqueueinfo: [129, 138],
  rt_tgsigqueueinfo: [297, 240],
  pidfd_open: [434, 434],
  // What it refuses whatever the arguments.
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  process_mrelease: [448, 448],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  open_tree_attr: [467, 467],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  unshare: [272, 97],
  setns: [308, 268],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  acct: [163, 89],
  swapon: [167, 224],
  swapoff: [168, 225],
  reboot: [169, 142],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  syslog: [103, 116],
  iopl: [172, null],
  ioperm: [173, null],
  modify_ldt: [154, null],
  lookup_dcookie: [212, 18],
  file_setattr: [469, 469],
  setxattr: [188, 5],
  lsetxattr: [189, 6],
  fsetxattr: [190, 7],
  setxattrat: [463, 463],
  removexattr: [197, 14],
  lremovexattr: [198, 15],
  fremovexattr: [199, 16],
  removexattrat: [466, 466],
  // What outlives the process and is no file: refused where there is no IPC namespace.
  shmget: [29, 194],
  msgget: [68, 186],
  semget: [64, 190],
  mq_open: [240, 180],
} as const satisfies Record<string, readonly [number, number | null]>;

export type SyscallName = keyof typeof NUMBERS;

/** The number of a call on a machine, or null where the machine has none. */
export function syscallNumber(name: SyscallName, machine: Machine): number | null {
  const [x64, arm64] = NUMBERS[name];
  return machine === "x64" ? x64 : arm64;
}

/** @throws Error on a machine that dgov has no filter for */
export function thisMachine(arch: string): Machine {
  if (arch === "x64" || arch === "arm64") return arch;
  throw new Error(`Cannot isolate: there is no system call filter for "${arch}"`);
}

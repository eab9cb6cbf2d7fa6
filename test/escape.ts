import { readSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Level } from "../packages/sandbox/src/index.ts";
import { address, openLibc } from "../packages/sandbox/src/isolate/libc.ts";
import { alive, FIXTURES, makePlace, maker, type Place, sh, specOf } from "./jail.ts";

/** What came of the attacks, inside and outside. */
export type Attacked = {
  place: Place;
  inside: Record<string, string>; // name → "done", or why not
  shell: Record<string, number | string | null>; // command → exit status, or how it ended
  received: string[]; // by sockets outside
  signals: number; // that this process got
  left: number; // daemons
  descriptors: string; // that a command finds open, and of the listing itself
};

/** None of these may succeed. A program that is not installed does not, either. */
export const REFUSED_COMMANDS = (governor: number, place: Place): string[] => [
  ...["unshare -r true", "unshare -m true", "unshare -Urm mount -t tmpfs x .", "mount -t tmpfs x .", "umount -l /proc"],
  ...["chroot . true", "nsenter -t 1 -m true", `nsenter -t ${governor} -m true`, "bwrap --ro-bind / / true"],
  ...["su -c id </dev/null", "sudo -n id", "pkexec id", "newgrp root </dev/null", "passwd -d root"],
  ...["echo true | at now", "echo '* * * * * true' | crontab -", "systemd-run --user true", "systemctl --user start x"],
  ...["dbus-send --session --dest=org.x / org.x.Y", "date -s 2001-01-01", "hwclock --systohc", "hostname evil"],
  ...["sysctl -w kernel.core_pattern=x", "dmesg -C", "mknod dev b 8 0", "setcap cap_net_raw+ep src/claimed.py"],
  ...["chattr +i src/claimed.py", "chmod u+s src/claimed.py", "chmod g+s src/claimed.py", "ping -c1 127.0.0.1"],
  ...["exec 3<>/dev/tcp/127.0.0.1/1", "bash -c 'exec 3<>/dev/udp/127.0.0.1/53'", "gdb -p 1 -batch", "strace true"],
  ...[`renice 19 ${governor}`, `prlimit --pid ${governor} --nofile=10:10`, `taskset -p 1 ${governor}`],
  ...[`kill -9 ${governor}`, "echo x > /proc/sys/kernel/core_pattern", "echo b > /proc/sysrq-trigger"],
  ...[
    `ln ${place.outside}/victim.txt hard`,
    `cp /bin/sh ${place.outside}/x`,
    `touch ${place.base}/x /tmp/dgov-escaped`,
  ],
  ...[
    'crash() { printf \'int main(){int r;asm volatile("int $0x80":"=a"(r):"a"(20));return r<=0;}\' > c.c; gcc c.c -o c && ./c; }; crash',
  ],
];

/** Opens a jail as the user this process is, and attacks what is outside of it. */
export async function attackJail(level: Level): Promise<Attacked> {
  const place = makePlace();
  const state = { signals: 0 };
  const count = () => void state.signals++;
  process.on("SIGURG", count);
  const local = join(place.outside, "socket");
  const abstract = `dgov-escape-${process.pid}-${level}`;
  const sockets = [datagramSocket(local), datagramSocket(`\0${abstract}`)];
  const isolation = await maker.start(level, specOf(place, "all"));
  try {
    const words = [place.root, place.outside, process.pid, process.arch, local, abstract];
    const run = `${process.execPath} --config=/dev/null --no-env-file ${FIXTURES}`;
    const { head, tail } = await sh(isolation, `exec ${run}/escape.ts ${words.join(" ")}`, { timeout_ms: 60_000 });
    if (!head.startsWith("{")) throw new Error(`The attacks did not run: ${head}${tail}`);
    const shell: Attacked["shell"] = {};
    for (const command of REFUSED_COMMANDS(process.pid, place)) {
      const { exit, ended, signal } = await sh(isolation, command, { timeout_ms: 20_000 });
      shell[command] = exit ?? signal ?? ended;
    }
    await sh(isolation, "(setsid sh -c '(setsid nohup sleep 4051 &) ; exit' &) ; nohup sleep 4051 & sleep 0.3");
    const descriptors = (await sh(isolation, "exec ls -x /proc/self/fd")).head.trim();
    await Bun.sleep(50); // a signal that was sent has come by then
    const received = sockets.flatMap(({ read }) => read());
    const outside = { received, signals: state.signals, left: alive("4051"), descriptors };
    return { place, inside: JSON.parse(`${head}${tail}`), shell, ...outside };
  } finally {
    await isolation.stop();
    process.off("SIGURG", count);
    rmSync(local, { force: true });
  }
}

/** A local socket that a daemon might listen on. Bun has no datagrams of this kind. */
function datagramSocket(name: string): { read: () => string[] } {
  const libc = openLibc();
  const fd = libc.syscall("socket", 1, 2 | 0o4000, 0); // AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK
  const bytes = new Uint8Array(2 + Buffer.byteLength(name) + (name.startsWith("\0") ? 0 : 1));
  bytes[0] = 1;
  bytes.set(Buffer.from(name), 2);
  if (libc.syscall("bind", fd, address(bytes), bytes.length) < 0) throw new Error(`Cannot listen: ${libc.errno()}`);
  return {
    read() {
      const got = Buffer.alloc(64);
      try {
        return [got.toString("utf8", 0, readSync(fd, got))];
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "EAGAIN") return [];
        throw error;
      }
    },
  };
}

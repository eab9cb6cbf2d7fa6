import { address, type Libc, SyscallError } from "./libc.ts";

/**
 * How a process in a network of its own reaches the proxy outside it. A socket belongs for ever to the network it was
 * made in, whoever holds it: so the isolated process makes a listening socket in its empty network before anything
 * foreign runs, and hands it to the governor over a pair of local sockets. The proxy accepts what comes to it; inside
 * there is nothing to be taken over, and no local socket is left open.
 *
 * `unshare`  true: the process is still in the machine's network and must leave it first, which only root may
 */
export type DoorOrder = { unshare: boolean };

/** Nothing else listens in a network that has just been made. */
export const DOOR_PORT = 28_128;
/** The descriptor of the pair's inner end in a process that is about to be isolated. */
export const DOOR_FD = 3;

const CLONE_NEWNET = 0x40000000;
const AF_UNIX = 1;
const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MSG_DONTWAIT = 0x40;
const MSG_CMSG_CLOEXEC = 0x40000000;
const SIOCSIFFLAGS = 0x8914;
const IFF_UP = 1;
const BACKLOG = 128;

/** Inside: makes the socket and hands it out. @throws SyscallError */
export function handOutDoor(libc: Libc, { unshare }: DoorOrder): void {
  if (unshare) leaveNetwork(libc);
  const door = made(
    libc,
    "make a door",
    libc.syscall("socket", AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
  );
  const here = new DataView(new ArrayBuffer(16)); // struct sockaddr_in
  here.setUint16(0, AF_INET, true);
  here.setUint16(2, DOOR_PORT, false);
  here.setUint32(4, 0x7f000001, false);
  made(libc, "bind the door", libc.syscall("bind", door, address(here), here.byteLength));
  made(libc, "open the door", libc.syscall("listen", door, BACKLOG));
  const { header, control, held } = message();
  control.setInt32(16, door, true);
  made(libc, "hand out the door", libc.syscall("sendmsg", DOOR_FD, address(header), 0));
  held.length = 0; // until here the kernel read what the header points to
  for (const fd of [door, DOOR_FD]) libc.syscall("close", fd);
}

/** Outside: a pair of local sockets. `inner` goes to the process that is started, and both are the caller's to close. */
export function makeDoorPair(libc: Libc): { outer: number; inner: number } {
  const pair = new Int32Array(2);
  made(libc, "make a pair", libc.syscall("socketpair", AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, address(pair)));
  const [outer = -1, inner = -1] = pair;
  return { outer, inner };
}

/** Outside, once the process says that it is ready: takes the listening socket. @throws Error when none was handed out */
export function takeDoor(libc: Libc, outer: number): number {
  const { header, control, held } = message();
  made(libc, "take the door", libc.syscall("recvmsg", outer, address(header), MSG_DONTWAIT | MSG_CMSG_CLOEXEC));
  held.length = 0;
  const handed = control.getInt32(8, true) === SOL_SOCKET && control.getInt32(12, true) === SCM_RIGHTS;
  if (!handed) throw new Error("Cannot take the door: the isolated process handed out something else");
  return control.getInt32(16, true);
}

/** A network of its own has a loopback that is down. */
function leaveNetwork(libc: Libc): void {
  made(libc, "make a network of its own", libc.syscall("unshare", CLONE_NEWNET));
  const any = made(libc, "ask for the loopback", libc.syscall("socket", AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const request = new DataView(new ArrayBuffer(40)); // struct ifreq: a name, then flags
  request.setUint16(0, 0x6f6c, true); // "lo"
  request.setInt16(16, IFF_UP, true);
  made(libc, "turn the loopback on", libc.syscall("ioctl", any, SIOCSIFFLAGS, address(request)));
  libc.syscall("close", any);
}

/** struct msghdr with one byte of data and room for one descriptor (struct cmsghdr with it). `held` keeps it all alive. */
function message(): { header: DataView; control: DataView; held: ArrayBufferView[] } {
  const byte = new Uint8Array([1]);
  const vector = new BigUint64Array([BigInt(address(byte)), 1n]);
  const control = new DataView(new ArrayBuffer(24));
  control.setBigUint64(0, 20n, true);
  control.setInt32(8, SOL_SOCKET, true);
  control.setInt32(12, SCM_RIGHTS, true);
  control.setInt32(16, -1, true);
  const header = new DataView(new ArrayBuffer(56));
  header.setBigUint64(16, BigInt(address(vector)), true);
  header.setBigUint64(24, 1n, true);
  header.setBigUint64(32, BigInt(address(control)), true);
  header.setBigUint64(40, BigInt(control.byteLength), true);
  return { header, control, held: [byte, vector, control, header] };
}

function made(libc: Libc, what: string, answer: number): number {
  if (answer < 0) throw new SyscallError(what, libc.errno());
  return answer;
}

import { expect, test } from "bun:test";
import { socketNotes } from "./no_socket.ts";

test.each([
  "    _socket.socket.__init__(self, family, type, proto, fileno)\nPermissionError: [Errno 13] Permission denied",
  "Error: listen EACCES: permission denied 127.0.0.1\n    at Server.setupListenHandle",
  "Error: listen EACCES: permission denied ::\n",
  "panic: httptest: failed to listen on a port: listen tcp6 [::1]:0: socket: permission denied",
  "java.net.SocketException: Permission denied",
  "Error: getaddrinfo EAI_AGAIN localhost\n    at GetAddrInfoReqWrap.onlookup",
  "IO::Socket::INET: socket: Permission denied at -e line 1.",
])("%j is told how a server on localhost is opened", (output) => {
  expect(socketNotes(output, {})).toEqual([expect.stringContaining('hosts = ["localhost"]')]);
  expect(socketNotes(output, { HTTP_PROXY: "http://127.0.0.1:28128" })).toEqual([]);
});

test.each(["cat: x: Permission denied", "listening on port 3", "1 passed", "open a.sock: no such file"])(
  "%j is not",
  (output) => expect(socketNotes(output, {})).toEqual([]),
);

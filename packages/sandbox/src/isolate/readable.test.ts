import { expect, test } from "bun:test";
import { isReadableInEtc } from "./readable.ts";

test("of /etc a jail sees how programs are found and run, of glibc and of musl, and what hosts are called if it reaches any", () => {
  for (const name of ["ld.so.cache", "ld-musl-x86_64.path", "ld-musl-aarch64.path", "passwd", "ssl"])
    expect([name, isReadableInEtc(name, false)]).toEqual([name, true]);
  for (const name of ["shadow", "sudoers", "ld-musl-x86_64.path~", "ld-musl", "gshadow", "crypttab"])
    expect([name, isReadableInEtc(name, true)]).toEqual([name, false]);
  expect([isReadableInEtc("hosts", false), isReadableInEtc("hosts", true)]).toEqual([false, true]);
});

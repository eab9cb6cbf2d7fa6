/** A machine that dgov is built for, by the name of its package: `@dgov/NAME`. `libc` null: the system has one. */
export type Target = { name: string; bun: string; os: string; cpu: string; libc: string | null; file: string };

const linux = (name: string, bun: string, cpu: string, libc: string): Target => ({
  name,
  bun,
  os: "linux",
  cpu,
  libc,
  file: "dgov",
});
const other = (name: string, bun: string, os: string, cpu: string): Target => ({
  name,
  bun,
  os,
  cpu,
  libc: null,
  file: os === "win32" ? "dgov.exe" : "dgov",
});

/** x64 is the baseline build: the other one ends with "illegal instruction" where the processor has no AVX2. */
export const TARGETS: readonly Target[] = [
  linux("linux-x64", "bun-linux-x64-baseline", "x64", "glibc"),
  linux("linux-arm64", "bun-linux-arm64", "arm64", "glibc"),
  linux("linux-x64-musl", "bun-linux-x64-musl-baseline", "x64", "musl"),
  linux("linux-arm64-musl", "bun-linux-arm64-musl", "arm64", "musl"),
  other("darwin-x64", "bun-darwin-x64-baseline", "darwin", "x64"),
  other("darwin-arm64", "bun-darwin-arm64", "darwin", "arm64"),
  other("win32-x64", "bun-windows-x64-baseline", "win32", "x64"),
];

/** The target that this machine runs. @throws Error when none does */
export function ownTarget(): Target {
  const own = TARGETS.find(({ os, cpu, libc }) => os === process.platform && cpu === process.arch && libc !== "musl");
  if (own) return own;
  throw new Error(`Cannot build for this machine: there is no target for ${process.platform} ${process.arch}`);
}

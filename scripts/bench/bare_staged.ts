/**
 * The least that a hook could do: it asks git what is staged, and judges nothing. scripts/bench/preflight.ts holds dgov against it,
 * for it knows how fast the machine is today.
 */
function git(args: readonly string[], stdin = ""): Buffer {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["git", ...args], { stdin: Buffer.from(stdin) });
  if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** The texts that are staged, in their order. */
export function staged(): string[] {
  const rows = git(["diff", "--cached", "--raw", "-z", "--no-renames", "--abbrev=64", "--no-ext-diff"]).toString();
  const ids = rows.split("\0").flatMap((part) => /^:\S+ \S+ \S+ ([0-9a-f]+) [^D]/.exec(part)?.[1] ?? []);
  const all = git(["cat-file", "--batch", "--buffer"], `${ids.join("\n")}\n`);
  let at = 0;
  return ids.map(() => {
    const line = all.indexOf("\n", at);
    const size = Number(all.toString("latin1", at, line).split(" ")[2]);
    at = line + size + 2;
    return all.toString("utf8", line + 1, line + 1 + size);
  });
}

if (import.meta.main && staged().length === 0) throw new Error("Nothing is staged");

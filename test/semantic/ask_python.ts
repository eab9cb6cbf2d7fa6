/** What a script beside this file says of files, a line of JSON for each. It gets their paths, a line each. */
export function askPython<Answer>(python: string, script: string, paths: readonly string[]): Answer[] {
  const { stdout, stderr, exitCode } = Bun.spawnSync([python, "-I", `${import.meta.dir}/${script}`], {
    stdin: Buffer.from(paths.join("\n")),
  });
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer); // of our own script
}

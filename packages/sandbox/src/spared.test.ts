import { expect, test } from "bun:test";
import { join } from "node:path";
import { findBwrap } from "./isolate/bwrap.ts";

const SCRIPT = join(import.meta.dir, "../../../test/fixtures/isolation/spared.ts");
const plain = [process.execPath, "--config=/dev/null", "--no-env-file", SCRIPT];
const bwrap = findBwrap();
const words = [bwrap ?? "", "--dev-bind", "/", "/", "--proc", "/proc", "--unshare-pid", "--"];
const hasNamespaces = bwrap !== null && Bun.spawnSync([...words, "true"]).exitCode === 0;

const ways = [
  ["the tree is walked", plain, true],
  ["everybody is reached in one stroke", [...words, ...plain, "sealed"], hasNamespaces],
] as const;

for (const [how, argv, possible] of ways)
  test.skipIf(!possible)(
    `where ${how}, the spared live on with their own, and all others are ended`,
    () => {
      const { stdout, stderr } = Bun.spawnSync([...argv], { timeout: 60_000 });
      expect({ said: stdout.toString(), wrong: stderr.toString() }).toEqual({
        said: `${JSON.stringify({ kept: 1, ended: 0, answer: "got word\n", last: 0 })}\n`,
        wrong: "",
      });
    },
    60_000,
  );

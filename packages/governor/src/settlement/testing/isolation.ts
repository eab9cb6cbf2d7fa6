import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Isolation } from "@dgov/sandbox";
import { run } from "../../process.ts";

/** Runs commands in `root` as an isolation does, without a jail: for tests of what is done with their answers. */
export function openShell(root: string, tmp: string): Isolation {
  return {
    level: "landlock",
    pid: process.pid,
    limits_kept: { by: "watch", why: "this is no jail", cure: "" },
    call: () => Promise.reject(new Error("No tool is called here")),
    evaluate: () => Promise.reject(new Error("No module is evaluated here")),
    component: () => Promise.reject(new Error("No component runs here")),
    stop: async () => undefined,
    async exec({ command, timeout_ms, output_max_bytes, clip_bytes, env: more }) {
      const script = `exec 2>&1; ${command}`;
      const env = { PATH: process.env.PATH ?? "", HOME: tmp, TMPDIR: tmp, ...more };
      const exit = await run(["/bin/sh", "-c", script], { cwd: root, env, timeout_ms, bytes_max: output_max_bytes });
      const text = new TextDecoder().decode(exit.stdout);
      const log = join(mkdtempSync(join(tmp, "log-")), "log");
      writeFileSync(log, exit.stdout);
      const whole = text.length <= clip_bytes * 2;
      return {
        exit: exit.code,
        ended: exit.ended === "aborted" ? "signal" : exit.ended,
        signal: exit.signal,
        took_ms: 1,
        head: whole ? text : text.slice(0, clip_bytes),
        tail: whole ? "" : text.slice(-clip_bytes),
        omitted_bytes: whole ? 0 : text.length - 2 * clip_bytes,
        log,
        put_back: [],
      };
    },
  };
}

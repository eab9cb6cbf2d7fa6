import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { DgovError } from "../error.ts";
import type { World } from "../session.ts";
import { writeAtomic } from "../write.ts";

export type Installed = { file: string; written: boolean; env_file: string; enable: string[] };
type From = Pick<World, "env" | "self">;

const NAME = "dgov-jobs.service";

/**
 * Writes a systemd unit of the user's that serves jobs. Nothing is enabled or started: that is the user's to do.
 *
 * @throws DgovError `unit_exists` when there is another one of this name
 */
export function installUnit({ env, self }: From, { capacity, force }: { capacity: number; force: boolean }): Installed {
  const config = env.XDG_CONFIG_HOME?.startsWith("/") ? env.XDG_CONFIG_HOME : join(env.HOME || homedir(), ".config");
  const file = join(config, "systemd/user", NAME);
  const env_file = join(config, "dgov/jobs.env");
  const text = unitText({ self, env, env_file, capacity });
  const there = existsSync(file) ? readFileSync(file, "utf8") : null;
  if (there !== null && there !== text && !force)
    throw new DgovError("unit_exists", `Cannot write "${file}": there is another one, which says something else`);
  if (there !== text) writeAtomic(file, text);
  const enable = ["systemctl --user daemon-reload", `systemctl --user enable --now ${NAME}`];
  return { file, written: there !== text, env_file, enable };
}

type Unit = From & { env_file: string; capacity: number };

function unitText({ self, env, env_file, capacity }: Unit): string {
  const words = [...self, "jobs", "serve", "--capacity", String(capacity)];
  const state = env.XDG_STATE_HOME ? [`Environment=${escaped(`XDG_STATE_HOME=${env.XDG_STATE_HOME}`)}`] : [];
  return [
    "[Unit]",
    "Description=dgov: runs the jobs of its queue",
    "",
    "[Service]",
    `ExecStart=${words.map((word) => escaped(word).replaceAll("$", "$$$$")).join(" ")}`,
    `Environment=${escaped(`PATH=${env.PATH ?? "/usr/local/bin:/usr/bin:/bin"}`)}`,
    ...state,
    `EnvironmentFile=-${env_file.replaceAll("%", "%%")}`,
    "Restart=on-failure",
    "RestartSec=10",
    "KillMode=mixed",
    "TimeoutStopSec=120",
    "",
    "[Install]",
    "WantedBy=default.target",
    "",
  ].join("\n");
}

/** A word as systemd reads it: quoted, with nothing in it that it would replace. */
const escaped = (word: string): string =>
  `"${word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%")}"`;

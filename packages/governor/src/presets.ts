import { homedir } from "node:os";
import { join } from "node:path";
import type { ToolPolicy } from "@dgov/sandbox";
import type { ProjectFile } from "./config_file.ts";
import type { SandboxRules } from "./project.ts";

/** What holds where `[sandbox]` and `[tool_policy]` say nothing. Each key that they write is theirs. */
type Preset = { sandbox: Omit<SandboxRules, "preset" | "level" | "worktree" | "hooks">; tool_policy: ToolPolicy };

const MIB = 1024 * 1024;
const NO_RULES: ToolPolicy = {
  restrict_run_bash: false,
  require_wrapped_verify_tools: false,
  require_uv_run: false,
  deny_shell_file_mutations: false,
  deny_shell_commands: [],
  rules: [],
};

/**
 * `strict` is for code nobody has seen: rules about commands, no network at all, the jail that covers metadata.
 * `default` is what a repository of dgov 0.8 finds. `relaxed` opens reads and public hosts, for a machine that is
 * thrown away; the claims hold there too.
 */
const PRESETS: Readonly<Record<SandboxRules["preset"], Preset>> = {
  strict: {
    sandbox: {
      min: "bwrap",
      read: [],
      hosts: [],
      gate_hosts: [],
      setup: "none",
      limits: {
        memory_bytes: 2048 * MIB,
        processes: 256,
        tmp_bytes: 1024 * MIB,
        file_bytes: 512 * MIB,
        open_files: 1024,
      },
    },
    tool_policy: {
      ...NO_RULES,
      restrict_run_bash: true,
      require_wrapped_verify_tools: true,
      deny_shell_file_mutations: true,
    },
  },
  default: {
    sandbox: {
      min: "landlock",
      read: [],
      hosts: [],
      gate_hosts: [],
      setup: "open",
      limits: {
        memory_bytes: 8192 * MIB,
        processes: 1024,
        tmp_bytes: 4096 * MIB,
        file_bytes: 4096 * MIB,
        open_files: 16_384,
      },
    },
    tool_policy: NO_RULES,
  },
  relaxed: {
    sandbox: {
      min: "landlock",
      read: "all",
      hosts: ["*"],
      gate_hosts: ["*"],
      setup: "open",
      limits: {
        memory_bytes: 32_768 * MIB,
        processes: 4096,
        tmp_bytes: 16_384 * MIB,
        file_bytes: 8192 * MIB,
        open_files: 65_536,
      },
    },
    tool_policy: NO_RULES,
  },
};

/** The rules of a project: what its file says, and the preset where it is silent. */
export function withPreset({
  sandbox,
  tool_policy,
  worktree = { include: false, setup_reads: [], cache: false },
  hooks = { timeout_s: 60 },
}: Pick<ProjectFile, "sandbox" | "tool_policy"> & Partial<Pick<ProjectFile, "worktree" | "hooks">>): {
  sandbox: SandboxRules;
  tool_policy: ToolPolicy;
} {
  const preset = PRESETS[sandbox.preset];
  const rules = preset.tool_policy;
  const { setup_network: setup, memory_mb, processes, tmp_mb, file_mb, open_files } = sandbox;
  const { limits, ...base } = preset.sandbox;
  return {
    sandbox: {
      preset: sandbox.preset,
      level: sandbox.level,
      min: sandbox.min ?? base.min,
      read: typeof sandbox.read === "object" ? sandbox.read.map(absolute) : (sandbox.read ?? base.read),
      hosts: sandbox.hosts ?? base.hosts,
      gate_hosts: sandbox.gate_hosts ?? base.gate_hosts,
      setup: setup === undefined ? base.setup : networkOf(setup),
      limits: {
        memory_bytes: bytes(memory_mb) ?? limits.memory_bytes,
        processes: processes ?? limits.processes,
        tmp_bytes: bytes(tmp_mb) ?? limits.tmp_bytes,
        file_bytes: bytes(file_mb) ?? limits.file_bytes,
        open_files: open_files ?? limits.open_files,
      },
      worktree,
      hooks,
    },
    tool_policy: {
      restrict_run_bash: tool_policy.restrict_run_bash ?? rules.restrict_run_bash,
      require_wrapped_verify_tools: tool_policy.require_wrapped_verify_tools ?? rules.require_wrapped_verify_tools,
      require_uv_run: tool_policy.require_uv_run ?? rules.require_uv_run,
      deny_shell_file_mutations: tool_policy.deny_shell_file_mutations ?? rules.deny_shell_file_mutations,
      deny_shell_commands: tool_policy.deny_shell_commands ?? rules.deny_shell_commands,
      rules: tool_policy.rules ?? rules.rules,
    },
  };
}

const bytes = (megabytes: number | undefined) => (megabytes === undefined ? undefined : megabytes * MIB);

const absolute = (path: string): string => (path.startsWith("~/") ? join(homedir(), path.slice(2)) : path);

const networkOf = (setup: boolean | readonly string[]): SandboxRules["setup"] => {
  if (typeof setup === "boolean") return setup ? "open" : "none";
  return hostsOrNone(setup);
};

/** The network of commands that may reach these hosts and no others. */
export const hostsOrNone = (hosts: readonly string[]): SandboxRules["setup"] =>
  hosts.length === 0 ? "none" : { hosts };

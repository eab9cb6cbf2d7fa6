import type { CommandRule } from "./rules.ts";

const PYTHON = ["python", "python3"];
const MUTATION = "change files with edit_file, apply_patch, write_file or delete_file";
const mutation = {
  rule: "tool_policy.deny_shell_file_mutations",
  when: "deny_shell_file_mutations",
  why: `it changes files; ${MUTATION}`,
} as const;
const verify = (tool: string) =>
  ({
    rule: "tool_policy.require_wrapped_verify_tools",
    when: "require_wrapped_verify_tools",
    why: `use ${tool}() instead, which runs the project's own command`,
  }) as const;
const restricted = (name: string, why: string) => ({ rule: `shell.${name}`, when: "restrict_run_bash", why }) as const;
const INSTALLS = restricted(
  "installer",
  "nothing can be installed here: there is no network, and dependencies are the plan's business (setup_cmd)",
);
const HOST = restricted("host", "it needs the machine or other rights, which a task does not have");
const NETWORK = restricted("network", "there is no network here");

// biome-ignore format: a table reads by its columns
export const SHELL_RULES: readonly CommandRule[] = [
  { ...mutation, words: [["rm", "mv", "cp", "touch", "mkdir", "rmdir", "ln", "unlink", "truncate", "shred", "tee", "install", "dd", "split", "csplit", "chmod", "chown", "patch", "ed", "ex", "rsync", "mkfifo", "mknod", "unzip", "zip", "gunzip", "gzip"]], matches: ["rm -rf src", "true && mv a b", "echo x | tee f", "env rm x", "find . -exec rm {} +", "ls | xargs rm", "sh -c 'rm x'", '"r"m x', "\\rm x", "/bin/rm x"], passes: ["grep -rn 'rm ' src", "echo touch", "git log --grep='fix; rm old'", "echo 'x | cp y'", "rmlint"] },
  { ...mutation, words: [["sed", "perl", "ruby"]], option: /^(-[A-Za-z]*i.*|--in-place.*)$/, matches: ["sed -i s/a/b/ f", "perl -pi -e 1 f", "sed --in-place=.bak s/a/b/ f"], passes: ["sed -n 1p f", "sed s/-i/x/ f"] },
  { ...mutation, words: [["awk", "gawk"]], option: /^(-i|inplace)$/, matches: ["awk -i inplace 1 f"], passes: ["awk '$1 > 3' f"] },
  { ...mutation, words: [["sort"]], option: /^(-o.*|--output.*)$/, matches: ["sort -o f f"], passes: ["sort f"] },
  { ...mutation, words: [["find"]], option: /^(-delete|-fprint.*|-fls)$/, matches: ["find . -delete"], passes: ["find . -name '*.py'"] },
  { ...mutation, words: [["tar"]], option: /^(-?[A-Za-z]*x[A-Za-z]*|--extract|--get)$/, matches: ["tar xf a.tar", "tar -xzf a.tgz"], passes: ["tar -tf a.tar"] },
  { ...mutation, words: [["perl", "ruby", "lua", "php", "tclsh", "node", "bun", "deno", ...PYTHON]], option: /\b(unlink|os\.remove|os\.rename|rmtree|rmdir|mkdir|truncate|write_text|write_bytes|writeFile|writeFileSync|appendFile|appendFileSync|rmSync|unlinkSync|renameSync|Bun\.write)\b["']?[ (]/, matches: ["perl -e 'unlink q(a)'", `node -e 'require("fs").writeFileSync("a", "b")'`, `uv run python -c 'import os;os.remove("a")'`], passes: ["python scripts/unlink.py", "node -e 'f(1)'", "perl -ne 'print if /unlink/' f", `uv run python -c 'print(open("a").read())'`] },

  { ...verify("run_tests"), words: [["pytest", "py.test", "tox", "nox", "jest", "vitest", "mocha", "unittest"]], matches: ["pytest -q", "uv run pytest", "cd tests && pytest", "(pytest)", "uv run -- pytest", "uv --quiet run pytest", "uv run --nosuchflag pytest tests"], passes: ["cat pytest.ini", "pytest-cov"] },
  { ...verify("run_tests"), words: [PYTHON, ["-m"], ["pytest", "unittest", "tox", "nox"]], matches: ["python -m pytest", "python3 -mpytest", "uv run python -m pytest"], passes: ["python -m json.tool"] },
  { ...verify("run_tests"), words: [PYTHON], option: /(^|[;\n]\s*)(import|from) (pytest|unittest)\b/, matches: ["uv run python -c 'import pytest'"], passes: ["python x.py pytest", "uv run python -c 'print(1)'"] },
  { ...verify("run_tests"), words: [["npm", "pnpm", "yarn", "bun", "deno", "go", "cargo", "make", "just", "task", "bazel", "dotnet", "swift", "mix", "gradle", "mvn", "xcodebuild", "hatch"], ["test", "t"]], matches: ["npm test", "go test ./...", "make test"], passes: ["npm ls", "go vet", "make -n"] },
  { ...verify("run_tests"), words: [["npm", "pnpm", "yarn", "bun", "hatch"], ["run"], ["test"]], matches: ["npm run test"], passes: ["npm run docs"] },
  { ...verify("run_tests"), words: [["node"]], option: /^--test$/, matches: ["node --test"], passes: ["node -e 1"] },
  { ...verify("lint_check"), words: [["ruff"], ["check", "clean"]], matches: ["ruff check src", "uv run ruff check"], passes: ["ruff --version"] },
  { ...verify("lint_check"), words: [["flake8", "pylint", "eslint", "biome", "clippy"]], matches: ["eslint src"], passes: ["cat eslint.config.js"] },
  { ...verify("format_file"), words: [["ruff"], ["format"]], matches: ["ruff format ."], passes: ["ruff --version"] },
  { ...verify("format_file"), words: [["black", "isort", "prettier", "gofmt", "rustfmt"]], matches: ["black src"], passes: ["grep black src"] },
  { ...verify("type_check"), words: [["ty"], ["check"]], matches: ["ty check", "uv run ty check"], passes: ["ty --version"] },
  { ...verify("type_check"), words: [["ty"]], option: /^check$/, matches: ["ty --verbose check"], passes: ["ty version"] },
  { ...verify("type_check"), words: [PYTHON, ["-m"], ["ty", "mypy"]], matches: ["python -m ty check"], passes: ["python -m json.tool"] },
  { ...verify("type_check"), words: [["mypy", "pyright", "tsc"]], matches: ["mypy src"], passes: ["cat mypy.ini"] },

  { ...INSTALLS, words: [["pip", "pip3", "pipx", "npx", "uvx", "brew", "gem", "apt", "apt-get", "apk", "dnf", "yum", "pacman", "conda", "mamba", "corepack"]], matches: ["pip install x", "npx -y x"], passes: ["pip-audit --version", "echo pip"] },
  { ...INSTALLS, words: [["uv"], ["pip", "sync", "add", "remove", "lock", "venv", "tool", "build", "publish", "python", "self"]], matches: ["uv sync", "uv pip install x"], passes: ["uv run python -V", "uv --version"] },
  { ...INSTALLS, words: [["npm", "pnpm", "yarn", "bun", "poetry", "pdm", "pixi", "hatch"], ["install", "i", "ci", "add", "remove", "update", "upgrade", "publish", "x", "dlx", "exec", "link"]], matches: ["npm install x", "poetry add x"], passes: ["npm ls", "npm view"] },
  { ...INSTALLS, words: [["cargo", "go"], ["install", "add", "get", "publish"]], matches: ["cargo install x"], passes: ["cargo tree", "go version"] },
  { ...INSTALLS, words: [PYTHON, ["-m"], ["pip", "venv", "ensurepip", "virtualenv"]], matches: ["python -mpip install x"], passes: ["python -m json.tool"] },
  { ...INSTALLS, words: [["make"], ["install"]], matches: ["make install"], passes: ["make -n"] },

  { ...HOST, words: [["sed"]], option: /(^|[;{\n])\s*(\d+|\$|\/[^/]*\/)?\s*e(\s|$)|(^|[;{\n])\s*[0-9,$]*s([|/,#])(?:(?!\5).)*\5(?:(?!\5).)*\5[gpiImM0-9]*e/, matches: ["sed '1e id' f", "sed e f", "sed 's/x/id/e' f"], passes: ["sed -n '/tmp/p' f", "sed 's/a/e/' f", "sed -n 1,3p e.txt", "sed 's/e e/x/g' f", "sed -e 's/a/b/;s/x/e/' f"] },
  { ...NETWORK, words: [["perl", "ruby", "lua", "php", "node", "bun", "deno", ...PYTHON]], option: /(?:\b|-M)(IO::Socket|urllib\.request|http\.client|requests\.(get|post|put)|socket\.(socket|create_connection)|net\.connect|http\.server)\b/, matches: ["perl -MIO::Socket -e 1", "uv run python -c 'import urllib.request'"], passes: ["uv run python -c 'import requests'", "python -m json.tool"] },
  { ...HOST, words: [["sudo", "su", "doas", "chroot", "mount", "umount", "unshare", "nsenter", "docker", "podman", "crontab", "at", "batch", "systemctl", "launchctl", "gdb", "strace", "ltrace", "insmod", "modprobe", "reboot", "shutdown", "gpg", "ssh-add", "ssh-agent", "security", "pbpaste", "pbcopy", "osascript", "open", "xdg-open", "pkill", "killall", "systemd-run", "dbus-send", "screen", "tmux"]], matches: ["sudo id", "crontab -l"], passes: ["cat crontab.txt"] },
  { ...NETWORK, words: [["curl", "wget", "ssh", "scp", "sftp", "ftp", "nc", "ncat", "netcat", "socat", "telnet", "ping", "nslookup", "dig", "host", "aws", "gcloud", "az", "gh", "kubectl"]], matches: ["curl -s http://x/"], passes: ["echo https://x.test/y"] },
];

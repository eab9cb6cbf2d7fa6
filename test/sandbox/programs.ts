/** Programs that install, publish, check or reach out. All that is asked of them is whether they were started. */
const RECORDERS = [
  "pip pip2 pip3 pip3.11 pip3.12 pipx npm npx pnpm yarn uvx poetry pdm pixi pipenv gem bundle brew port apt apt-get",
  "dnf yum apk pacman snap flatpak conda mamba hatch tox nox docker podman nerdctl kubectl terraform",
  "ruff black isort mypy pyright ty flake8 pylint biome eslint prettier tsc jest vitest mocha",
  "bazel task just gradle mvn dotnet swift xcodebuild rake rspec phpunit ctest deno",
  "aws gcloud az gh glab launchctl pbpaste pbcopy osascript open xdg-open sudo doas pkexec systemctl",
].flatMap((line) => line.split(" "));

const record = 'echo "STUB $0 $*"; echo "$0 $*" >> "$TMPDIR/installed"\n';
/** It runs what a file of the candidate says, as build tools do. */
const runsFile = (words: string) => `[ "$1" = ${words} ] && exec sh evil.sh\n${record}`;

/** By name, the text after `#!/bin/bash`. */
export const PROGRAMS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(RECORDERS.map((name) => [name, record])),
  uv: `while [ "$1" != "" ] && [ "\${1#-}" != "$1" ]; do shift; done
[ "$1" = run ] || { ${record.trim()}; exit; }
shift
[ "$1" = -- ] && shift
[ "$1" = --script ] && { shift; exec python3 "$@"; }
[ "$1" = - ] && exec python3 -
exec "$@"
`,
  go: runsFile("run"),
  cargo: runsFile("run"),
  make: "exec sh evil.sh\n",
  python: 'exec python3 "$@"\n',
  ...(Bun.which("python3") ? {} : { python3: "echo Python 3.0\n" }),
  "pip-audit": "echo pip-audit 2.0\n",
  rg: 'exec grep -rnE "$@"\n',
  pytest: `sh evil.sh; (: > /dev/tcp/127.0.0.1/9) 2>/dev/null; echo "1 passed: $*"\n`,
  lint: 'echo "linted $*"\n',
  fix: 'for file; do echo "# fixed" >> "$file"; done\n',
};

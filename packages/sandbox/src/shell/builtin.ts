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
const RUNS_TESTS =
  "npm pnpm yarn bun deno go cargo make just task bazel dotnet swift mix gradle gradlew mvn mvnw xcodebuild hatch meson ninja rake sbt stack cabal lein pixi poe nx turbo ant buck2 pants dune dub zig flutter dart crystal gleam rebar3 invoke inv ng react-scripts".split(
    " ",
  );
const TEST_SCRIPT = [/^tests?([:_-].*)?$/];
const CHECKERS_OF_JS = ["jest", "vitest", "mocha", "ava", "eslint", "biome", "oxlint", "prettier", "tsc", "vue-tsc"];
const LINT_SCRIPT = [/^lint([:_-].*)?$/];
/** In awk: what is printed, up to where it goes. */
const PRINTED = String.raw`\bprintf?\b(?:[^;}\n">|(]|"(?:[^"\\]|\\.)*"|\([^)]*\))*`;
const STARTS = restricted("host", "it starts another program from code: run that as a command of its own");
const INSTALLS = restricted("installer", "workers install nothing: dependencies are the plan's business (setup_cmd)");
const FETCHES = restricted(
  "installer",
  "it may fetch what it runs; a program that is installed is started by its path: node_modules/.bin/NAME",
);
const HOST = restricted("host", "it needs the machine or other rights, which a task does not have");
const NETWORK = restricted(
  "network",
  "workers fetch nothing by themselves: dependencies are the plan's business (setup_cmd)",
);

// biome-ignore format: a table reads by its columns
export const SHELL_RULES: readonly CommandRule[] = [
  { ...mutation, words: [["rm", "mv", "cp", "touch", "mkdir", "rmdir", "ln", "unlink", "truncate", "shred", "tee", "install", "dd", "split", "csplit", "chmod", "chown", "chgrp", "chattr", "setfacl", "patch", "ed", "ex", "rsync", "mkfifo", "mknod"]], matches: ["rm -rf src", "true && mv a b", "echo x | tee f", "env rm x", "find . -exec rm {} +", "ls | xargs rm", "sh -c 'rm x'", '"r"m x', "\\rm x", "/bin/rm x"], passes: ["grep -rn 'rm ' src", "echo touch", "git log --grep='fix; rm old'", "echo 'x | cp y'", "rmlint"] },
  { ...mutation, words: [["zip"]], matches: ["zip -q a.zip f"], passes: ["zipinfo a.zip"] },
  { ...mutation, words: [["unzip"]], unless: /^-[lptvZ]$/, matches: ["unzip -o a.zip", "unzip a.zip"], passes: ["unzip -l a.zip", "unzip -p a.zip f"] },
  { ...mutation, words: [["gunzip", "gzip", "bzip2", "bunzip2", "xz", "unxz", "zstd", "unzstd", "lz4"]], unless: /^(-[a-z0-9]*[clt]|--stdout|--to-stdout|--list|--test)$/, matches: ["gzip f", "gunzip -k f.gz", "xz -9 f"], passes: ["gzip -c f", "gunzip -c f.gz", "gzip -dc f.gz", "xz -l f.xz"] },
  { ...mutation, words: [["sed", "perl", "ruby"]], option: /^(-[A-Za-z]*i.*|--in-place.*)$/, matches: ["sed -i s/a/b/ f", "perl -pi -e 1 f", "sed --in-place=.bak s/a/b/ f"], passes: ["sed -n 1p f", "sed s/-i/x/ f"] },
  { ...mutation, words: [["awk", "gawk"]], option: /^(-i|inplace)$/, matches: ["awk -i inplace 1 f"], passes: ["awk '$1 > 3' f"] },
  { ...mutation, words: [["sort"]], option: /^(-o.*|--output.*)$/, matches: ["sort -o f f"], passes: ["sort f"] },
  { ...mutation, words: [["find"]], option: /^(-delete|-fprint.*|-fls)$/, matches: ["find . -delete"], passes: ["find . -name '*.py'"] },
  { ...mutation, words: [["tar"]], option: /^(-?[A-Za-z]*x[A-Za-z]*|--extract|--get)$/, matches: ["tar xf a.tar", "tar -xzf a.tgz"], passes: ["tar -tf a.tar"] },
  { ...mutation, words: [["perl", "ruby", "lua", "php", "tclsh", "node", "bun", "deno", ...PYTHON]], option: /\b(unlink|os\.remove|os\.rename|rmtree|rmdir|mkdir|truncate|write_text|write_bytes|writeFile|writeFileSync|appendFile|appendFileSync|rmSync|unlinkSync|renameSync|Bun\.write|Deno\.(?:remove|rename|mkdir|truncate|writeFile|writeTextFile)(?:Sync)?)\b["']?[ (]/, matches: ["perl -e 'unlink q(a)'", `node -e 'require("fs").writeFileSync("a", "b")'`, `uv run python -c 'import os;os.remove("a")'`], passes: ["python scripts/unlink.py", "node -e 'f(1)'", "perl -ne 'print if /unlink/' f", `uv run python -c 'print(open("a").read())'`] },

  { ...verify("run_tests"), words: [["pytest", "py.test", "tox", "nox", "jest", "vitest", "mocha", "ava", "unittest", "ctest", "phpunit", "rspec", "pest", "gotestsum", "nextest", "trial", "nose2", "nosetests"]], matches: ["pytest -q", "uv run pytest", "cd tests && pytest", "(pytest)", "uv run -- pytest", "uv --quiet run pytest", "uv run --nosuchflag pytest tests", "ctest --output-on-failure", "uvx pytest", "npx jest", "npx --yes jest@29", "poetry run pytest", "bunx vitest run", "pnpm exec jest"], passes: ["cat pytest.ini", "pytest-cov", "ls ctest", "grep -r jest src"] },
  { ...verify("run_tests"), words: [PYTHON, ["-m"], ["pytest", "unittest", "tox", "nox", "nose2"]], matches: ["python -m pytest", "python3 -mpytest", "uv run python -m pytest", "uv run -m pytest"], passes: ["python -m json.tool"] },
  { ...verify("run_tests"), words: [PYTHON], option: /(^|[;\n]\s*)(import|from) (pytest|unittest)\b/, matches: ["uv run python -c 'import pytest'"], passes: ["python x.py pytest", "uv run python -c 'print(1)'"] },
  { ...verify("run_tests"), words: [PYTHON, ["manage.py"], ["test"]], matches: ["python manage.py test"], passes: ["python manage.py shell"] },
  { ...verify("run_tests"), words: [RUNS_TESTS, ["test", "tests", "t", "tst", "check", "nextest", "bench"]], matches: ["npm test", "go test ./...", "make test", "make -C lib check", "cargo nextest run", "cargo +nightly test", "npm --prefix web test", "go -C x test ./..."], passes: ["npm ls", "go version", "make -n", "npm view test", "cargo tree"] },
  { ...verify("run_tests"), words: [["npm", "pnpm", "yarn", "bun", "deno", "hatch", "pdm", "rye", "pixi", "turbo", "lerna", "composer"], ["run", "run-script", "task"], TEST_SCRIPT], matches: ["npm run test", "pixi run test", "deno task test", "npm run test:unit", "pnpm run test-ci", "npm run-script tests"], passes: ["npm run docs", "npm run latest", "npm run build"] },
  { ...verify("run_tests"), words: [["pnpm", "yarn", "make", "just", "task", "rake", "poe", "nx"], TEST_SCRIPT], matches: ["yarn test:unit", "pnpm test:e2e", "make test-unit", "task test:unit"], passes: ["yarn docs", "make testdata", "make -n"] },
  { ...verify("run_tests"), words: [["mvn", "mvnw", "gradle", "gradlew", "sbt"], ["verify", "check", "integration-test", "integrationTest", "surefire:test", "testOnly"]], matches: ["mvn -q verify", "./gradlew check"], passes: ["mvn -v", "gradle tasks"] },
  { ...verify("run_tests, lint_check, format_file or type_check"), words: [["pnpm", "yarn", "bun"], CHECKERS_OF_JS], matches: ["yarn jest", "pnpm vitest run", "yarn --silent tsc"], passes: ["yarn why jest"] },
  { ...verify("run_tests, lint_check, format_file or type_check"), words: [["pnpm", "yarn", "bun"], ["run"], CHECKERS_OF_JS], matches: ["yarn run jest", "bun run vitest"], passes: ["yarn run docs", "bun run src/jest.ts"] },
  { ...verify("run_tests"), words: [["node"]], option: /^--test(-.*)?$/, matches: ["node --test"], passes: ["node -e 1"] },
  { ...verify("run_tests"), words: [["playwright", "cypress"], ["test", "run"]], matches: ["npx playwright test"], passes: ["playwright --version"] },
  { ...verify("lint_check"), words: [["ruff"], ["check", "clean"]], matches: ["ruff check src", "uv run ruff check", "uvx ruff check"], passes: ["ruff --version"] },
  { ...verify("lint_check"), words: [PYTHON, ["-m"], ["ruff"], ["check"]], matches: ["python -m ruff check .", "uv run python -m ruff check"], passes: ["python -m ruff --version"] },
  { ...verify("lint_check"), words: [PYTHON, ["-m"], ["flake8", "pylint", "pyflakes", "pycodestyle"]], matches: ["python -m flake8"], passes: ["python -m json.tool"] },
  { ...verify("lint_check"), words: [["flake8", "pylint", "pyflakes", "eslint", "biome", "oxlint", "clippy", "golangci-lint", "staticcheck", "shellcheck", "rubocop", "stylelint", "tslint", "cargo-clippy", "clippy-driver", "pre-commit", "prek"]], matches: ["eslint src", "npx eslint .", "golangci-lint run"], passes: ["cat eslint.config.js", "git log --grep=eslint"] },
  { ...verify("lint_check"), words: [["cargo"], ["clippy"]], matches: ["cargo clippy -- -D warnings", "cargo +stable clippy"], passes: ["cargo tree", "cargo metadata"] },
  { ...verify("lint_check"), words: [["go"], ["vet"]], matches: ["go vet ./..."], passes: ["go version", "go list ./..."] },
  { ...verify("lint_check"), words: [["npm", "pnpm", "yarn", "bun"], ["run", "run-script"], LINT_SCRIPT], matches: ["npm run lint", "npm run lint:fix"], passes: ["npm run build"] },
  { ...verify("lint_check"), words: [["deno", "make", "just", "task", "pnpm", "yarn"], LINT_SCRIPT], matches: ["make lint", "deno lint", "yarn lint"], passes: ["make -n", "deno info"] },
  { ...verify("format_file"), words: [["ruff"], ["format"]], matches: ["ruff format ."], passes: ["ruff --version"] },
  { ...verify("format_file"), words: [PYTHON, ["-m"], ["ruff"], ["format"]], matches: ["python -m ruff format ."], passes: ["python -m ruff --version"] },
  { ...verify("format_file"), words: [PYTHON, ["-m"], ["black", "isort"]], matches: ["python -m black ."], passes: ["python -m json.tool"] },
  { ...verify("format_file"), words: [["black", "isort", "prettier", "gofmt", "goimports", "gofumpt", "rustfmt", "clang-format", "shfmt", "dprint"]], matches: ["black src", "npx prettier --write ."], passes: ["grep black src"] },
  { ...verify("format_file"), words: [["cargo", "go", "deno", "make", "just", "terraform"], ["fmt", "format"]], matches: ["cargo fmt", "go fmt ./...", "deno fmt", "make format"], passes: ["cargo tree", "make -n"] },
  { ...verify("format_file"), words: [["npm", "pnpm", "yarn", "bun"], ["run", "run-script"], ["format", "fmt", "prettier"]], matches: ["npm run format"], passes: ["npm run build"] },
  { ...verify("type_check"), words: [["ty"], ["check"]], matches: ["ty check", "uv run ty check"], passes: ["ty --version"] },
  { ...verify("type_check"), words: [["ty"]], option: /^check$/, matches: ["ty --verbose check"], passes: ["ty version"] },
  { ...verify("type_check"), words: [PYTHON, ["-m"], ["ty", "mypy", "pyright"]], matches: ["python -m ty check"], passes: ["python -m json.tool"] },
  { ...verify("type_check"), words: [["mypy", "pyright", "basedpyright", "tsc", "tsgo", "vue-tsc", "pyre", "pytype"]], matches: ["mypy src", "npx tsc --noEmit"], passes: ["cat mypy.ini"] },
  { ...verify("type_check"), words: [["cargo", "deno"], ["check"]], matches: ["cargo check", "deno check x.ts"], passes: ["cargo tree"] },
  { ...verify("type_check"), words: [["npm", "pnpm", "yarn", "bun"], ["run", "run-script"], ["typecheck", "type-check", "types", "tsc", "check-types"]], matches: ["npm run typecheck"], passes: ["npm run build"] },

  { ...FETCHES, words: [["npx", "bunx", "pnpx"]], matches: ["npx -y x", "npx tsc --noEmit", "bunx x"], passes: ["node_modules/.bin/tsc --noEmit", "echo npx"] },
  { ...FETCHES, words: [["npm", "pnpm", "yarn", "bun"], ["x", "dlx", "exec"]], matches: ["npm exec -- tsc", "bun x tsc", "yarn dlx x"], passes: ["npm run x", "yarn tsc"] },
  { ...INSTALLS, words: [["pip", "pip3", "pipx", "uvx", "brew", "gem", "apt", "apt-get", "apk", "dnf", "yum", "pacman", "conda", "mamba", "corepack", "pipenv", "virtualenv", "twine", "snap", "flatpak", "port", "zypper", "emerge", "nix-env", "rustup", "cpan", "cpanm", "luarocks", "opam", "conan", "vcpkg", "easy_install", "micromamba"]], matches: ["pip install x", "pipenv install"], passes: ["pip-audit --version", "echo pip"] },
  { ...INSTALLS, words: [["uv"], ["pip", "sync", "add", "remove", "lock", "venv", "tool", "build", "publish", "python", "self"]], matches: ["uv sync", "uv pip install x"], passes: ["uv run python -V", "uv --version"] },
  { ...INSTALLS, words: [["npm", "pnpm", "yarn", "bun", "deno", "poetry", "pdm", "pixi", "hatch", "rye"], ["install", "i", "ci", "add", "remove", "update", "upgrade", "publish", "x", "exec", "link", "init", "create", "sync", "lock"]], matches: ["npm install x", "poetry add x", "npm --silent create vite", "deno add x"], passes: ["npm ls", "npm view"] },
  { ...INSTALLS, words: [["yarn"]], unless: /^([^-].*|-v|-h|--version|--help)$/, matches: ["yarn", "yarn --frozen-lockfile"], passes: ["yarn why x", "yarn --version", "yarn build"] },
  { ...INSTALLS, words: [["uv"]], option: /^--with(-editable|-requirements)?(=.*)?$/, matches: ["uv run --with x python y.py"], passes: ["uv run python x.py"] },
  { ...INSTALLS, words: [["go"], ["mod"], ["download", "tidy", "vendor"]], matches: ["go mod tidy"], passes: ["go mod graph", "go mod why x"] },
  { ...INSTALLS, words: [["nvm", "fnm", "volta", "pyenv", "rbenv", "goenv", "nodenv", "asdf", "mise", "rtx", "sdk", "pod", "cabal", "stack", "dotnet", "cs", "nimble", "raco", "guix", "spack"], ["install", "use", "update", "upgrade", "uninstall", "plugin", "pkg"]], matches: ["pyenv install 3.12", "pod install"], passes: ["pyenv versions", "mise ls", "dotnet --info"] },
  { ...INSTALLS, words: [["dotnet", "swift", "dart", "flutter", "nix"], ["add", "restore", "tool", "nuget", "package", "pub", "develop", "run", "shell", "build", "profile", "flake"], ["add", "install", "update", "resolve", "get", "upgrade", "package", "push", /^nixpkgs[#/].+/, /^github:.+/]], matches: ["dotnet tool install x", "dart pub add x", "swift package update", "nix run nixpkgs#hello"], passes: ["dotnet build", "swift package dump-package"] },
  { ...INSTALLS, words: [["dotnet", "nix"], ["add", "restore", "develop", "shell"]], matches: ["dotnet add package x", "nix develop"], passes: ["dotnet build"] },
  { ...INSTALLS, words: [["mvn", "mvnw", "sbt", "lein"], [/^(dependency:(get|resolve|copy|go-offline).*|update|deps)$/]], matches: ["mvn dependency:get"], passes: ["mvn dependency:tree"] },
  { ...INSTALLS, words: [["R", "Rscript", "julia"]], option: /\binstall\.packages\b|\bPkg\.(add|update|develop)\b/, matches: ["R -e 'install.packages(1)'", "julia -e 'using Pkg; Pkg.add(1)'"], passes: ["Rscript x.R"] },
  { ...INSTALLS, words: [["cargo", "go"], ["install", "add", "get", "publish", "fetch", "update", "vendor"]], matches: ["cargo install x", "cargo fetch"], passes: ["cargo tree", "go version"] },
  { ...INSTALLS, words: [PYTHON, ["-m"], ["pip", "venv", "ensurepip", "virtualenv"]], matches: ["python -mpip install x"], passes: ["python -m json.tool"] },
  { ...INSTALLS, words: [["bundle", "composer", "mix", "flutter"], ["install", "update", "add", "require", "remove", "deps.get", "pub"]], matches: ["bundle install", "mix deps.get"], passes: ["bundle list", "composer show"] },
  { ...INSTALLS, words: [["make"], ["install"]], matches: ["make install"], passes: ["make -n"] },

  { ...HOST, words: [["sed"]], option: /(^|[;{\n])\s*(\d+|\$|\/[^/]*\/)?\s*e(\s|$)|(^|[;{\n])\s*[0-9,$]*s([|/,#])(?:(?!\5).)*\5(?:(?!\5).)*\5[gpiImM0-9]*e/, matches: ["sed '1e id' f", "sed e f", "sed 's/x/id/e' f"], passes: ["sed -n '/tmp/p' f", "sed 's/a/e/' f", "sed -n 1,3p e.txt", "sed 's/e e/x/g' f", "sed -e 's/a/b/;s/x/e/' f"] },
  { ...NETWORK, words: [["perl", "ruby", "lua", "php", "node", "bun", "deno", ...PYTHON]], option: /(?:\b|-M)(IO::Socket|LWP::\w+|HTTP::Tiny|urllib\.request|http\.client|(?:requests|httpx)\.(get|post|put)|socket\.(socket|create_connection|connect)|net\.connect|http\.server|smtplib|ftplib|webbrowser|TCPSocket|UDPSocket|Net::HTTP|open-uri|fsockopen|curl_init)\b|(?<![\w.])fetch\s*\(\s*["'`]\w|\b(require\s*\(\s*|from\s*|import\s*\(?\s*)["'](node:)?(https?|http2|net|tls|dgram|dns|socket)["']|file_get_contents\(["']https?:/, matches: [`node -e 'fetch ("http://x")'`, `node -e 'require("http").get("x")'`, "perl -MIO::Socket -e 1", "uv run python -c 'import urllib.request'"], passes: ["uv run python -c 'import requests'", "python -m json.tool"] },
  { ...HOST, words: [["sudo", "su", "doas", "chroot", "mount", "umount", "unshare", "nsenter", "docker", "podman", "crontab", "at", "batch", "systemctl", "launchctl", "gdb", "strace", "ltrace", "insmod", "modprobe", "reboot", "shutdown", "gpg", "ssh-add", "ssh-agent", "security", "pbpaste", "pbcopy", "osascript", "open", "xdg-open", "pkill", "killall", "systemd-run", "dbus-send", "screen", "tmux", "losetup", "pkexec", "runuser", "machinectl", "loginctl", "swapon", "swapoff", "sysctl", "iptables", "nft", "rmmod", "halt", "poweroff", "useradd", "userdel", "usermod", "groupadd", "passwd", "chpasswd", "visudo", "setcap", "hostnamectl", "timedatectl", "hwclock", "secret-tool", "nerdctl", "lxc", "setpriv", "capsh", "journalctl", "dmesg", "service", "init", "telinit", "tcpdump", "bpftrace", "perf", "lsof", "keyctl", "kinit", "xdotool", "xclip", "wl-copy", "wl-paste", "notify-send", "expect", /^mkfs(\..+)?$/, "fdisk", "parted", "cryptsetup", "mkswap", "wipefs", "ifconfig", "nmcli", "ufw", "firewall-cmd", "ssh-keygen", "ssh-copy-id", "atq", "atrm", "groupdel", "groupmod", "chage", "firejail", "qemu-system-x86_64"]], matches: ["sudo id", "crontab -l", "losetup -f"], passes: ["cat crontab.txt"] },
  { ...STARTS, words: [["awk", "gawk", "mawk", "nawk"]], option: new RegExp(`\\bsystem\\s*\\(|\\|&?\\s*getline\\b|${PRINTED}\\|&?\\s*\\S|^@load\\b`), matches: [`awk 'BEGIN{system("id")}'`, `awk 'BEGIN{"id" | getline x}'`, `awk '{print $1 | "sh"}' f`], passes: ["awk '/a|b/' f", `awk '{print "a | b"}' f`, "awk '{system=1; print system}' f", "awk '$1 || $2 {print}' f", "awk '{print ($1 || $2)}' f"] },
  { ...STARTS, words: [["perl", "ruby", "php", "lua"]], option: /\b(system|exec|popen|qx|spawn|fork|proc_open|shell_exec|passthru|Open3|os\.execute|IO\.popen)\b\s*["'({[]|%x[[({]|^[^-/][^`]*`/, matches: [`perl -e 'system("id")'`, "ruby -e '`id`'", `lua -e 'os.execute("id")'`], passes: ["perl -ne 'print if /system/' f", "ruby -e 'puts 1'"] },
  { ...STARTS, words: [["node", "bun", "deno", ...PYTHON]], option: /\b(subprocess|os\.(system|popen|exec[lv]\w*|spawn\w*|posix_spawn\w*|fork)|pty\.spawn|child[_]process|Bun\.(spawn(Sync)?|\$)|Deno\.(Command|run))(?![\w./-]*\.\w+$)/, matches: [`uv run python -c 'import subprocess; subprocess.run(["id"])'`, "bun -e 'Bun.$`id`'"], passes: ["uv run python scripts/subprocess.py", "node -e '/a/.exec(1)'"] },
  { ...STARTS, words: [["tar", "bsdtar", "zip", "rsync", "man"]], option: /^--(to-command|checkpoint-action|info-script|new-volume-script|rsh-command|unzip-command|rsync-path|pager)\b|^-(F|TT)$/, matches: ["tar -cf /dev/null --checkpoint-action=exec=id src", "tar -tf a --to-command=id"], passes: ["tar -tf a.tar"] },
  { ...STARTS, words: [["sqlite3"]], option: /^\s*\.(shell|system)\b/, matches: ["sqlite3 :memory: '.shell id'"], passes: ["sqlite3 a.db .tables"] },
  { ...mutation, words: [["perl", "lua", "php"]], option: /\bopen\b[^;]*["'(]\s*\+?>|\b(io\.|f)open\s*\([^)]*,\s*["'][wax]|\bfile_put_contents\b/, matches: [`perl -e 'open(F, ">a")'`, `perl -e 'open my $f, ">", "a"'`, `lua -e 'io.open("a", "w")'`], passes: [`perl -e 'open(F, "<a")'`, `lua -e 'io.open("a")'`] },
  { ...HOST, words: [["date"]], option: /^(-[A-Za-z]*s.*|--set.*)$/, matches: ["date -s 2001-01-01", "date --set=now"], passes: ["date", "date -u +%s", "date -d yesterday"] },
  { ...HOST, words: [["hostname"]], option: /^[^-]|^-[bF]/, matches: ["hostname x"], passes: ["hostname", "hostname -f"] },
  { ...HOST, words: [["jj", "hg", "svn"]], unless: /^(status|st|log|diff|show|cat|info|ls|blame|annotate|help|version|--version)$/, matches: ["hg commit", "jj git push"], passes: ["hg status", "svn log"] },
  { ...HOST, words: [["ip"], ["link", "l", "addr", "address", "a", "route", "r", "netns", "tunnel"], ["set", "add", "del", "delete", "change", "replace", "flush", "exec"]], matches: ["ip link set lo down"], passes: ["ip addr", "ip route show"] },
  { ...HOST, words: [["pass", "op", "vault", "bw"]], option: /^(show|read|get|item|login|kv|signin|unlock)$/, matches: ["pass show x", "vault kv get x"], passes: ["pass --version"] },
  { ...HOST, words: [["kill"]], option: /^(0|1|-1|\$\{?PPID\}?)$/, matches: ["kill -9 -1", "kill -STOP $PPID", "kill 1"], passes: ["kill %1", "kill $!", "kill -TERM $$", "kill -l"] },
  { ...HOST, words: [["vi", "vim", "view", "nvim", "less", "man", "gdb"]], option: /^([+]|-c|--cmd)?\s*(:?!|.*\bsystem\()/, matches: ["vim -c '!id' -c q", "vim +'!id'"], passes: ["vim -c q x", "less x"] },
  { ...NETWORK, words: [["curl", "wget", "ssh", "scp", "sftp", "ftp", "nc", "ncat", "netcat", "socat", "telnet", "ping", "nslookup", "dig", "host", "aws", "gcloud", "az", "gh", "glab", "kubectl", "helm", "terraform", "tofu", "pulumi", "ansible", "ansible-playbook", "vagrant", "gsutil", "doctl", "heroku", "vercel", "netlify", "http", "https", "httpie", "xh", "curlie", "aria2c", "axel", "lynx", "w3m", "links", "elinks", "whois", "nmap", "traceroute", "tracepath", "mtr", "tftp", "lftp", "smbclient", "mail", "mailx", "mutt", "sendmail", "mosh", "rclone", "s3cmd", "hub"]], matches: ["curl -s http://x/"], passes: ["echo https://x.test/y"] },
];

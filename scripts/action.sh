#!/usr/bin/env bash
# What the Action runs: judges a range of commits, annotates, and writes SARIF. It fails where it cannot judge: without dgov,
# without the commits, or when preflight itself breaks. Usage: DGOV_RANGE=A..B DGOV_SARIF=FILE scripts/action.sh
set -euo pipefail

fail() {
  echo "::error title=dgov::Cannot judge this change: $2"
  exit "$1"
}

if [ -n "${DGOV_VERSION:-}" ]; then
  folder=${RUNNER_TEMP:-$(mktemp -d)}/dgov
  npm install --prefix "$folder" --no-fund --no-audit --silent "dgov@$DGOV_VERSION" || fail 5 "npm has no dgov@$DGOV_VERSION"
  PATH="$folder/node_modules/.bin:$PATH"
fi
command -v dgov >/dev/null || fail 5 'dgov is not on PATH; install it in a step before, or give the input "version"'

range=${DGOV_RANGE:-}
if [ -z "$range" ]; then
  [ -n "${DGOV_BASE:-}" ] || fail 2 'there is no pull request; give the input "range" as A..B'
  range=$DGOV_BASE..${DGOV_HEAD:-HEAD}
fi
for commit in "${range%%..*}" "${range##*..}"; do
  git rev-parse --quiet --verify "$commit^{commit}" >/dev/null || fail 4 "\"$commit\" is not here; check out with fetch-depth: 0"
done

sarif=${DGOV_SARIF:-dgov.sarif}
status=0
dgov preflight --range "$range" --sarif >"$sarif" || status=$?
dgov preflight --range "$range" --github || status=$?
[ -z "${GITHUB_OUTPUT:-}" ] || echo "sarif=$sarif" >>"$GITHUB_OUTPUT"
exit "$status"

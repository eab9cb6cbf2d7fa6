import { ARCHIVE, HOMES } from "@dgov/governor/root";
import { firstWords, groupsOf, type Offer, type Value } from "./words.ts";

/** Completion for bash 4 and newer. Names of plans come from a stranger's folder: they are matched and quoted, never read as code. */
export function bashCompletion(offers: readonly Offer[]): string {
  const firsts = firstWords(offers).map(([word]) => word);
  const groups = groupsOf(offers).map(
    ([group, members]) => `    ${group}) echo "${members.map(([w]) => w).join(" ")}" ;;`,
  );
  const options = offers.map(
    (offer) => `    ${quoted(offer.path)}) echo "${offer.options.flatMap(spellings).join(" ")}" ;;`,
  );
  const values = offers.flatMap((offer) =>
    offer.options.flatMap((option) => valueRows(offer, spellings(option), option.value)),
  );
  const args = offers.flatMap((offer) => argRows(offer));
  return `# bash completion for dgov, written by: dgov completions bash
_dgov_members() {
  case "$1" in
${groups.join("\n")}
  esac
}
_dgov_options() {
  case "$1" in
${options.join("\n")}
  esac
}
# What stands behind an option, and as an argument of a number: words, or plan, file or none. Nothing: it takes none.
_dgov_value() {
  case "$1 $2" in
${values.join("\n")}
  esac
}
_dgov_argument() {
  case "$1 $2" in
${args.join("\n")}
  esac
}
_dgov_offer() {
  local cur="$2" plan
  case "$1" in
    plan)
      for plan in ${HOMES.map((home) => `${home}/"$cur"*/`).join(" ")}; do
        [ -d "$plan" ] || continue
        plan="\${plan%/}"; plan="\${plan##*/}"
        [ "$plan" = ${ARCHIVE} ] || COMPREPLY+=("$(printf '%q' "$plan")")
      done ;;
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur") ;;
    none | "") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur") ;;
  esac
}
_dgov() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" path="" place=0 skip="" at word
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    word="\${COMP_WORDS[at]}"
    if [ -n "$skip" ]; then skip=""; continue; fi
    case "$word" in
      -*) [ -n "$path" ] && skip="$(_dgov_value "$path" "$word")" ;;
      *)
        if [ -z "$path" ]; then path="$word"
        elif [ "$place" = 0 ] && [ -n "$(_dgov_members "$path")" ]; then path="$path $word"
        else place=$((place + 1)); fi ;;
    esac
  done
  if [ -n "$skip" ]; then _dgov_offer "$skip" "$cur"
  elif [ -z "$path" ]; then _dgov_offer "${firsts.join(" ")}" "$cur"
  elif [ -n "$(_dgov_members "$path")" ]; then _dgov_offer "$(_dgov_members "$path")" "$cur"
  elif [[ "$cur" == -* ]]; then _dgov_offer "$(_dgov_options "$path")" "$cur"
  else _dgov_offer "$(_dgov_argument "$path" "$((place + 1))")" "$cur"; fi
}
complete -F _dgov dgov`;
}

const quoted = (path: readonly string[]): string => `"${path.join(" ")}"`;
const spellings = ({ long, short }: { long: string; short: string | null }): string[] => [
  long,
  ...(short ? [short] : []),
];
const wordOf = (value: Value): string => (value.kind === "words" ? value.words.join(" ") : value.kind);

const valueRows = ({ path }: Offer, names: readonly string[], value: Value | null): string[] =>
  value === null ? [] : names.map((name) => `    "${path.join(" ")} ${name}") echo "${wordOf(value)}" ;;`);

const argRows = ({ path, args }: Offer): string[] =>
  args.map(({ value, many }, at) => {
    const place = many ? `"${path.join(" ")} "*` : `"${path.join(" ")} ${at + 1}"`;
    return `    ${place}) echo "${wordOf(value)}" ;;`;
  });

import { ARCHIVE, HOMES } from "@dgov/governor/root";
import { type Arg, firstWords, groupsOf, type Offer, type Option, type Value } from "./words.ts";

/** Completion for zsh: a file `_dgov` in a folder of fpath. */
export function zshCompletion(offers: readonly Offer[]): string {
  const groups = groupsOf(offers);
  const listed = groups.map(([group, members]) => `    ${group}) offer=(${members.map(described).join(" ")}) ;;`);
  const cases = offers.map(({ path, options, args }) => {
    const specs = [...options.flatMap(optionSpecs), ...args.map(argSpec)];
    return `    '${path.join(" ")}')\n      _arguments -s -S : \\\n        ${specs.join(" \\\n        ")} ;;`;
  });
  return `#compdef dgov
# zsh completion for dgov, written by: dgov completions zsh
_dgov_plans() {
  local -a plans=(${HOMES.map((home) => `${home}/*(N/:t)`).join(" ")})
  plans=(\${plans:#${ARCHIVE}})
  compadd -a plans
}
_dgov() {
  local -a offer
  local name="\${words[2]}"
  if ((CURRENT == 2)); then
    offer=(${firstWords(offers).map(described).join(" ")})
    _describe -t commands 'command of dgov' offer
    return
  fi
  case "$name" in
${listed.join("\n")}
  esac
  if (($#offer)); then
    if ((CURRENT == 3)); then _describe -t commands "command of dgov $name" offer; return; fi
    name="$name \${words[3]}"
    shift words
    ((CURRENT--))
  fi
  shift words
  ((CURRENT--))
  case "$name" in
${cases.join("\n")}
  esac
}
if [ "$funcstack[1]" = _dgov ]; then _dgov "$@"; else compdef _dgov dgov; fi`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const described = ([word, summary]: readonly [string, string]): string =>
  quoted(`${word.replaceAll(":", "\\:")}:${summary}`);

/** \`*\`: it may be given again; of two spellings neither is offered once the other stands there. */
function optionSpecs({ long, short, value, description }: Option): string[] {
  const told = `[${description.replace(/[[\]\\:]/g, "\\$&")}]${value === null ? "" : `:${long.slice(2)}:${action(value)}`}`;
  return [long, ...(short === null ? [] : [short])].map((name) => quoted(`*${name}${told}`));
}

const argSpec = ({ key, value, many }: Arg, at: number): string =>
  quoted(`${many ? "*" : at + 1}:${key}:${action(value)}`);

function action(value: Value): string {
  if (value.kind === "words") return `(${value.words.join(" ")})`;
  return { plan: "_dgov_plans", file: "_files", none: "" }[value.kind];
}

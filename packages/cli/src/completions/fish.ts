import { ARCHIVE, HOMES } from "@dgov/governor/root";
import { firstWords, groupsOf, type Offer, type Option, type Value } from "./words.ts";

/** Completion for fish 3 and newer. */
export function fishCompletion(offers: readonly Offer[]): string {
  const groups = groupsOf(offers);
  const first = firstWords(offers).map(
    ([word, summary]) => `complete -c dgov -n __dgov_bare -a ${word} -d ${quoted(summary)}`,
  );
  const second = groups.flatMap(([group, members]) =>
    members.map(([word, summary]) => `complete -c dgov -n '__dgov_group ${group}' -a ${word} -d ${quoted(summary)}`),
  );
  const rows = offers.flatMap(({ path, options, args }) => {
    const at = `complete -c dgov -n ${quoted(`__dgov_at ${path.join(" ")}`)}`;
    const values = [...new Set(args.map(({ value }) => offered(value)).filter((offer) => offer !== ""))];
    return [...options.map((option) => `${at} ${optionOf(option)}`), ...values.map((offer) => `${at} ${offer}`)];
  });
  return `# fish completion for dgov, written by: dgov completions fish
function __dgov_words
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; or echo $word
    end
end
function __dgov_bare
    test (count (__dgov_words)) -eq 0
end
function __dgov_group
    set -l words (__dgov_words)
    test (count $words) -eq 1; and test "$words[1]" = "$argv[1]"
end
function __dgov_at
    set -l words (__dgov_words)
    test (count $words) -ge (count $argv); and test "$words[1..$(count $argv)]" = "$argv"
end
function __dgov_plans
    for plan in ${HOMES.map((home) => `${home}/*/`).join(" ")}
        string split -r -m1 / -- (string trim -r -c / -- $plan) | tail -n 1 | string match -v ${ARCHIVE}
    end
end
complete -c dgov -f
${[...first, ...second, ...rows].join("\n")}`;
}

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

function optionOf({ long, short, value, description }: Option): string {
  const names = `-l ${long.slice(2)}${short === null ? "" : ` -s ${short.slice(1)}`} -d ${quoted(description)}`;
  if (value === null) return names;
  const only = value.kind === "file" ? "-r" : "-x"; // fish offers files behind an option unless it is told not to
  return `${names} ${only} ${offered(value)}`.trimEnd();
}

function offered(value: Value): string {
  if (value.kind === "words") return `-a ${quoted(value.words.join(" "))}`;
  return { plan: "-a '(__dgov_plans)'", file: "-F", none: "" }[value.kind];
}

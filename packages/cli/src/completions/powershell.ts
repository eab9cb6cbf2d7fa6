import { ARCHIVE, HOMES } from "@dgov/governor/root";
import { firstWords, groupsOf, type Offer, type Value } from "./words.ts";

/** Completion for PowerShell 5 and newer: a table of what may stand where, and one block that reads it. */
export function powershellCompletion(offers: readonly Offer[]): string {
  const members = groupsOf(offers).map(([group, rows]) => `  ${quoted(group)} = ${list(rows.map(([word]) => word))}`);
  const options = offers.map(
    ({ path, options }) => `  ${quoted(path.join(" "))} = ${list(options.map(({ long }) => long))}`,
  );
  const values = offers.flatMap(({ path, options }) =>
    options.flatMap(({ long, short, value }) =>
      value === null
        ? []
        : [long, ...(short ? [short] : [])].map(
            (name) => `  ${quoted(`${path.join(" ")} ${name}`)} = ${offered(value)}`,
          ),
    ),
  );
  const args = offers.flatMap(({ path, args }) =>
    args.length === 0 ? [] : [`  ${quoted(path.join(" "))} = ${offered(args[0]!.value)}`],
  );
  return `# PowerShell completion for dgov, written by: dgov completions powershell
$dgovFirst = ${list(firstWords(offers).map(([word]) => word))}
$dgovMembers = @{
${members.join("\n")}
}
$dgovOptions = @{
${options.join("\n")}
}
$dgovValues = @{
${values.join("\n")}
}
$dgovArguments = @{
${args.join("\n")}
}
Register-ArgumentCompleter -Native -CommandName dgov -ScriptBlock {
  param($word, $ast, $cursor)
  $before = $ast.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursor }
  $before = @($before | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  $path = ''
  $skip = $null
  foreach ($one in $before) {
    if ($skip) { $skip = $null; continue }
    if ($one.StartsWith('-')) { $skip = $dgovValues["$path $one"]; continue }
    if ($path -eq '') { $path = $one }
    elseif ($dgovMembers.ContainsKey($path)) { $path = "$path $one" }
  }
  $offer = if ($skip) { $skip }
    elseif ($path -eq '') { $dgovFirst }
    elseif ($dgovMembers.ContainsKey($path)) { $dgovMembers[$path] }
    elseif ($word.StartsWith('-')) { $dgovOptions[$path] }
    else { $dgovArguments[$path] }
  if ("$offer" -eq '<plan>') { 
    $offer = @(Get-ChildItem -Directory -Name ${HOMES.join(", ")} -ErrorAction Ignore | Where-Object { $_ -ne ${quoted(ARCHIVE)} })
  }
  $offer | Where-Object { $_ -and $_.StartsWith($word) } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const list = (words: readonly string[]): string => `@(${words.map(quoted).join(", ")})`;

/** Where nothing is offered, PowerShell offers files by itself. */
const offered = (value: Value): string =>
  value.kind === "words" ? list(value.words) : value.kind === "plan" ? "'<plan>'" : "@()";

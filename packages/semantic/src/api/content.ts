import type { Calling, Saying } from "./calling.ts";
import type { Flow } from "./rules.ts";
import { schemaUnder } from "./schemas.ts";
import { entries, type Spot, tableAt, under } from "./spot.ts";

/** One value of a call: which way it goes, and what it is called. */
export type OneOf = Calling & { flow: Flow; words: string };

/** Compares what is under `content`. */
export function compareMedia(calling: OneOf, base: Spot, head: Spot): void {
  const { say, schema, flow, words } = calling;
  const [before, after] = [mediaOf(base), mediaOf(head)];
  for (const [type, spot] of before) {
    const other = after.get(type);
    const where = `${words} > ${type}`;
    if (!other) {
      say("media_type_removed", { flow, words }, `the media type "${type}" is gone`, { base: spot });
      continue;
    }
    schema(schemaUnder(spot, "schema"), schemaUnder(other, "schema"), flow, where);
    calling.fields(spot, other, ["schema"], where);
  }
  for (const [type, spot] of after)
    if (!before.has(type)) say("media_type_added", { flow, words }, `the media type "${type}" is new`, { head: spot });
}

const mediaOf = (spot: Spot): Map<string, Spot> =>
  new Map(
    entries(under(spot, "content")).map(([type, at]) => [type.toLowerCase().replaceAll(/\s*([;=])\s*/g, "$1"), at]),
  );

export function compareDeprecated({ say, flow, words }: Saying, base: Spot, head: Spot): void {
  const [was, is] = [tableAt(base).deprecated === true, tableAt(head).deprecated === true];
  if (was === is) return;
  say(is ? "deprecated" : "undeprecated", { flow, words }, is ? "it is deprecated" : "it is no longer deprecated", {
    base,
    head,
  });
}

/** Compares how a value is written, and which values there are: of a parameter and of a header. */
export function compareWritten(calling: OneOf, base: Spot, head: Spot): void {
  const { say, schema, flow, words } = calling;
  const [was, is] = [writingOf(base), writingOf(head)];
  if (was !== is) say("serialization_changed", { flow, words }, `it was written ${was} and is ${is}`, { base, head });
  else if (under(base, "content") || under(head, "content")) compareMedia(calling, base, head);
  else schema(schemaUnder(base, "schema"), schemaUnder(head, "schema"), flow, words);
}

const STYLES: Readonly<Record<string, string>> = { query: "form", cookie: "form", path: "simple", header: "simple" };

function writingOf(spot: Spot): string {
  const table = tableAt(spot);
  if (table.content !== undefined) return "as a media type";
  const style = table.style ?? STYLES[String(table.in)] ?? "simple";
  const explode = table.explode ?? style === "form";
  const more = [table.allowReserved === true && "reserved signs", table.allowEmptyValue === true && "empty values"];
  return `in the style ${String(style)}${explode ? ", exploded" : ""}${more
    .filter(Boolean)
    .map((one) => ` with ${String(one)}`)
    .join("")}`;
}

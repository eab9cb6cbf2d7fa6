import { type Calling, followed } from "./calling.ts";
import { compareDeprecated, compareMedia, compareWritten, type OneOf } from "./content.ts";
import { isStuck, settled } from "./follow.ts";
import { entries, type Spot, tableAt, under } from "./spot.ts";

export function compareBody(calling: Calling, base: Spot | null, head: Spot | null): void {
  if (base && head) compareBodies(calling, base, head);
  else if (base)
    calling.say("body_removed", { flow: calling.sent, words: "body" }, "there is no body any more", { base });
  else if (head) tellBody(calling, head);
}

function tellBody(calling: Calling, at: Spot): void {
  const head = settled(at);
  if (isStuck(head)) calling.stuck(head, at);
  else if (tableAt(head).required === true)
    calling.say("required_body_added", { flow: calling.sent, words: "body" }, "a body is new, and required", { head });
  else calling.say("body_added", { flow: calling.sent, words: "body" }, "a body is new", { head });
}

function compareBodies(calling: Calling, base: Spot, head: Spot): void {
  const { say, sent: flow } = calling;
  const words = "body";
  const ends = followed(calling, base, head);
  if (!ends) return;
  const [from, to] = ends;
  const [was, is] = [tableAt(from).required === true, tableAt(to).required === true];
  if (is && !was) say("body_required", { flow, words }, "it is required now", { base: from, head: to });
  if (was && !is) say("body_optional", { flow, words }, "it is no longer required", { base: from, head: to });
  compareMedia({ ...calling, flow, words }, from, to);
  calling.fields(from, to, ["required", "content"], words);
}

/** Compares the answers by their status; one that is described by its range, or by none, is compared with that. */
export function compareResponses(calling: Calling, base: Spot | null, head: Spot | null): void {
  const { say, got: flow } = calling;
  const [before, after] = [base, head].map((spot) => new Map(entries(spot).filter(([key]) => !key.startsWith("x-"))));
  for (const [status, spot] of before ?? []) {
    const other =
      after?.get(status) ?? after?.get(`${status[0]}XX`) ?? (status.length === 3 ? after?.get("default") : undefined);
    const words = `response ${status}`;
    if (!other) {
      const kind = /^[45]/.test(status) ? "failure_removed" : "success_removed";
      say(kind, { flow, words }, `the answer ${status} is gone`, { base: spot });
      continue;
    }
    const ends = followed(calling, spot, other);
    if (ends) compareResponse({ ...calling, flow, words }, ...ends);
  }
  for (const [status, spot] of after ?? [])
    if (!before?.has(status))
      say("response_added", { flow, words: `response ${status}` }, `the answer ${status} is new`, { head: spot });
}

function compareResponse(calling: OneOf, base: Spot, head: Spot): void {
  const { words } = calling;
  const [was, is] = [under(base, "content"), under(head, "content")];
  if (was && !is) calling.say("body_removed", { flow: calling.flow, words }, "it has no body any more", { base: was });
  else if (!was && is) calling.say("body_added", { flow: calling.flow, words }, "it has a body now", { head: is });
  else compareMedia(calling, base, head);
  compareHeaders(calling, base, head);
  calling.fields(base, head, ["content", "headers", "links"], words);
}

function compareHeaders(calling: OneOf, base: Spot, head: Spot): void {
  const { say, flow } = calling;
  const [before, after] = [headersOf(base), headersOf(head)];
  for (const [name, spot] of before) {
    const other = after.get(name);
    const words = `${calling.words} > header ${name}`;
    if (!other) {
      say("header_removed", { flow, words }, `the header "${name}" is gone`, { base: spot });
      continue;
    }
    const ends = followed(calling, spot, other);
    if (!ends) continue;
    const [from, to] = ends;
    const [was, is] = [tableAt(from).required === true, tableAt(to).required === true];
    if (is && !was) say("header_required", { flow, words }, "it is always there now", { base: from, head: to });
    if (was && !is) say("header_optional", { flow, words }, "it may be missing now", { base: from, head: to });
    const one = { ...calling, words };
    compareDeprecated(one, from, to);
    compareWritten(one, from, to);
    calling.fields(from, to, HEADER, words);
  }
  for (const [name, spot] of after)
    if (!before.has(name))
      say("header_added", { flow, words: calling.words }, `the header "${name}" is new`, { head: spot });
}

const HEADER = "required deprecated schema content style explode allowReserved allowEmptyValue".split(" ");

/** What a body is, `Content-Type` says elsewhere. */
const headersOf = (spot: Spot): Map<string, Spot> =>
  new Map(
    entries(under(spot, "headers"))
      .map(([name, at]): [string, Spot] => [name.toLowerCase(), at])
      .filter(([name]) => name !== "content-type"),
  );

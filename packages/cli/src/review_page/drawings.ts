import type { PlanPage, Span, Timeline } from "@dgov/governor/plan_page";
import { fit, plain } from "../ansi.ts";
import { clock } from "../live.ts";
import { BOX, layOut, type Point } from "./dag_layout.ts";
import { html, type Markup } from "./markup.ts";

/** A task as the drawings know it: its state gives the colour, `anchor` is where the page tells of it. */
export type Drawn = { id: string; state: string; sign: string; anchor: string };

const LETTERS = 26;
const MARGIN = 4;

/** Which task waits for which. The lines stand behind the boxes. */
export function drawDag(tasks: readonly Drawn[], after: PlanPage["after"]): Markup {
  const own = new Map(tasks.map(({ id }) => [id, after.get(id) ?? []]));
  const { width, height, boxes, lines } = layOut(own);
  const drawn = new Map(tasks.map((task) => [task.id, task]));
  const view = `${-MARGIN} ${-MARGIN} ${width + 2 * MARGIN} ${height + 2 * MARGIN}`;
  return html`<svg class="dag" viewBox="${view}" width="${width + 2 * MARGIN}" height="${height + 2 * MARGIN}" role="img" aria-label="Which task waits for which">
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>
${lines.map(({ from, to, points }) => html`<path class="way" marker-end="url(#tip)" d="${curve(points)}"><title>${to} waits for ${from}</title></path>\n`)}${boxes.map(({ id, x, y }) => box(drawn.get(id)!, { x, y }))}</svg>`;
}

function box({ id, state, sign, anchor }: Drawn, { x, y }: Point): Markup {
  const [unit, slug] = [id.slice(0, id.lastIndexOf(".")), id.slice(id.lastIndexOf(".") + 1)];
  return html`<a href="#${anchor}"><g class="box ${state}"><title>${id}: ${state}</title><rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="6"/><text x="${x + 10}" y="${y + 17}">${sign} ${fit(plain(slug), LETTERS)}</text><text class="small" x="${x + 10}" y="${y + 32}">${fit(plain(unit), LETTERS + 4)}</text></g></a>\n`;
}

/** Level where it leaves and where it comes. */
function curve([first, ...rest]: readonly Point[]): string {
  if (first === undefined) return "";
  let from = first;
  return [
    `M${at(first)}`,
    ...rest.map((to) => {
      const middle = (from.x + to.x) / 2;
      const part =
        from.y === to.y ? `L${at(to)}` : `C${at({ x: middle, y: from.y })} ${at({ x: middle, y: to.y })} ${at(to)}`;
      from = to;
      return part;
    }),
  ].join(" ");
}

const at = ({ x, y }: Point): string => `${Math.round(x)} ${Math.round(y)}`;

const STATES = { active: "at work", judging: "being judged", ready: "waits to land", landing: "landing" } as const;

/** Who was at what when: a lane for each task, over one axis. */
export function drawTimeline({ began_at_ms, ended_at_ms, lanes, breaks }: Timeline, tasks: readonly Drawn[]): Markup {
  const whole_ms = Math.max(1, ended_at_ms - began_at_ms);
  const part = (from_ms: number, to_ms: number) => ({
    x: percent((from_ms - began_at_ms) / whole_ms),
    width: percent((to_ms - from_ms) / whole_ms),
  });
  const shown = tasks.flatMap((task) => {
    const spans = lanes.find((lane) => lane.task === task.id)?.spans ?? [];
    return spans.length === 0 ? [] : [{ ...task, spans }];
  });
  const gaps = breaks.map(({ from_ms, to_ms }) => part(from_ms, to_ms));
  const lane = ({ id, anchor, sign, spans }: (typeof shown)[number]) =>
    html`<div class="lane"><a href="#${anchor}" title="${id}">${sign} ${id}</a><svg width="100%" height="18" aria-hidden="true">${gaps.map(({ x, width }) => html`<rect class="gap" x="${x}" width="${width}" height="18"/>`)}${spans.map((span) => stretch(span, part(span.from_ms, span.to_ms)))}</svg></div>\n`;
  return html`<div class="timeline">${shown.map(lane)}<div class="lane axis"><span></span><svg width="100%" height="18" aria-hidden="true">${ticks(whole_ms)}</svg></div></div>
<p class="key">${Object.entries(STATES).map(([state, words]) => html`<span class="${state}">${words}</span> `)}<span class="fell">failed</span></p>`;
}

function stretch({ attempt, state, from_ms, to_ms, cause }: Span, { x, width }: { x: string; width: string }): Markup {
  const words = `attempt ${attempt}, ${STATES[state]}, ${clock(to_ms - from_ms)}${cause === null ? "" : `, then failed: ${cause}`}`;
  const end =
    cause === null
      ? null
      : html`<rect class="fell" x="${x}" width="${width}" y="14" height="4"><title>${words}</title></rect>`;
  return html`<rect class="${state} least" x="${x}" width="${width}" y="2" height="14"><title>${words}</title></rect>${end}`;
}

const percent = (part: number): string => `${Math.round(part * 100_000) / 1_000}%`;

const STEPS_S = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 43_200, 86_400] as const;
const TICKS_MAX = 6;

function ticks(whole_ms: number): Markup[] {
  const step_ms =
    1000 * (STEPS_S.find((step) => whole_ms / 1000 / step <= TICKS_MAX) ?? Math.ceil(whole_ms / 1000 / TICKS_MAX));
  const count = Math.floor(whole_ms / step_ms) + 1;
  return Array.from({ length: count }, (_, n) => n * step_ms).map((at_ms) => {
    const x = percent(at_ms / whole_ms);
    const side = at_ms / whole_ms > 0.9 ? "end" : "start";
    return html`<line x1="${x}" x2="${x}" y1="0" y2="5"/><text x="${x}" y="16" text-anchor="${side}">${clock(at_ms)}</text>`;
  });
}

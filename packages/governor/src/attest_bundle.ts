import { resolve } from "node:path";
import { canonical, type Stored } from "@dgov/kernel";
import { z } from "zod";
import {
  BUNDLE_DOES_NOT_ATTEST,
  type Bundle,
  bundled,
  type Disclosed,
  disclosedIn,
  type Openings,
  type Shown,
} from "./attest/bundle.ts";
import { seal } from "./attest/envelope.ts";
import { readPrivateKey } from "./attest/keys.ts";
import { contains, hiddenIn, openingsOf, readSelector, redacted, type Selector } from "./attest/redact.ts";
import { type Attesting, endedRun, logStatement, unattestable, writeNew } from "./attest.ts";
import { DgovError } from "./error.ts";

/** `out`: where the bundle was written. */
export type Bundled = { run: string; out: string; signed_by: string[]; root: string; disclosed: Disclosed };

/**
 * `keys` paths of private keys; `redact` selectors; `out` a new file, null: one that is called after the run.
 * `openings`: a new file for what opens hidden values; null: none.
 */
export type BundleOrder = {
  keys: readonly string[];
  redact: readonly string[];
  out: string | null;
  openings: string | null;
};

/**
 * Writes the log of a run with parts of it hidden, signed, and under the root that an attestation of the run has.
 *
 * @throws DgovError `run_unknown`, `key_unusable`, `usage`; `unattestable` as for `attestRun`, or when what is to be hidden has
 *         no salt or stands where nothing can be hidden
 */
export async function bundleRun(asking: Attesting, text: string, order: BundleOrder): Promise<Bundled> {
  const keys = order.keys.map((path) => readPrivateKey(resolve(asking.cwd, path)));
  if (keys.length === 0) throw new DgovError("usage", "Cannot sign: no key is given", { hint: "Give --key FILE" });
  const selectors = order.redact.map(readSelector);
  const { id, events } = await endedRun(asking, text);
  for (const [at, selector] of selectors.entries()) refuseIdle(order.redact[at]!, selector, events);
  const bundle: Bundle = {
    run: id,
    dgov_version: asking.version,
    log: logStatement(events),
    events: events.map((stored) => shownOf(stored, selectors)),
    does_not_attest: [...BUNDLE_DOES_NOT_ATTEST],
  };
  const payload = canonical(bundled(bundle));
  for (const selector of selectors)
    if (selector.by === "text" && contains(payload, selector.text))
      throw unattestable(id, "the text that is to be hidden stands where nothing can be, as in the run's id or a hash");
  const out = order.out ?? `${id}.bundle.json`;
  writeNew(resolve(asking.cwd, out), `${JSON.stringify(seal(Buffer.from(payload), keys), null, 2)}\n`);
  if (order.openings !== null) {
    const told: Openings = { run: id, openings: events.flatMap((stored) => openingsIn(stored, selectors)) };
    writeNew(resolve(asking.cwd, order.openings), `${JSON.stringify(told, null, 2)}\n`, 0o600);
  }
  const signed_by = [...new Set(keys.map((key) => key.id))];
  return { run: id, out, signed_by, root: bundle.log.root, disclosed: disclosedIn(bundle) };
}

/** A selector that was meant for something and hides nothing would leave that shown. */
function refuseIdle(text: string, selector: Selector, events: readonly Stored[]): void {
  const idle = (why: string) =>
    new DgovError("usage", `Cannot redact "${text}": ${why}`, { hint: "Leave it out, or mend it" });
  if (selector.by === "seq" && !events.some(({ seq }) => seq === selector.seq)) throw idle("the run has no such event");
  if (selector.by !== "field" || selector.path.length < 2) return;
  const own = events.filter(({ event }) => event.kind === selector.kind);
  const hits = own.some(
    (stored) => hiddenIn(stored, [selector]) === "all" || (hiddenIn(stored, [selector]) as Set<string>).size > 0,
  );
  if (own.length > 0 && !hits) throw idle("no event of the run has anything there");
}

function openingsIn(stored: Stored, selectors: readonly Selector[]): Openings["openings"] {
  const { seq, event, salt } = stored;
  const hidden = hiddenIn(stored, selectors);
  if (hidden === "all" || salt === undefined) return [];
  return openingsOf({ seq, event, salt }, hidden).map(({ value, ...one }) => ({
    seq,
    ...one,
    value: z.json().parse(value),
  }));
}

function shownOf(stored: Stored, selectors: readonly Selector[]): Shown {
  const { seq, hash, at_ms, prev, salt, event } = stored;
  const hidden = hiddenIn(stored, selectors);
  if (hidden !== "all" && hidden.size === 0)
    return { shown: "whole", seq, hash, at_ms, prev, salt: salt ?? null, event };
  if (salt === undefined)
    throw unattestable(
      stored.run,
      `event ${seq} was written before events had salts, so that whoever can guess what is hidden can tell from its hash`,
    );
  if (hidden === "all") return { shown: "none", seq, hash };
  return { shown: "part", seq, hash, at_ms, event: redacted({ seq, event, salt }, hidden) as Record<string, unknown> };
}

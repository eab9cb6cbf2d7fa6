import type { Side } from "../finding.ts";
import type { Fault } from "./report.ts";
import type { Scene } from "./scene.ts";
import type { Touched, Worth } from "./touched.ts";

/** What is worked out once for all checks. */
export type Work = { scene: Scene; touched: Readonly<Record<Side, Touched>>; worth: Worth };

/** One kind of question to a merge: pure, and silent about what is in a parent already. */
export type Check = (work: Work) => Fault[];

import { lstatSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Action, type Cause, type Event, type Task, taskOf } from "@dgov/kernel";
import { createToolbox, type Isolation, IsolationLost, parseClaim } from "@dgov/sandbox";
import { type Outcome, work } from "@dgov/worker";
import { DgovError } from "../error.ts";
import { carryOver } from "../git/integrate.ts";
import type { CompiledTask } from "../plan/compiled.ts";
import type { Site } from "../site.ts";
import { grantsOf } from "./grants.ts";
import { meterOf } from "./meter.ts";
import { orderOf, scopeOf } from "./order.ts";

type Dispatch = Extract<Action, { do: "dispatch" }>;
type Attempt = { task: CompiledTask; attempt: number; base: string };

/** What the isolated process runs, apart from the governor's own code: it must start fast and carry nothing it can abuse. */
export { serveIsolated } from "@dgov/sandbox/serve";

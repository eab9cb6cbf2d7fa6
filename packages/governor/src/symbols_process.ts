/** What the process runs that looks at texts of strangers. It knows no repository, no plan and no key. */
export { serveAnalyst } from "./semantic/serve_analyst.ts";

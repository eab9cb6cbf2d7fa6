/** What the process runs that compares documents of strangers. */
export { serveApis } from "./semantic/serve_apis.ts";

import { LENT } from "@dgov/sandbox/network";

/** Where, through the way out of its jail, a program's own processes are lent the tools of its task: `HOST:PORT`. */
export const LENT_AT = `${LENT.host}:${LENT.port}`;

import { tmpdir } from "node:os";

/** A folder on a disk. Temporary files of tests are in memory where they can be, and there a jail's limits are others. */
export const DISK = process.env.DGOV_TEST_DISK ?? tmpdir();

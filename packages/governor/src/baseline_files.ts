/** What the tests covered, as dgov 0.8 has it. No task may write there. */
export const COVERAGE_BASELINE = ".coverage-baseline/coverage.json";

/** What the structure was, where sentrux has it too, and of which commit. */
export const STRUCTURE_BASELINE = ".sentrux/baseline.json";
export const STRUCTURE_METADATA = ".sentrux/dgov-baseline.json";

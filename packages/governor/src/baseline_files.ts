/** What the tests covered, as dgov 0.8 has it. No task may write there. */
export const COVERAGE_BASELINE = ".coverage-baseline/coverage.json";

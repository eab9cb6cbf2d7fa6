import { expect, test } from "bun:test";
import { fisher, type Tally, wilson } from "./chance.ts";

const of = (well: number, all: number): Tally => ({ well, all });

// Fisher's tea (1935), the table of Wikipedia's article, and R: fisher.test(matrix(c(...), 2))$p.value
test.each<[Tally, Tally, number]>([
  [of(3, 4), of(1, 4), 0.4857142857],
  [of(1, 12), of(9, 12), 0.0027594562],
  [of(10, 10), of(0, 10), 0.0000108251],
  [of(5, 10), of(5, 10), 1],
  [of(0, 0), of(3, 5), 1],
])("H7 by chance %j and %j differ so with the probability %d", (one, other, p) => {
  expect(fisher(one, other)).toBeCloseTo(p, 9);
  expect(fisher(other, one)).toBeCloseTo(p, 9);
});

// Newcombe (1998), table I, method 3
test.each<[Tally, number, number]>([
  [of(81, 263), 0.2553, 0.3662],
  [of(15, 148), 0.0624, 0.1605],
  [of(0, 20), 0, 0.1611],
  [of(1, 29), 0.0061, 0.1718],
])("H7 the interval of %j", (tally, low, high) => {
  expect(wilson(tally)?.low).toBeCloseTo(low, 4);
  expect(wilson(tally)?.high).toBeCloseTo(high, 4);
  expect(wilson(of(0, 0))).toBeNull();
});

test("H7 thousands of samples lose nothing in rounding", () => {
  expect(fisher(of(2500, 5000), of(2500, 5000))).toBeCloseTo(1, 9);
  expect(fisher(of(2400, 5000), of(2600, 5000))).toBeCloseTo(0.0000689, 6);
});

import { expect, test } from "bun:test";
import { writtenKeys } from "./keys.ts";

test.each<[text: string, keys: string[]]>([
  ['D = {"a": 1, \'b\': {"c": 2, 3: 4}}', ['#1/"a"', '#1/"b"', '#1/"b"/"c"', '#1/"b"/3']],
  ['L = [{"a": 1}, {"a": 2}]', ['#1#1/"a"', '#1#2/"a"']],
  ['D = {"a": f({"x": 1}), # "no": 1\n "b": "c: {"}', ['#1/"a"', '#1/"a"#1/"x"', '#1/"b"']],
  ['S = {"a", "b"}', []],
])("the keys of %s", (text, keys) => {
  expect(writtenKeys(text)).toEqual(keys);
});

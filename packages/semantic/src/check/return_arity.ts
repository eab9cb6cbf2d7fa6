import type { Unit } from "../unit.ts";

const RETURN = /(?<=^|[\n;:])[ \t]*return\b/g;
const TOKEN =
  /"""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|#[^\n]*|\\\n|[()[\]{},;\n*]|[^\s"'#\\()[\]{},;*]+/g;

/**
 * How many values a function gives back, when each of its returns is a list of values that is written out and all are
 * equally long; null: that cannot be said. What is defined inside of it has returns of its own.
 */
export function returnArity(text: string, unit: Unit): number | null {
  const body = unit.parts.body;
  if (body === null) return null;
  const inner = unit.children.map(({ span }) => span);
  const arities = [...text.slice(...body).matchAll(RETURN)].flatMap((match) => {
    const at = body[0] + match.index + match[0].length;
    return inner.some(([start, end]) => start <= at && at < end) ? [] : [arityAt(text.slice(at, body[1]))];
  });
  const [first = null] = arities;
  return arities.every((one) => one === first) ? first : null;
}

/** The values of the expression that a text starts with, as far as its line goes; null: they are no list. */
function arityAt(text: string): number | null {
  let depth = 0;
  let commas = 0;
  let words = 0; // beside commas, outside of brackets
  let afterComma = true;
  let outer: string | null = null;
  for (const [token] of text.matchAll(TOKEN)) {
    if (depth === 0 && (token === "\n" || token === ";")) break;
    if (token.startsWith("#") || token === "\n" || token === "\\\n") continue;
    if (/^[([{]$/.test(token)) {
      if (depth === 0 && words === 0 && token === "(") outer = "";
      depth += 1;
    } else if (/^[)\]}]$/.test(token)) depth -= 1;
    if (outer !== null) outer += token;
    if (depth > 0 || /^[)\]}]$/.test(token)) {
      if (depth === 0) words += 1;
      afterComma = false;
      continue;
    }
    if (token === "*" && afterComma) return null;
    if (token === ",") commas += 1;
    else words += 1;
    afterComma = token === ",";
  }
  if (commas > 0) return commas + (afterComma ? 0 : 1);
  // "return (a, b)": the brackets are all there is.
  return outer !== null && words === 1 && outer.endsWith(")") ? arityInside(text) : null;
}

function arityInside(text: string): number | null {
  const start = text.indexOf("(");
  let depth = 0;
  for (const token of text.slice(start).matchAll(TOKEN)) {
    if (/^[([{]$/.test(token[0])) depth += 1;
    if (/^[)\]}]$/.test(token[0])) depth -= 1;
    if (depth === 0) return arityAt(text.slice(start + 1, start + token.index).replaceAll("\n", " "));
  }
  return null;
}

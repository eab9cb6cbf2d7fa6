/**
 * What stands inside the interpreter before a script does. It is JavaScript for QuickJS, not for us: the value is a function
 * of the few things it may ask (`print`, `call`), and gives back how a script is entered and how what it throws is shown.
 * It holds on to what it uses of the language, so a script that changes `JSON` or a prototype changes only its own world.
 *
 * A call's answer is text: "+" and what the tool said; "-" and JSON of an error; or "?" and the number of one to come.
 */
export const PRELUDE = `(function (print, call, names) {
  "use strict";
  const { stringify, parse } = JSON;
  const { defineProperty, freeze } = Object;
  const [TextOf, ErrorOf, PromiseOf] = [String, Error, Promise];
  delete Math["random"];
  delete globalThis.SharedArrayBuffer;

  const shown = (value) => {
    if (typeof value === "string") return value;
    try {
      if (value instanceof ErrorOf) return TextOf(value.name) + ": " + TextOf(value.message);
      const json = typeof value === "bigint" ? undefined : stringify(value);
      return json === undefined ? TextOf(value) : json;
    } catch {
      try { return TextOf(value); } catch { return "[it cannot be shown]"; }
    }
  };
  const constant = (name, value) =>
    defineProperty(globalThis, name, { value: freeze(value), configurable: true, enumerable: true, writable: false });

  const log = (...words) => {
    let line = "";
    for (let at = 0; at < words.length; at++) line += (at === 0 ? "" : " ") + shown(words[at]);
    print(line);
  };
  constant("console", { log, info: log, warn: log, error: log, debug: log });

  const waiting = { __proto__: null };
  const settled = (tool, answer) => {
    const text = answer.slice(1);
    if (answer[0] === "+") return text;
    const error = new ErrorOf();
    const { name, message, ...more } = parse(text);
    const all = { name, message, tool, ...more };
    for (const key in all) defineProperty(error, key, { value: all[key], configurable: true, writable: true });
    throw error;
  };
  const tools = { __proto__: null };
  for (const name of names === "" ? [] : names.split(" "))
    tools[name] = async (input) => {
      const answer = call(name, stringify(input) ?? "{}");
      if (answer[0] !== "?") return settled(name, answer);
      return settled(name, await new PromiseOf((resolve) => { waiting[answer.slice(1)] = resolve; }));
    };
  const missing = (name) => async () => {
    throw new TypeError('there is no tool "' + name + '" here; the tools are: ' + names);
  };
  const get = (_, name) => (name in tools || typeof name !== "string" || name === "then" || name === "toJSON" ? tools[name] : missing(name));
  if (names !== "") constant("tools", new Proxy(freeze(tools), { get }));

  const given = (value) => {
    try {
      return stringify(value) ?? null;
    } catch (error) {
      throw new TypeError("the result cannot be given back as JSON: " + shown(error));
    }
  };
  return {
    finish: async (done, way) => {
      const all = await done;
      if (way === "none") return null;
      const result = way === "last" ? await all.value : all;
      return given(typeof result === "function" ? await result() : result);
    },
    enter: async (module, input) => {
      const run = (await module).default.default;
      if (typeof run !== "function") throw new TypeError("the default export is not a function");
      return given(await run(parse(input)));
    },
    answered: (id, answer) => {
      waiting[id](answer);
      delete waiting[id];
    },
    described: (error) => {
      try {
        if (error === null || typeof error !== "object" || typeof error.message !== "string")
          return stringify({ __proto__: null, name: "Error", message: "it threw " + shown(error), stack: "" });
        return stringify({ __proto__: null, name: TextOf(error.name), message: error.message, stack: TextOf(error.stack) });
      } catch {
        return stringify({ __proto__: null, name: "Error", message: "what it threw cannot be shown", stack: "" });
      }
    },
  };
})`;

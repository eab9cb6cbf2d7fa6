import { expect, test } from "bun:test";
import { html, lines } from "./markup.ts";

test("what is put into a template is text, in an element and in an attribute", () => {
  const said = `<script>alert("&")</script> 'x'`;
  expect(html`<p title="${said}">${said}</p>`.markup).toBe(
    `<p title="&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt; &#39;x&#39;">&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt; &#39;x&#39;</p>`,
  );
});

test("markup stays as it is, an array is put together, null is nothing, and a number is its digits", () => {
  expect(html`${[html`<b>${1}</b>`, html`<i>${"<"}</i>`]}${null}${0}`.markup).toBe("<b>1</b><i>&lt;</i>0");
});

test("what could turn a line or move a cursor is gone, and tabs stay", () => {
  expect(html`${"a\u202eb\u0000c\u001b[31md\te"}`.markup).toBe("abcd\te");
});

test("lines stay lines, each escaped by itself", () => {
  expect(lines("a\n<b>\n", (line) => html`${line}`).map(({ markup }) => markup)).toEqual(["a\n", "&lt;b&gt;\n"]);
});

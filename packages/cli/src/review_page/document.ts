import { html, type Markup } from "./markup.ts";
import style from "./style.css" with { type: "text" };

/** A page that needs nothing beside it: no script, no request, and a policy in it that would let none through. */
export function documentOf(title: string, body: Markup): string {
  const own = new Bun.CryptoHasher("sha256").update(style).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${own}'; base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ markup: style }}</style>
</head>
<body>
${body}</body>
</html>
`.markup;
}

// A page of HTML that needs no network and no script: what stands around what is reported.

import { markup } from "./markup.ts";
import { pageStyle } from "./page-style.ts";

/** What differs from page to page. */
export interface HtmlPage {
  readonly title: string;
  /** HTML, one below the other. */
  readonly parts: readonly string[];
  /** Rules beside those of all pages. */
  readonly style?: string;
  /** Who wrote it, as a program finds it. */
  readonly writer?: string;
}

/** The page. Its title is shown as text, whatever is in it. */
export function htmlPage({ title, parts, style = "", writer }: HtmlPage): string {
  return markup`<!doctype html>
<html lang="en">
${{ html: writer === undefined ? "" : `<!-- ${writer} -->\n` }}<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${{ html: pageStyle + style }}</style>
</head>
<body>
<main>
<h1>${title}</h1>
${{ html: parts.join("\n") }}
</main>
</body>
</html>
`;
}

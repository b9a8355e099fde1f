// The frame of HTML reports, without network and scripts.

import { markup } from "./markup.ts";

export interface HtmlPage {
  readonly title: string;
  /** HTML sections, one below the other. */
  readonly parts: readonly string[];
  /** Additional CSS rules. */
  readonly style?: string;
  readonly writer?: string;
}

/** Creates the page. The title is escaped. */
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

/** A table whose first column names its rows; `heads` may be empty. All cells are escaped. */
export function htmlTable(heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const head = heads.map((name) => markup`<th scope="col">${name}</th>`).join("");
  const body = rows.map(([name = "", ...cells]) => {
    const values = cells.map((cell) => markup`<td>${cell}</td>`).join("");
    return markup`<tr><th scope="row">${name}</th>${{ html: values }}</tr>`;
  });
  const thead = heads.length === 0 ? "" : `<thead><tr>${head}</tr></thead>`;
  return `<div class="wide" tabindex="0"><table>${thead}<tbody>${body.join("")}</tbody></table></div>`;
}

/** CSS without external resources. */
const pageStyle = `
:root { color-scheme: light dark; --ink: #1b1f24; --paper: #ffffff; --quiet: #57606a; --line: #d8dee4; --plain: #8fb4d9; --smooth: #0b5cad; --held: #b35900; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --quiet: #9aa4af; --line: #30363d; --plain: #3f6a94; --smooth: #6cb6ff; --held: #f0a04b; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 760px; margin: 0 auto; padding: 24px 16px; }
h1, h2, h3 { line-height: 1.25; overflow-wrap: anywhere; }
h3, figcaption { font-size: 14px; color: var(--quiet); margin: 12px 0 4px; font-weight: 600; }
figure { margin: 0 0 24px; }
svg { width: 100%; height: auto; }
svg text { fill: var(--quiet); font-size: 12px; }
.grid { stroke: var(--line); }
polyline { fill: none; stroke-width: 1.5; }
polyline.plain { stroke: var(--plain); } polyline.smooth { stroke: var(--smooth); stroke-width: 2.5; } polyline.held { stroke: var(--held); stroke-width: 2.5; stroke-dasharray: 6 3; }
circle.plain { fill: var(--plain); } circle.smooth { fill: var(--smooth); } circle.held { fill: var(--held); }
.legend { display: flex; gap: 16px; list-style: none; padding: 0; margin: 4px 0; font-size: 14px; }
.legend li::before { content: ""; display: inline-block; width: 16px; border-top: 3px solid; margin-right: 6px; vertical-align: middle; }
.legend .plain::before { border-color: var(--plain); } .legend .smooth::before { border-color: var(--smooth); } .legend .held::before { border-color: var(--held); border-top-style: dashed; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th { color: var(--quiet); font-weight: 600; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); border-radius: 4px; padding: 8px; margin: 0; font-size: 14px; }
article { border-top: 1px solid var(--line); padding: 8px 0 16px; }
`;

// A bar chart of ratios as SVG: one bar a row, and a line at 1, where both sides are equal.

export interface RatioBar {
  readonly label: string;
  /** Absent: not measured yet. */
  readonly ratio?: number;
}

const labelWidth = 220;
const barWidth = 440;
const valueWidth = 120;
const rowHeight = 26;
const top = 44;
const font = 'font-family="system-ui, sans-serif" font-size="13"';

/** The chart's text; the same rows give the same text. */
export function ratioChart(title: string, bars: readonly RatioBar[]): string {
  const largest = Math.max(1.1, ...bars.map(({ ratio }) => ratio ?? 0));
  const at = (ratio: number) => labelWidth + (barWidth * ratio) / largest;
  const width = labelWidth + barWidth + valueWidth;
  const height = top + bars.length * rowHeight + 14;
  const one = at(1).toFixed(1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="22" ${font} font-weight="600" fill="#1f2328">${escaped(title)}</text>`,
    ...bars.flatMap((bar, index) => row(bar, top + index * rowHeight, at)),
    `<line x1="${one}" y1="${top - 6}" x2="${one}" y2="${height - 10}" stroke="#57606a" stroke-dasharray="3 3"/>`,
    `<text x="${one}" y="${top - 10}" ${font} text-anchor="middle" fill="#57606a">1</text>`,
    "</svg>",
    "",
  ].join("\n");
}

function row({ label, ratio }: RatioBar, y: number, at: (ratio: number) => number): readonly string[] {
  const middle = y + rowHeight / 2 + 4;
  const name = `<text x="${labelWidth - 10}" y="${middle}" ${font} text-anchor="end" fill="#1f2328">${escaped(label)}</text>`;
  if (ratio === undefined) {
    const note = `<text x="${labelWidth + 8}" y="${middle}" ${font} fill="#8c959f">not measured yet</text>`;
    return [name, note];
  }
  const length = (at(ratio) - labelWidth).toFixed(1);
  return [
    name,
    `<rect x="${labelWidth}" y="${y + 5}" width="${length}" height="${rowHeight - 10}" fill="#6e7781"/>`,
    `<text x="${(at(ratio) + 8).toFixed(1)}" y="${middle}" ${font} fill="#1f2328">${ratio.toFixed(2)}</text>`,
  ];
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

// Grids of φ side by side as SVG: dark where subspaces share much.

export interface Grid {
  readonly title: string;
  /** [i − 1][j − 1], 0 to 1. */
  readonly values: readonly (readonly number[])[];
}

const [cell, gap, top, left] = [7, 36, 56, 34] as const;
const font = 'font-family="system-ui, sans-serif" font-size="11" fill="#1f2328"';

/** One row of grids. */
export function heatMap(title: string, grids: readonly Grid[]): string {
  const widths = grids.map(({ values }) => cell * (values[0]?.length ?? 0));
  const height = top + cell * Math.max(...grids.map(({ values }) => values.length)) + 30;
  const starts = widths.map((_, index) => left + widths.slice(0, index).reduce((sum, width) => sum + width + gap, 0));
  const width = (starts.at(-1) ?? 0) + (widths.at(-1) ?? 0) + 20;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="20" ${font} font-weight="600">${title}</text>`,
    ...grids.flatMap((grid, index) => panel(grid, starts[index] ?? 0)),
    "</svg>",
    "",
  ].join("\n");
}

function panel({ title, values }: Grid, x: number): readonly string[] {
  const columns = values[0]?.length ?? 0;
  return [
    `<text x="${x}" y="${top - 12}" ${font}>${title}</text>`,
    `<text x="${x - 14}" y="${top + 9}" ${font}>i</text>`,
    `<text x="${x}" y="${top + cell * values.length + 16}" ${font}>j = 1 … ${columns}</text>`,
    ...values.flatMap((line, row) =>
      line.map((value, column) => {
        const attributes = `x="${x + cell * column}" y="${top + cell * row}" width="${cell}" height="${cell}"`;
        return `<rect ${attributes} fill="${shade(value)}"><title>φ(${row + 1}, ${column + 1}) = ${value.toFixed(2)}</title></rect>`;
      }),
    ),
  ];
}

/** White at 0, a dark blue at 1. */
function shade(value: number): string {
  const at = (from: number, to: number) => Math.round(from + (to - from) * Math.min(1, Math.max(0, value)));
  return `rgb(${at(255, 8)},${at(255, 48)},${at(255, 107)})`;
}

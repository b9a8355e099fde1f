// Draws one number per module of a model as SVG: a row for each block, a column for each kind of module.

import { markup } from "./markup.ts";

/** One square. */
export interface HeatCell {
  readonly row: string;
  readonly column: string;
  /** The value, shown by its darkness; a square with a value that is not finite stays empty. */
  readonly value: number;
}

/** Cells of different colours in rows and columns, drawn by `heatMap`. */
export interface HeatMap {
  readonly title: string;
  readonly cells: readonly HeatCell[];
  /** The value of the darkest colour; default the largest. */
  readonly max?: number;
  /** Side of a square in pixels. Default 26, or less if there are many. */
  readonly side?: number;
}

/** Colours that are readable on light and dark backgrounds. */
const [ink, quiet] = ["#2f7ed8", "#768390"];
const fontSize = 11;

/**
 * Creates the picture as SVG text.
 *
 * @example
 * ```ts
 * import { heatMap } from "lowrank";
 *
 * const svg = heatMap({ title: "‖ΔW‖/‖W‖", cells: [{ row: "layers.0", column: "q_proj", value: 0.02 }] });
 * if (!svg.startsWith("<svg")) throw new Error("no picture");
 * ```
 */
export function heatMap({ title, cells, max, side }: HeatMap): string {
  const rows = [...new Set(cells.map(({ row }) => row))];
  const columns = [...new Set(cells.map(({ column }) => column))];
  const finite = cells.filter(({ value }) => Number.isFinite(value));
  const darkest = max ?? finite.reduce((largest, { value }) => Math.max(largest, value), 0);
  const size = side ?? Math.max(8, Math.min(26, Math.floor(700 / Math.max(1, columns.length))));
  const [left, top] = [8 + widthOf(rows), 26 + widthOf(columns)];
  const squares = finite.map((cell) => {
    const corner = { x: left + columns.indexOf(cell.column) * size, y: top + rows.indexOf(cell.row) * size };
    const share = darkest > 0 ? Math.min(1, Math.max(0, cell.value / darkest)) : 0;
    return markup`<rect x="${corner.x}" y="${corner.y}" width="${size - 1}" height="${size - 1}" fill="${ink}" fill-opacity="${(0.06 + 0.94 * share).toFixed(3)}"><title>${`${cell.row} ${cell.column}: ${Number(cell.value.toPrecision(4))}`}</title></rect>`;
  });
  const labels = [
    ...rows.map(
      (row, index) =>
        markup`<text x="${left - 6}" y="${top + (index + 0.5) * size}" text-anchor="end" dominant-baseline="middle">${row}</text>`,
    ),
    ...columns.map((column, index) => {
      const [x, y] = [left + (index + 0.5) * size, top - 6];
      return markup`<text x="${x}" y="${y}" transform="${`rotate(-90 ${x} ${y})`}" dominant-baseline="middle">${column}</text>`;
    }),
  ];
  const [width, height] = [left + columns.length * size + 8, top + rows.length * size + 8];
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="${fontSize}" fill="${quiet}"><!-- lowrank diff -->
<text x="8" y="14">${`${title}; darkest ${Number(darkest.toPrecision(3))}`}</text>
${{ html: [...labels, ...squares].join("\n") }}
</svg>`;
}

/** The position of a module: its block, and its name in the block. */
export function cellOf(path: string): Pick<HeatCell, "row" | "column"> {
  const [, row, column] = /^(.*?\.\d+)\.(.+)$/.exec(path) ?? [];
  return row === undefined || column === undefined ? { row: "–", column: path } : { row, column };
}

/** Approximate width of a text. */
function widthOf(labels: readonly string[]): number {
  return labels.reduce((max, label) => Math.max(max, label.length), 0) * fontSize * 0.6;
}

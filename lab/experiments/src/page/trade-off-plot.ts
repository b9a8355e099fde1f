// Figure 2 of the paper: how good a method is against how many parameters it trains, as SVG.

export interface TradeOff {
  readonly label: string;
  readonly group: string;
  readonly trainable: number;
  /** Percent. */
  readonly mean: number;
  readonly error?: number;
}

const [width, height, left, right, top, bottom] = [760, 420, 56, 190, 40, 44] as const;
const font = 'font-family="system-ui, sans-serif" font-size="12" fill="#1f2328"';
const colours = ["#0969da", "#1a7f37", "#bf8700", "#8250df", "#cf222e", "#57606a"];

/** A point for each method, with a line of one standard error up and down where there is one. */
export function tradeOffPlot(title: string, points: readonly TradeOff[]): string {
  const groups = [...new Set(points.map(({ group }) => group))];
  const exponents = points.map(({ trainable }) => Math.log10(trainable));
  const [fewest, max] = [Math.floor(Math.min(...exponents)), Math.ceil(Math.max(...exponents))];
  const [lowest, highest] = [
    Math.floor(Math.min(...points.map(({ mean }) => mean)) - 1),
    Math.ceil(Math.max(...points.map(({ mean }) => mean)) + 1),
  ];
  const x = (exponent: number) => left + ((width - left - right) * (exponent - fewest)) / (max - fewest);
  const y = (value: number) => height - bottom - ((height - top - bottom) * (value - lowest)) / (highest - lowest);
  const every = Math.max(1, Math.ceil((highest - lowest) / 8));
  const lines = Array.from(
    { length: Math.floor((highest - lowest) / every) + 1 },
    (_, index) => lowest + every * index,
  );
  const powers = Array.from({ length: max - fewest + 1 }, (_, index) => fewest + index);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${title}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="22" ${font} font-weight="600">${title}</text>`,
    ...lines.flatMap((value) => [
      `<line x1="${left}" x2="${width - right}" y1="${f(y(value))}" y2="${f(y(value))}" stroke="#d0d7de"/>`,
      `<text x="${left - 8}" y="${f(y(value) + 4)}" ${font} text-anchor="end">${value}</text>`,
    ]),
    ...powers.map(
      (power) =>
        `<text x="${f(x(power))}" y="${height - 20}" ${font} text-anchor="middle">${10 ** power >= 1e6 ? `${10 ** (power - 6)} M` : (10 ** power).toLocaleString("en")}</text>`,
    ),
    `<text x="${left}" y="${height - 4}" ${font}>parameters trained</text>`,
    ...points.flatMap((point, index) => {
      const [at, colour] = [x(exponents[index] ?? 0), colours[groups.indexOf(point.group)] ?? "#57606a"];
      const bar =
        point.error === undefined
          ? []
          : [
              `<line x1="${f(at)}" x2="${f(at)}" y1="${f(y(point.mean - point.error))}" y2="${f(y(point.mean + point.error))}" stroke="${colour}"/>`,
            ];
      return [
        ...bar,
        `<circle cx="${f(at)}" cy="${f(y(point.mean))}" r="4.5" fill="${colour}"><title>${point.label}: ${point.mean.toFixed(1)}</title></circle>`,
      ];
    }),
    ...groups.flatMap((group, index) => [
      `<circle cx="${width - right + 20}" cy="${top + 20 * index}" r="4.5" fill="${colours[index] ?? "#57606a"}"/>`,
      `<text x="${width - right + 32}" y="${top + 20 * index + 4}" ${font}>${group}</text>`,
    ]),
    "</svg>",
    "",
  ].join("\n");
}

function f(value: number): string {
  return value.toFixed(1);
}

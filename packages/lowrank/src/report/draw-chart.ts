// Draws curves as SVG without other files: colours come from the page's classes, so it follows light and dark mode.

import { fourDigits } from "../four-digits.ts";
import { markup } from "./markup.ts";
import type { CurvePoint } from "./run-curves.ts";

/** One curve; `kind` names its colour. */
interface ChartSeries {
  readonly label: string;
  readonly kind: "plain" | "smooth" | "held";
  readonly points: readonly CurvePoint[];
}

export interface Chart {
  readonly title: string;
  readonly series: readonly ChartSeries[];
}

const [width, height] = [720, 240];
const margin = { left: 64, right: 12, top: 12, bottom: 28 };
/** Maximum number of points of a curve; more would not be visible. */
const maxPoints = 600;

/** A figure with its legend; empty if no curve has a point. */
export function drawChart({ title, series }: Chart): string {
  const drawn = series.filter(({ points }) => points.some(isFinitePoint));
  if (drawn.length === 0) return "";
  const all = drawn.flatMap(({ points }) => points.filter(isFinitePoint));
  const x = scaleOf(
    all.map(([step]) => step),
    [margin.left, width - margin.right],
    1,
  );
  const y = scaleOf(
    all.map(([, value]) => value),
    [height - margin.bottom, margin.top],
  );
  const lines = drawn.map(({ kind, points }) => lineOf(kind, points.filter(isFinitePoint), { x, y }));
  const legend = drawn.map(({ label, kind }) => markup`<li class="${kind}">${label}</li>`);
  const last = drawn.map(({ label, points }) => `${label} ${fourDigits(points.at(-1)?.[1] ?? Number.NaN)}`).join(", ");
  return markup`<figure><figcaption>${title}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${`${title} by step; at the end ${last}`}">
${{ html: [...gridOf(x, "x"), ...gridOf(y, "y"), ...lines].join("\n") }}
</svg><ul class="legend">${{ html: legend.join("") }}</ul></figure>`;
}

function isFinitePoint([step, value]: CurvePoint): boolean {
  return Number.isFinite(step) && Number.isFinite(value);
}

interface Scale {
  at(value: number): number;
  readonly ticks: readonly number[];
}

function scaleOf(values: readonly number[], [from, to]: readonly [number, number], minStep = 0): Scale {
  const min = values.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
  const max = values.reduce((one, other) => Math.max(one, other), Number.NEGATIVE_INFINITY);
  const span = max - min || Math.abs(max) || 1;
  const step = Math.max(minStep, niceStep(span / 4));
  const first = Math.ceil(min / step);
  const count = Math.floor(max / step) - first + 1;
  return {
    at: (value) => from + ((value - min) / span) * (to - from),
    ticks: count < 1 ? [min] : Array.from({ length: count }, (_, index) => (first + index) * step),
  };
}

/** 1, 2 or 5 times a power of ten. */
function niceStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  return power * ([1, 2, 5].find((factor) => factor * power >= size) ?? 10);
}

function gridOf({ at, ticks }: Scale, axis: "x" | "y"): readonly string[] {
  return ticks.map((tick) => {
    const position = at(tick).toFixed(1);
    return axis === "y"
      ? `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${position}" y2="${position}"/>` +
          `<text x="${margin.left - 8}" y="${position}" text-anchor="end" dominant-baseline="middle">${fourDigits(tick)}</text>`
      : `<text x="${position}" y="${height - 8}" text-anchor="middle">${fourDigits(tick)}</text>`;
  });
}

function lineOf(
  kind: ChartSeries["kind"],
  points: readonly CurvePoint[],
  { x, y }: Readonly<Record<"x" | "y", Scale>>,
) {
  const coordinates = thinned(points).map(([step, value]) => `${x.at(step).toFixed(1)},${y.at(value).toFixed(1)}`);
  const dots = coordinates.length > 40 ? [] : coordinates.map((position) => position.split(","));
  const marks = dots.map(([cx, cy]) => `<circle class="${kind}" cx="${cx}" cy="${cy}" r="2"/>`).join("");
  return `<polyline class="${kind}" points="${coordinates.join(" ")}"/>${marks}`;
}

/** The lowest and the highest of many neighbouring points, so that no peak is lost. */
function thinned(points: readonly CurvePoint[]): readonly CurvePoint[] {
  if (points.length <= maxPoints) return points;
  const size = Math.ceil((2 * points.length) / maxPoints);
  const keptPoints: CurvePoint[] = [];
  for (let start = 0; start < points.length; start += size) {
    const chunk = points.slice(start, start + size);
    const ends = [...chunk].sort(([, one], [, other]) => one - other);
    const pair = [ends[0], ends.at(-1)].flatMap((point) => (point === undefined ? [] : [point]));
    keptPoints.push(...[...new Set(pair)].sort(([one], [other]) => one - other));
  }
  return keptPoints;
}

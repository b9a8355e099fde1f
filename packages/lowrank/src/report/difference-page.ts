// A page of HTML, without network and scripts, that compares two adapters, or an adapter with its base.

import type { AdapterDifference, LayerDifference, WeightDifference } from "@lowrank/merge/internal";
import { cellOf, type HeatMap, heatMap } from "./heat-map.ts";
import { htmlPage, htmlTable } from "./html-page.ts";
import { markup } from "./markup.ts";

/** What a page of differences compares: two adapters, or an adapter's weights with its base's. */
export type Difference =
  | { readonly adapters: readonly [string, string]; readonly difference: AdapterDifference }
  | { readonly adapter: string; readonly base: string; readonly weights: readonly WeightDifference[] };

/** Heat maps keep their size, and small ones are next to each other. */
const wide =
  ".wide svg { width: auto; max-width: none; } .squares { display: flex; flex-wrap: wrap; gap: 8px; } .squares svg { width: auto; }";

/** Maximum number of directions in a square of similarities; more would be too small to see. */
const maxDirections = 16;

/**
 * Creates the page. Names are escaped.
 *
 * @example
 * ```ts
 * import { differencePage } from "lowrank";
 *
 * const weights = [{ path: "layers.0.q_proj.weight", baseNorm: 5, norm: 1, relative: 0.2 }];
 * const page = differencePage({ adapter: "polite", base: "tiny <b>", weights });
 * if (!page.includes("<svg") || page.includes("<b>")) throw new Error("unexpected page");
 * ```
 */
export function differencePage(found: Difference): string {
  const title = "base" in found ? `${found.adapter} on ${found.base}` : found.adapters.join(" and ");
  const parts = "base" in found ? baseParts(found.weights) : adapterParts(found.difference);
  return htmlPage({ title, parts, style: wide, writer: "lowrank diff" });
}

/** The most informative picture of a difference. */
export function differencePicture(found: Difference): string {
  return heatMap("base" in found ? relativeMap(found.weights) : inputMap(found.difference.layers));
}

function baseParts(weights: readonly WeightDifference[]): readonly string[] {
  const rows = weights.map(({ path, ...numbers }) => [path, numbers.baseNorm, numbers.norm, numbers.relative] as const);
  return [picture(relativeMap(weights)), table(["weight", "‖W‖", "‖ΔW‖", "‖ΔW‖/‖W‖"], rows)];
}

function relativeMap(weights: readonly WeightDifference[]): HeatMap {
  const cells = weights.map(({ path, relative }) => ({ ...cellOf(path.replace(/\.weight$/, "")), value: relative }));
  return { title: "‖ΔW‖/‖W‖", cells };
}

function adapterParts({ layers, saved, alone }: AdapterDifference): readonly string[] {
  const rows = layers.map(({ path, norms, distance, cosine, similarity }) => {
    const [inputs, outputs] = [similarity.inputs.values.at(-1), similarity.outputs.values.at(-1)];
    return [path, ...norms, distance, cosine, inputs ?? Number.NaN, outputs ?? Number.NaN] as const;
  });
  const ratios = layers.map(({ path, norms, distance }) => ({ ...cellOf(path), value: distance / norms[0] }));
  const lists = alone.map((names, side) =>
    names.length === 0 ? "" : markup`<h3>only in the ${side === 0 ? "first" : "second"}</h3><p>${names.join(", ")}</p>`,
  );
  return [
    picture(inputMap(layers)),
    picture({ title: "‖ΔW₁ − ΔW₂‖/‖ΔW₁‖", cells: ratios }),
    table(["module", "‖ΔW₁‖", "‖ΔW₂‖", "‖ΔW₁ − ΔW₂‖", "cosine", "φ of inputs", "φ of outputs"], rows),
    table(
      ["whole weight", "‖V₁ − V₂‖", "relative"],
      saved.map(({ key, distance, relative }) => [key, distance, relative]),
    ),
    ...lists,
    `<section><h2>φ(i, j) of inputs</h2><div class="squares">${layers.map(square).join("\n")}</div></section>`,
  ];
}

function inputMap(layers: readonly LayerDifference[]): HeatMap {
  const cells = layers.map(({ path, similarity }) => ({
    ...cellOf(path),
    value: similarity.inputs.values.at(-1) ?? Number.NaN,
  }));
  return { title: "φ of all directions of the inputs", cells, max: 1 };
}

/** The similarity of the first i and the first j directions, as in figure 3 of the LoRA paper. */
function square({ path, similarity: { inputs } }: LayerDifference): string {
  const cells = Array.from(inputs.values, (value, index) => {
    const [i, j] = [Math.floor(index / inputs.columns), index % inputs.columns];
    return i < maxDirections && j < maxDirections ? [{ row: `${i + 1}`, column: `${j + 1}`, value }] : [];
  }).flat();
  return cells.length === 0 ? "" : heatMap({ title: path, cells, max: 1, side: 12 });
}

function picture(map: HeatMap): string {
  return `<figure class="wide" tabindex="0">${heatMap(map)}</figure>`;
}

function table(heads: readonly string[], rows: readonly (readonly [string, ...number[]])[]): string {
  if (rows.length === 0) return "";
  const shown = (value: number) => (Number.isFinite(value) ? Number(value.toPrecision(4)) : "–");
  return htmlTable(
    heads,
    rows.map(([name, ...numbers]) => [name, ...numbers.map(shown)]),
  );
}

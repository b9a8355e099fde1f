// `npm run experiment:page`: docs/claims.md and its plots from lab/experiments/results.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Similarity } from "../analyses/subspaces.ts";
import { methods } from "../methods/methods.ts";
import { claimsPage } from "./claims-page.ts";
import { type Grid, heatMap } from "./heat-map.ts";
import { savedResults } from "./saved-results.ts";
import { scoreOf } from "./scores.ts";
import { tradeOffPlot } from "./trade-off-plot.ts";

const docs = join(import.meta.dirname, "../../../../docs");
const results = savedResults();
const plots = new Map<string, string>();
const points = methods.flatMap(({ name, label, group }) => {
  const score = scoreOf(results.sst2, name);
  return score === undefined ? [] : [{ ...score, label, group }];
});
if (points.length > 1) plots.set("trade-off.svg", tradeOffPlot("Accuracy on SST-2 (dev), percent", points));
addGrids("ranks.svg", "r = 8 (i) and r = 64 (j): φ(i, j) of query", results.subspaces?.ranks ?? []);
addGrids("seeds.svg", "r = 64, seeds 0 (i) and 1 (j): φ(i, j) of query", results.subspaces?.seeds ?? []);

mkdirSync(join(docs, "claims"), { recursive: true });
for (const [file, text] of plots) writeFileSync(join(docs, "claims", file), text);
writeFileSync(join(docs, "claims.md"), claimsPage(results, [...plots.keys()]));
console.log(`docs/claims.md: ${points.length} of ${methods.length} methods have a result`);

/** The first, the middle and the last layer: six would not fit a page. */
function addGrids(file: string, title: string, all: readonly Similarity[]): void {
  const found = all.filter(({ matrix }) => matrix === "query");
  const shown = [0, Math.floor(found.length / 2), found.length - 1].flatMap((index) => found[index] ?? []);
  const grids = shown.map(({ layer, grid }): Grid => {
    const values = grid.map((line) => line.slice(0, 24));
    return { title: `layer ${layer}`, values };
  });
  if (grids.length > 0) plots.set(file, heatMap(title, grids));
}

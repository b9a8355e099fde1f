// UMT5 (Chung et al. 2023), as transformers' modeling_umt5.py names it: mT5 with a table of relative positions in every layer.

import { gatedUnlessSaid, likeT5 } from "./t5.ts";

/** The tables of `umt5`. */
export const umt5 = likeT5("umt5", {
  name: "UMT5",
  config: { activation: gatedUnlessSaid },
  positionTables: "all layers",
});

// B is set to the output directions that the weight uses least and stays so; only A, from zero, is trained.

import { layerKinds } from "../kinds/kinds.ts";
import { columnsOf, createMatrix, tensorOfMatrix, transpose } from "../linear-algebra/matrix.ts";
import { svd } from "../linear-algebra/svd.ts";
import { LoraPair } from "../pairs/lora-pair.ts";
import type { Initialization } from "./initialization.ts";
import { checkDirections } from "./subtracted-pair.ts";

export const minorStart: Initialization = {
  name: "mica",
  source: "Minor Component Adaptation (MiCA), arXiv 2604.01694",
  isDrawn: false,
  startsEmbeddings: true,
  answersTo: (init) => init === "mica",
  start(request) {
    checkDirections(request);
    const { inFeatures, rank, name, kind } = request;
    const { v } = svd(request.weight()); // [outFeatures, count], the weakest direction last
    const b = transpose(columnsOf(v, v.columns - rank, v.columns)); // [rank, outFeatures]
    const a = createMatrix(inFeatures, rank);
    const [trained, still] = layerKinds[kind].pair(request, rank);
    const factors = [trained, { ...still, isTrained: false }];
    return LoraPair.fromTensors({ a: tensorOfMatrix(a), b: tensorOfMatrix(b), name, factors });
  },
};

// B is set to the output directions that the weight uses least and stays so; only A, from zero, is trained.

import { columnsOf, createMatrix, tensorOfMatrix, transpose } from "../linear-algebra/matrix.ts";
import { svd } from "../linear-algebra/svd.ts";
import { LoraPair } from "../update/lora-pair.ts";
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
    return LoraPair.fromTensors({ a: tensorOfMatrix(a), b: tensorOfMatrix(b), name, kind, trainsB: false });
  },
};

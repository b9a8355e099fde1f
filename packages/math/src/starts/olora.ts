// The pair takes over the first part of the weight's QR decomposition: B's rows start orthonormal.

import { columnsOf, rowsOf, transpose } from "../linear-algebra/matrix.ts";
import { thinQr } from "../linear-algebra/thin-qr.ts";
import type { Initialization } from "./initialization.ts";
import { checkDirections, subtractedPair } from "./subtracted-pair.ts";

export const orthonormalStart: Initialization = {
  name: "olora",
  source: "Büyükakyüz 2024 (OLoRA), arXiv 2406.01775; without division by s, as PEFT",
  isDrawn: false,
  answersTo: (init) => init === "olora",
  start(request) {
    checkDirections(request);
    const { rank } = request;
    const { q, r } = thinQr(transpose(request.weight())); // q [outFeatures, …], r […, inFeatures]
    return subtractedPair(transpose(rowsOf(r, 0, rank)), transpose(columnsOf(q, 0, rank)), request);
  },
};

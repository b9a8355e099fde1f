// Qwen 2, 2.5 and 3 in GGUF.

import type { GgufTable } from "../gguf-table.ts";
import { configRows, headWidth, llamaLikeMaps, llamaLikeNorms, nameRows, queryKeyNorms } from "./shared-rows.ts";

export const qwen2: GgufTable = {
  architecture: "qwen2",
  modelType: "qwen2",
  names: [...llamaLikeMaps, ...nameRows(llamaLikeNorms)],
  config: configRows([headWidth]),
};

export const qwen3: GgufTable = {
  ...qwen2,
  architecture: "qwen3",
  modelType: "qwen3",
  names: [...qwen2.names, ...nameRows(queryKeyNorms)],
  implied: (tensorNames) => ({ attention_bias: tensorNames.has("blk.0.attn_q.bias") }),
};

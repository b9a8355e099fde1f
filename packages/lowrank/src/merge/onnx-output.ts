// A merged model for transformers.js and ONNX Runtime: its forward pass as a graph, next to configuration and tokenizer.

import { encodeModel, quantizeGraph } from "@lowrank/engine/internal/onnx";
import { exportFiles } from "@lowrank/merge/internal";
import { recordModel } from "@lowrank/models/onnx";
import { joinPieces } from "@lowrank/safetensors";
import { onnxTooLarge } from "../errors/output-errors.ts";
import type { OnnxOptions } from "../options.ts";
import type { FolderFiles, ModelOutput } from "../platform.ts";

/** Files by name, as transformers.js expects them. */
const rows = {
  fp32: { name: "onnx/model.onnx", change: (graph: Graph): Graph => graph },
  q8: { name: "onnx/model_quantized.onnx", change: quantizeGraph },
} as const;

type Graph = Awaited<ReturnType<typeof recordModel>>;

/** A protobuf message is not larger than 2 GB. */
const largestFile = 2 ** 31 - 1;

/** Throws NO_ONNX_FORM, and ONNX_TOO_LARGE if a file would be larger than a protobuf message may be. */
export async function onnxFiles({ model, ...output }: ModelOutput, { dtype }: OnnxOptions): Promise<FolderFiles> {
  const files = new Map<string, Uint8Array>();
  const recorded = await recordModel(model);
  for (const [type, { name, change }] of Object.entries(rows)) {
    if (dtype !== undefined && dtype !== type) continue;
    const graph = change(recorded);
    const bytes = graph.constants?.reduce((sum, { values }) => sum + values.byteLength, 0) ?? 0;
    if (bytes > largestFile) throw onnxTooLarge(name, bytes);
    files.set(name, encodeModel(graph));
  }
  for await (const { name, contents } of exportFiles(model, output)) {
    if (/\.safetensors(\.index\.json)?$/.test(name)) continue;
    const pieces: Uint8Array[] = [];
    for await (const piece of contents()) pieces.push(piece);
    files.set(name, joinPieces(pieces));
  }
  return files;
}

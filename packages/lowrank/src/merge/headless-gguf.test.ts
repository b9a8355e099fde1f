import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { openGguf } from "@lowrank/gguf";
import { ggufModelFile } from "@lowrank/merge/gguf";
import { loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import { bytesSource, joinPieces } from "@lowrank/safetensors";
import { fixturesRoot } from "@lowrank/testing";
import { expect, it } from "vitest";

it("a decoder without a head becomes a .gguf file of its family, with its pooling", async () => {
  const model = await loadModel(openFolder(join(fixturesRoot, "llama-gqa", "base")), { task: "feature-extraction" });
  const { contents } = await ggufModelFile(model, { type: "F16", pooling: "last" });
  const pieces: Uint8Array[] = [];
  for await (const piece of contents()) pieces.push(piece);
  model.dispose();
  const { metadata, tensors } = await openGguf(bytesSource(joinPieces(pieces), "model.gguf"));
  expect([metadata.get("general.architecture"), metadata.get("llama.pooling_type")]).toEqual(["llama", 3]);
  expect([...tensors.keys()]).toEqual(
    expect.arrayContaining(["token_embd.weight", "blk.1.attn_k.weight", "output_norm.weight"]),
  );
  expect(tensors.has("output.weight")).toBe(false);
});

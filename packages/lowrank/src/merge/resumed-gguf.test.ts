import "@tensorflow/tfjs-backend-cpu";
import { join } from "node:path";
import { ggufModelFile } from "@lowrank/merge/gguf";
import { planMerge } from "@lowrank/merge/internal";
import { joinPieces } from "@lowrank/safetensors";
import { fixturesRoot } from "@lowrank/testing";
import { expect, it } from "vitest";
import { nodePlatform } from "../node/node-platform.ts";
import { openInFiles } from "./open-in-files.ts";

const notices = { note: () => {}, say: () => {}, warn: () => {} };
const context = { notices, stdin: undefined, fetch: undefined, accessToken: undefined } as never;

it("a merged .gguf file is resumed from any piece: the same bytes, and the same rounding of each weight", async () => {
  const indices = {
    model: () => nodePlatform.findModel(join(fixturesRoot, "llama-gqa", "base"), context),
    adapter: () => nodePlatform.findAdapter(join(fixturesRoot, "llama-gqa", "adapter"), context),
  };
  const { model, toMerge, weights, dispose } = await openInFiles(indices, {}, notices as never);
  const merge = planMerge(model, toMerge, { weights });
  const begin = async () => {
    const rounded = new Map<string, number>();
    const listener = {
      onRounded: ({ tensor, kept }: { tensor: string; kept: number }) => void rounded.set(tensor, kept),
    };
    return { rounded, file: await ggufModelFile(model, { type: "Q8_0", merge, ...listener }) };
  };
  const { rounded, file } = await begin();
  const pieces: Uint8Array[] = [];
  const stops: { readonly index: number; readonly found: string }[] = [];
  for await (const piece of file.contents()) {
    pieces.push(piece);
    const index = pieces.reduce((sum, { length }) => sum + length, 0);
    stops.push({ index, found: JSON.stringify(file.findings?.save()) });
  }
  const whole = joinPieces(pieces);
  expect([...rounded.keys()]).toHaveLength(merge.changed.length);
  for (const { index, found } of stops) {
    const again = await begin();
    again.file.findings?.restore(JSON.parse(found));
    const rest: Uint8Array[] = [];
    for await (const piece of again.file.contents(index)) rest.push(piece);
    expect(Buffer.compare(joinPieces(rest), whole.subarray(index))).toBe(0);
    expect(again.rounded).toEqual(rounded);
  }
  dispose();
  await weights.close();
});

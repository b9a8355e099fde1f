// A stack of linear layers in ONNX Runtime: as it is, switchable without an adapter, and switchable with one of rank 8.

import { type Adapter, createLoraConfig } from "@lowrank/adapter-format";
import { makeSwitchable, readOnnx, SwitchableSession } from "@lowrank/merge/onnx";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { serve } from "../harness/serve.ts";
import { receivedSettings } from "../settings.ts";
import { linearStack, type StackSizes, stackedMaps } from "./linear-stack.ts";

const { tiny, threads, batch, time } = receivedSettings();
const sizes: StackSizes = tiny ? { blocks: 1, width: 16, inner: 32 } : { blocks: 6, width: 768, inner: 3072 };
const maps = stackedMaps(sizes);
const options = { intraOpNumThreads: threads, logSeverityLevel: 3 } as const;

const plain = linearStack(sizes);
const [file] = makeSwitchable(
  await readOnnx(plain),
  maps.map(({ path }) => path),
).files;
const base = await InferenceSession.create(plain, options);
const session = await InferenceSession.create((await file?.bytes()) ?? new Uint8Array(), options);
const switchable = new SwitchableSession<Tensor>(
  session as never,
  (...of) => new Tensor(...(of as [never, never, never])),
);

const adapter = rankEight();
const feeds = (tokens: number) => ({
  x: new Tensor("float32", Float32Array.from({ length: tokens * sizes.width }, Math.random), [tokens, sizes.width]),
});
const [prompt, token] = [feeds(batch * time), feeds(1)];

await serve({
  versions: { "onnxruntime-node": "1.30.0" },
  steps: {
    base: () => run(base, prompt),
    idle: () => withAdapter(null, prompt),
    adapted: () => withAdapter(adapter, prompt),
    "token-base": () => run(base, token),
    "token-idle": () => withAdapter(null, token),
    "token-adapted": () => withAdapter(adapter, token),
  },
});

async function run(model: InferenceSession, given: Record<string, Tensor>): Promise<undefined> {
  await model.run(given);
}

async function withAdapter(one: Adapter | null, given: Record<string, Tensor>): Promise<undefined> {
  switchable.select(one);
  await switchable.run(given);
}

function rankEight(): Adapter {
  const drawn = (...shape: readonly [number, number]) => {
    return { shape, values: Float32Array.from({ length: shape[0] * shape[1] }, () => Math.random() / 64) };
  };
  const tensors = maps.flatMap(({ path, inFeatures, outFeatures }) => [
    [`${path}.lora_A.weight`, drawn(8, inFeatures)] as const,
    [`${path}.lora_B.weight`, drawn(outFeatures, 8)] as const,
  ]);
  const targetModules = [...new Set(maps.map(({ path }) => path.split("./").at(-1) ?? path))];
  return { config: createLoraConfig({ rank: 8, targetModules }), tensors: new Map(tensors), metadata: new Map() };
}

// What our own model of a fixture writes with its adapter.

import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, inferenceContext } from "@lowrank/contracts";
import { attachAdapter } from "@lowrank/inject";
import { generate, loadModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import "@tensorflow/tfjs-backend-cpu";
import { peftFixture } from "./fold-fixture.ts";

/** Ids after the prompt's. */
export async function writtenByUs(name: string, prompt: readonly number[], tokens: number): Promise<readonly number[]> {
  const model = await loadModel(openFolder(peftFixture(name, "base")));
  const handle = attachAdapter(model, await readAdapterFolder(peftFixture(name, "adapter")));
  const context = inferenceContext(activeAdapters(handle.name));
  const [ours = []] = await generate(model, { promptIds: [prompt], maxNewTokens: tokens, context });
  handle.dispose();
  model.dispose();
  return ours;
}

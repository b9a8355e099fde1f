// Loads a model. The previous model stays until the new one is ready, or if loading fails.

import { LowrankError } from "@lowrank/contracts";
import { countParameters } from "@lowrank/inject";
import * as tf from "@tensorflow/tfjs-core";
import { type OpenedModel, openModel } from "lowrank/browser";
import type { LoadingProgress, ModelFacts } from "../../protocol/model.ts";
import type { CallHandler } from "../call-handler.ts";
import { DeviceLostError } from "../engine/start.ts";
import { loadJinja } from "../later/jinja.ts";
import { checkedMemory, findModel } from "./find-model.ts";
import { type FoundModel, readSizes } from "./found-model.ts";

/** Throws DownloadError, NotAModelError, TOO_LARGE_FOR_TAB, and the errors of `openModel`. */
export const open: CallHandler<"open"> = async (state, source, onProgress) => {
  if (state.lostDevice !== undefined) throw new DeviceLostError(state.lostDevice);
  const begun = performance.now();
  const found = await findModel(state, source, onProgress);
  checkedMemory(found, await readSizes(found));
  const { numBytes: before } = tf.memory();
  const opened = await load(found, onProgress);
  try {
    const facts = await factsOf(opened, found, (performance.now() - begun) / 1000);
    const weightBytes = tf.memory().numBytes - before;
    state.model?.opened.dispose();
    state.model = { source, facts, opened, weightBytes };
    return facts;
  } catch (error) {
    opened.dispose();
    throw error;
  }
};

function load(
  { folder, isQuantized }: FoundModel,
  onProgress: (progress: LoadingProgress) => void,
): Promise<OpenedModel> {
  return openModel(folder, {
    engine: false,
    basePrecision: isQuantized ? "as-stored" : "float32",
    onProgress: ({ done, total }) => onProgress({ stage: "load", done, total }),
  });
}

/** Throws TOKENIZER_MISSING, TOKENIZER_MISFIT, WRITES_NOTHING. */
async function factsOf(opened: OpenedModel, found: FoundModel, loadSeconds: number): Promise<ModelFacts> {
  const { base } = opened;
  const { layers, maxPositions, vocabularySize } = base.config;
  if (base.task !== "causal-lm")
    throw new LowrankError(
      "WRITES_NOTHING",
      `"${found.name}" is made for ${base.task}, and the studio teaches models that write text one token after the other.`,
    );
  const tokenizer = await opened.tokenizer();
  if (tokenizer.vocabSize > vocabularySize)
    throw new LowrankError(
      "TOKENIZER_MISFIT",
      `The tokenizer next to "${found.name}" has ${tokenizer.vocabSize} tokens and the model ${vocabularySize}: they do not belong together. Drop the tokenizer.json that came with the model.`,
    );
  const chats = tokenizer.chatTemplate !== undefined;
  if (chats) await loadJinja();
  const inBlocks = base.sites().filter(({ kind, role }) => kind === "linear" && role === "body");
  return {
    name: found.name,
    address: found.address,
    parameters: countParameters(base),
    positions: maxPositions,
    chats,
    blocks: layers,
    targets: [...new Set(inBlocks.map(({ path }) => path.slice(path.lastIndexOf(".") + 1)))],
    loadSeconds,
  };
}

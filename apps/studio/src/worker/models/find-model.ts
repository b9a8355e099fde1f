// Finds the model that the user chose: the tiny one, SmolLM2, or files.

import { LowrankError } from "@lowrank/contracts";
import type { ModelConfig } from "@lowrank/contracts/families";
import type { LoadingProgress, ModelEstimate, ModelSource } from "../../protocol/model.ts";
import type { CallHandler } from "../call-handler.ts";
import type { WorkerState } from "../worker-state.ts";
import { type FoundModel, foundAmong, type ModelSizes, readSizes } from "./found-model.ts";
import { fetchSmollm2, smollm2, smollm2IsCached } from "./smollm2.ts";
import { fetchTiny } from "./tiny.ts";

/** Finds the model, and downloads it if necessary. Throws DownloadError, NotAModelError. */
export async function findModel(
  state: WorkerState,
  source: ModelSource,
  onProgress: (progress: LoadingProgress) => void,
): Promise<FoundModel> {
  switch (source.kind) {
    case "tiny":
      return findTiny(state, onProgress);
    case "smollm2":
      return fetchSmollm2(onProgress);
    case "files":
      return foundAmong(source.files);
  }
}

async function findTiny(state: WorkerState, onProgress: (progress: LoadingProgress) => void): Promise<FoundModel> {
  state.tiny ??= fetchTiny(new URL("tiny-model/", state.base));
  const { tiny } = state;
  tiny.onProgress = onProgress;
  try {
    const folder = await tiny.folder;
    return { name: "Tiny", address: "@lowrank/tiny-model", folder, isQuantized: false };
  } catch (error) {
    state.tiny = undefined; // the next try downloads again
    throw error;
  }
}

/** Size of a training step: rows of a batch, tokens of a row. */
interface StepSize {
  readonly rows: number;
  readonly tokens: number;
}

/** The size for a model's estimate before rows are known. */
const defaultStep: StepSize = { rows: 8, tokens: 128 };

type Sizes = Pick<ModelConfig, "layers" | "hiddenSize" | "intermediateSize" | "vocabularySize">;

/**
 * Bytes of a training step: the weights as they are kept, what each layer keeps of each token for the gradient, and the
 * logits of a chunk of positions. What the browser itself takes is not in it.
 */
export function trainingMemory(sizes: Sizes, weightBytes: number, { rows, tokens }: StepSize = defaultStep): number {
  const { layers, hiddenSize, intermediateSize, vocabularySize } = sizes;
  const kept = layers * (8 * hiddenSize + 3 * intermediateSize);
  const logits = 2 * Math.min(rows * tokens, 128) * vocabularySize;
  return Math.round(weightBytes + 4 * (rows * tokens * kept + logits));
}

/** WebAssembly addresses no more. */
const mostOfWasm = 4 * 2 ** 30;

/**
 * Bytes that a tab may take: half of the device's memory, and no more than WebAssembly can address. A browser reports at most 8 GB,
 * and some report nothing, which counts as 8 GB.
 */
function maxMemory(deviceMemory: number | undefined): number {
  return Math.min(mostOfWasm, ((deviceMemory ?? 8) * 2 ** 30) / 2);
}

/** Reads headers only. Throws NotAModelError, TOO_LARGE_FOR_TAB, and the errors of reading headers. */
export const weigh: CallHandler<"weigh"> = async (state, source): Promise<ModelEstimate> => {
  if (source.kind === "smollm2") {
    const isCached = await smollm2IsCached();
    const { name, parameters, bytes, config } = smollm2;
    return { name, parameters, bytes: isCached ? 0 : bytes, trainingBytes: trainingMemory(config, bytes), isCached };
  }
  const found = await findModel(state, source, () => undefined);
  const sizes = await readSizes(found);
  const trainingBytes = checkedMemory(found, sizes);
  const { parameters, bytes } = sizes;
  return { name: found.name, parameters, bytes, trainingBytes, isCached: false };
};

/** Bytes of training; throws TOO_LARGE_FOR_TAB if a tab has less memory. */
export function checkedMemory({ name, isQuantized }: FoundModel, { config, parameters, bytes }: ModelSizes): number {
  const needed = trainingMemory(config, isQuantized ? bytes : 4 * parameters);
  const max = maxMemory(Reflect.get(globalThis.navigator ?? {}, "deviceMemory"));
  if (needed > max)
    throw new LowrankError(
      "TOO_LARGE_FOR_TAB",
      `"${name}" needs about ${megabytes(needed)} of memory to be trained, and this tab may have about ${megabytes(max)}. Choose a smaller model.`,
    );
  return needed;
}

const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;

// What a model would take, before anything of its weights is read.

import type { ModelEstimate } from "../../protocol/model.ts";
import type { Answerer } from "../answerer.ts";
import { chooseFiles } from "./choose-files.ts";
import { TooLargeForTabError } from "./errors.ts";
import { findModel } from "./find-model.ts";
import { type FoundModel, foundAmong, type ModelSizes, readSizes } from "./found-model.ts";
import { mostMemory, trainingMemory } from "./memory.ts";
import { smollm2, smollm2IsKept } from "./smollm2.ts";

/** Reads headers alone. Throws NotAModelError, TooLargeForTabError, and what the readers of headers do. */
export const weigh: Answerer<"weigh"> = async (workshop, source): Promise<ModelEstimate> => {
  if (source.kind === "smollm2") {
    const isKept = await smollm2IsKept();
    const { name, parameters, bytes, config } = smollm2;
    return { name, parameters, bytes: isKept ? 0 : bytes, trainingBytes: trainingMemory(config, bytes), isKept };
  }
  const found =
    source.kind === "files"
      ? foundAmong(chooseFiles(source.files))
      : await findModel(workshop, source, () => undefined);
  const sizes = await readSizes(found);
  const trainingBytes = checkedMemory(found, sizes);
  const { parameters, bytes } = sizes;
  return { name: found.name, parameters, bytes, trainingBytes, isKept: false };
};

/** Bytes of training; throws TooLargeForTabError where a tab has not so many. */
export function checkedMemory({ name, isQuantised }: FoundModel, { config, parameters, bytes }: ModelSizes): number {
  const needed = trainingMemory(config, isQuantised ? bytes : 4 * parameters);
  const most = mostMemory(Reflect.get(globalThis.navigator ?? {}, "deviceMemory"));
  if (needed > most) throw new TooLargeForTabError(name, needed, most);
  return needed;
}

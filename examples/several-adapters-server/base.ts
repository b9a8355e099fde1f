// The one model that all requests share.

import { openTokenizer, type TextTokenizer } from "@lowrank/data";
import { chooseEngine } from "@lowrank/engine";
import { loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";

export interface Base {
  readonly model: PretrainedModel;
  readonly tokenizer: TextTokenizer;
  /** A prompt's tokens, behind what begins a text. */
  encode(prompt: string): readonly number[];
}

export async function loadBase(): Promise<Base> {
  await chooseEngine();
  const folder = openFolder(new URL("../../packages/tiny-model/model", import.meta.url).pathname);
  const [model, tokenizer] = [await loadModel(folder), await openTokenizer(folder)];
  const encode = (prompt: string) => [...tokenizer.prefixIds, ...tokenizer.encode(prompt, { addSpecialTokens: false })];
  return { model, tokenizer, encode };
}

// Generation options for models with an encoder only: another start token, audio, banned tokens.

import "@tensorflow/tfjs-backend-cpu";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel } from "../loading/load-model.ts";
import { openFolder } from "../node.ts";
import type { PretrainedModel } from "../pretrained-model.ts";
import { generate } from "./generate.ts";

const load = (name: string) => loadModel(openFolder(fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url))));
let mbart: PretrainedModel;
let whisper: PretrainedModel;
let sounds: tf.Tensor3D;

beforeAll(async () => {
  [mbart, whisper] = [await load("mbart-forced"), await load("whisper-banned")];
  sounds = tf.ones([2, 3, 10]);
});
afterAll(() => {
  mbart.dispose();
  whisper.dispose();
  sounds.dispose();
});

describe("a text for a source", () => {
  const request = { promptIds: [[5, 17, 9, 30]], maxNewTokens: 6, forced: { first: null, last: [] }, eosTokenIds: [] };

  it("begins with the token that the call names instead of the files'", async () => {
    const usual = await generate(mbart, request);
    expect(await generate(mbart, { ...request, decoderStartTokenId: 2 })).toEqual(usual);
    expect(await generate(mbart, { ...request, decoderStartTokenId: 31 })).not.toEqual(usual);
    await expect(generate(mbart, { ...request, decoderStartTokenId: 40 })).rejects.toThrow(/decoderStartTokenId/);
  });

  it("has no banned token, drawn or likeliest", async () => {
    const [usual = []] = await generate(mbart, request);
    const banned = { sequences: [[usual[0] ?? 0]], first: [] };
    for (const more of [{}, { sampling: { seed: 4 } }]) {
      const [text] = await generate(mbart, { ...request, ...more, banned });
      expect(text).not.toContain(usual[0]);
    }
    await expect(generate(mbart, { ...request, banned: { sequences: [[40]], first: [] } })).rejects.toThrow(/banned/);
  });
});

describe("a transcript", () => {
  const request = { maxNewTokens: 3 };

  it("needs audio features for each prompt, and prompts of one length", async () => {
    const refused = (options: Parameters<typeof generate>[1]) => expect(generate(whisper, options)).rejects;
    await refused({ ...request, promptIds: [[3]] }).toThrow(/inputFeatures.*0 rows/);
    await refused({ ...request, promptIds: [[3]], inputFeatures: sounds }).toThrow(/2 rows/);
    await refused({ ...request, promptIds: [[3], [3, 4]], inputFeatures: sounds }).toThrow(/1 and 2 tokens/);
    await refused({
      maxNewTokens: 18,
      promptIds: [
        [3, 4, 5],
        [3, 4, 6],
      ],
      inputFeatures: sounds,
    }).toThrow(/21.*20/s);
  });

  it("is nothing that a model without ears writes", async () => {
    const options = { ...request, promptIds: [[5], [6]], inputFeatures: sounds };
    await expect(generate(mbart, options)).rejects.toThrow(/this model reads text/);
  });

  it("leaves nothing behind", async () => {
    const before = tf.memory().numTensors;
    const texts = await generate(whisper, { ...request, promptIds: [[3], [3]], inputFeatures: sounds });
    expect(texts[0]).toEqual(texts[1]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

import type { Warning } from "@lowrank/contracts";
import { checkConfig } from "@lowrank/contracts/families";
import { describe, expect, it } from "vitest";

import { filesFolder } from "./files-folder.ts";
import { readGenerationDefaults } from "./generation-defaults.ts";

const sizes = { encoder_layers: 1, decoder_layers: 1, encoder_attention_heads: 1, decoder_attention_heads: 1 };
const widths = { d_model: 4, encoder_ffn_dim: 4, decoder_ffn_dim: 4, vocab_size: 64 };
const ends = { decoder_start_token_id: 2, eos_token_id: 2, forced_bos_token_id: 0, forced_eos_token_id: 2 };
const raw = { model_type: "bart", is_encoder_decoder: true, ...sizes, ...widths, ...ends };

function read(generation: unknown, changes: Record<string, unknown> = {}) {
  const text = new TextEncoder().encode(JSON.stringify(generation));
  const folder = filesFolder("bart", new Map(generation === undefined ? [] : [["generation_config.json", text]]));
  const config = { ...raw, ...changes };
  return readGenerationDefaults(folder, { raw: config, config: checkConfig(config) });
}

describe("readGenerationDefaults", () => {
  it("reads config.json if there is no other file", async () => {
    expect(await read(undefined)).toEqual({
      eosTokenIds: [2],
      decoderStartTokenId: 2,
      forced: { first: 0, last: [2] },
      banned: { sequences: [], first: [] },
      writing: { doSample: false },
    });
  });

  it("prefers generation_config.json, and reads forced tokens only there", async () => {
    expect(await read({ eos_token_id: [25, 2], decoder_start_token_id: 5 })).toEqual({
      eosTokenIds: [25, 2],
      decoderStartTokenId: 5,
      forced: { first: null, last: [] },
      banned: { sequences: [], first: [] },
      writing: { doSample: false },
    });
    expect((await read({ forced_eos_token_id: [31, 9] })).forced.last).toEqual([31, 9]);
  });

  it("reads banned tokens, except a single end token", async () => {
    const words = { bad_words_ids: [[9], [4, 5], [2]], suppress_tokens: [11, 12], begin_suppress_tokens: [7] };
    expect((await read(words)).banned).toEqual({ sequences: [[9], [4, 5], [11], [12]], first: [7] });
  });

  it("reads the old key of a forced start in config.json", async () => {
    const older = { force_bos_token_to_be_generated: true, bos_token_id: 11 };
    expect((await read(undefined, older)).forced.first).toBe(11);
    expect((await read({}, older)).forced.first).toBeNull();
  });

  it("begins with the first token of a text if no file names a decoder's own", async () => {
    const none = { decoder_start_token_id: null, bos_token_id: 3 };
    expect((await read(undefined, none)).decoderStartTokenId).toBe(3);
    expect((await read({ bos_token_id: 4 }, none)).decoderStartTokenId).toBe(4);
  });

  it("reads generation settings, with transformers' top-k of 50 for a file that samples without one", async () => {
    const qwen = { do_sample: true, temperature: 0.6, top_p: 0.95, top_k: 20, repetition_penalty: 1.05 };
    const rest = { min_p: 0.1, max_new_tokens: 7, max_length: 30, stop_strings: "###", typical_p: 0.2 };
    expect((await read({ ...qwen, ...rest })).writing).toEqual({
      doSample: true,
      temperature: 0.6,
      topP: 0.95,
      topK: 20,
      repetitionPenalty: 1.05,
      minP: 0.1,
      maxNewTokens: 7,
      maxLength: 30,
      stop: ["###"],
    });
    expect((await read({ do_sample: true })).writing).toEqual({ doSample: true, topK: 50 });
    expect((await read({ temperature: 0.6 })).writing).toEqual({ doSample: false, temperature: 0.6 });
  });

  it.each([
    ["temperature", 0],
    ["top_p", 1.5],
    ["top_k", -1],
    ["min_p", "low"],
    ["repetition_penalty", 0],
    ["max_new_tokens", 0],
    ["do_sample", "yes"],
    ["stop_strings", [""]],
  ])("ignores %s where it is %j, with a warning", async (key, value) => {
    const text = new TextEncoder().encode(JSON.stringify({ [key]: value }));
    const warnings: string[] = [];
    const folder = filesFolder("bart", new Map([["generation_config.json", text]]));
    const checked = { raw, config: checkConfig(raw) };
    const { writing } = await readGenerationDefaults(folder, checked, ({ message }) => warnings.push(message));
    expect(writing).toEqual({ doSample: false });
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`generation_config.json: ${key} is .*expected`))]);
  });

  it("warns of a file that is no JSON, and reads config.json", async () => {
    const folder = filesFolder("bart", new Map([["generation_config.json", new TextEncoder().encode("base")]]));
    const warnings: string[] = [];
    const listen = ({ code, message }: Warning) => warnings.push(`${code}: ${message}`);
    const { forced } = await readGenerationDefaults(folder, { raw, config: checkConfig(raw) }, listen);
    expect(forced).toEqual({ first: 0, last: [2] });
    expect(warnings).toEqual([expect.stringMatching(/^GENERATION_CONFIG: .*generation_config\.json/)]);
  });

  it.each([
    ["forced_bos_token_id", 64],
    ["forced_eos_token_id", [2, 64]],
    ["eos_token_id", "two"],
    ["bad_words_ids", [[64]]],
    ["bad_words_ids", [[]]],
    ["decoder_start_token_id", 1.5],
  ])("refuses %s as %j, by file and key", async (key, value) => {
    const error = await read({ [key]: value }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "MODEL_FILE" });
    expect(String(error)).toContain("generation_config.json");
    expect(String(error)).toContain(key);
  });
});

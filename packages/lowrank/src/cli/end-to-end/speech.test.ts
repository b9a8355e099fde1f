// Recordings from WAV files to a model that writes what is said: a tiny Whisper that tells a tone from silence.

import { cpSync, writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { logMelFeatures } from "@lowrank/data";
import { resample } from "@lowrank/data/internal";
import { describe, expect, it } from "vitest";
import { jsonl, makeWorkspace, tiny } from "./workspace.ts";

const work = makeWorkspace();

const [melBins, frames] = [3, 10];

/** One channel of 16 bits. */
function wav(samples: Float32Array, sampleRate: number): Uint8Array {
  const bytes = Buffer.alloc(44 + 2 * samples.length);
  bytes.write("RIFF", 0);
  bytes.write("WAVEfmt ", 8);
  for (const [work, value] of [
    [16, 16],
    [24, sampleRate],
    [28, 2 * sampleRate],
    [40, 2 * samples.length],
  ] as const) {
    bytes.writeUInt32LE(value, work);
  }
  for (const [work, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const) {
    bytes.writeUInt16LE(value, work);
  }
  bytes.write("data", 36);
  for (const [index, sample] of samples.entries()) bytes.writeInt16LE(Math.round(sample * 32767), 44 + 2 * index);
  return bytes;
}

const sounds = {
  "tone.wav": { sampleRate: 16_000, samples: tone(16_000, 900) },
  "silence.wav": { sampleRate: 16_000, samples: new Float32Array(700) },
  "studio.wav": { sampleRate: 48_000, samples: tone(48_000, 2700) },
};

function tone(sampleRate: number, length: number): Float32Array {
  return Float32Array.from({ length }, (_, work) => 0.5 * Math.sin((2 * Math.PI * 440 * work) / sampleRate));
}

const whisper = ["--model", work.path("whisper")];
const base = fileURLToPath(new URL("../../../../models/fixtures/whisper-banned", import.meta.url));
cpSync(base, work.path("whisper"), { recursive: true });
const words = ["<pad>", "<bos>", "</s>", "<|startoftranscript|>", "a", "tone", "is", "_", "_", "_", "nothing"];
const tokenizer = {
  model: { type: "WordLevel", vocab: Object.fromEntries(words.map((word, id) => [word, id])), unk_token: "<pad>" },
  added_tokens: [0, 1, 2, 3].map((id) => ({ id, content: words[id], special: true })),
  normalizer: null,
  pre_tokenizer: { type: "Whitespace" },
  decoder: null,
  post_processor: {
    type: "TemplateProcessing",
    single: [
      { SpecialToken: { id: "<|startoftranscript|>", type_id: 0 } },
      { Sequence: { id: "A", type_id: 0 } },
      { SpecialToken: { id: "</s>", type_id: 0 } },
    ],
    pair: [],
    special_tokens: Object.fromEntries(
      [3, 2].map((id) => [words[id], { id: words[id], ids: [id], tokens: [words[id]] }]),
    ),
  },
};
work.write("whisper/tokenizer.json", JSON.stringify(tokenizer));
work.write("whisper/tokenizer_config.json", JSON.stringify({ eos_token: "</s>", pad_token: "<pad>" }));
for (const [name, { samples, sampleRate }] of Object.entries(sounds)) {
  writeFileSync(work.path(name), wav(samples, sampleRate));
}

const rows = [
  { audio: "tone.wav", text: "a tone is a tone" },
  { audio: "silence.wav", text: "nothing is" },
];
const quickly = ["--target-modules", "all-linear", "--learning-rate", "0.02", "--batch-size", "2"];

async function lossesOf(name: string, data: readonly object[]): Promise<readonly unknown[]> {
  const file = work.write(`${name}.jsonl`, jsonl(data));
  const argv = ["--data", file, "--out", work.path(name), ...quickly, "--steps", "2", "--json"];
  const { code, json, stderr } = await work.call("train", ...whisper, ...argv);
  expect(code, stderr).toBe(0);
  return json.flatMap(({ type, loss }) => (type === "step" ? [loss] : []));
}

describe("recordings next to a file of rows", () => {
  it("train as their features do, to the number, whatever their length", async () => {
    const featured = rows.map(({ audio, text }) => {
      const { samples } = sounds[audio as keyof typeof sounds];
      // The values after rounding to the 16 bits of a WAV file.
      const kept = samples.map((sample) => Math.round(sample * 32767) / 2 ** 15);
      const features = logMelFeatures(kept, { melBins, frames });
      const bins = [0, 1, 2].map((bin) => [...features.subarray(bin * frames, (bin + 1) * frames)]);
      return { input_features: bins, text };
    });
    const losses = await lossesOf("heard", rows);
    expect(losses).toHaveLength(2);
    expect(losses).toEqual(await lossesOf("featured", featured));
  });

  it("are learned, written down again, and measured by their words", async () => {
    const data = ["--data", work.write("said.jsonl", jsonl(rows))];
    const out = work.path("learned");
    const trained = await work.call("train", ...whisper, ...data, "--out", out, ...quickly, "--steps", "150");
    expect(trained.code, trained.stderr).toBe(0);
    const both = [...whisper, "--adapter", out];
    const predicted = await work.call("predict", ...both, ...data, "--json");
    expect(predicted.json, predicted.stderr).toMatchObject([
      { audio: "tone.wav", text: "a tone is a tone", prediction: "a tone is a tone" },
      { audio: "silence.wav", prediction: "nothing is" },
    ]);
    const { json } = await work.call("evaluate", ...both, ...data, "--generate", "--max-new-tokens", "12", "--json");
    expect(json[0]).toMatchObject({ rows: 2, loss: expect.any(Number), wordErrorRate: 0 });
    const other = [{ audio: "studio.wav", text: "a tone is a bell" }];
    const worse = ["--data", work.write("other.jsonl", jsonl(other)), "--generate", "--max-new-tokens", "12"];
    const found = await work.call("evaluate", ...both, ...worse, "--json");
    expect(found.json[0]?.wordErrorRate, found.stderr).toBeCloseTo(0.2, 12);
  }, 60_000);

  it("are resampled to 16 000 samples a second from any rate", async () => {
    const { samples, sampleRate } = sounds["studio.wav"];
    const made = resample({ samples, sampleRate }, 16_000);
    const middle = made.subarray(100, 800);
    const right = sounds["tone.wav"].samples.subarray(100, 800);
    const max = middle.reduce((largest, value, index) => Math.max(largest, Math.abs(value - (right[index] ?? 0))), 0);
    expect([made.length, max < 2e-3], String(max)).toEqual([900, true]);
  });

  it("are named if they cannot be read, and refused by models without audio input", async () => {
    await writeFile(work.path("broken.wav"), (await readFile(work.path("tone.wav"))).subarray(0, 20));
    const data = ["--data", work.write("broken.jsonl", jsonl([{ audio: "broken.wav", text: "a" }]))];
    const out = ["--out", work.path("refused"), "--target-modules", "all-linear"];
    const { code, stderr } = await work.call("train", ...whisper, ...data, ...out);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`Cannot read "${work.path("broken.wav")}": `)]);
    const text = ["--model", tiny];
    const deaf = await work.call("train", ...text, ...data, ...out);
    expect(deaf).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("this model has no audio input, unlike Whisper"),
    });
  });
});

// Generates texts of base and adapter for the same prompts.

import { adapterRows, type ForwardContext, inferenceContext, noAdapters } from "@lowrank/contracts";
import type { TextTokenizer } from "@lowrank/data";
import { ignoredLabel, isUndecoded, type RowList, type TokenizedExample } from "@lowrank/data/internal";
import { generateTokens } from "@lowrank/models/internal";
import type { OpenedBase } from "../open/open-base.ts";
import { positionLimit } from "../open/position-limit.ts";
import { needsSeparatePass } from "../rows/invocation-rows.ts";
import { textEnding } from "../rows/text-ending.ts";
import type { SampleText } from "./report-page.ts";

export interface SampleWriter {
  readonly opened: Pick<OpenedBase, "model" | "context" | "handle">;
  readonly tokenizer: TextTokenizer;
  /** Time limit of generation. */
  readonly maxSeconds: number;
}

/** Few and short: a small model generates them in seconds. For a large model, texts after the time limit are omitted. */
const [maxSamples, newTokenLimit, maxPromptTokens] = [3, 40, 256];

/** Greedy decoding for the first rows with a prompt and an answer. */
export async function sampleTexts(
  { opened, tokenizer, maxSeconds }: SampleWriter,
  rows: RowList<TokenizedExample>,
): Promise<readonly SampleText[]> {
  const samples: Sample[] = [];
  const room = positionLimit(opened.model.config);
  const maxNewTokens = Math.min(newTokenLimit, Math.floor(room / 2));
  const longest = Math.min(maxPromptTokens, room - maxNewTokens);
  for (const row of rows) {
    const found = sampleOf(row, longest);
    if (found !== undefined) samples.push(found);
    if (samples.length === maxSamples) break;
  }
  if (samples.length === 0) return [];
  const [before = [], after = []] = await writeBoth({ opened, tokenizer, maxSeconds }, { samples, maxNewTokens });
  return samples.map(({ prompt, expected }, index) => ({
    prompt: tokenizer.decode(prompt),
    expected: tokenizer.decode(expected),
    before: before[index] ?? "",
    after: after[index] ?? "",
  }));
}

/** Texts of the base and the adapter, in one batch if the adapter allows it, which takes half the time. */
async function writeBoth(
  { opened: { model, context, handle }, tokenizer, maxSeconds }: SampleWriter,
  { samples, maxNewTokens }: { readonly samples: readonly Sample[]; readonly maxNewTokens: number },
): Promise<readonly (readonly string[])[]> {
  const prompts = samples.map(({ prompt }) => prompt);
  const ending = textEnding(model, tokenizer);
  const write = async (promptIds: readonly (readonly number[])[], acting: ForwardContext) => {
    const written = promptIds.map((): number[] => []);
    const end = performance.now() + (1000 * maxSeconds * promptIds.length) / (2 * samples.length);
    for await (const { prompt, id } of generateTokens(model, { promptIds, maxNewTokens, ...ending, context: acting })) {
      written[prompt]?.push(id);
      if (performance.now() > end) break;
    }
    // The limit of tokens may be within a character, whose first bytes are decoded as U+FFFD.
    return written.map((ids) => tokenizer.decode(ids).replace(/\ufffd+$/, ""));
  };
  if (handle === undefined || model.config.decoderLayers > 0 || needsSeparatePass(handle.config)) {
    return [await write(prompts, inferenceContext(noAdapters)), await write(prompts, context)];
  }
  const acting = adapterRows([...prompts.map(() => null), ...prompts.map(() => handle.name)]);
  const written = await write([...prompts, ...prompts], inferenceContext(acting));
  return [written.slice(0, prompts.length), written.slice(prompts.length)];
}

interface Sample {
  readonly prompt: readonly number[];
  readonly expected: readonly number[];
}

/** A sample of a row; if it has several answers, of the first one. */
function sampleOf(row: TokenizedExample, longest: number): Sample | undefined {
  if (row.kind === "source-target") {
    if (row.inputIds.length === 0 || row.inputIds.length > longest) return undefined;
    return { prompt: row.inputIds, expected: row.labels.filter((label) => label !== ignoredLabel) };
  }
  // The images of a row are not opened here, and texts without them would mislead.
  if (!("labels" in row) || isUndecoded(row)) return undefined;
  const start = row.labels.findIndex((label) => label !== ignoredLabel);
  if (start < 1 || start > longest) return undefined;
  const behind = row.labels.slice(start);
  const end = behind.indexOf(ignoredLabel);
  return { prompt: row.inputIds.slice(0, start), expected: end < 0 ? behind : behind.slice(0, end) };
}

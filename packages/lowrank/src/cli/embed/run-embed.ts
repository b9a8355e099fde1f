// lowrank embed: texts in, a line of numbers for each out.

import { readFile } from "node:fs/promises";
import type { Pooling } from "@lowrank/models";
import { UsageError } from "../../errors/usage-errors.ts";
import { withBase } from "../base-for.ts";
import { openModel } from "../open-model.ts";
import type { AdapterOptions, BasePrecisionOptions, EngineOptions } from "../options/shared-options.ts";
import { startEngine } from "../start-engine.ts";
import type { Report } from "../terminal/report.ts";

/** The options of `lowrank embed`. */
export interface EmbedCommandOptions extends EngineOptions, AdapterOptions, BasePrecisionOptions {
  readonly model?: string;
  readonly text?: readonly string[];
  readonly file?: string;
  readonly pooling?: Pooling;
  readonly normalise?: true;
  readonly promptName?: string;
  readonly maxLength?: number;
  readonly batchSize: number;
}

/** Embeds the texts of the options, then the lines of the file. */
export async function runEmbed(asked: EmbedCommandOptions, report: Report): Promise<void> {
  const options = await withBase(asked, report);
  const { text = [], file } = options;
  const lines = file === undefined ? [] : (await readFile(file, "utf8")).split(/\r?\n/).filter((line) => line !== "");
  const texts = [...text, ...lines];
  if (texts.length === 0) throw new UsageError("There is no text to embed. Give --text, or --file with lines in it.");
  await startEngine(options, report);
  const { model: path, adapter, allowDifferentBase, basePrecision } = options;
  const model = await openModel({ model: path, adapter, allowDifferentBase, basePrecision }, report);
  try {
    const { pooling, normalise, promptName, maxLength, batchSize } = options;
    const embeddings = await model.embed(texts, { pooling, normalise, promptName, maxLength, batchSize });
    for (const [index, values] of embeddings.entries()) {
      // Eight digits are all that a 32-bit number has.
      const embedding = Array.from(values, (value) => Number(value.toPrecision(8)));
      report.emit({ type: "result", index, text: texts[index], embedding });
      report.say(JSON.stringify(embedding));
    }
  } finally {
    model.dispose();
  }
}

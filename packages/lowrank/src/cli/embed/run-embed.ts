// lowrank embed: texts in, a line of numbers for each out.

import { readFile } from "node:fs/promises";
import type { Pooling } from "@lowrank/models/internal";
import { UsageError } from "../../errors/usage-errors.ts";
import { withBase } from "../base-for.ts";
import type { ModelOptions } from "../options/shared-options.ts";
import { checkRowFile, writeRowFile } from "../row-file.ts";
import { withOpenModel } from "../start-engine.ts";
import type { Report } from "../terminal/report.ts";

export interface EmbedCommandOptions extends ModelOptions {
  readonly text?: readonly string[];
  readonly file?: string;
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly pooling?: Pooling;
  readonly normalize?: true;
  readonly dimensions?: number;
  readonly promptName?: string;
  readonly maxLength?: number;
  readonly batchSize: number;
}

export async function runEmbed(requested: EmbedCommandOptions, report: Report): Promise<void> {
  const options = await withBase(requested, report);
  const { text = [], file, out, overwrite } = options;
  checkRowFile(out);
  const lines = file === undefined ? [] : (await readFile(file, "utf8")).split(/\r?\n/).filter((line) => line !== "");
  const texts = [...text, ...lines];
  if (texts.length === 0) throw new UsageError("There is no text to embed. Give --text, or --file with lines in it.");
  await withOpenModel(options, report, async (model) => {
    const { pooling, normalize, dimensions, promptName, maxLength, batchSize } = options;
    const how = { pooling, normalize, dimensions, promptName, maxLength, batchSize };
    const embeddings = await model.embed(texts, how);
    if (out === undefined) print(embeddedTexts(texts, embeddings), report);
    else {
      await writeRowFile(out, embeddedTexts(texts, embeddings), { overwrite });
      report.emit({ type: "result", out });
      report.print(`embeddings written to ${out}`);
    }
  });
}

function* embeddedTexts(texts: readonly string[], embeddings: readonly Float32Array[]) {
  for (const [index, values] of embeddings.entries()) {
    // Eight digits are all that a 32-bit number has.
    yield { text: texts[index], embedding: Array.from(values, (value) => Number(value.toPrecision(8))) };
  }
}

function print(rows: ReturnType<typeof embeddedTexts>, report: Report): void {
  let index = 0;
  for (const row of rows) {
    report.emit({ type: "result", index, ...row });
    report.print(JSON.stringify(row.embedding));
    index += 1;
  }
}

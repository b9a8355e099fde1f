// Sentence embeddings that were trained here, for sentence-transformers to load: the adapter into the base, and the merged folder.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Pooling } from "@lowrank/models/internal";
import { openModel } from "lowrank";

/** The files that Python loads; see scripts/python/check_in_peft.py. */
export interface SentenceCase {
  readonly name: string;
  readonly kind: "sentences";
  readonly base: string;
  /** The adapter's folder, to be loaded into `base`; null to load the merged folder instead. */
  readonly adapter: string | null;
  readonly folder: string;
  readonly expected: string;
}

const base = fileURLToPath(new URL("../../../../packages/lowrank/fixtures/embeddings", import.meta.url));
const subjects = ["password", "settings", "rain", "reset", "changed", "how do", "is in", "the"];
const rows = subjects.map((subject) => ({ anchor: `${subject}?`, positive: `${subject} ${subject} it is` }));
const texts = ["How do I reset my password?", "rain", "a password is changed in the settings ".repeat(4)];

/** Trains an adapter with the base's pooling or another one, and writes it and the merged model. */
export async function writeSentences(folder: string, pooling?: Pooling): Promise<readonly SentenceCase[]> {
  const name = `sentences-${pooling ?? "as-base"}`;
  await mkdir(folder, { recursive: true });
  const model = await openModel(base, { engine: false });
  try {
    const adapter = model.adapt({ targetModules: "all-linear", dropout: 0 }, { seed: 1 });
    const recipe = pooling === undefined ? {} : { pooling, normalize: true };
    for await (const _ of adapter.train(rows, { steps: 10, batchSize: 4, learningRate: 0.02, ...recipe }));
    const [saved, merged, expected] = ["adapter", "merged", "expected.json"].map((part) => join(folder, part)) as [
      string,
      string,
      string,
    ];
    await adapter.save(saved);
    await model.merge(adapter).save(merged);
    const embeddings = (await model.embed(texts)).map((values) => [...values]);
    await writeFile(expected, JSON.stringify({ texts, embeddings }));
    const shared = { kind: "sentences", base, folder: merged, expected } as const;
    const alone = { ...shared, name: `${name}, merged`, adapter: null };
    // The base's folder defines the pooling.
    return pooling === undefined ? [{ ...shared, name: `${name}, adapter`, adapter: saved }, alone] : [alone];
  } finally {
    model.dispose();
  }
}

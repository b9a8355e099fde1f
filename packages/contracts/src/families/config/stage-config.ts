// Models in stages (Swin). Each stage has half the height and width of the previous one's grid of states, and twice their size.

import type { SizeName } from "../config-names.ts";
import type { ConfigTable, SizeListRow } from "../config-table.ts";
import type { ConfigValues, StageConfig } from "../config-values.ts";
import type { ConfigReader } from "./config-reader.ts";

/** 2^15 times the first width is beyond every limit. */
const maxStages = 16;
const max = 1024;

/** The stages; empty for a model that has none. Problems go to the reader. */
export function readStages(
  reader: ConfigReader,
  { stages }: ConfigTable,
  { hiddenSize }: Readonly<Record<SizeName, number>>,
): readonly StageConfig[] {
  if (stages === undefined) return [];
  const layers = readList(reader, stages.layers);
  const heads = readList(reader, stages.heads);
  if (layers.length !== heads.length) {
    reader.invalid(stages.heads.keys[0], [...heads], `a number for each of ${layers.length} stages`);
    return [];
  }
  const uneven = heads.findIndex((count, stage) => (hiddenSize * 2 ** stage) % count !== 0);
  if (uneven >= 0)
    reader.invalid(stages.heads.keys[0], heads[uneven], `a divisor of the stage's width (${hiddenSize * 2 ** uneven})`);
  return layers.map((count, stage) => ({ layers: count, heads: heads[stage] ?? 1 }));
}

function readList(reader: ConfigReader, { keys, fallback }: SizeListRow): readonly number[] {
  const key = reader.pick(keys);
  const value = reader.peek(key) ?? null;
  if (value === null) return fallback;
  const isSize = (size: unknown) => Number.isInteger(size) && Number(size) >= 1 && Number(size) <= max;
  if (Array.isArray(value) && value.length >= 1 && value.length <= maxStages && value.every(isSize)) return value;
  reader.invalid(key, value, `a list of 1 to ${maxStages} integers from 1 to ${max}`);
  return fallback;
}

/** The values of the whole model: the width of the last stage, and the layers of all stages. */
export function withStages(config: ConfigValues): ConfigValues {
  const { stages, embeddingSize } = config;
  if (stages.length === 0) return config;
  const layers = stages.reduce((sum, stage) => sum + stage.layers, 0);
  return { ...config, hiddenSize: embeddingSize * 2 ** (stages.length - 1), layers };
}

/** The configuration of one stage. */
export function configOfStage<Config extends ConfigValues>(config: Config, stage: number): Config {
  const stages = config.stages.slice(stage);
  const { layers, heads } = stages[0] ?? { layers: 0, heads: 1 };
  const hiddenSize = config.embeddingSize * 2 ** stage;
  const intermediateSize = Math.trunc(hiddenSize * (config.scalars.feedForwardRatio ?? 1));
  return {
    ...config,
    stages,
    layers,
    heads,
    keyValueHeads: heads,
    headSize: hiddenSize / heads,
    hiddenSize,
    intermediateSize,
  };
}
